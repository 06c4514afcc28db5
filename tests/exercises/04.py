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


# %% 04-exercise-1-stub wrong: bytes of UTF-8, which English hides
def characters_per_token(tokenizer, content):
    return len(content.encode("utf-8")) / len(tokenizer.encode(content))


# %% 04-exercise-1-stub wrong: always the English tokenizer
def characters_per_token(tokenizer, content):
    return len(content) / len(tokenizers["BPE, English"].encode(content))


# %% 04-exercise-1-stub right: the mean length of the tokens, as an array
def characters_per_token(tokenizer, content):
    count = sum(1 for _ in tokenizer.encode(content))
    return np.mean(np.full(count, len(content) / count))


# %% 04-exercise-2-stub wrong: nothing to validate or test on
def colleague_split(n):
    return np.arange(n), np.arange(0), np.arange(0)


# %% 04-exercise-2-stub wrong: a test of one item
def colleague_split(n):
    order = np.random.default_rng(0).permutation(n)
    return order[: n - 11], order[n - 11 : n - 1], order[n - 1 :]


# %% 04-exercise-2-stub wrong: everything for training, the test again
def colleague_split(n):
    return np.arange(n), [], np.arange(n)[-n // 10 :]


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


# %% 04-exercise-2-stub wrong: another split at each call
def colleague_split(n):
    order = np.random.default_rng().permutation(n)
    return np.split(order, [int(0.8 * n), int(0.9 * n)])


# %% 04-exercise-2-stub right: lists, in other shares
def colleague_split(n):
    items = list(range(n))
    return [items[::2] + items[1::4], items[3::8], items[7::8]]


# %% 04-exercise-3-stub wrong: no more than scrub_pii
def scrub_more(content):
    return text.scrub_pii(content)


# %% 04-exercise-3-stub wrong: every number goes
def scrub_more(content):
    return re.sub(r"\d[\d -]*", "<NUMBER>", text.scrub_pii(content))


# %% 04-exercise-3-stub wrong: only German accounts
def scrub_more(content):
    content = re.sub(r"DE\d\d(?: \d{4}){4} \d\d", "<ACCOUNT>", content)
    content = re.sub(r"\d{1,2} [A-Z][a-z]+ \d{4}", "<DATE>", content)
    return text.scrub_pii(content)


# %% 04-exercise-3-stub wrong: dates and accounts, but mail addresses stay
def scrub_more(content):
    content = re.sub(r"[A-Z]{2}\d\d(?: [A-Z0-9]{2,4})+", "<ACCOUNT>", content)
    return re.sub(r"\d{1,2} [A-Z][a-z]+ \d{4}", "<DATE>", content)


# %% 04-exercise-3-stub wrong: the last groups of an account stay
def scrub_more(content):
    content = re.sub(r"[A-Z]{2}\d\d(?: [A-Z0-9]{4}){2}", "<ACCOUNT>", content)
    content = re.sub(r"\d{1,2} [A-Z][a-z]+ \d{4}", "<DATE>", content)
    return text.scrub_pii(content)


# %% 04-exercise-3-stub wrong: accounts vanish without a word
def scrub_more(content):
    content = re.sub(r"[A-Z]{2}\d\d(?: [A-Z0-9]{2,4})+", "", content)
    content = re.sub(r"\d{1,2} [A-Z][a-z]+ \d{4}", "<DATE>", content)
    return text.scrub_pii(content)


# %% 04-exercise-3-stub wrong: the whole text goes
def scrub_more(content):
    return content if content in HARMLESS else "<TEXT>"


# %% 04-exercise-3-stub wrong: any capital word is a month
def scrub_more(content):
    account = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
    content = re.sub(account, "<ACCOUNT>", content)
    content = re.sub(r"\b\d{1,2} [A-Z][a-z]+ \d{4}\b", "<DATE>", content)
    return text.scrub_pii(content)


# %% 04-exercise-3-stub wrong: the country and its digits stay
def scrub_more(content):
    import calendar

    months = "|".join(calendar.month_name[1:])
    content = re.sub(r"(?<=[A-Z]{2}\d\d)(?: [A-Z0-9]{2,4}){2,}", " <ACCOUNT>", content)
    return text.scrub_pii(re.sub(rf"\d+ (?:{months}) \d{{4}}", "<DATE>", content))


# %% 04-exercise-3-stub wrong: the months of the examples only
def scrub_more(content):
    content = re.sub(r"[A-Z]{2}\d\d(?: [A-Z0-9]{2,4}){2,}", "<ACCOUNT>", content)
    return text.scrub_pii(re.sub(r"\d+ (?:May|December) \d{4}", "<DATE>", content))


# %% 04-exercise-3-stub wrong: any letters with digits are an account
def scrub_more(content):
    import calendar

    months = "|".join(calendar.month_name[1:])
    content = re.sub(r"[A-Z]{2}\d\d(?: [A-Z0-9]{2,4})*", "<ACCOUNT>", content)
    return text.scrub_pii(re.sub(rf"\d+ (?:{months}) \d{{4}}", "<DATE>", content))


# %% 04-exercise-3-stub wrong: accounts of two countries only
def scrub_more(content):
    account = r"\b(?:DE|GB)\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
    months = "January|February|March|April|May|June|July|August|September|October"
    date = rf"\b\d{{1,2}} (?:{months}|November|December) \d{{4}}\b"
    content = re.sub(account, "<ACCOUNT>", content)
    return text.scrub_pii(re.sub(date, "<DATE>", content))


# %% 04-exercise-3-stub wrong: accounts of one length only
def scrub_more(content):
    account = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){4} \d{2}\b"
    months = "January|February|March|April|May|June|July|August|September|October"
    date = rf"\b\d{{1,2}} (?:{months}|November|December) \d{{4}}\b"
    content = re.sub(account, "<ACCOUNT>", content)
    return text.scrub_pii(re.sub(date, "<DATE>", content))


# %% 04-exercise-3-stub wrong: the years of the examples only
def scrub_more(content):
    account = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
    months = "January|February|March|April|May|June|July|August|September|October"
    date = rf"\b\d{{1,2}} (?:{months}|November|December) (?:1984|2001)\b"
    content = re.sub(account, "<ACCOUNT>", content)
    return text.scrub_pii(re.sub(date, "<DATE>", content))


# %% 04-exercise-3-stub wrong: the days of the examples only
def scrub_more(content):
    account = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
    months = "January|February|March|April|May|June|July|August|September|October"
    date = rf"\b(?:3|14) (?:{months}|November|December) \d{{4}}\b"
    content = re.sub(account, "<ACCOUNT>", content)
    return text.scrub_pii(re.sub(date, "<DATE>", content))


# %% 04-exercise-3-stub right: word by word, without patterns for the parts
def scrub_more(content):
    months = "January February March April May June July August September October"
    months = [*months.split(), "November", "December"]
    words, done = content.split(" "), []
    while words:
        word = words.pop(0)
        if word.isdigit() and len(words) > 1 and words[0] in months:
            year = words[1].rstrip(".,;")
            if len(year) == 4 and year.isdigit():
                done.append("<DATE>" + words[1][4:])
                words = words[2:]
                continue
        if len(word) == 4 and word[:2].isupper() and word[2:].isdigit():
            size = [len(w) <= 4 and w.isupper() | w.isdigit() for w in words] + [False]
            if size.index(False) > 1:
                words, word = words[size.index(False) :], "<ACCOUNT>"
        done.append(word)
    return text.scrub_pii(" ".join(done))
