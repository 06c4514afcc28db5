# ruff: noqa: F811, F821
"""Answers to lesson 18's exercises, and what their checks should make of them."""


# %% 18-exercise-one-stub wrong: the ratio upside down
def brevity_penalty(c, r):
    return min(1.0, math.exp(1 - c / r))


# %% 18-exercise-one-stub wrong: long candidates gain
def brevity_penalty(c, r):
    return math.exp(1 - r / c) if c else 0.0


# %% 18-exercise-one-stub wrong: the plain ratio
def brevity_penalty(c, r):
    return min(1.0, c / r)


# %% 18-exercise-one-stub wrong: falls over without words
def brevity_penalty(c, r):
    return min(1.0, math.exp(1 - r / c))


# %% 18-exercise-one-stub wrong: the value for half the length
def brevity_penalty(c, r):
    return 1.0 if c >= r else math.exp(-1) if c else 0.0


# %% 18-exercise-one-stub right: with NumPy and a limit
def brevity_penalty(c, r):
    with np.errstate(divide="ignore"):
        return np.exp(np.minimum(0, 1 - np.float64(r) / np.float64(c)))


# %% 18-exercise-two-stub wrong: characters in any order, which is ROUGE-1
def rouge_l_characters(candidate, truth):
    shared = (ngrams(candidate, 1) & ngrams(truth, 1)).total()
    return f_measure(shared, len(candidate), len(truth))


# %% 18-exercise-two-stub wrong: over words
def rouge_l_characters(candidate, truth):
    return rouge_by_hand(candidate, truth)[2]


# %% 18-exercise-two-stub wrong: recall alone
def rouge_l_characters(candidate, truth):
    return lcs_table(candidate, truth)[-1, -1] / len(truth)


# %% 18-exercise-two-stub wrong: the length of the subsequence
def rouge_l_characters(candidate, truth):
    return lcs_table(candidate, truth)[-1, -1]


# %% 18-exercise-two-stub wrong: the longest piece without gaps
def rouge_l_characters(candidate, truth):
    a, b = candidate, truth
    pieces = [a[i:j] for i in range(len(a)) for j in range(i + 1, len(a) + 1)]
    longest = max((len(piece) for piece in pieces if piece in b), default=0)
    return f_measure(longest, len(a), len(b))


# %% 18-exercise-two-stub wrong: pairs of characters
def rouge_l_characters(candidate, truth):
    shared = (ngrams(candidate, 2) & ngrams(truth, 2)).total()
    return f_measure(shared, len(candidate) - 1, len(truth) - 1)


# %% 18-exercise-two-stub wrong: a greedy walk along the truth
def rouge_l_characters(candidate, truth):
    place, shared = 0, 0
    for character in truth:
        found = candidate.find(character, place)
        if found >= 0:
            place, shared = found + 1, shared + 1
    return f_measure(shared, len(candidate), len(truth))


# %% 18-exercise-two-stub right: blanks between the characters, then the words' score
def rouge_l_characters(candidate, truth):
    return rouge_by_hand(" ".join(candidate), " ".join(truth))[2]


# %% 18-exercise-three-stub wrong: another letter
my_answers = "x" * len(duels)

# %% 18-exercise-three-stub wrong: one answer too few
my_answers = ("lr" * len(duels))[: len(duels) - 1]

# %% 18-exercise-three-stub wrong: ties only
my_answers = "t" * len(duels)

# %% 18-exercise-three-stub wrong: a list of words
my_answers = ["left"] * len(duels)

# %% 18-exercise-three-stub right: nothing to choose between in nine of ten
my_answers = "tttttlttttt"[: len(duels)]


# %% 18-exercise-three-stub right: every letter occurs
my_answers = ("lrt" * len(duels))[: len(duels)]
