# ruff: noqa: F811, F821
"""Answers to lesson 01's exercises, and what their checks should make of them."""


# %% 01-exercise-1 wrong: the best served
def worst_served(scores):
    name = max(scores, key=scores.get)
    return name, scores[name] - sum(scores.values()) / len(scores)


# %% 01-exercise-1 wrong: the gap has the wrong sign
def worst_served(scores):
    name = min(scores, key=scores.get)
    return name, scores[name] - sum(scores.values()) / len(scores)


# %% 01-exercise-1 wrong: below the best in place of below the mean
def worst_served(scores):
    name = min(scores, key=scores.get)
    return name, max(scores.values()) - scores[name]


# %% 01-exercise-1 wrong: the first name in the alphabet
def worst_served(scores):
    name = min(scores)
    return name, sum(scores.values()) / len(scores) - scores[name]


# %% 01-exercise-1 wrong: divided by three, whatever the number of people
def worst_served(scores):
    name = min(scores, key=scores.get)
    return name, sum(scores.values()) / 3 - scores[name]


# %% 01-exercise-1 wrong: below the median in place of below the mean
def worst_served(scores):
    name = min(scores, key=scores.get)
    return name, float(np.median(list(scores.values()))) - scores[name]


# %% 01-exercise-1 wrong: below the middle between the best and the worst
def worst_served(scores):
    name = min(scores, key=scores.get)
    return name, (max(scores.values()) - scores[name]) / 2


# %% 01-exercise-1 wrong: the name alone
def worst_served(scores):
    return min(scores, key=scores.get)


# %% 01-exercise-1 wrong: whole points only
def worst_served(scores):
    name = min(scores, key=scores.get)
    return name, sum(scores.values()) // len(scores) - scores[name]


# %% 01-exercise-1 right: takes the worst out of what it was given
def worst_served(scores):
    name, mean = min(scores, key=scores.get), sum(scores.values()) / len(scores)
    return name, mean - scores.pop(name)


# %% 01-exercise-1 right: by pandas, as a list
def worst_served(scores):
    column = pd.Series(scores)
    return [column.idxmin(), column.mean() - column.min()]


# %% 01-exercise-2 wrong: a tie counts as won
def auc(true_scores, false_scores):
    return np.mean([a >= b for a in true_scores for b in false_scores])


# %% 01-exercise-2 wrong: a tie counts as lost
def auc(true_scores, false_scores):
    return np.mean([a > b for a in true_scores for b in false_scores])


# %% 01-exercise-2 wrong: the other way round
def auc(true_scores, false_scores):
    won = [0.5 * (a > b) + 0.5 * (a >= b) for a in false_scores for b in true_scores]
    return np.mean(won)


# %% 01-exercise-2 wrong: in percent
def auc(true_scores, false_scores):
    won = [0.5 * (a > b) + 0.5 * (a >= b) for a in true_scores for b in false_scores]
    return 100 * np.mean(won)


# %% 01-exercise-2 wrong: only neighbours in the lists are compared
def auc(true_scores, false_scores):
    return np.mean([a > b for a, b in zip(true_scores, false_scores, strict=False)])


# %% 01-exercise-2 right: by the ranks of all scores
def auc(true_scores, false_scores):
    from scipy.stats import rankdata

    n, m = len(true_scores), len(false_scores)
    ranks = rankdata([*true_scores, *false_scores])
    return (ranks[:n].sum() - n * (n + 1) / 2) / (n * m)


# %% 01-exercise-2 right: by the places of all scores, joined as lists
def auc(true_scores, false_scores):
    together = np.array(true_scores + false_scores)
    below = (together[:, None] > false_scores).sum(axis=1)
    level = (together[:, None] == false_scores).sum(axis=1)
    won = (below + level / 2)[: len(true_scores)]
    return won.sum() / (len(true_scores) * len(false_scores))


# %% 01-exercise-3 wrong: one known code
def scrub(text):
    return text.replace("4713", "****")


# %% 01-exercise-3 wrong: an empty text
def scrub(text):
    return ""


# %% 01-exercise-3 wrong: only the first code
def scrub(text):
    import re

    return re.sub(r"\b\d{4}\b", "****", text, count=1)


# %% 01-exercise-3 wrong: every digit
def scrub(text):
    return "".join("*" if letter.isdigit() else letter for letter in text)


# %% 01-exercise-3 wrong: parts of longer numbers
def scrub(text):
    import re

    return re.sub(r"\d{4}", "****", text)


# %% 01-exercise-3 wrong: codes between spaces only
def scrub(text):
    import re

    return re.sub(r"(?<= )\d{4}(?= )", "****", text)


# %% 01-exercise-3 wrong: word by word, which loses the ends of the lines
def scrub(text):
    import re

    return " ".join(re.sub(r"(?<!\d)\d{4}(?!\d)", "a code", w) for w in text.split())


# %% 01-exercise-3 wrong: of two codes side by side, the second one stays
def scrub(text):
    import re

    return re.sub(r"(^|\D)\d{4}(\D|$)", r"\1#\2", text)


# %% 01-exercise-3 wrong: the first digit stays
def scrub(text):
    import re

    return re.sub(r"(?<!\d)(\d)\d{3}(?!\d)", r"\1***", text)


# %% 01-exercise-3 wrong: numbers of three digits, too
def scrub(text):
    import re

    return re.sub(r"(?<!\d)\d{3,4}(?!\d)", "a code", text)


# %% 01-exercise-3 wrong: numbers of five digits, too
def scrub(text):
    import re

    return re.sub(r"(?<!\d)\d{4,5}(?!\d)", "a code", text)


# %% 01-exercise-3 wrong: the blanks around it go, too
def scrub(text):
    import re

    return re.sub(r"\s*\b\d{4}\b\s*", "", text)


# %% 01-exercise-3 wrong: the full stop after it goes, too
def scrub(text):
    import re

    return re.sub(r"\b\d{4}\b\.?", "a code", text)


# %% 01-exercise-3 right: without a pattern, and the code is taken out
def scrub(text):
    from itertools import groupby

    runs = ("".join(run) for _, run in groupby(text, key=str.isdigit))
    return "".join(part for part in runs if not (part.isdigit() and len(part) == 4))


# %% 01-exercise-3 right: a mask of characters that occur nowhere in the text
def scrub(text):
    import re

    return re.sub(r"(?<!\d)\d{4}(?!\d)", "[****]", text)
