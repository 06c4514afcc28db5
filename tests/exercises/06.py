# ruff: noqa: F811, F821
"""Answers to lesson 06's exercises, and what their checks should make of them."""


# %% 06-exercise-1 wrong: each piece of the test text counts once
def overlap(train, test, width):
    known = {train[i : i + width] for i in range(len(train) - width + 1)}
    pieces = {test[i : i + width] for i in range(len(test) - width + 1)}
    return len(known & pieces) / len(pieces)


# %% 06-exercise-1 wrong: divided by the pieces of the training text
def overlap(train, test, width):
    known = {train[i : i + width] for i in range(len(train) - width + 1)}
    pieces = {test[i : i + width] for i in range(len(test) - width + 1)}
    return len(known & pieces) / len(known)


# %% 06-exercise-1 wrong: pieces side by side, without overlap
def overlap(train, test, width):
    known = {train[i : i + width] for i in range(len(train) - width + 1)}
    pieces = [test[i : i + width] for i in range(0, len(test), width)]
    return sum(piece in known for piece in pieces) / len(pieces)


# %% 06-exercise-1 wrong: the last piece is forgotten
def overlap(train, test, width):
    known = {train[i : i + width] for i in range(len(train) - width)}
    pieces = [test[i : i + width] for i in range(len(test) - width)]
    return sum(piece in known for piece in pieces) / len(pieces)


# %% 06-exercise-1 wrong: letters in place of pieces
def overlap(train, test, width):
    return sum(letter in train for letter in test) / len(test)


# %% 06-exercise-1 right: by searching the text
def overlap(train, test, width):
    starts = range(len(test) - width + 1)
    found = [train.find(test[i : i + width]) >= 0 for i in starts]
    return np.mean(found)


# %% 06-exercise-2 wrong: always false
def reads_the_future(model, length=16):
    return False


# %% 06-exercise-2 wrong: the changed position counts, too
def reads_the_future(model, length=16):
    ids = np.tile(train_ids[:length], (2, 1))
    ids[1, -1] = (ids[1, -1] + 1) % V
    outputs = ops.convert_to_numpy(model(ids)[0])
    return bool(np.abs(outputs[0] - outputs[1]).max() > 1e-4)


# %% 06-exercise-2 wrong: the first input is changed
def reads_the_future(model, length=16):
    ids = np.tile(train_ids[:length], (2, 1))
    ids[1, 0] = (ids[1, 0] + 1) % V
    outputs = ops.convert_to_numpy(model(ids)[0])
    return bool(np.abs(outputs[0, 1:] - outputs[1, 1:]).max() > 1e-4)


# %% 06-exercise-2 wrong: it knows the model by its name
def reads_the_future(model, length=16):
    return model is bidirectional


# %% 06-exercise-2 wrong: it looks at the first output only
def reads_the_future(model, length=16):
    ids = np.tile(train_ids[:length], (2, 1))
    ids[1, -1] = (ids[1, -1] + 1) % V
    outputs = ops.convert_to_numpy(model(ids)[0])
    return bool(np.abs(outputs[0, 0] - outputs[1, 0]).max() > 1e-4)


# %% 06-exercise-2 wrong: it looks at the output before the last only
def reads_the_future(model, length=16):
    ids = np.tile(train_ids[:length], (2, 1))
    ids[1, -1] = (ids[1, -1] + 1) % V
    outputs = ops.convert_to_numpy(model(ids)[0])
    return bool(np.abs(outputs[0, -2] - outputs[1, -2]).max() > 1e-4)


# %% 06-exercise-2 wrong: always sixteen characters
def reads_the_future(model, length=16):
    ids = np.tile(train_ids[:16], (2, 1))
    ids[1, -1] = (ids[1, -1] + 1) % V
    outputs = ops.convert_to_numpy(model(ids)[0])
    return bool(np.abs(outputs[0, :-1] - outputs[1, :-1]).max() > 1e-4)


# %% 06-exercise-2 wrong: rounding counts as a change
def reads_the_future(model, length=16):
    ids = np.tile(train_ids[:length], (2, 1))
    ids[1, -1] = (ids[1, -1] + 1) % V
    outputs = ops.convert_to_numpy(model(ids)[0])[:, :-1]
    return bool((outputs[0] != outputs[1]).any())


# %% 06-exercise-2 wrong: it looks at the last few outputs only
def reads_the_future(model, length=16):
    ids = np.zeros((1, length), "int32")
    changed = ids.copy()
    changed[0, -1] = 1
    one, two = (np.asarray(model(some)[0]) for some in (ids, changed))
    return bool(np.abs(one - two)[0, -4:-1].max() > 1e-6)


# %% 06-exercise-2 wrong: a change in the middle, and the first half
def reads_the_future(model, length=16):
    ids, middle = np.zeros((1, length), "int32"), length // 2
    changed = ids.copy()
    changed[0, middle] = 1
    one, two = (np.asarray(model(some)[0]) for some in (ids, changed))
    return bool(np.abs(one - two)[0, :middle].max() > 1e-6)


# %% 06-exercise-2 right: with the last character, and without it
def reads_the_future(model, length=16):
    ids = np.arange(length, dtype="int32")[None] % 7
    with_it, without = (np.asarray(model(some)[0]) for some in (ids, ids[:, :-1]))
    return bool(np.abs(with_it[:, :-1] - without).max() > 1e-6)


# %% 06-exercise-2 right: two inputs apart, compared by allclose
def reads_the_future(model, length=16):
    ids = train_ids[None, :length]
    other = ids.copy()
    other[0, -1] = (other[0, -1] + 5) % V
    one, two = (np.asarray(model(x)[0])[0, :-1] for x in (ids, other))
    return not np.allclose(one, two, atol=1e-4)


# %% 06-exercise-3 wrong: the new content and the old output change places
def gru(x, W, U, b):
    h, outputs = np.zeros(len(U)), []
    for x_t in x:
        (pz, pg, pn), (rz, rg, rn) = (
            np.split(x_t @ W + b[0], 3),
            np.split(h @ U + b[1], 3),
        )
        z, g = sigmoid(pz + rz), sigmoid(pg + rg)
        h = (1 - z) * h + z * np.tanh(pn + g * rn)
        outputs.append(h)
    return np.stack(outputs)


# %% 06-exercise-3 wrong: without the second bias
def gru(x, W, U, b):
    h, outputs = np.zeros(len(U)), []
    for x_t in x:
        (pz, pg, pn), (rz, rg, rn) = np.split(x_t @ W + b[0], 3), np.split(h @ U, 3)
        z, g = sigmoid(pz + rz), sigmoid(pg + rg)
        h = z * h + (1 - z) * np.tanh(pn + g * rn)
        outputs.append(h)
    return np.stack(outputs)


# %% 06-exercise-3 wrong: only the last output
def gru(x, W, U, b):
    h = np.zeros(len(U))
    for x_t in x:
        (pz, pg, pn), (rz, rg, rn) = (
            np.split(x_t @ W + b[0], 3),
            np.split(h @ U + b[1], 3),
        )
        z, g = sigmoid(pz + rz), sigmoid(pg + rg)
        h = z * h + (1 - z) * np.tanh(pn + g * rn)
    return h


# %% 06-exercise-3 wrong: every step begins anew
def gru(x, W, U, b):
    h, outputs = np.zeros(len(U)), []
    for x_t in x:
        (pz, pg, pn), (rz, rg, rn) = (
            np.split(x_t @ W + b[0], 3),
            np.split(h @ U + b[1], 3),
        )
        z, g = sigmoid(pz + rz), sigmoid(pg + rg)
        outputs.append(z * h + (1 - z) * np.tanh(pn + g * rn))
    return np.stack(outputs)


# %% 06-exercise-3 wrong: the gate multiplies the old output, as in the first paper
def gru(x, W, U, b):
    h, outputs, n = np.zeros(len(U)), [], len(U)
    for x_t in x:
        p, r = x_t @ W + b[0], h @ U + b[1]
        z, g = sigmoid(p[:n] + r[:n]), sigmoid(p[n : 2 * n] + r[n : 2 * n])
        new = np.tanh(p[2 * n :] + (g * h) @ U[:, 2 * n :] + b[1, 2 * n :])
        h = z * h + (1 - z) * new
        outputs.append(h)
    return np.stack(outputs)


# %% 06-exercise-3 right: lists, and the inputs multiplied at once
def gru(x, W, U, b):
    n, outputs = len(U), [np.zeros(len(U))]
    for p in x @ W + b[0]:
        r = outputs[-1] @ U + b[1]
        z, g = 1 / (1 + np.exp(-(p + r)[: 2 * n].reshape(2, n)))
        new = np.tanh(p[2 * n :] + g * r[2 * n :])
        outputs.append(new + z * (outputs[-1] - new))
    return [output.tolist() for output in outputs[1:]]
