# ruff: noqa: F811, F821
"""Answers to lesson 27's exercises, and what their checks should make of them."""


# %% 27-exercise-1 wrong: nothing in reserve
def replicas_for(rate, mu, use=0.6, spare=1):
    return math.ceil(rate / (use * mu))


# %% 27-exercise-1 wrong: plans for a busy server
def replicas_for(rate, mu, use=0.6, spare=1):
    return math.ceil(rate / mu) + spare


# %% 27-exercise-1 wrong: always one more
def replicas_for(rate, mu, use=0.6, spare=1):
    return int(rate / (use * mu)) + 1 + spare


# %% 27-exercise-1 wrong: rounds to the nearest
def replicas_for(rate, mu, use=0.6, spare=1):
    return round(rate / (use * mu)) + spare


# %% 27-exercise-1 right: counts up
def replicas_for(rate, mu, use=0.6, spare=1):
    n = 1
    while n * mu * use < rate - 1e-9:
        n += 1
    return np.int64(n + spare)


# %% 27-exercise-2 wrong: never fills up
class Bucket:
    def __init__(self, speed, burst):
        self.left = burst

    def allow(self, now):
        self.left -= 1
        return self.left >= 0


# %% 27-exercise-2 wrong: fills beyond the burst
class Bucket:
    def __init__(self, speed, burst):
        self.speed, self.left, self.since = speed, burst, None

    def allow(self, now):
        self.left += (now - (now if self.since is None else self.since)) * self.speed
        self.since = now
        if self.left < 1 - 1e-9:
            return False
        self.left -= 1
        return True


# %% 27-exercise-2 wrong: full again once a second has passed
class Bucket:
    def __init__(self, speed, burst):
        self.burst, self.left, self.since = burst, burst, None

    def allow(self, now):
        if self.since is None or now - self.since >= 1:
            self.left, self.since = self.burst, now
        self.left -= 1
        return self.left >= 0


# %% 27-exercise-2 wrong: the time of a refused request is forgotten
class Bucket:
    def __init__(self, speed, burst):
        self.speed, self.burst, self.left, self.since = speed, burst, burst, None

    def allow(self, now):
        if self.since is not None:
            more = (now - self.since) * self.speed
            self.left = min(self.burst, self.left + more)
        if self.left < 1 - 1e-9:
            return False
        self.left -= 1
        self.since = now
        return True


# %% 27-exercise-2 right: counts in the time at which it was full
class Bucket:
    def __init__(self, speed, burst):
        self.step, self.burst, self.full = 1 / speed, burst, -np.inf

    def allow(self, now):
        due = max(self.full, now) + self.step
        if due - now > self.burst * self.step + 1e-9:
            return False
        self.full = due
        return True


# %% 27-exercise-3 wrong: one scale for all
def quantize_rows(w):
    scale = np.abs(w).max() / 127
    return np.round(w / scale).astype(np.int8), np.full(len(w), scale)


# %% 27-exercise-3 wrong: 128 does not fit
def quantize_rows(w):
    largest = np.abs(w).max(axis=1)
    scales = np.where(largest > 0, largest, 1) / 128
    return np.round(w / scales[:, None]).astype(np.int64).astype(np.int8), scales


# %% 27-exercise-3 wrong: cuts off instead of rounding
def quantize_rows(w):
    largest = np.abs(w).max(axis=1)
    scales = np.where(largest > 0, largest, 1) / 127
    return (w / scales[:, None]).astype(np.int8), scales


# %% 27-exercise-3 wrong: a scale for each column
def quantize_rows(w):
    scales = np.abs(w).max(axis=0) / 127
    return np.round(w / scales).astype(np.int8), scales


# %% 27-exercise-3 wrong: 0 / 0
def quantize_rows(w):
    scales = np.abs(w).max(axis=1) / 127
    with np.errstate(all="ignore"):
        return np.round(w / scales[:, None]).astype(np.int8), scales / (scales > 0)


# %% 27-exercise-3 right: row by row, in plain Python
def quantize_rows(w):
    codes, scales = [], []
    for row in w:
        scale = float(max(map(abs, row)) or 127) / 127
        scales.append(scale)
        codes.append([round(float(x) / scale) for x in row])
    return np.array(codes, np.int8), scales
