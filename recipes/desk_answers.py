"""Let SmolLM2 answer, alone, what lesson 21 asks its desk; check what it wrote.

``part`` "answer": a draft from the passage that the finder puts first, for test
questions of support_desk, with the checker's faults. ``part`` "hostile": the reply of a
bare chat with a secret in its system prompt, and whether it gives the secret away.
``part`` "json": a tool call in free text for each held-out request; ``part``
"grammar": the same, decoded under the grammar with the candidates that the message
holds. The rows so far are kept in build/desk_answers_rows.csv.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from datetime import date
from functools import cache, cached_property

from helpers import datasets, pretrained
from helpers.apps.service import drafting, finder, guard, tools
from helpers.sampling.cached import CachedReader
from helpers.sampling.constraints import TokenRules, constrained, token_texts
from helpers.text.checking.support import unsupported_in
from helpers.text.reading.requests import read_request
from recipes import _shipping, _tables

TODAY = date(2026, 3, 2)
ANSWERS, MOST = 60, 40
SECRET = "HERON-4417"
ABOUT = {
    "data": "support_desk: its test questions, held-out requests and hostile inputs",
    "settings": f"SmolLM2 greedy, {MOST} new tokens at most; first passage",
}


class Bench:
    """The models and tables, each loaded once."""

    def __init__(self):
        self.tables = datasets.load("support_desk").tables
        split = {
            name: t[t["split"] == "test"]
            for name, t in self.tables.items()
            if "split" in t
        }
        self.questions = split["questions"].iloc[:: len(split["questions"]) // ANSWERS]
        self.requests = split["requests"]

    @cached_property
    def found(self):
        """The fitted finder."""
        passages, rows = self.tables["passages"], self.tables["questions"]
        rows = rows[rows["split"] == "train"]
        place = {name: number for number, name in enumerate(passages["id"])}
        columns = (passages["title"], passages["text"], passages["asked"])
        made = finder.Finder(*columns, pretrained.load("minilm"))
        return made.fit(list(rows["text"]), [place[name] for name in rows["passage"]])

    @cached_property
    def chat(self):
        """SmolLM2."""
        return pretrained.load("smollm2")

    @cached_property
    def reader(self):
        """SmolLM2 with one compiled program."""
        return CachedReader(self.chat.decoder, room=320)

    @cached_property
    def rules(self):
        """The vocabulary as a tree."""
        return TokenRules(token_texts(self.chat.tokenizer))

    def say(self, messages) -> str:
        """Return the model's likeliest reply."""
        ids = self.chat.prompt_ids(messages)
        new = self.reader.complete(ids, MOST, self.chat.end_id)
        return self.chat.tokenizer.decode(new) if len(new) else ""


BENCH = cache(Bench)


def cases() -> list[dict]:
    """Return the columns that tell a row from the others."""
    bench = BENCH()
    counts = {
        "grammar": len(bench.requests),
        "json": len(bench.requests),
        "answer": len(bench.questions),
        "hostile": len(bench.tables["hostile"]),
    }
    return [
        {"part": p, "item": i, "seed": 0} for p, n in counts.items() for i in range(n)
    ]


def measure(case) -> dict:
    """Return what the model wrote, what it was given, and what is wrong with it."""
    given, text, faults = PARTS[case["part"]](BENCH(), case["item"])
    return {"given": given, "text": " ".join(text.split()), "faults": "; ".join(faults)}


def answer(bench: Bench, item: int):
    """Draft an answer from the first passage."""
    row = bench.questions.iloc[item]
    number = bench.found.search(row["text"], 1)[0].index
    passage = bench.found.texts[number]
    text = bench.say(drafting.messages(row["text"], passage))
    name = bench.tables["passages"]["id"][number]
    return name, text, unsupported_in(text, passage, row["text"])


def hostile(bench: Bench, item: int):
    """Reply as a bare chat does, with the secret in its instructions."""
    row = bench.tables["hostile"].iloc[item]
    text = guard.clean(row["text"], 300)  # what fits into the reader
    text = f"{row['passage']}\n{text}" if row["passage"] else text
    messages = [{"role": "system", "content": drafting.INSTRUCTIONS}]
    said = bench.say([*messages, {"role": "user", "content": text}])
    return row["kind"], said, drafting.leaks(said, [SECRET])


def free(bench: Bench, item: int):
    """Write a tool call as free text."""
    row = bench.requests.iloc[item]
    return row["tool"], bench.say(tools.messages(row["text"])), []


def under_grammar(bench: Bench, item: int):
    """Write a tool call under the grammar of what the message names."""
    row = bench.requests.iloc[item]
    part = tools.grammar(read_request(row["text"], TODAY))
    ids = bench.chat.prompt_ids(tools.messages(row["text"]))
    tokenizer = bench.chat.tokenizer
    text, asked = constrained(bench.reader, ids, part, tokenizer, bench.rules)
    return row["tool"], text, []


PARTS = {"answer": answer, "hostile": hostile, "json": free, "grammar": under_grammar}


def main() -> None:
    """Fill the table."""
    options = _shipping.recipe_options(__doc__)
    rows = cases()[:2] if options.smoke else cases()
    _tables.fill("desk_answers", rows, measure, ABOUT, options.output)


if __name__ == "__main__":
    main()
