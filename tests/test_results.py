"""Stored tables of results: filled row by row, gone on from, shipped, loaded."""

import json

import numpy as np
import pytest

from helpers import checkpoints
from recipes import _tables

CASES = [{"model": model, "seed": seed} for model in ("a", "b") for seed in (0, 1)]
ABOUT = {"data": "none", "settings": "two models"}


def loss_of(case):
    return {"loss": round(0.25 + case["seed"] + ord(case["model"]), 4)}


def fill(folder, cases=CASES, measure=loss_of, about=ABOUT):
    return _tables.fill("losses", cases, measure, about, folder)


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path)
    return tmp_path


def test_a_table_comes_back_as_it_was_measured(folder):
    table = checkpoints.results("losses", folder)
    assert list(table.columns) == ["model", "seed", "loss", "cpu_seconds"]
    expected = [(c["model"], c["seed"], loss_of(c)["loss"]) for c in CASES]
    found = table[["model", "seed", "loss"]]
    assert list(found.itertuples(index=False, name=None)) == expected
    assert table["cpu_seconds"].ge(0).all()


def test_a_card_says_how_its_table_was_made(folder):
    card = checkpoints.results_card("losses", folder)
    assert card["command"] == "python -m recipes.losses"
    assert card["seeds"] == [0, 1] and card["rows"] == 4
    assert card["data"] == "none" and card["hardware"] and card["minutes"] >= 0
    assert set(card["versions"]) == {"tensorflow", "keras"}


def test_an_empty_text_stays_a_text(tmp_path):
    fill(tmp_path, [{"model": "", "seed": 0}], lambda case: {"loss": 1.0})
    assert checkpoints.results("losses", tmp_path)["model"].tolist() == [""]


def test_a_stopped_table_goes_on_after_its_last_row(tmp_path):
    asked = []

    def stops(case):
        asked.append(case)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return loss_of(case)

    with pytest.raises(KeyboardInterrupt):
        fill(tmp_path, measure=stops)
    assert not (tmp_path / "losses.csv").exists()

    def goes_on(case):
        asked.append(case)
        return loss_of(case)

    fill(tmp_path, measure=goes_on)
    assert asked == [*CASES[:3], *CASES[2:]]
    assert len(checkpoints.results("losses", tmp_path)) == 4


def test_rows_of_another_table_are_refused(tmp_path):
    def stops(case):
        if case["seed"]:
            raise KeyboardInterrupt
        return loss_of(case)

    with pytest.raises(KeyboardInterrupt):
        fill(tmp_path, measure=stops)
    with pytest.raises(ValueError, match="delete the file to start anew"):
        fill(tmp_path, about=ABOUT | {"settings": "three models"})


def test_equal_cases_are_refused(tmp_path):
    with pytest.raises(ValueError, match="cases that differ"):
        fill(tmp_path, [CASES[0], CASES[0]])


def test_a_changed_table_is_refused(folder):
    path = folder / "losses.csv"
    path.write_text(path.read_text("utf-8") + "b,2,0.1,0.1\n", "utf-8")
    with pytest.raises(ValueError, match=r"losses.csv is not the table its card"):
        checkpoints.results("losses", folder)


def test_an_unknown_table_is_refused_with_those_there_are(folder):
    with pytest.raises(ValueError, match=r"no other.json .* there are: losses"):
        checkpoints.results("other", folder)
    with pytest.raises(ValueError, match="there are: none"):
        checkpoints.results("losses", folder / "empty")


@pytest.mark.parametrize("entry", list(checkpoints.RESULTS_ENTRIES))
def test_a_damaged_card_is_refused(folder, entry):
    path = folder / "losses.json"
    card = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**card, entry: None}), "utf-8")
    with pytest.raises(ValueError, match=f"damaged {entry}"):
        checkpoints.results("losses", folder)
    del card[entry]
    path.write_text(json.dumps(card), "utf-8")
    with pytest.raises(ValueError, match=f"lacks {entry}"):
        checkpoints.results_card("losses", folder)


def test_the_expected_range_holds_as_often_as_it_says(tmp_path):
    rng, held = np.random.default_rng(0), 0
    for _ in range(200):
        found = iter(rng.normal(3.0, 0.5, size=5))
        cases = [{"model": "a", "seed": seed} for seed in range(4)]
        fill(tmp_path, cases, lambda case, found=found: {"loss": next(found)})
        low, high = checkpoints.expected("losses", "loss", 0.8, tmp_path, model="a")
        held += low < next(found) < high
    assert 0.7 < held / 200 < 0.9


def test_an_expected_range_of_two_seeds_by_hand(folder):
    # t(1) at 99 % is 63.657; the values differ by 1, so s is 0.7071
    low, high = checkpoints.expected("losses", "loss", where=folder, model="a")
    assert (low + high) / 2 == pytest.approx(0.75 + ord("a"))
    assert (high - low) / 2 == pytest.approx(63.657 * 0.5**0.5 * 1.5**0.5, rel=1e-4)


@pytest.mark.parametrize(
    ("column", "options", "said"),
    [
        ("weight", {}, "no columns"),
        ("loss", {"size": 1}, "no columns"),
        ("loss", {"model": "c"}, "two or more rows"),
        ("loss", {"model": "a", "seed": 0}, "two or more rows"),
        ("loss", {"confidence": 1.0}, "between 0 and 1"),
    ],
)
def test_an_expected_range_wants_known_columns_and_rows(folder, column, options, said):
    with pytest.raises(ValueError, match=said):
        checkpoints.expected("losses", column, where=folder, **options)


def test_every_shipped_table_has_its_recipe():
    from tools import train

    known = train.recipes(checkpoints.course.root() / "recipes")
    for path in checkpoints.results_folder().glob("*.csv"):
        card = checkpoints.results_card(path.stem)
        assert card["command"] == f"python -m recipes.{path.stem}"
        assert path.stem in known
        assert len(checkpoints.results(path.stem)) == card["rows"]
