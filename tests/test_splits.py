"""Splits by content and by group: the same everywhere, and no part is empty.

What `split` gives is tested with the rest of the text data, in `test_text`; here is
what it refuses.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.splits import split, split_by_content, split_by_group

PLACES = {"train", "validation", "test"}


def test_split_depends_on_the_text_alone():
    texts = [f"text {number}" for number in range(5_000)]
    split = dict(zip(texts, split_by_content(texts), strict=True))
    backwards = texts[::-2]
    assert split_by_content(backwards) == [split[text] for text in backwards]
    counts = [list(split.values()).count(s) for s in ("train", "validation", "test")]
    # binomial, n = 5000: four standard deviations are 113 for 0.8 and 85 for 0.1
    assert abs(counts[0] - 4_000) < 113
    assert abs(counts[1] - 500) < 85 and abs(counts[2] - 500) < 85


@given(st.lists(st.integers(3, 40), min_size=1, max_size=4), st.randoms())
def test_every_class_has_groups_in_every_place(sizes, rng):
    items = [(f"{c}/{g}", c) for c, size in enumerate(sizes) for g in range(size)] * 2
    rng.shuffle(items)
    groups, classes = zip(*items, strict=True)
    split = split_by_group(groups, classes)
    assert len(set(zip(groups, split, strict=True))) == sum(sizes)
    for name, size in enumerate(sizes):
        own = [s for s, c in zip(split, classes, strict=True) if c == name]
        assert set(own) == PLACES
        assert own.count("test") == own.count("validation")
        assert own.count("test") == 2 * max(1, round(size / 10))


@pytest.mark.parametrize("count", [1, 2])
def test_a_class_without_room_for_training_is_refused(count):
    groups = ["a", "b", "c", *["x", "y"][:count]]
    classes = ["many"] * 3 + ["few"] * count
    with pytest.raises(ValueError, match=f"'few' has {count} groups.*three or more"):
        split_by_group(groups, classes)


NAN = float("nan")


@pytest.mark.parametrize(
    "fractions",
    [
        (NAN, 0.1, 0.1),
        (0.5, 0.5, NAN),
        (float("inf"), 0.5),
        (-0.1, 1.1),
        ("a", "b"),
        (None, 1),
        (1j, 1),
        [[0.5, 0.5]],
        0.5,
    ],
)
def test_fractions_that_are_none_are_refused(fractions):
    with pytest.raises(ValueError, match="fractions are >= 0 and sum to 1"):
        split(50, fractions)


@pytest.mark.parametrize("items", [10**12, range(10**12), -3, 2.5, None, True])
def test_counts_have_bounds(items):
    with pytest.raises(ValueError, match="split wants"):
        split(items)


@pytest.mark.parametrize("seed", [-1, None, "x", 1.5])
def test_seeds_are_whole_numbers(seed):
    with pytest.raises(ValueError, match="split wants a seed"):
        split(9, seed=seed)


def test_labels_are_not_merged():
    first, second = split(4, (0.5, 0.5), groups=[1, "1", 1, "1"])
    assert sorted([first.tolist(), second.tolist()]) == [[0, 2], [1, 3]]
    pairs = [("a", 1), ("a", 2), ("a", 1), ("a", 2)]
    first, second = split(4, (0.5, 0.5), groups=pairs)
    assert sorted([first.tolist(), second.tolist()]) == [[0, 2], [1, 3]]
    parts = split(8, (0.5, 0.5), stratify=[1, "1"] * 4)
    assert all((part % 2).tolist().count(0) == 2 for part in parts)


@pytest.mark.parametrize(
    "labels",
    [
        [None, "a", "b", "c"],
        [NAN, 1.0, 2.0, 3.0],
        [("a", NAN), "a", "b", "c"],
        [pd.NA, 1, 2, 3],
        pd.Series(["a", None, "b", "c"]),
        np.array([1, 2, np.nan, 3]),
        [[1], [2], [3], [4]],
        np.eye(4),
    ],
)
@pytest.mark.parametrize("which", ["groups", "stratify"])
def test_missing_labels_are_refused(labels, which):
    with pytest.raises(ValueError, match=f"{which} wants a label for each item"):
        split(4, (0.5, 0.5), **{which: labels})


def test_splits_by_hash_want_strings():
    with pytest.raises(ValueError, match="wants strings, received 3"):
        split_by_content([3])
    with pytest.raises(ValueError, match="wants strings, received 1"):
        split_by_group([1, 2, 3], ["a"] * 3)
    with pytest.raises(ValueError, match="a label for each item, received None"):
        split_by_group(["x"] * 3, ["a", "b", None])
