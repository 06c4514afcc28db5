# ruff: noqa: F811, F821
"""Answers to lesson 03's exercises, and what their checks should make of them."""


# %% 03-exercise-1-stub wrong: every earlier word
def sliding_mask(length, window):
    return np.tri(length, dtype=bool)


# %% 03-exercise-1-stub wrong: one word too many
def sliding_mask(length, window):
    i, j = np.ogrid[:length, :length]
    return (j <= i) & (j >= i - window)


# %% 03-exercise-1-stub wrong: transposed
def sliding_mask(length, window):
    i, j = np.ogrid[:length, :length]
    return (i <= j) & (i > j - window)


# %% 03-exercise-1-stub wrong: the mask that is added to scores
def sliding_mask(length, window):
    i, j = np.ogrid[:length, :length]
    return np.where((j <= i) & (j > i - window), 0, -np.inf)


# %% 03-exercise-1-stub right: lists of True and False
def sliding_mask(length, window):
    return [[i - window < j <= i for j in range(length)] for i in range(length)]


# %% 03-exercise-2-stub wrong: only the output
def distance_attend(Q, K, V, m):
    distance = abs(np.subtract.outer(np.arange(len(Q)), np.arange(len(Q))))
    return softmax(Q @ K.T / np.sqrt(Q.shape[-1]) - m * distance) @ V


# %% 03-exercise-2-stub wrong: the penalty is added
def distance_attend(Q, K, V, m):
    distance = abs(np.subtract.outer(np.arange(len(Q)), np.arange(len(Q))))
    weights = softmax(Q @ K.T / np.sqrt(Q.shape[-1]) + m * distance)
    return weights @ V, weights


# %% 03-exercise-2-stub wrong: scaled after the penalty
def distance_attend(Q, K, V, m):
    distance = abs(np.subtract.outer(np.arange(len(Q)), np.arange(len(Q))))
    weights = softmax((Q @ K.T - m * distance) / np.sqrt(Q.shape[-1]))
    return weights @ V, weights


# %% 03-exercise-2-stub wrong: weights first
def distance_attend(Q, K, V, m):
    distance = abs(np.subtract.outer(np.arange(len(Q)), np.arange(len(Q))))
    weights = softmax(Q @ K.T / np.sqrt(Q.shape[-1]) - m * distance)
    return weights, weights @ V


# %% 03-exercise-2-stub wrong: not a number
def distance_attend(Q, K, V, m):
    return np.full_like(V, np.nan), np.full((len(Q), len(Q)), np.nan)


# %% 03-exercise-2-stub wrong: no penalty
def distance_attend(Q, K, V, m):
    weights = softmax(Q @ K.T / np.sqrt(Q.shape[-1]))
    return weights @ V, weights


# %% 03-exercise-2-stub right: row by row, a list of lists
def distance_attend(Q, K, V, m):
    weights = []
    for i, query in enumerate(Q):
        scores = [query @ key / len(query) ** 0.5 for key in K]
        shares = [np.exp(s - m * abs(i - j)) for j, s in enumerate(scores)]
        weights.append([share / sum(shares) for share in shares])
    return [(np.array(weights) @ V).tolist(), weights]
