# ruff: noqa: F811, F821
"""Answers to lesson 04's exercises, and what their checks should make of them."""


# %% 04-exercise-1-stub wrong: the other way round
def characters_per_token(tokenizer, content):
    return len(tokenizer.encode(content)) / len(content)


# %% 04-exercise-1-stub wrong: bytes per token
def characters_per_token(tokenizer, content):
    return len(content.encode("utf-16")) / len(tokenizer.encode(content))


# %% 04-exercise-1-stub wrong: whole numbers
def characters_per_token(tokenizer, content):
    return len(content) // len(tokenizer.encode(content)) + 1


# %% 04-exercise-1-stub wrong: both numbers
def characters_per_token(tokenizer, content):
    return len(content), len(tokenizer.encode(content))


# %% 04-exercise-1-stub right: the mean length of the tokens, as an array
def characters_per_token(tokenizer, content):
    count = sum(1 for _ in tokenizer.encode(content))
    return np.mean(np.full(count, len(content) / count))


# %% 04-exercise-2-stub wrong: nothing to validate or test on
def colleague_split(n):
    return np.arange(n), np.arange(0), np.arange(0)


# %% 04-exercise-2-stub wrong: the last items are in no part
def colleague_split(n):
    order = np.random.default_rng(0).permutation(n)
    return order[: int(0.8 * n)], order[int(0.8 * n) : int(0.9 * n)], order[-1:]


# %% 04-exercise-2-stub wrong: two parts
def colleague_split(n):
    order = np.random.default_rng(0).permutation(n)
    return order[: int(0.8 * n)], order[int(0.8 * n) :]


# %% 04-exercise-2-stub wrong: an item twice in its part
def colleague_split(n):
    order = np.random.default_rng(0).permutation(n)
    return [*order[:80], order[0]], order[80:90], order[90:]


# %% 04-exercise-2-stub wrong: right for a hundred items only
def colleague_split(n):
    order = np.random.default_rng(0).permutation(100)
    return order[:80], order[80:90], order[90:]


# %% 04-exercise-2-stub wrong: one array of all items
def colleague_split(n):
    return np.random.default_rng(0).permutation(n)


# %% 04-exercise-2-stub right: lists, in other shares
def colleague_split(n):
    items = list(range(n))
    return [items[::2] + items[1::4], items[3::8], items[7::8]]


# %% 04-exercise-3-stub wrong: one text in place of a list
my_texts = "a whole page"

# %% 04-exercise-3-stub wrong: an empty page
my_texts = ["a page", "  "]
