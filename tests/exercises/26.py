# ruff: noqa: F811, F821
"""Answers to lesson 26's exercises, and what their checks should make of them."""


# %% 26-exercise-1 wrong: forgets the square
def tokens_needed(s, gamma=0.25, z=3.09):
    return int(np.ceil(z * gamma * (1 - gamma) / (s - gamma)))


# %% 26-exercise-1 wrong: rounds down
def tokens_needed(s, gamma=0.25, z=3.09):
    return int(z**2 * gamma * (1 - gamma) / (s - gamma) ** 2)


# %% 26-exercise-1 wrong: takes the spread of the marked text
def tokens_needed(s, gamma=0.25, z=3.09):
    return int(np.ceil(z**2 * s * (1 - s) / (s - gamma) ** 2))


# %% 26-exercise-1 wrong: leaves the fraction
def tokens_needed(s, gamma=0.25, z=3.09):
    return z**2 * gamma * (1 - gamma) / (s - gamma) ** 2


# %% 26-exercise-1 wrong: one too many where n is whole
def tokens_needed(s, gamma=0.25, z=3.09):
    return int(z**2 * gamma * (1 - gamma) / (s - gamma) ** 2) + 1


# %% 26-exercise-1 wrong: to the nearest whole number
def tokens_needed(s, gamma=0.25, z=3.09):
    return max(1, round((z / (s - gamma)) ** 2 * gamma * (1 - gamma)))


# %% 26-exercise-1 right: counts up
def tokens_needed(s, gamma=0.25, z=3.09):
    n = 1
    while (s - gamma) * n / np.sqrt(n * gamma * (1 - gamma)) < z - 1e-9:
        n += 1
    return np.int64(n)


# %% 26-exercise-2 wrong: only from the beginning of the text
def longest_copy(text, corpus):
    n = 0
    while n < len(text) and text[: n + 1] in corpus:
        n += 1
    return text[:n]


# %% 26-exercise-2 wrong: the last of several
def longest_copy(text, corpus):
    best = ""
    for i in range(len(text)):
        for j in range(i, len(text) + 1):
            if len(text[i:j]) >= len(best) and text[i:j] in corpus:
                best = text[i:j]
    return best


# %% 26-exercise-2 wrong: letters that need not stand together
def longest_copy(text, corpus):
    return "".join(sign for sign in text if sign in corpus)


# %% 26-exercise-2 wrong: whole words only
def longest_copy(text, corpus):
    return max((w for w in text.split() if w in corpus.split()), key=len, default="")


# %% 26-exercise-2 wrong: forgets upper case
def longest_copy(text, corpus):
    best = ""
    for i in range(len(text)):
        for j in range(i + 1, len(text) + 1):
            if j - i > len(best) and text[i:j].lower() in corpus.lower():
                best = text[i:j]
    return best


# %% 26-exercise-2 wrong: goes on behind each match
def longest_copy(text, corpus):
    best = current = ""
    for sign in text:
        current = (
            current + sign if current + sign in corpus else sign * (sign in corpus)
        )
        best = max(best, current, key=len)
    return best


# %% 26-exercise-2 right: difflib
def longest_copy(text, corpus):
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, text, corpus, autojunk=False)
    match = matcher.find_longest_match(0, len(text), 0, len(corpus))
    return text[match.a : match.a + match.size]


# %% 26-exercise-3 wrong: any Chinese character before the letter
def plates(text):
    sign = "[A-HJ-NP-Z0-9]"
    pattern = rf"[\u4e00-\u9fff][A-HJ-NP-Z][· ]?{sign}{{5,6}}(?![A-Za-z0-9])"
    return [m.span() for m in re.finditer(pattern, text)]


# %% 26-exercise-3 wrong: I and O are allowed
def plates(text):
    pattern = rf"[{PROVINCES}][A-Z][· ]?[A-Z0-9]{{5,6}}(?![A-Za-z0-9])"
    return [m.span() for m in re.finditer(pattern, text)]


# %% 26-exercise-3 wrong: digits only
def plates(text):
    pattern = rf"[{PROVINCES}][A-Z][· ]?[0-9]{{5,6}}(?![A-Za-z0-9])"
    return [m.span() for m in re.finditer(pattern, text)]


# %% 26-exercise-3 wrong: cuts a longer number
def plates(text):
    pattern = rf"[{PROVINCES}][A-HJ-NP-Z][· ]?[A-HJ-NP-Z0-9]{{5,6}}"
    return [m.span() for m in re.finditer(pattern, text)]


# %% 26-exercise-3 wrong: returns the texts
def plates(text):
    pattern = rf"[{PROVINCES}][A-HJ-NP-Z][· ]?[A-HJ-NP-Z0-9]{{5,6}}(?![A-Za-z0-9])"
    return re.findall(pattern, text)


# %% 26-exercise-3 wrong: the first letter may be I or O
def plates(text):
    pattern = rf"[{PROVINCES}][A-Z][· ]?[A-HJ-NP-Z0-9]{{5,6}}(?![A-Za-z0-9])"
    return [m.span() for m in re.finditer(pattern, text)]


# %% 26-exercise-3 wrong: I is allowed
def plates(text):
    pattern = rf"[{PROVINCES}][A-HJ-NP-Z][· ]?[A-NP-Z0-9]{{5,6}}(?![A-Za-z0-9])"
    return [m.span() for m in re.finditer(pattern, text)]


# %% 26-exercise-3 wrong: cuts what goes on with letters
def plates(text):
    pattern = rf"[{PROVINCES}][A-HJ-NP-Z][· ]?[A-HJ-NP-Z0-9]{{5,6}}(?!\d)"
    return [m.span() for m in re.finditer(pattern, text)]


# %% 26-exercise-3 right: by hand, without a pattern
def plates(text):
    allowed = set("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789")
    found = []
    for i, sign in enumerate(text):
        if sign not in PROVINCES or text[i + 1 : i + 2] not in allowed - set(
            "0123456789"
        ):
            continue
        j = i + 2 + (text[i + 2 : i + 3] in ("·", " "))
        end = j
        while end < len(text) and text[end] in allowed:
            end += 1
        after = text[end : end + 1]
        if end - j in (5, 6) and not (after.isascii() and after.isalnum()):
            found.append([i, end])
    return found
