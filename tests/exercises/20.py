# ruff: noqa: F811, F821
"""Answers to lesson 20's exercises, and what their checks should make of them."""


# %% 20-exercise-1 wrong: the mean of all pixels
def tone_of(picture, threshold=0.65):
    return "pale" if picture.mean() / 255 > threshold else "dark"


# %% 20-exercise-1 wrong: forgets to divide by 255
def tone_of(picture, threshold=0.65):
    thing = picture[picture > 25]
    return "pale" if thing.size and thing.mean() > threshold else "dark"


# %% 20-exercise-1 wrong: the ground begins at 1
def tone_of(picture, threshold=0.65):
    thing = picture[picture > 0]
    return "pale" if thing.size and thing.mean() / 255 > threshold else "dark"


# %% 20-exercise-1 wrong: the threshold is fixed
def tone_of(picture, threshold=0.65):
    thing = picture[picture > 25]
    return "pale" if thing.size and thing.mean() / 255 > 0.65 else "dark"


# %% 20-exercise-1 wrong: a number instead of a word
def tone_of(picture, threshold=0.65):
    thing = picture[picture > 25]
    return int(thing.size and thing.mean() / 255 > threshold)


# %% 20-exercise-1 wrong: the median
def tone_of(picture, threshold=0.65):
    thing = picture[picture > 25]
    return "pale" if thing.size and np.median(thing) / 255 > threshold else "dark"


# %% 20-exercise-1 wrong: the brightest pixel
def tone_of(picture, threshold=0.65):
    return "pale" if picture.max() / 255 > threshold else "dark"


# %% 20-exercise-1 wrong: the darkest pixel of the thing
def tone_of(picture, threshold=0.65):
    thing = picture[picture > 25]
    return "pale" if thing.size and thing.min() / 255 > threshold else "dark"


# %% 20-exercise-1 wrong: a mean that equals the threshold is pale
def tone_of(picture, threshold=0.65):
    thing = picture[picture > 25]
    return "pale" if len(thing) and thing.mean() / 255 >= threshold else "dark"


# %% 20-exercise-1 right: sums and counts in a loop
def tone_of(picture, threshold=0.65):
    total = count = 0
    for pixel in np.ravel(picture).tolist():
        if pixel > 25:
            total, count = total + pixel, count + 1
    return ("dark", "pale")[total > threshold * 255 * max(count, 1)]


# %% 20-exercise-2 wrong: causal everywhere
def prefix_mask(prefix, words):
    return np.tril(np.ones((prefix + words, prefix + words), bool))


# %% 20-exercise-2 wrong: everybody sees everybody
def prefix_mask(prefix, words):
    return np.ones((prefix + words, prefix + words), bool)


# %% 20-exercise-2 wrong: rows and columns exchanged
def prefix_mask(prefix, words):
    mask = np.tril(np.ones((prefix + words, prefix + words), bool))
    mask[:prefix, :prefix] = True
    return mask.T


# %% 20-exercise-2 wrong: the prefix sees the words
def prefix_mask(prefix, words):
    mask = np.tril(np.ones((prefix + words, prefix + words), bool))
    mask[:prefix] = True
    return mask


# %% 20-exercise-2 wrong: a word does not see itself
def prefix_mask(prefix, words):
    mask = np.tril(np.ones((prefix + words, prefix + words), bool), -1)
    mask[:prefix, :prefix] = True
    return mask


# %% 20-exercise-2 right: compares positions
def prefix_mask(prefix, words):
    place = np.arange(prefix + words)
    seen = np.maximum(place, prefix - 1)
    return (place[None] <= seen[:, None]).astype("int8")


# %% 20-exercise-3 wrong: looks into the source as a text
def invented_numbers(text, source):
    return [int(n) for n in re.findall(r"\d+", text) if n not in source]


# %% 20-exercise-3 wrong: a comma parts numbers
def invented_numbers(text, source):
    known = re.findall(r"\b\d+\b", source)
    return [int(n) for n in re.findall(r"\b\d+\b", text) if n not in known]


# %% 20-exercise-3 wrong: each number once
def invented_numbers(text, source):
    def read(part):
        found = re.findall(r"\b\d{1,3}(?:,\d{3})+\b|\b\d+\b", part)
        return [int(number.replace(",", "")) for number in found]

    return sorted(set(read(text)) - set(read(source)))


# %% 20-exercise-3 wrong: digits inside words count
def invented_numbers(text, source):
    def read(part):
        found = re.findall(r"\d{1,3}(?:,\d{3})+|\d+", part)
        return [int(number.replace(",", "")) for number in found]

    return [number for number in read(text) if number not in read(source)]


# %% 20-exercise-3 wrong: None where all is well
def invented_numbers(text, source):
    def read(part):
        found = re.findall(r"\b\d{1,3}(?:,\d{3})+\b|\b\d+\b", part)
        return [int(number.replace(",", "")) for number in found]

    return [number for number in read(text) if number not in read(source)] or None


# %% 20-exercise-3 wrong: every comma joins
def invented_numbers(text, source):
    def read(part):
        return [int(n) for n in re.findall(r"\b\d+\b", part.replace(",", ""))]

    return [number for number in read(text) if number not in read(source)]


# %% 20-exercise-3 wrong: texts instead of integers
def invented_numbers(text, source):
    def read(part):
        found = re.findall(r"\b\d{1,3}(?:,\d{3})+\b|\b\d+\b", part)
        return [number.replace(",", "") for number in found]

    return [number for number in read(text) if number not in read(source)]


# %% 20-exercise-3 wrong: of a million only the first comma joins
def invented_numbers(text, source):
    def read(part):
        return [int(n) for n in re.findall(r"\b\d+\b", joined(part))]

    def joined(part):
        return re.sub(r"\b(\d{1,3}),(\d{3})\b", r"\1\2", part)

    return [n for n in read(text) if n not in read(source)]


# %% 20-exercise-3 wrong: a number in the source excuses one in the text
def invented_numbers(text, source):
    def read(part):
        found = re.findall(r"\b\d{1,3}(?:,\d{3})+\b|\b\d+\b", part)
        return [int(number.replace(",", "")) for number in found]

    known = read(source)
    return [n for n in read(text) if n not in known or known.remove(n)]


# %% 20-exercise-3 wrong: the digits of an ordinal count
def invented_numbers(text, source):
    def read(part):
        found = re.findall(r"(?<![A-Za-z\d])\d{1,3}(?:,\d{3})+\b|\b\d+", part)
        return [int(number.replace(",", "")) for number in found]

    return [n for n in read(text) if n not in read(source)]


# %% 20-exercise-3 right: splits at blanks and strips, and joins before three digits
def invented_numbers(text, source):
    def read(part):
        part = re.sub(r"(?<=\d),(?=\d{3}\b)", "", part).replace(",", " ")
        words = [word.strip(".;!?'\"()") for word in part.split()]
        return [int(word) for word in words if word.isdigit()]

    known = read(source)
    return [number for number in read(text) if known.count(number) == 0]
