# ruff: noqa: F811, F821
"""Answers to lesson 03's exercises, and what their checks should make of them."""


# %% 03-exercise-1-stub wrong: every earlier word
def sliding_mask(length, window):
    return np.tri(length, dtype=bool)


# %% 03-exercise-1-stub wrong: always two words
def sliding_mask(length, window):
    i, j = np.ogrid[:length, :length]
    return (j <= i) & (j > i - 2)


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


# %% 03-exercise-2-stub wrong: neighbours are the pairs
def rotary(x):
    T, d = x.shape
    angles = np.arange(T)[:, None] / 10_000 ** (2 * np.arange(d // 2) / d)
    one, two = x[:, ::2], x[:, 1::2]
    turned = np.empty_like(x)
    turned[:, ::2] = one * np.cos(angles) - two * np.sin(angles)
    turned[:, 1::2] = two * np.cos(angles) + one * np.sin(angles)
    return turned


# %% 03-exercise-2-stub wrong: every pair at the same speed
def rotary(x):
    T, d = x.shape
    angles = np.arange(T)[:, None] * np.ones(d // 2)
    one, two = x[:, : d // 2], x[:, d // 2 :]
    return np.hstack(
        [
            one * np.cos(angles) - two * np.sin(angles),
            two * np.cos(angles) + one * np.sin(angles),
        ]
    )


# %% 03-exercise-2-stub wrong: sines are added to the words
def rotary(x):
    T, d = x.shape
    angles = np.arange(T)[:, None] / 10_000 ** (2 * np.arange(d // 2) / d)
    return x + np.hstack([np.sin(angles), np.cos(angles)])


# %% 03-exercise-2-stub wrong: turned the other way round
def rotary(x):
    T, d = x.shape
    angles = -np.arange(T)[:, None] / 10_000 ** (2 * np.arange(d // 2) / d)
    one, two = x[:, : d // 2], x[:, d // 2 :]
    return np.hstack(
        [
            one * np.cos(angles) - two * np.sin(angles),
            two * np.cos(angles) + one * np.sin(angles),
        ]
    )


# %% 03-exercise-2-stub wrong: nothing turns
def rotary(x):
    return x


# %% 03-exercise-2-stub right: in place, and in float32
def rotary(x):
    T, d = x.shape
    angles = np.arange(T)[:, None] / 10_000 ** (2 * np.arange(d // 2) / d)
    cos, sin = np.cos(angles).astype("float32"), np.sin(angles).astype("float32")
    one, two = x[:, : d // 2].copy(), x[:, d // 2 :].copy()
    x[:, : d // 2], x[:, d // 2 :] = one * cos - two * sin, two * cos + one * sin
    return x.astype("float32")


# %% 03-exercise-2-stub right: by complex numbers
def rotary(x):
    T, d = x.shape
    angles = np.outer(np.arange(T), 10_000.0 ** (-2 * np.arange(d // 2) / d))
    pairs = (x[:, : d // 2] + 1j * x[:, d // 2 :]) * np.exp(1j * angles)
    return np.hstack([pairs.real, pairs.imag])


# %% 03-exercise-3-stub wrong: the whole table
def chunked_attend(Q, K, V, chunk):
    return attend(Q, K, V)[0]


# %% 03-exercise-3-stub wrong: the whole table, cut into chunks afterwards
def chunked_attend(Q, K, V, chunk):
    weights = softmax(Q @ K.T / np.sqrt(Q.shape[-1]))
    output = np.zeros((len(Q), V.shape[-1]))
    for first in range(0, len(K), chunk):
        piece = slice(first, first + chunk)
        output += weights[:, piece] @ V[piece]
    return output


# %% 03-exercise-3-stub wrong: softmax in every chunk, then the mean
def chunked_attend(Q, K, V, chunk):
    outputs = [
        attend(Q, K[first : first + chunk], V[first : first + chunk])[0]
        for first in range(0, len(K), chunk)
    ]
    return np.mean(outputs, axis=0)


# %% 03-exercise-3-stub wrong: the earlier sums are not rescaled
def chunked_attend(Q, K, V, chunk):
    top = np.full((len(Q), 1), -np.inf)
    total, output = 0, 0
    for first in range(0, len(K), chunk):
        scores = Q @ K[first : first + chunk].T / np.sqrt(Q.shape[-1])
        top = np.maximum(top, scores.max(axis=1, keepdims=True))
        shares = np.exp(scores - top)
        total = total + shares.sum(axis=1, keepdims=True)
        output = output + shares @ V[first : first + chunk]
    return output / total


# %% 03-exercise-3-stub wrong: without the square root
def chunked_attend(Q, K, V, chunk):
    top = np.full((len(Q), 1), -np.inf)
    total, output = 0, 0
    for first in range(0, len(K), chunk):
        scores = Q @ K[first : first + chunk].T
        new = np.maximum(top, scores.max(axis=1, keepdims=True))
        shares = np.exp(scores - new)
        total = total * np.exp(top - new) + shares.sum(axis=1, keepdims=True)
        output = output * np.exp(top - new) + shares @ V[first : first + chunk]
        top = new
    return output / total


# %% 03-exercise-3-stub wrong: as many keys as queries
def chunked_attend(Q, K, V, chunk):
    top = np.full((len(Q), 1), -np.inf)
    total, output = 0, 0
    for first in range(0, len(Q), chunk):
        scores = Q @ K[first : first + chunk].T / np.sqrt(Q.shape[-1])
        new = np.maximum(top, scores.max(axis=1, keepdims=True))
        shares = np.exp(scores - new)
        total = total * np.exp(top - new) + shares.sum(axis=1, keepdims=True)
        output = output * np.exp(top - new) + shares @ V[first : first + chunk]
        top = new
    return output / total


# %% 03-exercise-3-stub wrong: the square root of the length of the values
def chunked_attend(Q, K, V, chunk):
    Q = Q * np.sqrt(Q.shape[-1] / V.shape[-1])  # `attend` divides by the queries' own
    starts = range(0, len(Q), chunk)
    return np.concatenate([attend(Q[i : i + chunk], K, V)[0] for i in starts])


# %% 03-exercise-3-stub wrong: no running maximum
def chunked_attend(Q, K, V, chunk):
    total, output = 0.0, 0.0
    for first in range(0, len(K), chunk):
        shares = np.exp(Q @ K[first : first + chunk].T / np.sqrt(Q.shape[-1]))
        total = total + shares.sum(axis=1, keepdims=True)
        output = output + shares @ V[first : first + chunk]
    return output / total


# %% 03-exercise-3-stub wrong: the largest score of the first chunk, for ever
def chunked_attend(Q, K, V, chunk):
    total, output, top = 0.0, 0.0, None
    for first in range(0, len(K), chunk):
        scores = Q @ K[first : first + chunk].T / np.sqrt(Q.shape[-1])
        top = scores.max(axis=1, keepdims=True) if top is None else top
        shares = np.exp(scores - top)
        total = total + shares.sum(axis=1, keepdims=True)
        output = output + shares @ V[first : first + chunk]
    return output / total


# %% 03-exercise-3-stub right: the queries are scaled first, in place
def chunked_attend(Q, K, V, chunk):
    Q /= np.sqrt(Q.shape[-1])
    rows = []
    for first in range(0, len(Q), chunk):
        scores = Q[first : first + chunk] @ K.T
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        rows.append(shares @ V / shares.sum(axis=1, keepdims=True))
    return np.concatenate(rows)


# %% 03-exercise-3-stub right: chunks of queries, one at a time
def chunked_attend(Q, K, V, chunk):
    rows = [
        attend(Q[first : first + chunk], K, V)[0] for first in range(0, len(Q), chunk)
    ]
    return np.concatenate(rows)
