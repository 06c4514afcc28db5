# ruff: noqa: F811, F821
"""Answers to lesson 10's exercises, and what their checks should make of them."""


# %% 10-exercise-1 wrong: the loss itself
def draw(real, fake):
    return float(discriminator_loss(real, fake))


# %% 10-exercise-1 wrong: the other sign
def draw(real, fake):
    return float(discriminator_loss(real, fake)) - 2 * np.log(2)


# %% 10-exercise-1 wrong: one ln 2
def draw(real, fake):
    return np.log(2) - float(discriminator_loss(real, fake))


# %% 10-exercise-1 wrong: sums in place of means
def draw(real, fake):
    loss = np.log1p(np.exp(-real)).sum() + np.log1p(np.exp(fake)).sum()
    return 2 * len(real) * np.log(2) - loss


# %% 10-exercise-1 wrong: the scores taken for probabilities
def draw(real, fake):
    safe = np.clip(real, 1e-3, 1), np.clip(1 - fake, 1e-3, 1)
    return 2 * np.log(2) + np.log(safe[0]).mean() + np.log(safe[1]).mean()


# %% 10-exercise-1 wrong: the mean over both kinds together
def draw(real, fake):
    both = np.r_[np.log1p(np.exp(-real)), np.log1p(np.exp(fake))]
    return 2 * np.log(2) - 2 * both.mean()


# %% 10-exercise-1 right: by the logistic function, as a tensor
def draw(real, fake):
    right_real, right_fake = ops.sigmoid(real), ops.sigmoid(-fake)
    return ops.mean(ops.log(2 * right_real)) + ops.mean(ops.log(2 * right_fake))


# %% 10-exercise-2 wrong: the threshold for a class that is hardly there
def alarm(mix):
    return bool(np.min(mix) < 0.09)


# %% 10-exercise-2 wrong: only where a class is missing
def alarm(mix):
    return bool(np.min(mix) == 0)


# %% 10-exercise-2 wrong: always ten classes
def alarm(mix):
    return bool(np.min(mix) < 1 / 30)


# %% 10-exercise-2 wrong: less than three tenths
def alarm(mix):
    return bool(np.min(mix) < 0.3 / len(mix))


# %% 10-exercise-2 wrong: a class that has too much
def alarm(mix):
    return bool(np.max(mix) > 3 / len(mix))


# %% 10-exercise-2 wrong: one verdict for each class
def alarm(mix):
    return mix < 1 / 3 / len(mix)


# %% 10-exercise-2 wrong: only the last class is looked at
def alarm(mix):
    return bool(mix[-1] < 1 / 3 / len(mix))


# %% 10-exercise-2 wrong: only if exactly one class is rare
def alarm(mix):
    return bool((mix < 1 / 3 / len(mix)).sum() == 1)


# %% 10-exercise-2 right: by the most frequent complaint, with plain Python
def alarm(mix):
    fair = sum(mix) / len(mix)
    return any(3 * float(share) < fair for share in mix)


# %% 10-exercise-3 wrong: scaled
def truncated(count, limit, seed=0):
    noise = np.random.default_rng(seed).normal(size=(count, LATENT))
    return (limit * noise).astype("float32")


# %% 10-exercise-3 wrong: clipped
def truncated(count, limit, seed=0):
    noise = np.random.default_rng(seed).normal(size=(count, LATENT))
    return np.clip(noise, -limit, limit).astype("float32")


# %% 10-exercise-3 wrong: scaled until all fits
def truncated(count, limit, seed=0):
    noise = np.random.default_rng(seed).normal(size=(count, LATENT))
    return (limit * noise / np.abs(noise).max()).astype("float32")


# %% 10-exercise-3 wrong: uniform
def truncated(count, limit, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-limit, limit, (count, LATENT)).astype("float32")


# %% 10-exercise-3 wrong: uniform where it was outside
def truncated(count, limit, seed=0):
    source = np.random.default_rng(seed)
    noise, flat = source.normal(size=(count, LATENT)), source.random((count, LATENT))
    inside = np.abs(noise) <= limit
    return np.float32(np.where(inside, noise, limit * (2 * flat - 1)))


# %% 10-exercise-3 wrong: one side only
def truncated(count, limit, seed=0):
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(count, LATENT))
    while (outside := noise > limit).any():
        noise[outside] = rng.normal(size=outside.sum())
    return noise.astype("float32")


# %% 10-exercise-3 wrong: the seed is ignored
def truncated(count, limit, seed=0):
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(count, LATENT))
    while (outside := np.abs(noise) > limit).any():
        noise[outside] = rng.normal(size=outside.sum())
    return noise.astype("float32")


# %% 10-exercise-3 wrong: double precision
def truncated(count, limit, seed=0):
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(count, LATENT))
    while (outside := np.abs(noise) > limit).any():
        noise[outside] = rng.normal(size=outside.sum())
    return noise


# %% 10-exercise-3 wrong: other noise at every call
def truncated(count, limit, seed=0):
    u = np.random.uniform(size=(count, LATENT))
    return truncnorm.ppf(u, -limit, limit).astype("float32")


# %% 10-exercise-3 wrong: always 500 drawings
def truncated(count, limit, seed=0):
    u = np.random.default_rng(seed).uniform(size=(500, LATENT))
    return truncnorm.ppf(u, -limit, limit).astype("float32")


# %% 10-exercise-3 wrong: the generator starts anew in the loop
def truncated(count, limit, seed=0):
    noise = np.random.default_rng(seed).normal(size=(count, LATENT))
    outside = np.abs(noise) > limit
    while outside.any():
        noise[outside] = np.random.default_rng(seed).normal(size=outside.sum())
        outside = np.abs(noise) > limit
    return noise.astype("float32")


# %% 10-exercise-3 wrong: what fits, repeated
def truncated(count, limit, seed=0):
    noise = np.random.default_rng(seed).normal(size=(count, LATENT))
    return np.resize(noise[np.abs(noise) <= limit], noise.shape).astype("float32")


# %% 10-exercise-3 right: a pool that is large enough
def truncated(count, limit, seed=0):
    pool = np.random.default_rng(seed).normal(size=8 * count * LATENT)
    inside = pool[np.abs(pool) <= limit][: count * LATENT]
    return inside.reshape(count, LATENT).astype("float32")


# %% 10-exercise-3 right: by the inverse of the distribution function
def truncated(count, limit, seed=0):
    u = np.random.default_rng(seed).uniform(size=(count, LATENT))
    return truncnorm.ppf(u, -limit, limit).astype("float32")
