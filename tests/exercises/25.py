# ruff: noqa: F811, F821
"""Answers to lesson 25's exercises, and what their checks should make of them."""


# %% 25-exercise-1 wrong: the rule of three
def needed(rate, level=0.95):
    return int(np.ceil(3 / rate))


# %% 25-exercise-1 wrong: rounds down
def needed(rate, level=0.95):
    return int(np.log(1 - level) / np.log(1 - rate))


# %% 25-exercise-1 wrong: rounds to the nearest
def needed(rate, level=0.95):
    return round(np.log(1 - level) / np.log(1 - rate))


# %% 25-exercise-1 wrong: level and its rest mixed up
def needed(rate, level=0.95):
    return int(np.ceil(np.log(level) / np.log(1 - rate)))


# %% 25-exercise-1 wrong: always 95 %
def needed(rate, level=0.95):
    return int(np.ceil(np.log(0.05) / np.log(1 - rate)))


# %% 25-exercise-1 wrong: one too many where n is whole
def needed(rate, level=0.95):
    return int(np.log(1 - level) / np.log(1 - rate)) + 1


# %% 25-exercise-1 wrong: half a question more, rounded to the even number
def needed(rate, level=0.95):
    return round(np.log1p(-level) / np.log1p(-rate) + 0.5)


# %% 25-exercise-1 right: counts up
def needed(rate, level=0.95):
    n, left = 0, 1.0
    while left > 1 - level + 1e-12:
        n, left = n + 1, left * (1 - rate)
    return np.float64(n)


# %% 25-exercise-2 wrong: the first coverage that falls short ends the search
def coverage_at(support, right, wanted):
    order = np.argsort(-np.asarray(support, float), kind="stable")
    hits, best = 0, 0
    for n, i in enumerate(order, start=1):
        hits += right[i]
        if hits / n < wanted:
            break
        best = n
    return best / len(right)


# %% 25-exercise-2 wrong: cuts between equal supports
def coverage_at(support, right, wanted):
    order = np.argsort(-np.asarray(support, float), kind="stable")
    hits = np.cumsum(np.asarray(right)[order])
    share = np.arange(1, len(right) + 1)
    good = share[hits / share >= wanted]
    return good.max() / len(right) if len(good) else 0


# %% 25-exercise-2 wrong: the smallest coverage
def coverage_at(support, right, wanted):
    share, accuracy, _ = calibration.coverage_accuracy(support, right)
    good = share[accuracy >= wanted]
    return float(good.min()) if len(good) else 0.0


# %% 25-exercise-2 wrong: a threshold instead of a share
def coverage_at(support, right, wanted):
    _, accuracy, threshold = calibration.coverage_accuracy(support, right)
    good = threshold[accuracy >= wanted]
    return float(good.min()) if len(good) else 0.0


# %% 25-exercise-2 wrong: nothing where no coverage will do
def coverage_at(support, right, wanted):
    share, accuracy, _ = calibration.coverage_accuracy(support, right)
    good = share[accuracy >= wanted]
    return float(good.max()) if len(good) else None


# %% 25-exercise-2 wrong: least support first
def coverage_at(support, right, wanted):
    flipped = [-s for s in support]
    share, accuracy, _ = calibration.coverage_accuracy(flipped, right)
    good = share[accuracy >= wanted]
    return float(good.max()) if len(good) else 0.0


# %% 25-exercise-2 wrong: equal supports are cut apart, the last one first
def coverage_at(support, right, wanted):
    places = sorted(range(len(right)), key=lambda i: (support[i], i), reverse=True)
    hits = [right[place] for place in places]
    enough = [n for n in range(len(hits) + 1) if sum(hits[:n]) >= wanted * n]
    return enough[-1] / len(hits)


# %% 25-exercise-2 right: tries every threshold
def coverage_at(support, right, wanted):
    best = 0
    for bar in set(support):
        chosen = [r for s, r in zip(support, right, strict=True) if s >= bar]
        if sum(chosen) >= wanted * len(chosen):
            best = max(best, len(chosen))
    return np.array(best / len(support))


# %% 25-exercise-3 wrong: the number in the text
def times_a_day(text):
    found = re.search(r"\d+", text)
    return int(found[0]) if found else 1


# %% 25-exercise-3 wrong: weeks are days
def times_a_day(text):
    text = text.lower().replace(".", "")
    known = {"od": 1, "bd": 2, "tds": 3, "qds": 4, "prn": None, "as needed": None}
    if text in known:
        return known[text]
    if found := re.search(r"every (\d+) hours|q(\d+)h", text):
        return 24 / int(found[1] or found[2])
    number = {"twice": 2, "three": 3, "4x": 4}
    return next((n for word, n in number.items() if word in text), 1)


# %% 25-exercise-3 wrong: hours are times
def times_a_day(text):
    table = {"once daily": 1, "od": 1, "bd": 2, "bd.": 2, "tds": 3, "qds": 4}
    found = re.search(r"every (\d+) hours", text)
    return int(found[1]) if found else table.get(text.lower())


# %% 25-exercise-3 wrong: as needed counts as once
def times_a_day(text):
    text = text.lower().replace(".", "")
    number = {"once": 1, "twice": 2, "three": 3}
    short = {"od": 1, "bd": 2, "tds": 3, "qds": 4}
    if text in short:
        return short[text]
    if found := re.search(r"every (\d+) hours|q(\d+)h", text):
        return 24 / int(found[1] or found[2])
    if "second" in text:
        return 1 / 2
    found = re.search(r"(\d+|once|twice|three)", text)
    times = number.get(found[1]) or int(found[1]) if found else 1
    return times / (7 if "week" in text else 1)


# %% 25-exercise-3 wrong: hours of one digit
def times_a_day(text):
    text = text.lower().replace(".", "")
    number = {"once": 1, "twice": 2, "three": 3}
    short = {"od": 1, "bd": 2, "tds": 3, "qds": 4}
    if text in short:
        return short[text]
    if found := re.search(r"every (\d) hours|q(\d)h", text):
        return 24 / int(found[1] or found[2])
    if "second" in text:
        return 1 / 2
    found = re.search(r"(\d|once|twice|three)", text)
    per = 7 if "week" in text else 1
    if found and re.search(r"day|daily|week", text):
        return (number.get(found[1]) or int(found[1])) / per
    return 1 if re.search("night|morning", text) else None


# %% 25-exercise-3 wrong: capitals only in what is abbreviated
def times_a_day(text):
    short = {"od": 1, "bd": 2, "tds": 3, "qds": 4}
    if (key := text.lower().replace(".", "")) in short:
        return short[key]
    if hours := re.findall(r"(?:every |q)(\d+)(?: hours|h)", text):
        return 24 / int(hours[0])
    days = 7 if "week" in text else 2 if "second" in text else 1
    times = {"once": 1, "twice": 2, "three": 3, "4x": 4, "night": 1, "every ": 1}
    return next((n / days for word, n in times.items() if word in text), None)


# %% 25-exercise-3 right: a table of fractions, then patterns
def times_a_day(text):
    from fractions import Fraction

    key = "".join(c for c in text.casefold() if c.isalnum())
    if match := re.fullmatch(r"(?:every|q)(\d+)h(?:ours)?", key):
        return Fraction(24, int(match[1])).__float__()
    fixed = {"od": 1, "bd": 2, "tds": 3, "qds": 4, "atnight": 1, "everymorning": 1}
    fixed |= {"everysecondday": 0.5, "4xday": 4, "threetimesaday": 3, "twiceaday": 2}
    fixed |= {
        "oncedaily": 1,
        "twicedaily": 2,
        "onceaweek": 1 / 7,
        "twiceaweek": np.float32(2 / 7),
    }
    return fixed.get(key)
