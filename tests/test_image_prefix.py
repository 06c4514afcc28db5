"""A picture before the words: as if it were words, with and without a cache."""

import keras
import numpy as np
import pytest
from keras import ops

from helpers.models.text.image_prefix import ImagePrefixGPT, WithPictures
from helpers.sampling.generation import generate
from helpers.sampling.samplers import Greedy

SIZES = {"num_layers": 2, "num_heads": 2, "hidden_dim": 16, "max_sequence_length": 20}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    made = ImagePrefixGPT(30, **SIZES, prefix_length=3)
    rng = np.random.default_rng(1)
    for weight in made.trainable_variables:
        weight.assign(rng.normal(0, 0.3, weight.shape))
    made.to_prefix.kernel.assign(10 * made.to_prefix.kernel)  # pictures matter
    return made


@pytest.fixture(scope="module")
def images():
    noise = np.random.default_rng(2).uniform(-0.2, 0.2, (4, 28, 28, 1))
    return (noise + np.reshape([-0.8, -0.3, 0.3, 0.8], (4, 1, 1, 1))).astype("float32")


@pytest.fixture(scope="module")
def ids():
    return np.random.default_rng(3).integers(0, 30, (4, 8)).astype("int32")


def test_shapes(model, images, ids):
    logits = model({"images": images, "token_ids": ids})
    assert logits.shape == (4, 8, 30)
    assert model.prefix(images).shape == (4, 3, 16)
    assert model.describe(images).shape == (4, 20)


def test_a_prefix_of_word_vectors_is_those_words(images, ids):
    """Let the picture's vectors be three words': then the decoder alone must agree."""
    made = ImagePrefixGPT(30, **SIZES, prefix_length=3)
    table = made.decoder.token_embedding.embeddings.numpy()
    kernel = np.zeros(made.to_prefix.kernel.shape)
    made.to_prefix.set_weights([kernel, table[[7, 8, 9]].reshape(-1)])
    words = np.concatenate([np.tile([7, 8, 9], (4, 1)), ids], axis=1)
    np.testing.assert_allclose(
        made({"images": images, "token_ids": ids}),
        made.decoder(words)[:, 3:],
        atol=1e-5,
    )


def test_every_word_sees_the_picture_and_no_later_word(model, images, ids):
    logits = model({"images": images, "token_ids": ids}).numpy()
    other = model({"images": images[::-1].copy(), "token_ids": ids}).numpy()
    assert (np.abs(logits - other).max(axis=-1) > 1e-4).all()
    changed = ids.copy()
    changed[:, 5:] = (changed[:, 5:] + 1) % 30
    later = model({"images": images, "token_ids": changed}).numpy()
    np.testing.assert_allclose(later[:, :5], logits[:, :5], atol=1e-5)


def test_with_a_cache_and_without_it_the_same_is_written(model, images, ids):
    writer = WithPictures(model, 4)
    writer.show(images)
    np.testing.assert_allclose(
        writer(ids), model({"images": images, "token_ids": ids}), atol=1e-5
    )
    written = [
        generate(writer, ids, 9, Greedy(), use_cache=cached, jit_compile=False)
        for cached in (True, False)
    ]
    np.testing.assert_array_equal(*written)
    writer.show(images[::-1].copy())
    again = generate(writer, ids, 9, Greedy(), jit_compile=False)
    fresh = WithPictures(model, 4)  # the first one's program was made for others
    fresh.show(images[::-1].copy())
    np.testing.assert_array_equal(
        again, generate(fresh, ids, 9, Greedy(), jit_compile=False)
    )
    other = model({"images": images[::-1].copy(), "token_ids": ids})
    np.testing.assert_allclose(writer(ids), other, atol=1e-5)


def test_saved_and_loaded(model, images, ids, tmp_path):
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    given = {"images": images, "token_ids": ids}
    np.testing.assert_allclose(again(given), model(given), atol=1e-6)


def test_the_encoder_is_left_alone_by_the_writer(model, images, ids):
    before = [w.numpy() for w in model.encoder.non_trainable_variables]
    model({"images": images, "token_ids": ids}, training=True)
    for old, new in zip(before, model.encoder.non_trainable_variables, strict=True):
        np.testing.assert_array_equal(old, ops.convert_to_numpy(new))


def test_what_does_not_fit_is_refused(model, images):
    with pytest.raises(ValueError, match="prefix_length"):
        ImagePrefixGPT(30, **SIZES, prefix_length=0)
    writer = WithPictures(model, 4)
    with pytest.raises(ValueError, match="wants 4 pictures, received 2"):
        writer.show(images[:2])
    with pytest.raises(ValueError, match="wants 4 texts, received 2"):
        writer.initial_cache(2)
