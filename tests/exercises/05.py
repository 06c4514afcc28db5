# ruff: noqa: F811, F821
"""Answers to lesson 05's exercises, and what their checks should make of them."""


# %% 05-exercise-1 wrong: decibels of power
def louder(sound, decibels):
    return np.clip(sound * 10 ** (decibels / 10), -1, 1)


# %% 05-exercise-1 wrong: never cut
def louder(sound, decibels):
    return sound * 10 ** (decibels / 20)


# %% 05-exercise-1 wrong: never softer
def louder(sound, decibels):
    return np.clip(sound * 10 ** (abs(decibels) / 20), -1, 1)


# %% 05-exercise-1 wrong: decibels added to samples
def louder(sound, decibels):
    return np.clip(sound + decibels / 20, -1, 1)


# %% 05-exercise-1 wrong: cut before it is made louder
def louder(sound, decibels):
    return np.clip(sound, -1, 1) * 10 ** (decibels / 20)


# %% 05-exercise-1 wrong: whole steps of 20 dB only
def louder(sound, decibels):
    return np.clip(sound * 10.0 ** (decibels // 20), -1, 1)


# %% 05-exercise-1 right: sample by sample, in a list
def louder(sound, decibels):
    factor = 10 ** (decibels / 20)
    return [max(-1.0, min(1.0, float(sample) * factor)) for sample in sound]


# %% 05-exercise-2 wrong: labels are not mixed
def mixup(x, y, rng):
    partner, share = rng.permutation(len(x)), rng.random(len(x))[:, None, None, None]
    return share * x + (1 - share) * x[partner], np.eye(10)[y]


# %% 05-exercise-2 wrong: another share for the label
def mixup(x, y, rng):
    partner, share = rng.permutation(len(x)), rng.random(len(x))
    rows, wide = np.eye(10)[y], share[:, None, None, None]
    mixed = wide * x + (1 - wide) * x[partner]
    return mixed, (1 - share)[:, None] * rows + share[:, None] * rows[partner]


# %% 05-exercise-2 wrong: nothing is mixed
def mixup(x, y, rng):
    return x, np.eye(10)[y]


# %% 05-exercise-2 wrong: shares that do not add up to one
def mixup(x, y, rng):
    partner, share = rng.permutation(len(x)), rng.random(len(x))
    rows, wide = np.eye(10)[y], share[:, None, None, None]
    mixed = wide * x + (1 - wide) * x[partner]
    return mixed, share[:, None] * rows + rows[partner]


# %% 05-exercise-2 wrong: always half and half
def mixup(x, y, rng):
    partner, rows = rng.permutation(len(x)), np.eye(10)[y]
    return (x + x[partner]) / 2, (rows + rows[partner]) / 2


# %% 05-exercise-2 wrong: only the pictures
def mixup(x, y, rng):
    partner, share = rng.permutation(len(x)), rng.random(len(x))[:, None, None, None]
    return share * x + (1 - share) * x[partner]


# %% 05-exercise-2 wrong: the shares come from another generator
def mixup(x, y, rng):
    partner, share = rng.permutation(len(x)), np.random.random(len(x))
    rows, wide = np.eye(10)[y], share[:, None, None, None]
    mixed = wide * x + (1 - wide) * x[partner]
    return mixed, share[:, None] * rows + (1 - share)[:, None] * rows[partner]


# %% 05-exercise-2 wrong: the labels are taken for 0 to 9
def mixup(x, y, rng):
    partner, share = rng.permutation(len(x)), rng.random(len(x))
    rows, wide = np.eye(10), share[:, None, None, None]
    mixed = wide * x + (1 - wide) * x[partner]
    return mixed, share[:, None] * rows + (1 - share)[:, None] * rows[partner]


# %% 05-exercise-2 wrong: always ten pictures
def mixup(x, y, rng):
    partner, share = rng.permutation(10), rng.random(10)
    rows, wide = np.eye(10)[y], share[:, None, None, None]
    mixed = wide * x + (1 - wide) * x[partner]
    return mixed, share[:, None] * rows + (1 - share)[:, None] * rows[partner]


# %% 05-exercise-2 wrong: as many classes as pictures
def mixup(x, y, rng):
    share, one_hot = rng.beta(1, 1, (len(x), 1)), np.eye(len(x))[y]
    other = np.roll(np.arange(len(x)), 1)
    mixed = np.einsum("n,nhwc->nhwc", share[:, 0], x - x[other]) + x[other]
    return mixed, share * (one_hot - one_hot[other]) + one_hot[other]


# %% 05-exercise-2 wrong: a partner of the same class takes its share away
def mixup(x, y, rng):
    partner, share = (np.arange(len(x)) + 1) % len(x), rng.random(len(x))
    wide, labels = share[:, None, None, None], np.zeros((len(x), 10))
    labels[np.arange(len(x)), y] = share
    labels[np.arange(len(x)), y[partner]] = 1 - share
    return wide * x + (1 - wide) * x[partner], labels


# %% 05-exercise-2 wrong: the same λ at each call, whatever `rng` says
def mixup(x, y, rng):
    partner, share, rows = rng.permutation(len(x)), 0.3, np.eye(10)[y]
    mixed = share * x + (1 - share) * x[partner]
    return mixed, share * rows + (1 - share) * rows[partner]


# %% 05-exercise-2 wrong: λ below 0 or above 1
def mixup(x, y, rng):
    partner, share = rng.permutation(len(x)), rng.normal(0.5, 1, len(x))
    rows, wide = np.eye(10)[y], share[:, None, None, None]
    mixed = wide * x + (1 - wide) * x[partner]
    return mixed, share[:, None] * rows + (1 - share)[:, None] * rows[partner]


# %% 05-exercise-2 wrong: a generator of its own, the same at each call
def mixup(x, y, rng):
    own = np.random.default_rng(0)
    share, partner = own.beta(1, 1, len(x)), own.permutation(len(x))
    rows, lam = np.eye(10)[y], share[:, None, None, None]
    labels = share[:, None] * rows + (1 - share[:, None]) * rows[partner]
    return lam * x + (1 - lam) * x[partner], labels


# %% 05-exercise-2 right: one λ for the whole batch, as in the paper's code
def mixup(x, y, rng):
    share, partner, rows = rng.beta(1.0, 1.0), rng.permutation(len(x)), np.eye(10)[y]
    mixed = share * x + (1 - share) * x[partner]
    return mixed, share * rows + (1 - share) * rows[partner]


# %% 05-exercise-2 right: picture by picture, the next one as partner
def mixup(x, y, rng):
    pictures, shares = [], []
    for i in range(len(x)):
        j, share = (i + 1) % len(x), 0.2 + 0.6 * rng.random()
        pictures.append(share * x[i] + (1 - share) * x[j])
        label = np.zeros(10)
        label[y[i]] += share
        label[y[j]] += 1 - share
        shares.append(label)
    return pictures, shares


# %% 05-exercise-3 wrong: the labels themselves
def describe(log_mels):
    return np.eye(10)[y][: len(log_mels)]


# %% 05-exercise-3 wrong: the features of section 8
def describe(log_mels):
    return log_mels.reshape(-1, 16, 4, 32, 2).mean((2, 4)).reshape(len(log_mels), -1)


# %% 05-exercise-3 wrong: minus the mean of all clips
def describe(log_mels):
    rows = log_mels.reshape(-1, 16, 4, 32, 2).mean((2, 4)).reshape(len(log_mels), -1)
    return rows - rows.mean(axis=0)


# %% 05-exercise-3 wrong: constants
def describe(log_mels):
    return np.ones((len(log_mels), 8))


# %% 05-exercise-3 wrong: pictures in place of rows
def describe(log_mels):
    return log_mels[:, ::4, ::2]


# %% 05-exercise-3 wrong: directions that the labels chose
def describe(log_mels):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    told = LinearDiscriminantAnalysis().fit(features, y)
    bands = [picture.reshape(16, 4, 32, 2).mean((1, 3)).ravel() for picture in log_mels]
    return told.transform(bands)


# %% 05-exercise-3 wrong: directions fitted on the labels of all recordings
def describe(log_mels):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    rows = log_mels.reshape(len(log_mels), -1, 32).mean(1)
    known = audio.log_mel(waves)[fewer].reshape(fewer.sum(), -1, 32).mean(1)
    return LinearDiscriminantAnalysis().fit(known, digits[fewer]).transform(rows)


# %% 05-exercise-3 right: interpolated to one length, differences over the bands
def describe(log_mels):
    rows = []
    for picture in log_mels:
        heard = np.flatnonzero(picture.max(1) > picture.max() - 30)
        places = np.linspace(heard[0], heard[-1], 16)
        bands = picture.reshape(64, 32, 2).mean(2)
        moments = [np.interp(places, np.arange(64), band) for band in bands.T]
        rows.append(np.ravel(moments - np.mean(moments)))
    return rows
