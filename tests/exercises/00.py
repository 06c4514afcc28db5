# ruff: noqa: F811, F821
"""Answers to lesson 00's exercises, and what their checks should make of them."""


# %% 00-exercise-1-stub wrong: logarithm to base two
def sentence_loss(probabilities):
    return -sum(math.log2(p) for p in probabilities) / len(probabilities)


# %% 00-exercise-1-stub wrong: the sum in place of the mean
def sentence_loss(probabilities):
    return -sum(math.log(p) for p in probabilities)


# %% 00-exercise-1-stub wrong: always divided by three
def sentence_loss(probabilities):
    return -sum(math.log(p) for p in probabilities) / 3


# %% 00-exercise-1-stub wrong: the number of the example
def sentence_loss(probabilities):
    return 1.2297


# %% 00-exercise-1-stub wrong: a formatted text
def sentence_loss(probabilities):
    return f"{-sum(map(math.log, probabilities)) / len(probabilities):.4f}"


# %% 00-exercise-1-stub wrong: one loss a word
def sentence_loss(probabilities):
    return [-math.log(p) for p in probabilities]


# %% 00-exercise-1-stub wrong: unfinished
def sentence_loss(probabilities):
    return -sum(probabilities.log()) / 0


# %% 00-exercise-1-stub right: from the product, as the chain rule has it
def sentence_loss(probabilities):
    return np.log(np.prod(probabilities) ** (-1 / len(probabilities)))


# %% 00-exercise-2-stub wrong: the pairs of the lesson
triples = defaultdict(Counter)
for notice in training:
    padded = [END, *notice, END]
    for a, b in zip(padded, padded[1:], strict=False):
        triples[a][b] += 1

# %% 00-exercise-2-stub wrong: every word counted under one key
triples = {("a", "b"): Counter({"c": sum(len(notice) + 1 for notice in training)})}

# %% 00-exercise-2-stub wrong: the end is not counted
triples = defaultdict(Counter)
for notice in training:
    padded = [END, END, *notice]
    for a, b, c in zip(padded, padded[1:], padded[2:], strict=False):
        triples[a, b][c] += 1

# %% 00-exercise-2-stub wrong: no symbols at the start, and too many at the end
triples = defaultdict(Counter)
for notice in training:
    padded = [END, *notice, END, END]
    for a, b, c in zip(padded, padded[1:], padded[2:], strict=False):
        triples[a, b][c] += 1

# %% 00-exercise-2-stub wrong: three symbols at the start, none at the end
triples = defaultdict(Counter)
for notice in training:
    padded = [END, END, END, *notice]
    for a, b, c in zip(padded, padded[1:], padded[2:], strict=False):
        triples[a, b][c] += 1


# %% 00-exercise-2-stub wrong: the pair backwards
triples = defaultdict(Counter)
for notice in training:
    padded = [END, END, *notice, END]
    for a, b, c in zip(padded, padded[1:], padded[2:], strict=False):
        triples[b, a][c] += 1

# %% 00-exercise-2-stub wrong: a list of triples
triples = [three for n in training for three in zip(n, n[1:], n[2:], strict=False)]

# %% 00-exercise-2-stub wrong: one notice runs on into the next
triples = defaultdict(Counter)
stream = [END, END]
for notice in training:
    stream += [*notice, END]
for a, b, c in zip(stream, stream[1:], stream[2:], strict=False):
    triples[a, b][c] += 1


# %% 00-exercise-2-stub wrong: the pairs with symbols are turned round
triples = defaultdict(Counter)
for notice in training:
    padded = [END, END, *notice, END]
    for number, (a, b) in enumerate(zip(padded, padded[1:], strict=False)):
        if number + 2 < len(padded):
            triples[(b, a) if END in (a, b) else (a, b)][padded[number + 2]] += 1


# %% 00-exercise-2-stub right: plain dictionaries, another symbol for the start
triples = {}
for notice in training:
    padded = ["<start>", "<start>", *notice, END]
    for a, b, c in zip(padded, padded[1:], padded[2:], strict=False):
        following = triples.setdefault((a, b), {})
        following[c] = following.get(c, 0) + 1

# %% 00-exercise-3-stub wrong: questions without guesses
my_questions = ["What is the capital of France?", "Who wrote Hamlet?"] * 3

# %% 00-exercise-3-stub wrong: numbers
my_questions = [(1, 2)] * 6

# %% 00-exercise-3-stub wrong: one pair only
my_questions = [("What is the capital of France?", "right")]

# %% 00-exercise-3-stub wrong: answers in place of guesses
my_questions = [(f"What is {n} plus {n}?", str(2 * n)) for n in range(6)]

# %% 00-exercise-3-stub wrong: the same question six times
my_questions = [("What is two plus two?", "right"), ("What is two plus two?", "wrong")]
my_questions = my_questions * 3

# %% 00-exercise-3-stub wrong: sure of everything
my_questions = [(f"What is {n} plus {n}?", "right") for n in range(6)]

# %% 00-exercise-3-stub wrong: five and one
my_questions = [(f"What is {n} plus {n}?", "right") for n in range(5)]
my_questions += [("How many letters has the word strawberry?", "wrong")]


# %% 00-exercise-3-stub right: a tuple of lists, made by a loop
my_questions = tuple(
    [f"What is {n} times {n}?", "right" if n < 4 else "wrong"] for n in range(1, 7)
)
