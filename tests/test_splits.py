"""Splits by content and by group: the same everywhere, and no part is empty.

`split` itself is tested with the rest of the text data, in `test_text`.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.splits import split_by_content, split_by_group

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
