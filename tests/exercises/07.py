# ruff: noqa: F811, F821
"""Answers to lesson 07's exercises, and what their checks should make of them."""


# %% 07-exercise-1 wrong: an absolute threshold
def min_p(p, share):
    q = np.where(p >= share, p, 0)
    return q / q.sum()


# %% 07-exercise-1 wrong: the three most probable
def min_p(p, share):
    return top_k(p, 3)


# %% 07-exercise-1 wrong: compared with the first one
def min_p(p, share):
    q = np.where(p >= share * p[0], p, 0)
    return q / q.sum()


# %% 07-exercise-1 wrong: not divided by the sum
def min_p(p, share):
    return np.where(p >= share * p.max(), p, 0)


# %% 07-exercise-1 wrong: top-p
def min_p(p, share):
    return top_p(p, share)


# %% 07-exercise-1 wrong: the rest is dropped, not set to 0
def min_p(p, share):
    q = p[p >= share * p.max()]
    return q / q.sum()


# %% 07-exercise-1 wrong: what stands at the limit goes
def min_p(p, share):
    q = np.where(p > share * p.max(), p, 0)
    return q / q.sum()


# %% 07-exercise-1 wrong: overwrites the probabilities that it was given
def min_p(p, share):
    p[p < share * p.max()] = 0
    return p / p.sum()


# %% 07-exercise-1 wrong: divides them in place, too
def min_p(p, share):
    p *= p >= share * p.max()
    p /= p.sum()
    return p


# %% 07-exercise-1 right: a copy that is changed in place
def min_p(p, share):
    p = p.copy()
    p[p < share * p.max()] = 0
    p /= p.sum()
    return p


# %% 07-exercise-1 wrong: nearly nothing in place of nothing
def min_p(p, share):
    weighed = p * np.where(p < share * p.max(), 1e-9, 1)
    return weighed / weighed.sum()


# %% 07-exercise-1 right: a list, number by number
def min_p(p, share):
    limit = share * max(p)
    kept = [float(x) if x >= limit else 0.0 for x in p]
    return [x / sum(kept) for x in kept]


# %% 07-exercise-2 wrong: keys only
def cache_bytes(batch, layers, length, heads, head_dim):
    return 4 * batch * layers * length * heads * head_dim


# %% 07-exercise-2 wrong: numbers, not bytes
def cache_bytes(batch, layers, length, heads, head_dim):
    return 2 * batch * layers * length * heads * head_dim


# %% 07-exercise-2 wrong: one text
def cache_bytes(batch, layers, length, heads, head_dim):
    return 8 * layers * length * heads * head_dim


# %% 07-exercise-2 wrong: a cache for the scores
def cache_bytes(batch, layers, length, heads, head_dim):
    return 4 * batch * layers * heads * length * length


# %% 07-exercise-2 wrong: float16
def cache_bytes(batch, layers, length, heads, head_dim):
    return 2 * 2 * batch * layers * length * heads * head_dim


# %% 07-exercise-2 wrong: the sizes of this lesson's model
def cache_bytes(batch, layers, length, heads, head_dim):
    return 8 * batch * LAYERS * length * WIDTH


# %% 07-exercise-2 right: the size of an array
def cache_bytes(batch, layers, length, heads, head_dim):
    shape = (batch, layers, 2, length, heads, head_dim)
    return np.empty(shape, "float32").nbytes


# %% 07-exercise-3 wrong: greedy at every width
def beam_search(log_p, start, length, width):
    ids, total = [start], 0.0
    for _ in range(length):
        best = int(log_p[ids[-1]].argmax())
        total += log_p[ids[-1], best]
        ids.append(best)
    return ids, total


# %% 07-exercise-3 wrong: all texts at every width
def beam_search(log_p, start, length, width):
    beams = [([start], 0.0)]
    for _ in range(length):
        beams = [
            ([*ids, new], total + log_p[ids[-1], new])
            for ids, total in beams
            for new in range(len(log_p))
        ]
    return max(beams, key=lambda beam: beam[1])


# %% 07-exercise-3 wrong: keeps the worst
def beam_search(log_p, start, length, width):
    beams = [([start], 0.0)]
    for _ in range(length):
        longer = [
            ([*ids, new], total + log_p[ids[-1], new])
            for ids, total in beams
            for new in range(len(log_p))
        ]
        beams = sorted(longer, key=lambda beam: beam[1])[:width]
    return beams[0]


# %% 07-exercise-3 wrong: the width of each text, not of all together
def beam_search(log_p, start, length, width):
    beams = [([start], 0.0)]
    for _ in range(length):
        beams = [
            ([*ids, int(new)], total + log_p[ids[-1], new])
            for ids, total in beams
            for new in np.argsort(-log_p[ids[-1]])[:width]
        ]
    return max(beams, key=lambda beam: beam[1])


# %% 07-exercise-3 wrong: the start is missing
def beam_search(log_p, start, length, width):
    beams = [([start], 0.0)]
    for _ in range(length):
        longer = [
            ([*ids, new], total + log_p[ids[-1], new])
            for ids, total in beams
            for new in range(len(log_p))
        ]
        beams = sorted(longer, key=lambda beam: -beam[1])[:width]
    return beams[0][0][1:], beams[0][1]


# %% 07-exercise-3 wrong: always begins with token 0
def beam_search(log_p, start, length, width):
    beams = [([0], 0.0)]
    for _ in range(length):
        longer = [
            ([*ids, new], total + log_p[ids[-1], new])
            for ids, total in beams
            for new in range(len(log_p))
        ]
        beams = sorted(longer, key=lambda beam: -beam[1])[:width]
    return beams[0]


# %% 07-exercise-3 wrong: as many steps as there are tokens
def beam_search(log_p, start, length, width):
    beams = [([start], 0.0)]
    for _ in range(len(log_p)):
        longer = [
            ([*ids, new], total + log_p[ids[-1], new])
            for ids, total in beams
            for new in range(len(log_p))
        ]
        beams = sorted(longer, key=lambda beam: -beam[1])[:width]
    return beams[0]


# %% 07-exercise-3 wrong: the best text of each last token (Viterbi), then the width
def beam_search(log_p, start, length, width):
    best = {start: (0.0, [start])}
    for _ in range(length):
        kept = sorted(best.values())[-width:]
        best = {
            new: max((sum_ + log_p[ids[-1], new], [*ids, new]) for sum_, ids in kept)
            for new in range(len(log_p))
        }
    return max(best.values())[::-1]


# %% 07-exercise-3 wrong: ranked by the sum of probabilities
def beam_search(log_p, start, length, width):
    beams = [([start], 0.0, 0.0)]
    for _ in range(length):
        longer = [
            ([*ids, new], rank + np.exp(step), total + step)
            for ids, rank, total in beams
            for new, step in enumerate(log_p[ids[-1]])
        ]
        beams = sorted(longer, key=lambda beam: -beam[1])[:width]
    return beams[0][0], beams[0][2]


# %% 07-exercise-3 wrong: one step fewer than there are tokens, whatever the length
def beam_search(log_p, start, length, width):
    beams = [([start], 0.0)]
    for _ in range(len(log_p) - 1):
        longer = [
            ([*ids, new], total + log_p[ids[-1], new])
            for ids, total in beams
            for new in range(len(log_p))
        ]
        beams = sorted(longer, key=lambda beam: -beam[1])[:width]
    return beams[0]


# %% 07-exercise-3 right: arrays
def beam_search(log_p, start, length, width):
    rows, totals = np.array([[start]]), np.zeros(1)
    for _ in range(length):
        longer = totals[:, None] + log_p[rows[:, -1]]
        best = np.argsort(-longer, axis=None, kind="stable")[:width]
        parents, new = np.unravel_index(best, longer.shape)
        rows, totals = np.column_stack([rows[parents], new]), longer.ravel()[best]
    return rows[0].tolist(), float(totals[0])
