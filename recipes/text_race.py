"""Race lesson 07's GPT against lesson 06's LSTM: two texts, three seeds.

The rows so far are kept in build/text_race_rows.csv: the same command goes on from
there after a stop. Seconds are those of one core. The learning rates of `recall` come
from the rows of the group "rate", of a seed that the race does not use.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import time

from benchmarks.text_race import LENGTH, PAIRS, Race
from recipes import _shipping, _tables

SETTINGS = (("shakespeare", 20), ("recall", 20))
SEEDS, RATE_SEED = (0, 1, 2), 100
RATES = {"GPT": (0.005, 0.01), "LSTM": (0.005, 0.01, 0.02)}


def cases() -> list[dict]:
    """Return the columns that tell a row from the others."""
    rows = [
        ("rate", "recall", 20, model, peak, RATE_SEED)
        for model, peaks in RATES.items()
        for peak in peaks
    ]
    rows += [
        ("race", text, seconds, model, Race.peak(text, model), seed)
        for text, seconds in SETTINGS
        for seed in SEEDS
        for model in ("GPT", "LSTM")
    ]
    names = ("group", "text", "seconds", "model", "peak", "seed")
    return [dict(zip(names, row, strict=True)) for row in rows]


def main() -> None:
    """Make the table text_race."""
    options = _shipping.recipe_options(__doc__)
    races: dict[str, Race] = {}

    def measure(case: dict) -> dict:
        if case["text"] not in races:
            races.clear()
            races[case["text"]] = Race(case["text"], time.process_time)
        seconds = 0.1 if options.smoke else case["seconds"]
        race = races[case["text"]]
        return race.run(case["model"], seconds, case["seed"], case["peak"])

    about = {
        "data": "tiny_shakespeare: eight tenths to train on, one to validate, one to "
        f"test; recall: lists of {PAIRS} letters with a digit each, then asked for",
        "settings": f"{LENGTH} characters, {8 * PAIRS} of recall; GPT: 3 blocks, "
        "4 heads, width 128, all five changes; LSTM: 256 units; both with Muon and a "
        "schedule that follows the clock",
    }
    rows = cases()[:3] if options.smoke else cases()
    _tables.fill("text_race", rows, measure, about, options.output)


if __name__ == "__main__":
    main()
