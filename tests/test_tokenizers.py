"""Tokenizers: lossless round trips, byte pairs against a plain loop, bad input."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.text.bpe import BPETokenizer
from helpers.text.tokenizers import CharTokenizer, WordTokenizer

CORPUS = (
    "low lower lowest new newer newest wide wider widest slow slower slowest"
    " show shower flow flower snow power tower town brown crown"
).split()
SENTENCES = ["the cat sat on the mat", "a dog and a cat ran", "naïve 漢字 café 😀"]

words = st.text(min_size=1).filter(lambda word: word.split() == [word])


@pytest.fixture(scope="module")
def byte_pairs() -> BPETokenizer:
    return BPETokenizer.train(SENTENCES * 5, 300)


@given(text=st.text(min_size=1), other=st.text())
def test_characters_round_trip(text, other):
    tokenizer = CharTokenizer.from_text(text + other)
    for part in (text, other):
        ids = tokenizer.encode(part)
        assert ids.dtype == np.int32 and len(ids) == len(part)
        assert tokenizer.decode(ids) == part


@given(known=st.text(min_size=1), text=st.text())
def test_unknown_characters_are_named_or_replaced(known, text):
    strict = CharTokenizer.from_text(known)
    first = next((c for c in text if c not in known), None)
    if first is not None:
        with pytest.raises(ValueError, match="position"):
            strict.encode(text)
    lenient = CharTokenizer.from_text(known, unknown="replace")
    expected = "".join(c if c in known else "\N{REPLACEMENT CHARACTER}" for c in text)
    assert lenient.decode(lenient.encode(text)) == expected


def test_the_error_names_the_unknown_character():
    with pytest.raises(ValueError, match=r"'é' \(U\+00E9\) at position 3"):
        CharTokenizer.from_text("caf").encode("café")


@given(st.text())
def test_byte_pairs_round_trip_any_unicode(byte_pairs, text):
    ids = byte_pairs.encode(text)
    assert ids.dtype == np.int32
    assert byte_pairs.decode(ids) == text


@given(st.text(alphabet="<|end>a "))
def test_text_cannot_forge_the_end_token(byte_pairs, text):
    ids = byte_pairs.encode(text + "<|end|>" + text)
    assert byte_pairs.end_id not in ids
    assert byte_pairs.decode(ids) == text + "<|end|>" + text


def test_no_text_makes_the_special_ids_of_words():
    strict = WordTokenizer.from_documents(["write <end> to stop", "write on"])
    assert strict.vocabulary == ["<end>", "write", "on", "stop", "to"]
    for text in ("write <end> on", ["write", "<end>"], "<end>"):
        with pytest.raises(ValueError, match="the word '<end>'"):
            strict.encode(text)
    assert strict.encode("write", add_end=True).tolist() == [1, 0]
    lenient = WordTokenizer(["<end>", "\ufffd", "a"], unknown="replace")
    assert lenient.vocabulary == ["<end>", "\ufffd", "a"]
    assert lenient.encode("a <end> b \ufffd").tolist() == [2, 1, 1, 1]
    assert lenient.encode(["<end>"], add_end=True).tolist() == [1, 0]
    assert WordTokenizer(["\ufffd", "a"]).encode("\ufffd a").tolist() == [1, 2]


@given(st.lists(st.sampled_from(["<end>", "\ufffd", "a", "b"]), min_size=1))
def test_the_end_id_comes_from_add_end_only(document):
    tokenizer = WordTokenizer(["a", "<end>", "\ufffd"], unknown="replace")
    assert tokenizer.end_id not in tokenizer.encode(document)
    assert (tokenizer.encode(" ".join(document)) == tokenizer.encode(document)).all()
    assert tokenizer.encode(document, add_end=True).tolist().count(0) == 1


@given(st.lists(words, min_size=1), st.sampled_from([" ", "\n", " \t  "]))
def test_words_round_trip_but_for_white_space(document, space):
    document = [word for word in document if word != "<end>"] or ["a"]
    tokenizer = WordTokenizer.from_documents([document])
    assert tokenizer.decode(tokenizer.encode(space.join(document))) == " ".join(
        document
    )
    assert tokenizer.encode(document, add_end=True)[-1] == tokenizer.end_id


def merges_by_hand(texts: list[str], count: int) -> list[tuple[str, str]]:
    """Learn merges the slow way: count all pairs, merge the best, start again.

    Only for ASCII texts whose words are parted by one space, which becomes "Ġ" at
    the front of a word. Among pairs of one count the one with the lower ids wins,
    where the ids are those of the 256 bytes in the order of their printed form.
    """
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    printed = sorted([chr(c) for c in printed] + [chr(256 + i) for i in range(68)])
    rank = {letter: i for i, letter in enumerate(printed)}
    pieces: Counter = Counter()
    for text in texts:
        first, *rest = text.split(" ")
        pieces.update([tuple(first), *(("Ġ", *word) for word in rest)])
    merges = []
    for _ in range(count):
        pairs: Counter = Counter()
        for piece, times in pieces.items():
            for pair in zip(piece, piece[1:], strict=False):
                pairs[pair] += times
        a, b = min(pairs, key=lambda p: (-pairs[p], rank[p[0]], rank[p[1]]))
        merges.append((a, b))
        rank.setdefault(a + b, len(rank))
        merged: Counter = Counter()
        for piece, times in pieces.items():
            merged[apply_merge(piece, (a, b))] += times
        pieces = merged
    return merges


def apply_merge(piece: tuple, pair: tuple[str, str]) -> tuple:
    out: list[str] = []
    for token in piece:
        if out and (out[-1], token) == pair:
            out[-1] = "".join(pair)
        else:
            out.append(token)
    return tuple(out)


def test_merges_and_codes_equal_a_plain_merge_loop():
    texts = [" ".join(CORPUS), " ".join(reversed(CORPUS)), "slow flow"]
    tokenizer = BPETokenizer.train(texts, 257 + 40)
    expected = merges_by_hand(texts, 40)
    assert tokenizer.merges == expected
    for word in ["slowest", "powers", "unknown", "flowertown"]:
        piece = tuple(word)
        for merge in expected:
            piece = apply_merge(piece, merge)
        ids = tokenizer.encode(word)
        assert tuple(tokenizer.vocabulary[i] for i in ids) == piece


def test_more_merges_never_give_longer_codes():
    text = " ".join(CORPUS)
    sizes = [len(BPETokenizer.train(text, n).encode(text)) for n in (257, 270, 290)]
    assert sizes[0] == len(text.encode()) > sizes[1] > sizes[2]


def test_save_and_load(tmp_path, byte_pairs):
    text = "the naïve cat 漢字"
    makers = [
        (CharTokenizer, CharTokenizer.from_text(text)),
        (CharTokenizer, CharTokenizer.from_text("the", unknown="replace")),
        (BPETokenizer, byte_pairs),
        (WordTokenizer, WordTokenizer.from_documents([text])),
        (WordTokenizer, WordTokenizer.from_documents(["the"], unknown="replace")),
    ]
    for kind, tokenizer in makers:
        tokenizer.save(tmp_path / "tokenizer.json")
        loaded = kind.load(tmp_path / "tokenizer.json")
        assert loaded.vocabulary == tokenizer.vocabulary
        assert (loaded.encode(text) == tokenizer.encode(text)).all()
        assert loaded.vocabulary_size == tokenizer.vocabulary_size
    reloaded = BPETokenizer.load(_saved(byte_pairs, tmp_path / "b.json"))
    assert reloaded.end_id not in reloaded.encode("<|end|>")
    assert [p.name for p in tmp_path.glob(".*")] == []


def _saved(tokenizer, path):
    tokenizer.save(path)
    return path


def test_load_refuses_other_files(tmp_path):
    path = tmp_path / "x.json"
    CharTokenizer.from_text("abc").save(path)
    with pytest.raises(ValueError, match="should hold a word tokenizer"):
        WordTokenizer.load(path)
    path.write_text('{"kind": "charac')
    with pytest.raises(ValueError, match="not a tokenizer file"):
        CharTokenizer.load(path)
    with pytest.raises(FileNotFoundError):
        CharTokenizer.load(tmp_path / "missing.json")


NO_MERGES = '{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}'


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        (CharTokenizer, "no JSON", "not a tokenizer file.*that save wrote"),
        (CharTokenizer, b"\xff\xfe\x00", "not a tokenizer file.*that save wrote"),
        (BPETokenizer, "", "not a tokenizer file.*that save wrote"),
        (WordTokenizer, [], "should hold a word tokenizer, it holds None"),
        (CharTokenizer, {"kind": "character"}, "'letters' is None; wanted a str"),
        (
            CharTokenizer,
            {"kind": "character", "letters": "ab"},
            "'unknown' is None; wanted a str",
        ),
        (
            CharTokenizer,
            {"kind": "character", "letters": "ab", "unknown": "skip"},
            "no character tokenizer: unknown is .*'skip'",
        ),
        (WordTokenizer, {"kind": "word", "unknown": "error"}, "'words' is None"),
        (
            WordTokenizer,
            {"kind": "word", "words": "a", "unknown": "error"},
            "'words' is 'a'; wanted a list",
        ),
        (
            WordTokenizer,
            {"kind": "word", "words": ["a", 7], "unknown": "error"},
            "no word tokenizer: .*received int",
        ),
        (BPETokenizer, {"kind": "byte pair"}, "'model' is None; wanted a str"),
        (BPETokenizer, {"kind": "byte pair", "model": "{}"}, "cannot be read"),
        (BPETokenizer, {"kind": "byte pair", "model": NO_MERGES}, "lacks the token"),
        (BPETokenizer, {"kind": "byte pair", "model": "[" * 99_999}, "cannot be read"),
        (CharTokenizer, "[" * 99_999, "not a tokenizer file"),
    ],
)
def test_load_names_the_file_and_what_is_wrong(tmp_path, kind, content, message):
    path = tmp_path / "x.json"
    if isinstance(content, dict | list):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=f"x.json.*{message}"):
        kind.load(path)


def damaged(model: dict, name: str) -> dict:
    """Return a saved model with one thing wrong."""
    inner = model["model"]
    if name == "a byte is missing":
        inner["vocab"]["x"] = inner["vocab"].pop("b")
    elif name == "an id is too large":
        inner["vocab"]["b"] = 10**6
    elif name == "two tokens share an id":
        inner["vocab"]["b"] = inner["vocab"]["c"]
    elif name == "an id is no number":
        inner["vocab"]["b"] = "7"
    elif name == "an id is a fraction":
        inner["vocab"]["b"] = 1.5
    elif name == "a merge of unknown tokens":
        inner["merges"].append(["zz", "qq"])
    elif name == "a merge of one token":
        inner["merges"].append(["a"])
    elif name == "no merges":
        inner["merges"] = None
    elif name == "no vocabulary":
        inner["vocab"] = [1, 2]
    return model


DAMAGES = """a byte is missing, an id is too large, two tokens share an id, no merges
an id is no number, an id is a fraction, a merge of unknown tokens, no vocabulary
a merge of one token""".replace("\n", ", ").split(", ")


@pytest.mark.parametrize("name", DAMAGES)
def test_load_refuses_damaged_byte_pairs(tmp_path, byte_pairs, name):
    path = _saved(byte_pairs, tmp_path / "x.json")
    content = json.loads(path.read_text())
    content["model"] = json.dumps(damaged(json.loads(content["model"]), name))
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="x.json holds no byte pair tokenizer"):
        BPETokenizer.load(path)


def test_only_vocabulary_and_merges_of_a_file_count(tmp_path, byte_pairs):
    path = _saved(byte_pairs, tmp_path / "x.json")
    content = json.loads(path.read_text())
    model = json.loads(content["model"])
    model["normalizer"], model["decoder"] = {"type": "Lowercase"}, None
    model["truncation"] = {"max_length": 1, "strategy": "LongestFirst", "stride": 0}
    content["model"] = json.dumps(model)
    path.write_text(json.dumps(content))
    loaded = BPETokenizer.load(path)
    assert loaded.decode(loaded.encode("The CAT <|end|>")) == "The CAT <|end|>"
    assert loaded.end_id == byte_pairs.end_id
    assert loaded.end_id not in loaded.encode("The CAT <|end|>")
    assert loaded.decode([loaded.end_id]) == "<|end|>"


def test_a_failed_save_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "new" / "x.json"
    CharTokenizer("ab").save(path)
    monkeypatch.setattr("json.dumps", lambda content: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        CharTokenizer("abc").save(path)
    assert CharTokenizer.load(path).vocabulary == ["a", "b"]
    assert [one.name for one in path.parent.iterdir()] == ["x.json"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CharTokenizer.from_text(""), "at least one character"),
        (lambda: CharTokenizer.from_text(7), "wants a str, received int"),
        (lambda: CharTokenizer.from_text("a\ud800"), "lone surrogate U.D800"),
        (lambda: CharTokenizer(["ab"]), "single characters"),
        (lambda: CharTokenizer("a", unknown="skip"), "received 'skip'"),
        (lambda: CharTokenizer("abc").encode(b"abc"), "wants a str, received bytes"),
        (lambda: CharTokenizer("abc").encode("\udfff"), "lone surrogate"),
        (lambda: CharTokenizer("abc").decode([0, 3]), "size 3, received 3"),
        (lambda: CharTokenizer("abc").decode([-1]), "ids >= 0, received -1"),
        (lambda: CharTokenizer("abc").decode([0.5]), "integer ids, received float"),
        (lambda: CharTokenizer("abc").decode([[0]]), r"shape \(n,\)"),
        (lambda: BPETokenizer.train([], 300), "at least one text"),
        (lambda: BPETokenizer.train([""], 300), "at least one text"),
        (lambda: BPETokenizer.train("abc", 256), "from 257 .* received 256"),
        (lambda: BPETokenizer.train(["a", None], 300), "received NoneType"),
        (lambda: BPETokenizer.train("abc", 257).decode([257]), "size 257"),
        (lambda: BPETokenizer.train("abc", 257).encode("\ud800"), "lone surrogate"),
        (lambda: WordTokenizer.from_documents([]), "at least one word"),
        (lambda: WordTokenizer(["a b"]), "without white space"),
        (lambda: WordTokenizer(["a", "a"]), "distinct words"),
        (lambda: WordTokenizer(["a"]).encode("a b"), "word 'b'"),
        (lambda: WordTokenizer(["a"]).encode(3), "wants a str"),
        (lambda: WordTokenizer(["a"]).decode([2]), "size 2, received 2"),
        (lambda: WordTokenizer("abc"), "received the str 'abc'"),
        (lambda: WordTokenizer(["a", None]), "received NoneType"),
        (lambda: WordTokenizer(["<end>"]), "at least one word"),
        (lambda: WordTokenizer(["a"]).encode(["a", 3]), "received int"),
        (lambda: WordTokenizer.from_documents("a b"), "received one str"),
        (lambda: CharTokenizer([1, 2]), "wants a str, received int"),
        (lambda: CharTokenizer("", unknown="replace"), "one or more single"),
        (lambda: CharTokenizer("abc").decode([[0], [1, 2]]), "ragged rows"),
        (lambda: CharTokenizer("abc").decode([True]), "integer ids, received bool"),
        (lambda: CharTokenizer("abc").decode([2**70]), "integer ids, received object"),
        (lambda: BPETokenizer.train("abc", True), "whole number"),
        (lambda: BPETokenizer.train("abc", 300.0), "whole number"),
    ],
)
def test_bad_input_says_what_was_wanted(call, message):
    with pytest.raises(ValueError, match=message):
        call()
