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
def allowed(speed, burst, times):
    return [n < burst for n, _ in enumerate(times)]


# %% 27-exercise-2 wrong: fills beyond the burst
def allowed(speed, burst, times):
    left, since, through = burst, times[0], []
    for now in times:
        left += (now - since) * speed
        since = now
        through.append(left >= 1 - 1e-9)
        left -= through[-1]
    return through


# %% 27-exercise-2 wrong: full again once a second has passed
def allowed(speed, burst, times):
    left, since, through = burst, times[0], []
    for now in times:
        if now - since >= 1:
            left, since = burst, now
        through.append(left >= 1)
        left -= through[-1]
    return through


# %% 27-exercise-2 wrong: a refused request costs a token, too
def allowed(speed, burst, times):
    left, since, through = burst, times[0], []
    for now in times:
        left = min(burst, left + (now - since) * speed)
        since = now
        through.append(left >= 1 - 1e-9)
        left -= 1
    return through


# %% 27-exercise-2 wrong: what came before a refused request is lost
def allowed(speed, burst, times):
    left, since, through = burst, times[0], []
    for now in times:
        left = int(min(burst, left + (now - since) * speed))
        since = now
        through.append(left >= 1)
        left -= through[-1]
    return through


# %% 27-exercise-2 wrong: so many in a sliding window
def allowed(speed, burst, times):
    let, window = [], burst / speed
    return [
        sum(moment - one < window for one in let) < burst and not let.append(moment)
        for moment in times
    ]


# %% 27-exercise-2 right: counts in the time at which it is full again
def allowed(speed, burst, times):
    full, through = -np.inf, []
    for now in times:
        due = max(full, now) + 1 / speed
        through.append(due - now <= burst / speed + 1e-9)
        full = due if through[-1] else full
    return list(np.array(through))


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
