"""Words for a tagger: no word lost, case kept, paths that obey IOB2."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics.entities import to_iob2
from helpers.text.tag_paths import NEVER, allowed, transition_scores, viterbi
from helpers.text.tagging import (
    CHARACTER_KINDS,
    KINDS,
    WordEncoder,
    case_kind,
    character_ids,
)

TAGS = ["O", "B-A", "I-A", "B-B", "I-B"]


def spelled(word):
    """Return a piece for every character: words of many lengths."""
    return [1_000 + ord(c) % 50 for c in word]


def words_of(sizes):
    """Make documents of sentences of words with so many pieces."""
    return [[["x" * n for n in sentence] for sentence in doc] for doc in sizes]


documents = st.lists(
    st.lists(st.lists(st.integers(1, 30), max_size=12), max_size=6), min_size=1
).filter(lambda docs: any(sentence for doc in docs for sentence in doc))


@settings(max_examples=80, deadline=None)
@given(documents, st.integers(8, 40), st.integers(0, 9), st.booleans())
def test_every_word_is_in_one_window(sizes, length, seed, context):
    words = WordEncoder(words_of(sizes), spelled)
    drawn = np.random.default_rng(seed) if seed else None
    windows = words.windows(length, rng=drawn, context=context)
    assert windows.token_ids.shape[1] == length
    numbers = windows.index[windows.index >= 0]
    assert sorted(numbers) == list(range(len(words.words)))
    for row in range(len(windows.index)):
        used = windows.padding_mask[row].sum()
        assert windows.token_ids[row, 0] == 101
        assert windows.token_ids[row, used - 1] == 102
        assert not windows.token_ids[row, used:].any()
        assert (windows.padding_mask[row, :used] == 1).all()


def test_a_word_longer_than_the_window_keeps_its_place():
    words = WordEncoder([[["a", "b" * 99, "c"]]], spelled)
    windows = words.windows(16)
    found = [row[row >= 0].tolist() for row in windows.index]
    assert found == [[0, 2], [1]]  # the long word has a window to itself
    assert windows.padding_mask[1].sum() == 16


def test_sentences_of_a_document_share_a_window():
    words = WordEncoder(words_of([[[1] * 3] * 4]), spelled)
    assert len(words.windows(32).index) == 1
    assert len(words.windows(32, context=False).index) == 4
    assert (words.windows(32).token_ids == 102).sum() == 4  # [SEP] ends each


def test_other_cuts_give_other_windows():
    words = WordEncoder(words_of([[[1] * 9] * 12]), spelled)
    cuts = [words.windows(64, first).index for first in (1.0, 0.5)]
    assert not np.array_equal(cuts[0][0], cuts[1][0])


def test_a_word_without_pieces_is_unknown_and_keeps_its_place():
    words = WordEncoder([[["a", "\u200b!", "b"]]], lambda w: spelled(w) * (w < "c"))
    assert words.windows(16).token_ids[0, :5].tolist()[2] == 100


@pytest.mark.parametrize("word", ["", " ", None, 3])
def test_words_without_content_are_refused(word):
    with pytest.raises(ValueError, match="wants words with content, received"):
        WordEncoder([[["a", word]]], spelled)


@pytest.mark.parametrize("documents", [[], [[]], [[[]]]])
def test_no_word_at_all_is_refused(documents):
    with pytest.raises(ValueError, match="at least one word"):
        WordEncoder(documents, spelled)


@pytest.mark.parametrize(("length", "first"), [(7, 1.0), (16, 0.0), (16, 1.1)])
def test_sizes_out_of_range_are_refused(length, first):
    with pytest.raises(ValueError, match=f"received {length} and {first}"):
        WordEncoder([[["a"]]], spelled).windows(length, first)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("the", "lower"),
        ("Rome", "Title"),
        ("EU", "UPPER"),
        ("I", "UPPER"),
        ("McEwan", "mIxed"),
        ("eBay", "mIxed"),
        ("1996-08-22", "number"),
        ("F16", "letters and digits"),
        ("--", "other"),
        ("Ångström", "Title"),
    ],
)
def test_case_kinds(word, kind):
    assert KINDS[case_kind(word)] == kind


def test_characters_are_the_first_and_last_seven():
    ids = character_ids("abcdefghijklmnopqrst")
    assert ids.shape == (14,) and ids.dtype == np.int32
    parts = [character_ids("abcdefg")[:7], character_ids("nopqrst")[:7]]
    np.testing.assert_array_equal(ids, np.concatenate(parts))
    assert character_ids("é!")[:3].tolist() == [1, ord("!") - 30, 0]
    every = [int(character_ids(chr(c))[0]) for c in range(32, 127)]
    assert sorted(every) == list(range(2, CHARACTER_KINDS))


tag_lists = st.lists(st.sampled_from(TAGS), min_size=1, max_size=5).map(to_iob2)


@settings(max_examples=40, deadline=None)
@given(st.lists(tag_lists, max_size=5), st.integers(1, 4), st.integers(0, 99))
def test_viterbi_finds_the_best_of_all_paths(sentences, length, seed):
    matrix = transition_scores(sentences, TAGS, 0.7)
    scores = np.random.default_rng(seed).normal(size=(length, len(TAGS)))

    def total(path):
        moves = zip((len(TAGS), *path[:-1]), path, strict=True)
        return sum(scores[i, t] for i, t in enumerate(path)) + sum(
            matrix[a, b] for a, b in moves
        )

    every = itertools.product(range(len(TAGS)), repeat=length)
    best = max(map(total, every))
    found = viterbi(scores, matrix)
    assert total(tuple(found)) == pytest.approx(best)
    tags = [TAGS[i] for i in found]
    assert to_iob2(tags) == tags


def test_transitions_are_log_ratios_and_forbid():
    matrix = transition_scores([["B-A", "I-A"]] * 400, TAGS, 1.0)
    # counts with one added: I-A follows B-A 401 times of 405, and is 406 of 830
    assert matrix[1, 2] == pytest.approx(np.log(401 / 405 / (406 / 830)), abs=1e-6)
    assert matrix[0, 2] == matrix[-1, 2] == matrix[3, 2] == pytest.approx(NEVER)
    plain = transition_scores([], TAGS, 0.0)
    assert set(plain.ravel()) == {0.0, np.float32(NEVER)}
    assert allowed("B-A", "I-A") and not allowed(None, "I-A")


def test_an_empty_sentence_has_an_empty_path():
    found = viterbi(np.zeros((0, 5)), transition_scores([], TAGS, 0.0))
    assert found.shape == (0,)


def test_paths_refuse_what_does_not_fit():
    matrix = transition_scores([], TAGS, 0.0)
    with pytest.raises(ValueError, match=r"received \(2, 4\) and \(6, 5\)"):
        viterbi(np.zeros((2, 4)), matrix)
    with pytest.raises(ValueError, match="finite scores"):
        viterbi(np.full((2, 5), np.nan), matrix)
    with pytest.raises(ValueError, match="received 'B-C'"):
        transition_scores([["B-C"]], TAGS, 0.0)
    with pytest.raises(ValueError, match="strength >= 0"):
        transition_scores([], TAGS, -1.0)
