# ruff: noqa: F811, F821
"""Answers to lesson 02's exercises, and what their checks should make of them."""


# %% 02-exercise-1-stub wrong: the sum of the slopes, not their mean
def train_line(xs, ys, learning_rate, steps):
    w = b = 0.0
    for _ in range(steps):
        errors = [w * x + b - y for x, y in zip(xs, ys, strict=True)]
        slope_w = sum(2 * e * x for e, x in zip(errors, xs, strict=True))
        slope_b = sum(2 * e for e in errors)
        w, b = w - learning_rate * slope_w, b - learning_rate * slope_b
    return w, b


# %% 02-exercise-1-stub wrong: the factor 2 forgotten
def train_line(xs, ys, learning_rate, steps):
    w = b = 0.0
    for _ in range(steps):
        errors = [w * x + b - y for x, y in zip(xs, ys, strict=True)]
        slope_w = sum(e * x for e, x in zip(errors, xs, strict=True)) / len(xs)
        w, b = w - learning_rate * slope_w, b - learning_rate * sum(errors) / len(xs)
    return w, b


# %% 02-exercise-1-stub wrong: uphill
def train_line(xs, ys, learning_rate, steps):
    w = b = 0.0
    for _ in range(steps):
        errors = [w * x + b - y for x, y in zip(xs, ys, strict=True)]
        slope_w = sum(2 * e * x for e, x in zip(errors, xs, strict=True)) / len(xs)
        slope_b = sum(2 * e for e in errors) / len(xs)
        w, b = w + learning_rate * slope_w, b + learning_rate * slope_b
    return w, b


# %% 02-exercise-1-stub wrong: the bias uses the weight that has just moved
def train_line(xs, ys, learning_rate, steps):
    w = b = 0.0
    for _ in range(steps):
        errors = [w * x + b - y for x, y in zip(xs, ys, strict=True)]
        slope_w = sum(2 * e * x for e, x in zip(errors, xs, strict=True)) / len(xs)
        w = w - learning_rate * slope_w
        errors = [w * x + b - y for x, y in zip(xs, ys, strict=True)]
        b = b - learning_rate * sum(2 * e for e in errors) / len(xs)
    return w, b


# %% 02-exercise-1-stub wrong: one example after the other
def train_line(xs, ys, learning_rate, steps):
    w = b = 0.0
    for _ in range(steps):
        for x, y in zip(xs, ys, strict=True):
            error = w * x + b - y
            w, b = w - learning_rate * 2 * error * x, b - learning_rate * 2 * error
    return w, b


# %% 02-exercise-1-stub wrong: the best line at once, whatever the steps
def train_line(xs, ys, learning_rate, steps):
    return tuple(np.polyfit(xs, ys, 1))


# %% 02-exercise-1-stub wrong: only the weight
def train_line(xs, ys, learning_rate, steps):
    w = 0.0
    for _ in range(steps):
        slope_w = np.mean(2 * (w * np.array(xs) - ys) * xs)
        w = w - learning_rate * slope_w
    return w


# %% 02-exercise-1-stub wrong: always divided by two
def train_line(xs, ys, learning_rate, steps):
    w = b = 0.0
    for _ in range(steps):
        errors = [w * x + b - y for x, y in zip(xs, ys, strict=True)]
        slope_w = sum(2 * e * x for e, x in zip(errors, xs, strict=True)) / 2
        slope_b = sum(2 * e for e in errors) / 2
        w, b = w - learning_rate * slope_w, b - learning_rate * slope_b
    return w, b


# %% 02-exercise-1-stub wrong: the learning rate is always 0.1
def train_line(xs, ys, learning_rate, steps):
    w = b = 0.0
    for _ in range(steps):
        errors = [w * x + b - y for x, y in zip(xs, ys, strict=True)]
        slope_w = sum(2 * e * x for e, x in zip(errors, xs, strict=True)) / len(xs)
        slope_b = sum(2 * e for e in errors) / len(xs)
        w, b = w - 0.1 * slope_w, b - 0.1 * slope_b
    return w, b


# %% 02-exercise-1-stub right: with the tape, and a bias as an input that is always 1
def train_line(xs, ys, learning_rate, steps):
    inputs = np.stack([xs, np.ones(len(xs))], axis=1)
    both = tf.Variable(np.zeros(2))
    for _ in range(steps):
        with tf.GradientTape() as tape:
            total = tf.reduce_mean((tf.linalg.matvec(inputs, both) - ys) ** 2)
        both.assign_sub(learning_rate * tape.gradient(total, both))
    return list(both.numpy())


# %% 02-exercise-2-stub wrong: a plain number
def cross_entropy_of(logits, right):
    p = softmax(np.array([logit.data for logit in logits]))
    return -np.log(p[right])


# %% 02-exercise-2-stub wrong: the right loss without a way back
def cross_entropy_of(logits, right):
    p = softmax(np.array([logit.data for logit in logits]))
    return Value(-np.log(p[right]))


# %% 02-exercise-2-stub wrong: the truth is not subtracted
def cross_entropy_of(logits, right):
    p = softmax(np.array([logit.data for logit in logits]))
    return Value(-np.log(p[right]), tuple(logits), tuple(p))


# %% 02-exercise-2-stub wrong: the sign of the slopes
def cross_entropy_of(logits, right):
    p = softmax(np.array([logit.data for logit in logits]))
    return Value(-np.log(p[right]), tuple(logits), tuple(np.eye(len(p))[right] - p))


# %% 02-exercise-2-stub wrong: overflows at logits of 1,000
def cross_entropy_of(logits, right):
    total = Value(0)
    for logit in logits:
        e = math.exp(logit.data)
        total = total + Value(e, (logit,), (e,))
    return Value(math.log(total.data), (total,), (1 / total.data,)) + logits[right] * -1


# %% 02-exercise-2-stub wrong: the slope of log is its value
def cross_entropy_of(logits, right):
    largest = max(logit.data for logit in logits)
    total = Value(0)
    for logit in logits:
        e = math.exp(logit.data - largest)
        total = total + Value(e, (logit,), (e,))
    log = Value(math.log(total.data), (total,), (math.log(total.data),))
    return log + largest + logits[right] * -1


# %% 02-exercise-2-stub wrong: class 0 is always right
def cross_entropy_of(logits, right):
    p = softmax(np.array([logit.data for logit in logits]))
    return Value(-np.log(p[0]), tuple(logits), tuple(p - np.eye(len(p))[0]))


# %% 02-exercise-2-stub wrong: the logarithm of a probability that vanished
def cross_entropy_of(logits, right):
    p = softmax(np.array([logit.data for logit in logits]))
    with np.errstate(divide="ignore"):
        nats = -np.log(p[right])
    return Value(nats, tuple(logits), tuple(p - np.eye(len(p))[right]))


# %% 02-exercise-2-stub wrong: the first logit is taken away, not the largest
def cross_entropy_of(logits, right):
    offset = logits[0].data
    total = Value(0)
    for logit in logits:
        e = math.exp(logit.data - offset)
        total = total + Value(e, (logit,), (e,))
    log = Value(math.log(total.data), (total,), (1 / total.data,))
    return log + offset + logits[right] * -1


# %% 02-exercise-2-stub wrong: the largest size is taken away
def cross_entropy_of(logits, right):
    offset = max(abs(logit.data) for logit in logits)
    total = Value(0)
    for logit in logits:
        e = math.exp(logit.data - offset)
        total = total + Value(e, (logit,), (e,))
    log = Value(math.log(total.data), (total,), (1 / total.data,))
    return log + offset + logits[right] * -1


# %% 02-exercise-2-stub right: one Value whose slopes are probability minus truth
def cross_entropy_of(logits, right):
    numbers = np.array([logit.data for logit in logits])
    spread = numbers.max() + np.log(np.exp(numbers - numbers.max()).sum())
    slopes = softmax(numbers) - (np.arange(len(numbers)) == right)
    return Value(spread - numbers[right], tuple(logits), tuple(slopes))


# %% 02-exercise-3-stub wrong: the dot at the end is forgotten
def surprise(word, next_logits):
    before, after = examples([word])
    rows = [softmax(np.array(next_logits(ids), "float64")) for ids in before]
    return float(
        np.mean([-np.log(p[i]) for p, i in zip(rows, after, strict=True)][:-1])
    )


# %% 02-exercise-3-stub wrong: the sum in place of the mean
def surprise(word, next_logits):
    before, after = examples([word])
    rows = [softmax(np.array(next_logits(ids), "float64")) for ids in before]
    return float(np.sum([-np.log(p[i]) for p, i in zip(rows, after, strict=True)]))


# %% 02-exercise-3-stub wrong: in bits
def surprise(word, next_logits):
    before, after = examples([word])
    rows = [softmax(np.array(next_logits(ids), "float64")) for ids in before]
    return float(np.mean([-np.log2(p[i]) for p, i in zip(rows, after, strict=True)]))


# %% 02-exercise-3-stub wrong: the logits taken for log probabilities
def surprise(word, next_logits):
    before, after = examples([word])
    return float(
        np.mean([-next_logits(b)[a] for b, a in zip(before, after, strict=True)])
    )


# %% 02-exercise-3-stub wrong: divided by the letters without the dot
def surprise(word, next_logits):
    before, after = examples([word])
    rows = [softmax(np.array(next_logits(ids), "float64")) for ids in before]
    total = np.sum([-np.log(p[i]) for p, i in zip(rows, after, strict=True)])
    return float(total / len(word))


# %% 02-exercise-3-stub wrong: the minus forgotten
def surprise(word, next_logits):
    before, after = examples([word])
    rows = [softmax(np.array(next_logits(ids), "float64")) for ids in before]
    return float(np.mean([np.log(p[i]) for p, i in zip(rows, after, strict=True)]))


# %% 02-exercise-3-stub wrong: minus the log of the mean probability
def surprise(word, next_logits):
    before, after = examples([word])
    rows = [softmax(np.array(next_logits(ids), "float64")) for ids in before]
    return float(-np.log(np.mean([p[i] for p, i in zip(rows, after, strict=True)])))


# %% 02-exercise-3-stub wrong: of the three numbers before, only the last one
def surprise(word, next_logits):
    before, after = examples([word])
    before[:, :2] = 0
    rows = [softmax(np.array(next_logits(ids), "float64")) for ids in before]
    return float(np.mean([-np.log(p[i]) for p, i in zip(rows, after, strict=True)]))


# %% 02-exercise-3-stub wrong: of the three numbers before, only the last two
def surprise(word, next_logits):
    before, after = examples([word])
    before[:, 0] = 0
    rows = [softmax(np.array(next_logits(ids), "float64")) for ids in before]
    return float(np.mean([-np.log(p[i]) for p, i in zip(rows, after, strict=True)]))


# %% 02-exercise-3-stub right: from the product of the probabilities, with a loop
def surprise(word, next_logits):
    ids, product = [0, 0, 0], 1.0
    for letter in word + ".":
        powers = np.exp(np.asarray(next_logits(ids[-3:]), "float64"))
        ids.append(alphabet.index(letter))
        product *= powers[ids[-1]] / powers.sum()
    return -np.log(product) / (len(word) + 1)
