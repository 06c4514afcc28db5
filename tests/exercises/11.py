# ruff: noqa: F811, F821
"""Answers to lesson 11's exercises, and what their checks should make of them."""


# %% 11-exercise-1 wrong: shares instead of their roots
def noise_to(picture, noise, share):
    return share * picture + (1 - share) * noise


# %% 11-exercise-1 wrong: picture and noise swapped
def noise_to(picture, noise, share):
    return np.sqrt(1 - share) * picture + np.sqrt(share) * noise


# %% 11-exercise-1 wrong: noise in full
def noise_to(picture, noise, share):
    return np.sqrt(share) * picture + noise


# %% 11-exercise-1 wrong: draws noise of its own
def noise_to(picture, noise, share):
    noise = np.random.default_rng(0).normal(size=picture.shape)
    return np.sqrt(share) * picture + np.sqrt(1 - share) * noise


# %% 11-exercise-1 wrong: the mean of the noise
def noise_to(picture, noise, share):
    return np.sqrt(share) * picture + np.sqrt(1 - share) * noise.mean()


# %% 11-exercise-1 wrong: overwrites the picture
def noise_to(picture, noise, share):
    picture *= np.sqrt(share)
    picture += np.sqrt(1 - share) * noise
    return picture


# %% 11-exercise-1 wrong: overwrites the noise
def noise_to(picture, noise, share):
    noise *= np.sqrt(1 - share)
    return np.sqrt(share) * picture + noise


# %% 11-exercise-1 right: an angle, and a list
def noise_to(picture, noise, share):
    angle = np.arccos(np.sqrt(share))
    pairs = zip(picture, noise, strict=True)
    return [np.cos(angle) * p + np.sin(angle) * n for p, n in pairs]


# %% 11-exercise-2 wrong: Euler
def midpoint(ask, x, told, steps):
    for i in range(steps):
        x = x + ask(x, i / steps, told) / steps
    return x


# %% 11-exercise-2 wrong: Heun
def midpoint(ask, x, told, steps):
    for i in range(steps):
        v = ask(x, i / steps, told)
        w = ask(x + v / steps, (i + 1) / steps, told)
        x = x + (v + w) / 2 / steps
    return x


# %% 11-exercise-2 wrong: goes on from the middle, so each step is one and a half
def midpoint(ask, x, told, steps):
    dt = 1 / steps
    for i in range(steps):
        x = x + dt / 2 * ask(x, i * dt, told)
        x = x + dt * ask(x, (i + 0.5) * dt, told)
    return x


# %% 11-exercise-2 wrong: asks in the middle with the time of the start
def midpoint(ask, x, told, steps):
    dt = 1 / steps
    for i in range(steps):
        half = x + dt / 2 * ask(x, i * dt, told)
        x = x + dt * ask(half, i * dt, told)
    return x


# %% 11-exercise-2 wrong: two Euler steps of half the length
def midpoint(ask, x, told, steps):
    dt = 1 / steps
    for i in range(steps):
        x = x + dt / 2 * ask(x, i * dt, told)
        x = x + dt / 2 * ask(x, (i + 0.5) * dt, told)
    return x


# %% 11-exercise-2 wrong: does not hand `told` on
def midpoint(ask, x, told, steps):
    for i in range(steps):
        now, dt = i / steps, 1 / steps
        half = x + dt / 2 * ask(x, now, None)
        x = x + dt * ask(half, now + dt / 2, None)
    return x


# %% 11-exercise-2 right: changes x in place
def midpoint(ask, x, told, steps):
    for i in range(steps):
        now, dt = i / steps, 1 / steps
        half = x + dt / 2 * ask(x, now, told)
        x += dt * ask(half, now + dt / 2, told)
    return x


# %% 11-exercise-2 right: recursion over the steps that are left
def midpoint(ask, x, told, steps, done=0):
    if done == steps:
        return x
    start, middle = done / steps, (done + 0.5) / steps
    half = x + ask(x, start, told) * (middle - start)
    return midpoint(ask, x + ask(half, middle, told) / steps, told, steps, done + 1)


# %% 11-exercise-3 wrong: from 0 up
my_stops = np.linspace(0, 1000, 11).astype(int)

# %% 11-exercise-3 wrong: ten stops make nine strides
my_stops = np.linspace(1000, 0, 10).astype(int)

# %% 11-exercise-3 wrong: equal strides
my_stops = list(range(1000, -1, -100))

# %% 11-exercise-3 wrong: does not end at the picture
my_stops = np.geomspace(1000, 1, 11).round().astype(int)

# %% 11-exercise-3 wrong: one stop twice
my_stops = [1000, 800, 600, 400, 300, 200, 100, 50, 20, 20, 0]

# %% 11-exercise-3 wrong: shares of the way instead of times
my_stops = np.linspace(1, 0, 11) ** 2

# %% 11-exercise-3 right: a list of floats that are whole numbers
my_stops = [1000.0, 800.0, 600.0, 450.0, 330.0, 240.0, 170.0, 110.0, 60.0, 20.0, 0.0]
