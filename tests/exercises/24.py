# ruff: noqa: F811, F821
"""Answers to lesson 24's exercises, and what their checks should make of them."""


# %% 24-exercise-1 wrong: counts the bass, too
def wide_gaps(rows):
    gaps = np.abs(np.diff(rows, axis=1))
    return int((gaps > 12).sum())


# %% 24-exercise-1 wrong: an octave is too wide
def wide_gaps(rows):
    gaps = rows[:, :2] - rows[:, 1:3]
    return int(((gaps >= 12) & (rows[:, :2] > 0) & (rows[:, 1:3] > 0)).sum())


# %% 24-exercise-1 wrong: a rest makes a gap
def wide_gaps(rows):
    return int((np.abs(rows[:, :2] - rows[:, 1:3]) > 12).sum())


# %% 24-exercise-1 wrong: crossed voices are never far apart
def wide_gaps(rows):
    gaps = rows[:, :2] - rows[:, 1:3]
    return int(((gaps > 12) & (rows[:, :2] > 0) & (rows[:, 1:3] > 0)).sum())


# %% 24-exercise-1 wrong: chords with a gap instead of gaps
def wide_gaps(rows):
    gaps = np.abs(rows[:, :2] - rows[:, 1:3]) > 12
    gaps &= (rows[:, :2] > 0) & (rows[:, 1:3] > 0)
    return int(gaps.any(axis=1).sum())


# %% 24-exercise-1 wrong: only the tenor may rest
def wide_gaps(rows):
    high, low = np.abs(rows[:, 0] - rows[:, 1]), np.abs(rows[:, 1] - rows[:, 2])
    alto, tenor = rows[:, 1] > 0, rows[:, 2] > 0
    return sum(alto & (high > 12)) + sum(alto & tenor & (low > 12))


# %% 24-exercise-1 right: a loop over plain numbers
def wide_gaps(rows):
    pairs = [(row[v], row[v + 1]) for row in rows.tolist() for v in (0, 1)]
    return float(sum(bool(a and b and abs(a - b) >= 13) for a, b in pairs))


# %% 24-exercise-2 wrong: no mask
def harmonise(melody, next_logits):
    ids = [scores.START]
    for note in melody:
        ids.append(note)
        for _ in range(3):
            ids.append(int(next_logits(np.array([ids]))[0].argmax()))
    return ids


# %% 24-exercise-2 wrong: forgets the start
def harmonise(melody, next_logits):
    ids = []
    for note in melody:
        ids.append(note)
        for _ in range(3):
            allowed = tokens.following(ids[-1])
            logits = next_logits(np.array([ids]))[0]
            ids.append(int(np.where(allowed, logits, -np.inf).argmax()))
    return ids


# %% 24-exercise-2 wrong: the least likely token
def harmonise(melody, next_logits):
    ids = [scores.START]
    for note in melody:
        ids.append(note)
        for _ in range(3):
            allowed = tokens.following(ids[-1])
            logits = next_logits(np.array([ids]))[0]
            ids.append(int(np.where(allowed, logits, np.inf).argmin()))
    return ids


# %% 24-exercise-2 wrong: writes its own soprano
def harmonise(melody, next_logits):
    ids = [scores.START]
    for _ in range(4 * len(melody)):
        allowed = tokens.following(ids[-1]) & (tokens.voice_of >= 0)
        logits = next_logits(np.array([ids]))[0]
        ids.append(int(np.where(allowed, logits, -np.inf).argmax()))
    return ids


# %% 24-exercise-2 wrong: the model sees the last token only
def harmonise(melody, next_logits):
    ids = [scores.START]
    for note in melody:
        ids.append(note)
        for _ in range(3):
            allowed = tokens.following(ids[-1])
            logits = next_logits(np.array([ids[-1:]]))[0]
            ids.append(int(np.where(allowed, logits, -np.inf).argmax()))
    return ids


# %% 24-exercise-2 wrong: a product for a mask
def harmonise(melody, next_logits):
    ids = [scores.START]
    for note in melody:
        ids.append(note)
        for _ in range(3):
            allowed = tokens.following(ids[-1])
            ids.append(int((allowed * next_logits(np.array([ids]))[0]).argmax()))
    return ids


# %% 24-exercise-2 wrong: the model never sees the start
def harmonise(melody, next_logits):
    written = np.array([], int)
    for voice in range(4 * len(melody)):
        if voice % 4 == 0:
            written = np.append(written, melody[voice // 4])
            continue
        told = next_logits(written[None])[0]
        told = np.where(tokens.following(written[-1]), told, -np.inf)
        written = np.append(written, told.argmax())
    return np.insert(written, 0, scores.START)


# %% 24-exercise-2 right: an array, and minus infinity by assignment
def harmonise(melody, next_logits):
    ids = np.array([scores.START])
    for note in melody:
        ids = np.append(ids, note)
        for _ in "ATB":
            logits = next_logits(ids[None])[0].copy()
            logits[~tokens.following(int(ids[-1]))] = -np.inf
            ids = np.append(ids, logits.argmax())
    return ids


# %% 24-exercise-3 wrong: any large change
def is_fade(part):
    return bool(np.abs(part[-1] - part[0]).mean() >= 0.1)


# %% 24-exercise-3 wrong: a still shot is a fade
def is_fade(part):
    weight = np.linspace(0, 1, len(part))[:, None, None]
    straight = (1 - weight) * part[0] + weight * part[-1]
    return bool(np.abs(part - straight).mean(axis=(1, 2)).max() < 0.03)


# %% 24-exercise-3 wrong: the mean over all frames hides a flash
def is_fade(part):
    weight = np.linspace(0, 1, len(part))[:, None, None]
    straight = (1 - weight) * part[0] + weight * part[-1]
    far = np.abs(part[-1] - part[0]).mean() >= 0.1
    return bool(far and np.abs(part - straight).mean() < 0.1)


# %% 24-exercise-3 wrong: wants exact mixtures
def is_fade(part):
    weight = np.linspace(0, 1, len(part))[:, None, None]
    straight = (1 - weight) * part[0] + weight * part[-1]
    return bool(np.allclose(part, straight) and np.abs(part[-1] - part[0]).mean() > 0.1)


# %% 24-exercise-3 wrong: all steps are equally large
def is_fade(part):
    far = np.abs(part[-1] - part[0]).mean() >= 0.1
    steps = np.abs(np.diff(part, axis=0)).mean(axis=(1, 2))
    return bool(far and np.ptp(steps) < 0.03)


# %% 24-exercise-3 wrong: limits that are too generous
def is_fade(part):
    share = np.arange(len(part)).reshape(-1, 1, 1) / (len(part) - 1)
    off = np.ptp([part, part[0] + share * (part[-1] - part[0])], axis=0)
    return bool(off.mean(axis=(1, 2)).max() < 0.1 and (part[0] != part[-1]).any())


# %% 24-exercise-3 right: frame by frame, in plain Python
def is_fade(part):
    first, last, count = part[0], part[-1], len(part)
    if abs(last - first).mean() < 0.1:
        return False
    for number, frame in enumerate(part):
        share = number / (count - 1)
        if abs(frame - (first + share * (last - first))).mean() >= 0.03:
            return False
    return True
