# ruff: noqa: F811, F821
"""Answers to lesson 23's exercises, and what their checks should make of them."""


# %% 23-exercise-1 wrong: the future counts, too
def trending(item, day, now, days, count):
    return np.bincount(item[day > now - days], minlength=count)


# %% 23-exercise-1 wrong: one day too many
def trending(item, day, now, days, count):
    recent = (day <= now) & (day >= now - days)
    return np.bincount(item[recent], minlength=count)


# %% 23-exercise-1 wrong: without today
def trending(item, day, now, days, count):
    recent = (day < now) & (day > now - days)
    return np.bincount(item[recent], minlength=count)


# %% 23-exercise-1 wrong: forgets items that nobody read
def trending(item, day, now, days, count):
    return np.bincount(item[(day <= now) & (day > now - days)])


# %% 23-exercise-1 wrong: as many numbers as the items that were read
def trending(item, day, now, days, count):
    recent = item[(day > now - days) & (day <= now)]
    return np.bincount(recent, minlength=item.max() + 1)


# %% 23-exercise-1 wrong: two readings on one day count once
def trending(item, day, now, days, count):
    pairs = {(i, d) for i, d in zip(item, day, strict=True) if now - days < d <= now}
    return np.bincount([i for i, _ in pairs], minlength=count)


# %% 23-exercise-1 right: counts one after another
def trending(item, day, now, days, count):
    total = [0] * count
    for one, when in zip(item, day, strict=True):
        total[one] += now - days < when <= now
    return total


# %% 23-exercise-2 wrong: the order of the scores
def diverse(scores, alike, k, weight):
    return [int(i) for i in np.argsort(-np.asarray(scores), kind="stable")[:k]]


# %% 23-exercise-2 wrong: the mean similarity
def diverse(scores, alike, k, weight):
    scores, chosen = np.asarray(scores, float), []
    for _ in range(k):
        near = alike[:, chosen].mean(axis=1) if chosen else np.zeros(len(scores))
        values = scores - weight * near
        values[chosen] = -np.inf
        chosen.append(int(values.argmax()))
    return chosen


# %% 23-exercise-2 wrong: takes an item twice
def diverse(scores, alike, k, weight):
    scores, chosen = np.asarray(scores, float), []
    for _ in range(k):
        near = alike[:, chosen].max(axis=1) if chosen else np.zeros(len(scores))
        chosen.append(int((scores - weight * near).argmax()))
    return chosen


# %% 23-exercise-2 wrong: likes what is similar
def diverse(scores, alike, k, weight):
    scores, chosen = np.asarray(scores, float), []
    for _ in range(k):
        near = alike[:, chosen].max(axis=1) if chosen else np.zeros(len(scores))
        values = scores + weight * near
        values[chosen] = -np.inf
        chosen.append(int(values.argmax()))
    return chosen


# %% 23-exercise-2 wrong: looks at the last one only
def diverse(scores, alike, k, weight):
    scores, chosen = np.asarray(scores, float), []
    for _ in range(k):
        near = alike[:, chosen[-1]] if chosen else np.zeros(len(scores))
        values = scores - weight * near
        values[chosen] = -np.inf
        chosen.append(int(values.argmax()))
    return chosen


# %% 23-exercise-2 wrong: spoils the scores
def diverse(scores, alike, k, weight):
    chosen = []
    for _ in range(k):
        near = alike[:, chosen].max(axis=1) if chosen else np.zeros(len(scores))
        chosen.append(int((scores - weight * near).argmax()))
        scores[chosen[-1]] = -np.inf
    return chosen


# %% 23-exercise-2 wrong: a negative similarity counts as none
def diverse(scores, alike, k, weight):
    values, chosen = scores.copy(), []
    for _ in range(k):
        near = np.max([np.zeros(len(scores)), *alike[chosen]], axis=0)
        now = values - weight * near
        chosen.append(int(now.argmax()))
        values[chosen[-1]] = -np.inf
    return chosen


# %% 23-exercise-2 right: plain loops
def diverse(scores, alike, k, weight):
    chosen = []
    while len(chosen) < k:
        left = [i for i in range(len(scores)) if i not in chosen]
        value = {
            i: scores[i] - weight * max((alike[i][j] for j in chosen), default=0)
            for i in left
        }
        chosen.append(max(left, key=value.get))
    return np.array(chosen)


# %% 23-exercise-3 wrong: always suspicious
def leaky(feature, rows, now):
    return True


# %% 23-exercise-3 wrong: looks at the rows only
def leaky(feature, rows, now):
    return any(day > now for _, day in rows)


# %% 23-exercise-3 wrong: compares who stands first
def leaky(feature, rows, now):
    past = [(item, day) for item, day in rows if day <= now]
    same = np.argmax(feature(rows, now)) == np.argmax(feature(past, now))
    return not bool(same)


# %% 23-exercise-3 wrong: compares the sums
def leaky(feature, rows, now):
    past = [(item, day) for item, day in rows if day <= now]
    return not bool(np.isclose(feature(rows, now).sum(), feature(past, now).sum()))


# %% 23-exercise-3 wrong: takes the day itself for the future
def leaky(feature, rows, now):
    past = [(item, day) for item, day in rows if day < now]
    return not bool(np.allclose(feature(rows, now), feature(past, now)))


# %% 23-exercise-3 right: adds a reading of the future instead
def leaky(feature, rows, now):
    before = np.asarray(feature(rows, now), float)
    past = [pair for pair in rows if pair[1] <= now]
    if len(past) == len(rows):
        return False
    after = np.asarray(feature(past + [(4, now + 1)] * 9, now), float)
    return np.abs(after - before).max() > 1e-12  # a bool of NumPy
