"""Attention against Keras, KerasHub and the properties its formula promises."""

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf

from helpers.models.attention import (
    MultiHeadAttention,
    causal_mask,
    rotary,
    scaled_dot_product_attention,
    sinusoidal_positions,
)


@pytest.fixture
def rng():
    """Return a fresh generator of random numbers."""
    return np.random.default_rng(7)


def normal(rng, *shape):
    """Draw a float32 array."""
    return rng.normal(size=shape).astype("float32")


def numpy_attention(query, key, value, mask):
    """Attend one query, one head at a time, in float64: the formula, spelled out."""
    output = np.zeros((*query.shape[:-1], value.shape[-1]))
    for b, h, t in np.ndindex(*query.shape[:-1]):
        keys = [s for s in range(key.shape[2]) if mask[b, h, t, s]]
        scores = [float(query[b, h, t].astype("float64") @ key[b, h, s]) for s in keys]
        powers = np.exp(np.array(scores) / np.sqrt(query.shape[-1]))
        for s, power in zip(keys, powers / powers.sum(), strict=True):
            output[b, h, t] += power * value[b, h, s]
    return output


def test_product_equals_the_formula_in_float64(rng):
    query, key = normal(rng, 2, 3, 5, 4), normal(rng, 2, 3, 6, 4)
    value = normal(rng, 2, 3, 6, 8)
    mask = rng.random((2, 3, 5, 6)) < 0.6
    mask[..., 0] = True
    output, weights = scaled_dot_product_attention(query, key, value, mask)
    wanted = numpy_attention(query, key, value, mask)
    np.testing.assert_allclose(output, wanted, atol=1e-5)
    np.testing.assert_allclose(np.sum(weights, -1), 1, atol=1e-6)
    assert np.all(np.array(weights)[~mask] == 0)


def copy_from_keras(ours, theirs):
    """Copy the weights of a Keras MultiHeadAttention into our layer."""
    for name in ("query", "key", "value"):
        kernel, bias = (np.array(w) for w in getattr(theirs, f"_{name}_dense").weights)
        dense = getattr(ours, f"{name}_dense")
        dense.set_weights([kernel.reshape(kernel.shape[0], -1), bias.reshape(-1)])
    kernel, bias = (np.array(w) for w in theirs._output_dense.weights)
    ours.output_dense.set_weights([kernel.reshape(-1, kernel.shape[-1]), bias])


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("cross", [False, True])
def test_layer_equals_keras_under_copied_weights(rng, causal, cross):
    x = normal(rng, 2, 6, 12)
    value = normal(rng, 2, 6, 10) if cross else x
    mask = rng.random((2, 6, 6)) < 0.7
    mask |= np.eye(6, dtype=bool)
    theirs = keras.layers.MultiHeadAttention(3, 4, output_shape=12)
    theirs.build(x.shape, value.shape)
    theirs.set_weights([normal(rng, *w.shape) for w in theirs.weights])
    ours = MultiHeadAttention(3, 4)
    ours.build(x.shape, value.shape)
    copy_from_keras(ours, theirs)
    flags = {"use_causal_mask": causal, "return_attention_scores": True}
    wanted, wanted_weights = theirs(x, value, attention_mask=mask, **flags)
    output, weights = ours(x, value, attention_mask=mask, **flags)
    np.testing.assert_allclose(output, wanted, atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(weights, wanted_weights, atol=1e-5)


def test_causal_mask_is_lower_triangular_and_shifts():
    np.testing.assert_array_equal(causal_mask(4), np.tri(4, dtype=bool))
    np.testing.assert_array_equal(causal_mask(2, 5, 3), np.tri(5, dtype=bool)[3:])


@pytest.mark.parametrize("rotates", [False, True])
def test_a_later_token_changes_no_earlier_output(rng, rotates):
    layer = MultiHeadAttention(2, 8, rotary=rotates)
    x = normal(rng, 1, 9, 16)
    before = np.array(layer(x, use_causal_mask=True))
    for position in range(1, 9):
        changed = x.copy()
        changed[:, position] += 5
        after = np.array(layer(changed, use_causal_mask=True))
        np.testing.assert_array_equal(after[:, :position], before[:, :position])
        assert np.abs(after[:, position:] - before[:, position:]).max() > 1e-4


def test_without_positions_or_mask_order_means_nothing(rng):
    layer = MultiHeadAttention(2, 8)
    x, order = normal(rng, 1, 7, 16), rng.permutation(7)
    np.testing.assert_allclose(layer(x[:, order]), np.array(layer(x))[:, order], 1e-4,
                               1e-6)  # fmt: skip


def test_sinusoidal_positions_equal_kerashub():
    table = sinusoidal_positions(20, 12)
    theirs = keras_hub.layers.SinePositionEncoding()(np.zeros((1, 20, 12), "float32"))
    np.testing.assert_allclose(table, theirs[0], atol=1e-5)


def test_rotary_equals_kerashub(rng):
    x = normal(rng, 2, 3, 11, 8)  # (batch, heads, T, D); KerasHub: (batch, T, heads, D)
    theirs = keras_hub.layers.RotaryEmbedding(sequence_axis=1, feature_axis=-1)
    wanted = np.transpose(theirs(np.transpose(x, (0, 2, 1, 3))), (0, 2, 1, 3))
    np.testing.assert_allclose(rotary(x, np.arange(11)), wanted, atol=1e-5)


def test_rotary_product_depends_on_distance_alone(rng):
    query, key = normal(rng, 1, 8), normal(rng, 1, 8)

    def product(i, j):
        return float(np.sum(rotary(query, [i]) * rotary(key, [j])))

    assert product(3, 1) == pytest.approx(product(53, 51), abs=1e-4)
    assert abs(product(3, 1) - product(3, 2)) > 1e-3
    np.testing.assert_allclose(
        np.linalg.norm(rotary(query, [99])), np.linalg.norm(query), rtol=1e-5
    )


@pytest.mark.parametrize("rotates", [False, True])
def test_cached_steps_equal_one_full_pass(rng, rotates):
    layer = MultiHeadAttention(2, 8, rotary=rotates)
    x = normal(rng, 2, 10, 16)
    full = np.array(layer(x, use_causal_mask=True))
    cache = np.zeros((2, 2, 12, 2, 8), "float32")
    parts = []
    for start, end in [(0, 4), (4, 5), (5, 8), (8, 10)]:
        part, cache = layer(x[:, start:end], cache=cache, cache_index=start)
        parts.append(np.array(part))
    np.testing.assert_allclose(np.concatenate(parts, 1), full, atol=1e-5)


@pytest.mark.parametrize("rotates", [False, True])
@pytest.mark.parametrize("room", [10, 13])
def test_cached_steps_keep_a_padding_mask(rng, rotates, room):
    layer = MultiHeadAttention(2, 8, rotary=rotates)
    x = normal(rng, 2, 10, 16)
    padding = np.ones((2, 1, 1, room), bool)  # the second row starts with padding
    padding[1, ..., :3] = False
    full = np.array(
        layer(x, attention_mask=padding[..., :10], use_causal_mask=True)
    )  # its padded positions see nothing, so they mean nothing
    cache, parts = np.zeros((2, 2, room, 2, 8), "float32"), []
    for start, end in [(0, 4), (4, 5), (5, 8), (8, 10)]:
        part, cache = layer(
            x[:, start:end], attention_mask=padding, cache=cache, cache_index=start
        )
        parts.append(np.array(part))
    cached = np.concatenate(parts, 1)
    np.testing.assert_allclose(cached[0], full[0], atol=1e-5)
    np.testing.assert_allclose(cached[1, 3:], full[1, 3:], atol=1e-5)
    changed = x.copy()
    changed[1, :3] += 1
    again = layer(changed, attention_mask=padding, cache=cache * 0, cache_index=0)[0]
    np.testing.assert_allclose(np.array(again)[1, 3:], cached[1, 3:], atol=1e-5)


def test_gradient_equals_finite_differences(rng):
    query, key, value = (normal(rng, 1, 1, 3, 2) for _ in range(3))
    weight = normal(rng, 1, 1, 3, 2)

    def loss(x):
        output, _ = scaled_dot_product_attention(x, key, value, causal_mask(3))
        return tf.reduce_sum(output * weight)

    x = tf.constant(query)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = loss(x)
    gradient = tape.gradient(total, x).numpy()
    for index in np.ndindex(*query.shape):
        step = np.zeros_like(query)
        step[index] = 1e-2
        slope = float(loss(query + step) - loss(query - step)) / 2e-2
        assert slope == pytest.approx(gradient[index], abs=2e-3)


def test_dropout_acts_in_training_alone(rng):
    layer = MultiHeadAttention(2, 8, dropout=0.5)
    x = normal(rng, 1, 6, 16)
    calm = np.array(layer(x))
    np.testing.assert_array_equal(calm, layer(x, training=False))
    assert np.abs(calm - np.array(layer(x, training=True))).max() > 1e-4


def test_config_makes_the_same_layer(rng):
    layer = MultiHeadAttention(2, 8, rotary=True, use_bias=False, dropout=0.1)
    again = MultiHeadAttention.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: causal_mask(0), "at least 1"),
        (lambda: sinusoidal_positions(3, 5), "even"),
        (lambda: sinusoidal_positions(0, 4), "length"),
        (lambda: rotary(np.zeros((2, 3), "float32"), np.arange(2)), "even"),
        (lambda: MultiHeadAttention(0, 4), "num_heads 0"),
        (lambda: MultiHeadAttention(2, 4, dropout=1.0), "dropout"),
        (
            lambda: scaled_dot_product_attention(
                np.zeros((1, 1, 2, 3)), np.zeros((1, 1, 2, 4)), np.zeros((1, 1, 2, 4))
            ),
            "query .B, H, T, D.",
        ),
        (
            lambda: MultiHeadAttention(1, 4)(
                np.zeros((1, 3, 4)), cache=np.zeros((1, 2, 4, 1, 4)), cache_index=2
            ),
            "do not fit",
        ),
        (
            lambda: MultiHeadAttention(1, 4)(
                np.zeros((1, 3, 4)), cache=np.zeros((1, 2, 4, 1, 4))
            ),
            "cache_index",
        ),
    ],
)
def test_bad_input_says_what_was_wanted(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_mask_of_three_axes_is_for_texts_and_never_for_heads(rng):
    mask = np.ones((2, 4, 4), bool)
    mask[1, :, 2:] = False  # the second text has two padding tokens, B = H = 2
    layer, x = MultiHeadAttention(2, 4), normal(rng, 2, 4, 8)
    look = {"return_attention_scores": True}
    weights = np.array(layer(x, attention_mask=mask, **look)[1])
    assert np.all(weights[1, :, :, 2:] == 0) and np.all(weights[0] > 0)
    for same in (mask[:, None], mask.astype("int32"), mask[:, :1]):
        np.testing.assert_array_equal(layer(x, attention_mask=same, **look)[1], weights)


@pytest.mark.parametrize(
    "mask",
    [
        np.ones(4, bool),
        np.ones((2, 4), bool),
        np.ones((3, 4, 4), bool),
        np.ones((2, 3, 4, 4), bool),
        np.ones((1, 1, 1, 4, 4), bool),
        np.zeros((4, 4), "float32"),  # added to scores elsewhere, where 0 is attend
    ],
)
def test_a_mask_of_another_shape_or_type_is_refused(rng, mask):
    with pytest.raises(ValueError, match="`attention_mask` wants"):
        MultiHeadAttention(2, 4)(normal(rng, 2, 4, 8), attention_mask=mask)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_masked_attention_in_every_float_type(rng, dtype):
    x = tf.cast(normal(rng, 1, 2, 5, 4), dtype)
    output, weights = scaled_dot_product_attention(x, x, x, causal_mask(5))
    assert output.dtype.name == dtype
    wide = np.array(tf.cast(weights, "float64"))
    assert np.all(np.triu(wide, 1) == 0)
    exact = np.array(tf.cast(x, "float64"))
    mask = np.broadcast_to(np.tri(5, dtype=bool), (1, 2, 5, 5))
    wanted = numpy_attention(exact, exact, exact, mask)
    np.testing.assert_allclose(tf.cast(output, "float64"), wanted, atol=0.05)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_sublayers_take_the_policy(rng, policy):
    layer = MultiHeadAttention(2, 4, dtype=policy, rotary=True)
    y = layer(normal(rng, 1, 3, 8), use_causal_mask=True)
    assert y.dtype.name == policy.removeprefix("mixed_")
    assert {part.dtype_policy.name for part in layer._flatten_layers()} == {policy}
    again = MultiHeadAttention.from_config(layer.get_config())
    assert again.dtype_policy.name == policy


@pytest.mark.parametrize(
    "call",
    [
        lambda x: rotary(x, [0.0, np.nan]),
        lambda x: rotary(x, [1]),
        lambda x: rotary(x, [0, 1], max_wavelength=np.inf),
        lambda x: rotary(x.astype("int32"), [0, 1]),
        lambda x: sinusoidal_positions(2, 4, np.nan),
        lambda x: sinusoidal_positions(2.5, 4),
        lambda x: causal_mask(2.5),
        lambda x: MultiHeadAttention(2, 4, output_scale=np.nan),
        lambda x: scaled_dot_product_attention(
            x[None, None], np.zeros((1, 2, 2, 4), "float32"), x[None, None]
        ),
    ],
)
def test_numbers_without_meaning_are_refused(call):
    with pytest.raises(ValueError, match="wants"):
        call(np.ones((2, 4), "float32"))
