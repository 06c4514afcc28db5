# ruff: noqa: F811, F821
"""Answers to lesson 09's exercises, and what their checks should make of them."""


# %% 09-exercise-1 wrong: without the half
def kl_one(mu, sigma):
    return sigma**2 + mu**2 - 1 - np.log(sigma**2)


# %% 09-exercise-1 wrong: the standard deviation taken for the variance
def kl_one(mu, sigma):
    return 0.5 * (sigma + mu**2 - 1 - np.log(sigma))


# %% 09-exercise-1 wrong: the mean is not squared
def kl_one(mu, sigma):
    return 0.5 * (sigma**2 + mu - 1 - np.log(sigma**2))


# %% 09-exercise-1 wrong: bits instead of nats
def kl_one(mu, sigma):
    return 0.5 * (sigma**2 + mu**2 - 1 - np.log(sigma**2)) / np.log(2)


# %% 09-exercise-1 wrong: the divergence the other way round
def kl_one(mu, sigma):
    return 0.5 * ((1 + mu**2) / sigma**2 - 1 + np.log(sigma**2))


# %% 09-exercise-1 right: in pieces, as a tensor
def kl_one(mu, sigma):
    variance = tf.constant(sigma, "float64") ** 2
    return (mu * mu + variance - tf.math.log(variance) - 1) / 2


# %% 09-exercise-2 wrong: the first numbers
def squeezed(x, keep):
    mean = np.array(calibrated.encode(x)[0])
    mean[:, keep:] = 0
    return np.array(calibrated.decode(mean))


# %% 09-exercise-2 wrong: the cheapest numbers
def squeezed(x, keep):
    mean, log_variance = (np.array(part) for part in calibrated.encode(x))
    price = np.mean(np.exp(log_variance) + mean**2 - 1 - log_variance, axis=0)
    mean[:, np.argsort(price)[keep:]] = 0
    return np.array(calibrated.decode(mean))


# %% 09-exercise-2 wrong: the most expensive numbers are silenced
def squeezed(x, keep):
    mean, log_variance = (np.array(part) for part in calibrated.encode(x))
    price = np.mean(np.exp(log_variance) + mean**2 - 1 - log_variance, axis=0)
    mean[:, np.argsort(-price)[:keep]] = 0
    return np.array(calibrated.decode(mean))


# %% 09-exercise-2 wrong: other numbers are left out of the code
def squeezed(x, keep):
    mean = np.array(calibrated.encode(x)[0])
    return np.array(calibrated.decode(mean[:, :keep]))


# %% 09-exercise-2 wrong: nothing is silenced
def squeezed(x, keep):
    return np.array(calibrated.decode(calibrated.encode(x)[0]))


# %% 09-exercise-2 wrong: expensive by the means alone, whatever the spread
def squeezed(x, keep):
    mean = np.array(calibrated.encode(x)[0])
    mean[:, np.argsort(-np.mean(mean**2, axis=0))[keep:]] = 0
    return np.array(calibrated.decode(mean))


# %% 09-exercise-2 wrong: the codes instead of the pictures
def squeezed(x, keep):
    mean, log_variance = (np.array(part) for part in calibrated.encode(x))
    price = np.mean(np.exp(log_variance) + mean**2 - 1 - log_variance, axis=0)
    mean[:, np.argsort(-price)[keep:]] = 0
    return mean


# %% 09-exercise-2 wrong: the prices of section 11, whatever the pictures
def squeezed(x, keep):
    mean = np.array(calibrated.encode(x)[0])
    mean[:, np.argsort(-price)[keep:]] = 0
    return np.array(calibrated.decode(mean))


# %% 09-exercise-2 wrong: always the order of the same fifty pictures
def squeezed(x, keep):
    means, logs = (np.array(part) for part in calibrated.encode(test[:50]))
    order = np.argsort(-np.mean(np.exp(logs) + means**2 - 1 - logs, axis=0))
    mean = np.array(calibrated.encode(x)[0])
    mean[:, order[keep:]] = 0
    return np.array(calibrated.decode(mean))


# %% 09-exercise-2 wrong: the prices of the first fifty
def squeezed(x, keep):
    code, price_of = calibrated.encode(x)[0].copy(), 0
    for mu, log in zip(*calibrated.encode(x[:50]), strict=True):
        price_of = price_of + np.exp(log) + mu**2 - log
    code[:, np.argsort(-price_of)[keep:]] = 0
    return calibrated.decode(code)


# %% 09-exercise-2 wrong: each picture has its own most expensive numbers
def squeezed(x, keep):
    mean, log_variance = (np.array(part) for part in calibrated.encode(x))
    price_of = np.exp(log_variance) + mean**2 - 1 - log_variance
    places = np.argsort(np.argsort(-price_of, axis=1), axis=1)
    return np.array(calibrated.decode(np.where(places < keep, mean, 0)))


# %% 09-exercise-2 right: number by number, by gaussian_kl, as a tensor
def squeezed(x, keep):
    mean, log_variance = calibrated.encode(x)
    prices = [
        float(ops.mean(gaussian_kl(mean[:, i : i + 1], log_variance[:, i : i + 1])))
        for i in range(16)
    ]
    order = sorted(range(16), key=lambda i: prices[i], reverse=True)
    mask = np.array([float(i in order[:keep]) for i in range(16)], "float32")
    return calibrated.decode(mean * mask)


# %% 09-exercise-3 wrong: the reconstruction alone
def strangeness(x):
    return np.array(calibrated.terms(x)[0])


# %% 09-exercise-3 wrong: the ELBO itself, with the other sign
def strangeness(x):
    reconstruction, kl = calibrated.terms(x)
    return -np.array(reconstruction + kl)


# %% 09-exercise-3 wrong: the squared error
def strangeness(x):
    x_hat = calibrated.decode(calibrated.encode(x)[0])
    return np.array(ops.sum((x - x_hat) ** 2, axis=(1, 2, 3)))


# %% 09-exercise-3 wrong: anything finite that varies
def strangeness(x):
    return np.random.default_rng(0).normal(size=len(x))


# %% 09-exercise-3 wrong: one number for all pictures
def strangeness(x):
    return float(np.mean(np.sum(calibrated.terms(x), axis=0)))


# %% 09-exercise-3 wrong: per pixel
def strangeness(x):
    return np.sum(calibrated.terms(x), axis=0) / 784


# %% 09-exercise-3 right: the mean of four draws, as a list
def strangeness(x):
    draws = [np.sum(calibrated.terms(x), axis=0) for _ in range(4)]
    return np.mean(draws, axis=0).tolist()
