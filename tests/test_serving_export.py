"""Exported models give the original's numbers; unsafe files and names are refused."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.serving import export
from helpers.serving.releases import LIST, Releases

CARD = {"command": "none", "data": "noise", "seed": 0, "steps": 1}
CARD |= {"hardware": "any", "minutes": 0.1, "metrics": {}}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(16, "relu"), keras.layers.Dense(3)]
    made = keras.Sequential([keras.Input((8,)), *layers])
    return made


INPUTS = np.random.default_rng(0).normal(size=(20, 8)).astype("float32")


@pytest.mark.parametrize(("kind", "near"), [
    ("float", 1e-5), ("dynamic", 0.05), ("int16", 0.05), ("int8", 0.2)
])  # fmt: skip
def test_every_kind_is_as_near_as_its_bits_allow(model, kind, near, tmp_path):
    spec, path = [tf.TensorSpec((1, 8), tf.float32)], tmp_path / "m.tflite"
    samples = [[row[None]] for row in INPUTS] if kind.startswith("int") else ()
    export.to_litert(model, spec, path, kind, samples)
    run = export.LiteRT(path)
    assert run.shapes == [(1, 8)]
    found = np.concatenate([run(row[None]) for row in INPUTS])
    wanted = np.asarray(model(INPUTS))
    assert np.abs(found - wanted).max() <= near * np.abs(wanted).max()
    assert export.size_of(path) == path.stat().st_size > 0


def test_saved_model_gives_the_same(model, tmp_path):
    spec = [keras.InputSpec(shape=(None, 8), dtype="float32")]
    folder = export.to_saved_model(model, tmp_path / "saved", spec)
    loaded = tf.saved_model.load(folder)  # `serve` alone would lose its weights
    assert np.abs(loaded.serve(INPUTS) - model(INPUTS)).max() < 1e-5
    assert export.size_of(folder) > 1_000


def test_bad_requests_of_the_converter_are_refused(model, tmp_path):
    spec = [tf.TensorSpec((1, 8), tf.float32)]
    for kind in ("int8", "int4", ""):
        with pytest.raises(ValueError, match="wants a kind"):
            export.to_litert(model, spec, tmp_path / "m.tflite", kind)
    (tmp_path / "x.tflite").write_bytes(b"no model at all")
    with pytest.raises(ValueError, match="wants a LiteRT file"):
        export.LiteRT(tmp_path / "x.tflite")
    with pytest.raises(ValueError, match="repeats"):
        export.latency(lambda: None, 0)
    assert len(export.latency(lambda: None, 5)) == 2


def test_only_the_published_file_passes(tmp_path):
    folder, outside = tmp_path / "models", tmp_path / "out.tflite"
    folder.mkdir()
    outside.write_bytes(b"1")
    (folder / "m.tflite").write_bytes(b"1")
    (folder / "m.pickle").write_bytes(b"1")
    (folder / "link.tflite").symlink_to(outside)
    digest = export.sha256_of(outside)
    assert export.checked_file(folder, "m.tflite", digest).name == "m.tflite"
    names = ["../out.tflite", "link.tflite", "m.pickle", str(outside), "gone.tflite"]
    for name in [*names, "", ".", ".."]:
        with pytest.raises(ValueError):
            export.checked_file(folder, name, digest)
    (folder / "m.tflite").write_bytes(b"2")
    with pytest.raises(ValueError, match="not the file"):
        export.checked_file(folder, "m.tflite", digest)


def test_releases_go_forward_and_back(model, tmp_path):
    releases = Releases(tmp_path / "models")
    with pytest.raises(ValueError, match="before the last"):
        releases.roll_back()
    for name in ("one", "two"):
        releases.save(name, model, CARD)
        releases.publish(name)
    assert releases.history() == ["one", "two"]
    (tmp_path / "models" / f".{LIST}.killed.part").write_text('["one"')  # kill -9
    assert Releases(tmp_path / "models").history() == ["one", "two"]
    assert releases.roll_back() == "one" and releases.history() == ["one"]
    again = releases.load("one")
    assert np.array_equal(again(INPUTS), model(INPUTS))
    with pytest.raises(ValueError, match="new plain name"):
        releases.save("one", model, CARD)


def test_a_compiled_model_is_saved_without_its_optimizer(model, tmp_path):
    twin = keras.models.clone_model(model)
    twin.compile("adam", "mse")
    twin.fit(INPUTS, INPUTS[:, :3], verbose=0)
    releases = Releases(tmp_path)
    releases.save("trained", twin, CARD)
    again = releases.load("trained")
    assert not again.compiled
    assert np.allclose(again(INPUTS), twin(INPUTS))


def test_inputs_keep_their_order(tmp_path):
    spec = [tf.TensorSpec((1, 2), tf.float32), tf.TensorSpec((1, 2), tf.float32)]
    path = export.to_litert(lambda z, a: z - 2 * a, spec, tmp_path / "two.tflite")
    found = export.LiteRT(path)(np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]]))
    assert found.tolist() == [[-19.0, -38.0]]


def test_changed_and_unsafe_models_are_not_published(model, tmp_path):
    releases = Releases(tmp_path)
    code = keras.Sequential(
        [keras.Input((8,)), keras.layers.Lambda(lambda x: x * 2), keras.layers.Dense(1)]
    )
    releases.save("code", code, CARD)
    with pytest.raises(ValueError, match="safe"):
        releases.publish("code")
    releases.save("good", model, CARD)
    with open(tmp_path / "good.keras", "ab") as file:
        file.write(b"x")
    with pytest.raises(ValueError, match="not the file"):
        releases.publish("good")
    for name in ("../good", "/etc/passwd", ".hidden", "", "Good\n", 3):
        with pytest.raises(ValueError, match="plain name"):
            releases.load(name)
    assert releases.history() == []
    (tmp_path / LIST).write_text(json.dumps(["../good"]))
    with pytest.raises(ValueError, match="damaged"):
        releases.history()
