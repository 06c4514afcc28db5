# ruff: noqa: B905, F811, F821
"""Answers to lesson 21's exercises, and what their checks should make of them."""


# %% 21-exercise-1 wrong: looks at whole lists
def recall_at(lists, right, k):
    found = [one in row for row, one in zip(lists, right)]
    return sum(found) / len(found) if found else 0.0


# %% 21-exercise-1 wrong: looks only at place k
def recall_at(lists, right, k):
    found = [len(row) >= k and row[k - 1] == one for row, one in zip(lists, right)]
    return sum(found) / len(found) if found else 0.0


# %% 21-exercise-1 wrong: leaves out queries without a list
def recall_at(lists, right, k):
    found = [one in row[:k] for row, one in zip(lists, right) if row]
    return sum(found) / len(found) if found else 0.0


# %% 21-exercise-1 wrong: counts instead of a share
def recall_at(lists, right, k):
    return sum(one in row[:k] for row, one in zip(lists, right))


# %% 21-exercise-1 wrong: falls over without queries
def recall_at(lists, right, k):
    return sum(one in row[:k] for row, one in zip(lists, right)) / len(lists)


# %% 21-exercise-1 wrong: passage number 0 is never found
def recall_at(lists, right, k):
    met = [next((p for p in row[:k] if p == one), 0) for row, one in zip(lists, right)]
    return np.count_nonzero(met) / max(len(met), 1)


# %% 21-exercise-1 right: NumPy, and a maximum against zero
def recall_at(lists, right, k):
    hits = [one in set(list(row)[:k]) for row, one in zip(lists, right)]
    return np.float64(np.sum(hits) / max(1, len(hits)))


# %% 21-exercise-2 wrong: ranks from 0
def fuse(first, second, constant=60):
    total = {}
    for ranking in (first, second):
        for rank, one in enumerate(ranking):
            total[one] = total.get(one, 0) + 1 / (constant + rank)
    return sorted(total, key=lambda one: (-total[one], one))


# %% 21-exercise-2 wrong: one list after the other
def fuse(first, second, constant=60):
    return list(dict.fromkeys([*first, *second]))


# %% 21-exercise-2 wrong: equal ones in the order they came
def fuse(first, second, constant=60):
    total = {}
    for ranking in (first, second):
        for rank, one in enumerate(ranking, start=1):
            total[one] = total.get(one, 0) + 1 / (constant + rank)
    return sorted(total, key=lambda one: -total[one])


# %% 21-exercise-2 wrong: the worst first
def fuse(first, second, constant=60):
    total = {}
    for ranking in (first, second):
        for rank, one in enumerate(ranking, start=1):
            total[one] = total.get(one, 0) + 1 / (constant + rank)
    return sorted(total, key=lambda one: (total[one], one))


# %% 21-exercise-2 wrong: who is missing stands just behind the last
def fuse(first, second, constant=60):
    def rank(ids, one):
        return ([*ids, one]).index(one) + 1

    total = {
        one: sum(1 / (constant + rank(ids, one)) for ids in (first, second))
        for one in (*first, *second)
    }
    return sorted(total, key=lambda one: (-total[one], one))


# %% 21-exercise-2 right: sums over all passages, a tuple
def fuse(first, second, constant=60):
    def gain(one):
        places = [r.index(one) + 1 for r in (first, second) if one in r]
        return sum(1 / (constant + place) for place in places)

    return tuple(sorted(sorted({*first, *second}), key=gain, reverse=True))


# %% 21-exercise-3 wrong: the empty piece fits
def allowed_next(texts, written, pieces):
    return [
        i
        for i, piece in enumerate(pieces)
        if any(text.startswith(written + piece) for text in texts)
    ]


# %% 21-exercise-3 wrong: forgets what is written
def allowed_next(texts, written, pieces):
    return [
        i
        for i, piece in enumerate(pieces)
        if piece and any(text.startswith(piece) for text in texts)
    ]


# %% 21-exercise-3 wrong: returns the pieces
def allowed_next(texts, written, pieces):
    return [
        piece
        for piece in pieces
        if piece and any(text.startswith(written + piece) for text in texts)
    ]


# %% 21-exercise-3 wrong: the piece may stand anywhere
def allowed_next(texts, written, pieces):
    return [
        i
        for i, piece in enumerate(pieces)
        if piece and any(written + piece in text for text in texts)
    ]


# %% 21-exercise-3 wrong: ends at the first whole text
def allowed_next(texts, written, pieces):
    longer = [text.removeprefix(written) for text in texts if text.startswith(written)]
    return (
        []
        if "" in longer
        else [
            place
            for place, piece in enumerate(pieces)
            if piece and any(rest.startswith(piece) for rest in longer)
        ]
    )


# %% 21-exercise-3 wrong: what is written may stand anywhere
def allowed_next(texts, written, pieces):
    rests = [text.replace(written, "", 1) for text in texts if written in text]
    fits = [bool(p) and any(rest[: len(p)] == p for rest in rests) for p in pieces]
    return np.flatnonzero(fits).tolist()


# %% 21-exercise-3 right: compares beginnings by length, a set
def allowed_next(texts, written, pieces):
    heads = {text[:n] for text in texts for n in range(len(written) + 1, 99)}
    return {i for i, piece in enumerate(pieces) if piece and written + piece in heads}
