# ruff: noqa: F811, F821
"""Answers to lesson 15's exercises, and what their checks should make of them."""


# %% 15-exercise-1 wrong: whole spans only
def lenient_precision(true, guessed):
    return len(set(true) & set(guessed)) / max(1, len(guessed))


# %% 15-exercise-1 wrong: the type does not count
def lenient_precision(true, guessed):
    hits = [any(s < e2 and s2 < e for _, s2, e2 in true) for _, s, e in guessed]
    return sum(hits) / max(1, len(hits))


# %% 15-exercise-1 wrong: touching spans count as overlapping
def lenient_precision(true, guessed):
    hits = [
        any(k == k2 and s <= e2 and s2 <= e for k2, s2, e2 in true)
        for k, s, e in guessed
    ]
    return sum(hits) / max(1, len(hits))


# %% 15-exercise-1 wrong: divides by the true names
def lenient_precision(true, guessed):
    hits = [
        any(k == k2 and s < e2 and s2 < e for k2, s2, e2 in true) for k, s, e in guessed
    ]
    return sum(hits) / max(1, len(true) + 1)


# %% 15-exercise-1 wrong: nothing guessed is perfect
def lenient_precision(true, guessed):
    hits = [
        any(k == k2 and s < e2 and s2 < e for k2, s2, e2 in true) for k, s, e in guessed
    ]
    return sum(hits) / len(hits) if hits else 1.0


# %% 15-exercise-1 wrong: counts a guess once for each true span
def lenient_precision(true, guessed):
    hits = [k == k2 and s < e2 and s2 < e for k, s, e in guessed for k2, s2, e2 in true]
    return sum(hits) / max(1, len(guessed))


# %% 15-exercise-1 wrong: only the guess's last word counts
def lenient_precision(true, guessed):
    hits = [
        any(k == k2 and s2 <= e - 1 < e2 for k2, s2, e2 in true) for k, s, e in guessed
    ]
    return sum(hits) / max(1, len(hits))


# %% 15-exercise-1 wrong: a true span can be met only once
def lenient_precision(true, guessed):
    left, hits = list(true), 0
    for k, s, e in guessed:
        met = [span for span in left if span[0] == k and s < span[2] and span[1] < e]
        hits += bool(met)
        left = [span for span in left if span not in met[:1]]
    return hits / max(1, len(guessed))


# %% 15-exercise-1 wrong: inside a longer true span nothing counts
def lenient_precision(true, guessed):
    def half(guess, span):
        (kind, start, end), (other, first, last) = guess, span
        return kind == other and (start <= first < end or start < last <= end)

    return np.mean([any(half(g, t) for t in true) for g in guessed] or [0])


# %% 15-exercise-1 wrong: one true span for each type
def lenient_precision(true, guessed):
    last = {kind: range(*span) for kind, *span in true}
    met = [set(last.get(kind, ())) & set(range(*span)) for kind, *span in guessed]
    return sum(map(bool, met)) / max(1, len(met))


# %% 15-exercise-1 right: sets of words, as NumPy's mean
def lenient_precision(true, guessed):
    if not guessed:
        return np.float64(0)
    marked = {(kind, word) for kind, s, e in true for word in range(s, e)}
    hits = [marked & {(kind, w) for w in range(s, e)} for kind, s, e in guessed]
    return np.mean([bool(hit) for hit in hits])


# %% 15-exercise-2 wrong: without alpha
def merge(kernel, down, up, alpha):
    return kernel + down @ up


# %% 15-exercise-2 wrong: not divided by the rank
def merge(kernel, down, up, alpha):
    return kernel + alpha * down @ up


# %% 15-exercise-2 wrong: divided by the number of rows
def merge(kernel, down, up, alpha):
    return kernel + alpha / len(down) * down @ up


# %% 15-exercise-2 wrong: the rank is 2 by chance
def merge(kernel, down, up, alpha):
    return kernel + alpha / 2 * down @ up


# %% 15-exercise-2 wrong: the change alone
def merge(kernel, down, up, alpha):
    return alpha / down.shape[1] * down @ up


# %% 15-exercise-2 wrong: changes the frozen matrix
def merge(kernel, down, up, alpha):
    kernel += alpha / down.shape[1] * down @ up
    return kernel


# %% 15-exercise-2 wrong: whole scales only
def merge(kernel, down, up, alpha):
    return kernel + (down * (alpha // len(up))).dot(up)


# %% 15-exercise-2 wrong: changes A
def merge(kernel, down, up, alpha):
    np.multiply(down, alpha / len(up), out=down)
    return kernel + np.matmul(down, up)


# %% 15-exercise-2 right: by einsum, as lists
def merge(kernel, down, up, alpha):
    change = np.einsum("mr,rn->mn", down, up) * alpha / len(up)
    return (change + kernel).tolist()


# %% 15-exercise-3 wrong: every piece gets the label
def window_labels(sizes, labels, length):
    windows, current = [], [-1]
    for size, label in zip(sizes, labels, strict=True):
        if len(current) + size > length - 1:
            windows.append([*current, -1])
            current = [-1]
        current += [label] * size
    return [*windows, [*current, -1]]


# %% 15-exercise-3 wrong: no room for [SEP]
def window_labels(sizes, labels, length):
    windows, current = [], [-1]
    for size, label in zip(sizes, labels, strict=True):
        if len(current) + size > length:
            windows.append(current)
            current = [-1]
        current += [label] + [-1] * (size - 1)
    return [*windows, current]


# %% 15-exercise-3 wrong: cuts words at the end of a window
def window_labels(sizes, labels, length):
    flat = [x for s, y in zip(sizes, labels, strict=True) for x in [y] + [-1] * (s - 1)]
    room = length - 2
    return [[-1, *flat[i : i + room], -1] for i in range(0, len(flat), room)]


# %% 15-exercise-3 wrong: drops what does not fit
def window_labels(sizes, labels, length):
    current = [-1]
    for size, label in zip(sizes, labels, strict=True):
        if len(current) + size <= length - 1:
            current += [label] + [-1] * (size - 1)
    return [[*current, -1]]


# %% 15-exercise-3 wrong: label 0 is lost
def window_labels(pieces, labels, length):
    rows = [[]]
    for count, label in zip(pieces, labels, strict=True):
        if len(rows[-1]) + count > length - 2:
            rows.append([])
        rows[-1] += [label, *[0] * (count - 1)]
    return [[value or -1 for value in [0, *row, 0]] for row in rows]


# %% 15-exercise-3 right: places first, then arrays
def window_labels(sizes, labels, length):
    groups, used = [[]], 0
    for size, label in zip(sizes, labels, strict=True):
        if used + size > length - 2:
            groups.append([])
            used = 0
        groups[-1].append((used + 1, label))
        used += size
        groups[-1].append((used, None))
    out = []
    for group in groups:
        row = np.full(group[-1][0] + 2, -1)
        for place, label in group:
            if label is not None:
                row[place] = label
        out.append(row)
    return tuple(out)
