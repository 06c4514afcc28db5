"""Race lesson 07's GPT against lesson 06's LSTM: three settings, five seeds.

The rows so far are kept in build/text_race_rows.csv: the same command goes on from
there after a stop. Seconds are those of one core. The learning rates come from the rows
of the group "rate", of a seed that the race does not use: for each text and entrant the
one with the lowest loss on validation text. The group "control" is a GPT that reads as
many characters in a step as in the long windows, but in short ones, with the learning
rate of "shakespeare".
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import time

from benchmarks.text_race import LENGTH, PAIRS, Race
from recipes import _shipping, _tables

SETTINGS = (("shakespeare", 20), ("long", 20), ("recall", 20))
SEEDS, RATE_SEED = (0, 1, 2, 3, 4), 100
RATES = {
    "recall": {"GPT": (0.005, 0.01, 0.02), "LSTM": (0.0025, 0.005, 0.01, 0.02)},
    "shakespeare": {
        "GPT": (0.0025, 0.005, 0.01, 0.02),
        "LSTM": (0.02, 0.04, 0.08, 0.16),
    },
    "long": {"GPT": (0.005, 0.01, 0.02)},  # the LSTM trains as on shakespeare
}


def cases() -> list[dict]:
    """Return the columns that tell a row from the others."""
    rows = [
        ("rate", text, 20, model, peak, RATE_SEED)
        for text, models in RATES.items()
        for model, peaks in models.items()
        for peak in peaks
    ]
    rows += [
        ("race", text, seconds, model, Race.peak(text, model), seed)
        for text, seconds in SETTINGS
        for seed in SEEDS
        for model in ("GPT", "LSTM")
    ]
    rows += [
        ("control", "wide", 20, "GPT", Race.peak("wide", "GPT"), seed) for seed in SEEDS
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
        "settings": f"windows of {LENGTH} characters, {16 * LENGTH} of long, "
        f"{8 * PAIRS} of recall; GPT: 3 blocks, 4 heads, width 128, all five changes; "
        "LSTM: 256 units; both with Muon and a schedule that follows the clock",
    }
    rows = cases()[2:4] if options.smoke else cases()  # recall, which needs no data
    _tables.fill("text_race", rows, measure, about, options.output)


if __name__ == "__main__":
    main()
