# ruff: noqa: F811, F821
"""Answers to lesson 19's exercises, and what their checks should make of them."""


# %% 19-exercise-1 wrong: bytes wrap round
def psnr_of_bytes(a, b):
    return 10 * np.log10(255**2 / np.mean((a - b) ** 2))


# %% 19-exercise-1 wrong: pictures taken to lie from -1 to 1
def psnr_of_bytes(a, b):
    error = np.mean((a.astype(float) - b.astype(float)) ** 2)
    return 10 * np.log10(2**2 / error)


# %% 19-exercise-1 wrong: decibels of an amplitude
def psnr_of_bytes(a, b):
    error = np.mean((a.astype(float) - b.astype(float)) ** 2)
    return 20 * np.log10(255**2 / error)


# %% 19-exercise-1 wrong: absolute error
def psnr_of_bytes(a, b):
    error = np.mean(np.abs(a.astype(float) - b.astype(float)))
    return 20 * np.log10(255 / error)


# %% 19-exercise-1 wrong: 256 steps
def psnr_of_bytes(a, b):
    error = np.mean((a.astype(float) - b.astype(float)) ** 2)
    return 10 * np.log10(256**2 / error)


# %% 19-exercise-1 wrong: the sum in place of the mean, by 28 × 28
def psnr_of_bytes(a, b):
    error = np.sum((a.astype(float) - b.astype(float)) ** 2) / 784
    return 10 * np.log10(255**2 / error)


# %% 19-exercise-1 right: through the lesson's own function, from 0 to 1
def psnr_of_bytes(a, b):
    return psnr(a / 255.0, b / 255.0, L=1.0)


# %% 19-exercise-1 right: whole numbers and natural logarithms
def psnr_of_bytes(a, b):
    gap = a.astype(np.int64) - b
    return 10 / np.log(10) * (2 * np.log(255) - np.log((gap * gap).mean()))


# %% 19-exercise-2 wrong: all edits are substitutions
def count_edits(reference, transcript):
    return int(edit_table(reference, transcript)[-1, -1]), 0, 0


# %% 19-exercise-2 wrong: place by place, the rest left over
def count_edits(reference, transcript):
    changed = sum(r != t for r, t in zip(reference, transcript, strict=False))
    more = len(reference) - len(transcript)
    return changed, max(0, more), max(0, -more)


# %% 19-exercise-2 wrong: deletions and insertions exchanged
def count_edits(reference, transcript):
    found = jiwer.process_words(" ".join(reference), " ".join(transcript))
    return found.substitutions, found.insertions, found.deletions


# %% 19-exercise-2 wrong: no substitution is taken
def count_edits(reference, transcript):
    import difflib

    same = difflib.SequenceMatcher(None, reference, transcript).get_matching_blocks()
    kept = sum(block.size for block in same)
    return 0, len(reference) - kept, len(transcript) - kept


# %% 19-exercise-2 wrong: equal words are counted, too
def count_edits(reference, transcript):
    i, j, counts = len(reference), len(transcript), [0, 0, 0]
    while i and j:
        counts[0] += 1
        i, j = i - 1, j - 1
    return counts[0], i, j


# %% 19-exercise-2 wrong: only the number of edits
def count_edits(reference, transcript):
    return int(edit_table(reference, transcript)[-1, -1])


# %% 19-exercise-2 wrong: by the longest runs that both share
def count_edits(reference, transcript):
    from difflib import SequenceMatcher

    found = np.zeros(3, int)
    for tag, *at in SequenceMatcher(None, reference, transcript).get_opcodes():
        old, new = at[1] - at[0], at[3] - at[2]
        if tag != "equal":
            found += min(old, new), max(old - new, 0), max(new - old, 0)
    return found


# %% 19-exercise-2 wrong: what the lengths alone say
def count_edits(reference, transcript):
    least = int(edit_table(reference, transcript)[-1, -1])
    more = len(reference) - len(transcript)
    return least - abs(more), max(more, 0), max(-more, 0)


# %% 19-exercise-2 wrong: from the front, without a table
def count_edits(reference, transcript):
    i = j = 0
    found = [0, 0, 0]
    while i < len(reference) or j < len(transcript):
        left, over = len(reference) - i, len(transcript) - j
        if left and over and reference[i] == transcript[j]:
            i, j = i + 1, j + 1
        elif left > over:
            found[1], i = found[1] + 1, i + 1
        elif over > left:
            found[2], j = found[2] + 1, j + 1
        else:
            found[0], i, j = found[0] + 1, i + 1, j + 1
    return tuple(found)


# %% 19-exercise-2 right: by recursion with a memory, as an array
def count_edits(reference, transcript):
    from functools import cache

    @cache
    def best(i, j):
        if not i and not j:
            return (0, 0, 0, 0)
        ways = []
        if i and j:
            wrong = int(reference[i - 1] != transcript[j - 1])
            all_, s, d, n = best(i - 1, j - 1)
            ways.append((all_ + wrong, s + wrong, d, n))
        if i:
            all_, s, d, n = best(i - 1, j)
            ways.append((all_ + 1, s, d + 1, n))
        if j:
            all_, s, d, n = best(i, j - 1)
            ways.append((all_ + 1, s, d, n + 1))
        return min(ways, key=lambda way: way[0])

    return np.array(best(len(reference), len(transcript))[1:])


# %% 19-exercise-2 right: by the library
def count_edits(reference, transcript):
    found = jiwer.process_words(" ".join(reference), " ".join(transcript))
    return found.substitutions, found.deletions, found.insertions


# %% 19-exercise-3 wrong: clips are drawn, not groups
def difference(wrong_a, wrong_b, groups):
    drawn = wrong_a.astype(float) - wrong_b.astype(float)
    return drawn.mean(), *bootstrap(drawn, np.arange(len(drawn)))


# %% 19-exercise-3 wrong: the two are drawn apart
def difference(wrong_a, wrong_b, groups):
    a, b = bootstrap(wrong_a, groups), bootstrap(wrong_b, groups)
    value = wrong_a.mean() - wrong_b.mean()
    half = np.hypot(np.ptp(a), np.ptp(b)) / 2
    return value, value - half, value + half


# %% 19-exercise-3 wrong: the limits subtracted
def difference(wrong_a, wrong_b, groups):
    low, high = bootstrap(wrong_a, groups) - bootstrap(wrong_b, groups)
    return wrong_a.mean() - wrong_b.mean(), low, high


# %% 19-exercise-3 wrong: b minus a
def difference(wrong_a, wrong_b, groups):
    drawn = wrong_b.astype(float) - wrong_a.astype(float)
    return drawn.mean(), *bootstrap(drawn, groups)


# %% 19-exercise-3 wrong: every group counts as much
def difference(wrong_a, wrong_b, groups):
    drawn = wrong_a.astype(float) - wrong_b.astype(float)
    means = np.array([drawn[groups == g].mean() for g in np.unique(groups)])
    return means.mean(), *bootstrap(means, np.arange(len(means)))


# %% 19-exercise-3 wrong: no limits
def difference(wrong_a, wrong_b, groups):
    value = wrong_a.mean() - wrong_b.mean()
    return value, value, value


# %% 19-exercise-3 right: a loop of its own, another seed
def difference(wrong_a, wrong_b, groups):
    rng = np.random.default_rng(7)
    rows = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    found = []
    for _ in range(3_000):
        some = np.concatenate(
            [rows[i] for i in rng.integers(len(rows), size=len(rows))]
        )
        found.append(wrong_a[some].mean() - wrong_b[some].mean())
    low, high = np.percentile(found, [2.5, 97.5])
    return [wrong_a.mean() - wrong_b.mean(), low, high]
