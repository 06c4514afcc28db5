"""GPT against KerasHub's GPT-2, and the promises a language model makes."""

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf

from helpers.models.text.gpt import GPT
from helpers.models.text.transformer import shift_tokens
from helpers.sampling.generation import generate
from helpers.sampling.samplers import Beam, Greedy
from helpers.text.batches import padded_batches
from helpers.training.evaluation import evaluate
from helpers.training.optimizers import token_loss

SIZES = {
    "vocabulary_size": 33,
    "num_layers": 3,
    "num_heads": 4,
    "hidden_dim": 16,
    "intermediate_dim": 40,
    "max_sequence_length": 24,
}
VARIANTS = [
    {},
    {"positions": "learned", "normalization": "layer", "use_bias": True},
    {"activation": "relu2", "tie_embeddings": False},
    {"activation": "silu", "dropout": 0.2},
    {"activation": "relu2", "token_shift": 2},
    {"token_shift": 3},
]


@pytest.fixture(params=VARIANTS, ids=lambda v: "-".join(v) or "base")
def model(request):
    """Return a small random GPT of each variant, weights large enough to matter."""
    keras.utils.set_random_seed(3)
    gpt = GPT(**SIZES, **request.param)
    rng = np.random.default_rng(3)
    for weight in gpt.weights:
        if weight.trainable:  # the others are the states of dropout
            weight.assign(rng.normal(0, 0.3, weight.shape))
    return gpt


@pytest.fixture
def token_ids():
    """Return two windows of random ids."""
    return np.random.default_rng(5).integers(0, 33, (2, 24)).astype("int32")


def copy_from_kerashub(ours, theirs):
    """Copy a GPT2Backbone's weights into our GPT by meaning."""

    def flat(layer, *shape):
        kernel, bias = (np.array(w) for w in layer.weights)
        return [kernel.reshape(*shape), bias.reshape(-1)]

    width = ours.hidden_dim
    ours.token_embedding.set_weights(theirs.token_embedding.get_weights())
    ours.position_embedding.set_weights(theirs.position_embedding.get_weights())
    ours.final_norm.set_weights(theirs.layer_norm.get_weights())
    for block, layer in zip(ours.blocks, theirs.transformer_layers, strict=True):
        attention = layer._self_attention_layer
        for name in ("query", "key", "value"):
            getattr(block.attention, f"{name}_dense").set_weights(
                flat(getattr(attention, f"_{name}_dense"), width, -1)
            )
        block.attention.output_dense.set_weights(
            flat(attention._output_dense, -1, width)
        )
        norm = layer._self_attention_layer_norm
        block.attention_norm.set_weights(norm.get_weights())
        block.mlp_norm.set_weights(layer._feedforward_layer_norm.get_weights())
        dense = layer._feedforward_intermediate_dense
        block.mlp_in.set_weights(dense.get_weights())
        block.mlp_out.set_weights(layer._feedforward_output_dense.get_weights())


def test_equals_kerashub_gpt2_under_copied_weights(token_ids):
    theirs = keras_hub.models.GPT2Backbone(**SIZES, dropout=0.0)
    rng = np.random.default_rng(1)
    theirs.set_weights([rng.normal(0, 0.3, w.shape) for w in theirs.weights])
    ours = GPT(**SIZES, positions="learned", normalization="layer", use_bias=True)
    copy_from_kerashub(ours, theirs)
    assert ours.count_params() == theirs.count_params()
    padding_mask = np.ones_like(token_ids)
    hidden = theirs({"token_ids": token_ids, "padding_mask": padding_mask})
    wanted = np.array(theirs.token_embedding(hidden, reverse=True))
    np.testing.assert_allclose(ours(token_ids), wanted, atol=1e-5 * np.ptp(wanted))


def test_a_later_token_changes_no_earlier_logit(model, token_ids):
    before = np.array(model(token_ids))
    changed = token_ids.copy()
    changed[:, 12] = (changed[:, 12] + 1) % 33
    after = np.array(model(changed))
    np.testing.assert_array_equal(after[:, :12], before[:, :12])
    assert np.abs(after[:, 12:] - before[:, 12:]).max() > 1e-3


def test_cached_steps_equal_one_full_pass(model, token_ids):
    full = np.array(model(token_ids))
    cache, parts = model.initial_cache(2), []
    for start, end in [(0, 7), (7, 8), (8, 9), (9, 20), (20, 24)]:
        part, cache = model.call_with_cache(token_ids[:, start:end], cache, start)
        parts.append(np.array(part))
    np.testing.assert_allclose(np.concatenate(parts, 1), full, atol=2e-5, rtol=1e-4)


def test_attention_maps_are_causal_distributions(model, token_ids):
    maps = np.array(model.attention_maps(token_ids))
    assert maps.shape == (3, 2, 4, 24, 24)
    np.testing.assert_allclose(maps.sum(-1), 1, atol=1e-5)
    assert np.all(np.triu(maps, 1) == 0)


def test_token_shift_takes_features_from_the_positions_before():
    x = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")
    shifted = np.array(shift_tokens(x, 2))
    np.testing.assert_array_equal(shifted[..., :4], x[..., :4])
    np.testing.assert_array_equal(shifted[:, 1:, 6:], x[:, :-1, 6:])
    np.testing.assert_array_equal(shifted[:, 2:, 4:6], x[:, :-2, 4:6])
    assert np.all(shifted[:, :1, 6:] == 0) and np.all(shifted[:, :2, 4:6] == 0)
    np.testing.assert_array_equal(shift_tokens(x, 0), x)


@pytest.mark.parametrize("width", [1, 3])
def test_generate_with_token_shift_is_the_same_with_and_without_cache(width):
    keras.utils.set_random_seed(1)
    gpt = GPT(**SIZES, token_shift=2)
    for weight in gpt.weights:
        weight.assign(np.random.default_rng(2).normal(0, 0.3, weight.shape))
    sampler = Beam(width) if width > 1 else Greedy()
    prompt = np.array([[3, 1, 4, 1, 5]])
    texts = [
        generate(gpt, prompt, 15, sampler, use_cache=use_cache)
        for use_cache in (True, False)
    ]
    np.testing.assert_array_equal(*texts)


def test_saved_model_gives_the_same_logits(model, token_ids, tmp_path):
    model.save(tmp_path / "gpt.keras")
    again = keras.models.load_model(tmp_path / "gpt.keras")
    assert again.get_config()["num_heads"] == 4
    np.testing.assert_array_equal(again(token_ids), model(token_ids))


def test_untrained_loss_is_that_of_guessing():
    keras.utils.set_random_seed(0)
    tokens = np.random.default_rng(0).integers(0, 33, (8, 25))
    logits = GPT(**SIZES)(tokens[:, :-1])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert float(loss(tokens[:, 1:], logits)) == pytest.approx(np.log(33), abs=0.1)


def test_learns_a_rule_that_needs_attention():
    """Repeat a random half: only a model that looks back 8 places can do it."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    half = rng.integers(1, 12, (2048, 8))
    tokens = np.concatenate([half, half], axis=1)
    model = GPT(12, 2, 2, 32, max_sequence_length=16)
    model.compile(
        keras.optimizers.Adam(5e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=True,
    )
    model.fit(tokens[:, :-1], tokens[:, 1:], batch_size=64, epochs=8, verbose=0)
    guess = np.argmax(model(tokens[:64, :-1]), -1)
    assert np.mean(guess[:, 8:] == tokens[:64, 9:]) > 0.95


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_layers": 0}, "num_layers ≥ 1, received 0"),
        ({"num_heads": 5}, "no multiple"),
        ({"positions": "none"}, "positions is 'none'"),
        ({"normalization": "batch"}, "normalization"),
        ({"activation": "tanh"}, "activation"),
        ({"token_shift": 4}, "token_shift is 4"),
        ({"hidden_dim": 18, "num_heads": 2, "token_shift": 1}, "four equal parts"),
    ],
)
def test_bad_settings_say_what_was_wanted(change, message):
    with pytest.raises(ValueError, match=message):
        GPT(**{**SIZES, **change})


@pytest.mark.parametrize("kind", [int, np.int32, np.int64, np.uint8, np.array])
def test_a_cache_is_never_overrun(model, token_ids, kind):
    cache = model.initial_cache(2)
    for index in (1, 24, 200):
        with pytest.raises(ValueError, match=f"24 tokens at position {index} do not"):
            model.call_with_cache(token_ids, cache, kind(index))
    logits, _ = model.call_with_cache(token_ids[:, :4], cache, kind(0))
    np.testing.assert_allclose(logits, model(token_ids)[:, :4], atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("index", [-1, np.int64(-1), tf.constant(21), tf.constant(-1)])
def test_a_block_checks_its_cache_itself(model, index):
    cache = model.initial_cache(2)[:, 0]
    x = np.zeros((2, 4, 16), "float32")
    with pytest.raises(ValueError, match="4 tokens at position"):
        model.blocks[0](x, cache=cache, cache_index=index)


@pytest.mark.parametrize("index", [None, 1.0, np.float32(0)])
def test_a_cache_wants_an_integer_position(model, token_ids, index):
    with pytest.raises(ValueError, match="wanted"):
        model.call_with_cache(token_ids[:, :2], model.initial_cache(2), index)


def test_windows_and_caches_are_bounded():
    gpt = GPT(**SIZES)
    with pytest.raises(ValueError, match="at most 24 tokens"):
        gpt(np.zeros((1, 25), "int32"))
    with pytest.raises(ValueError, match="1 to 24"):
        gpt.initial_cache(1, 25)


@pytest.mark.parametrize(
    "settings", [{"positions": "learned"}, {"token_shift": 3}], ids=lambda s: [*s][0]
)
def test_batches_of_several_lengths(settings):
    gpt = GPT(**SIZES, **settings)
    gpt.compile("sgd", token_loss(), jit_compile=False)
    documents = [list(range(1, 1 + n)) for n in (3, 5, 7, 9, 12, 4)]
    data = padded_batches(documents, 2, (8, 16), end_id=0, shuffle=False)
    gpt.fit(data, verbose=0)
    assert np.isfinite(evaluate(gpt, data))
    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, gpt(ids))
    for length in (5, 9):
        tokens = np.arange(2 * length).reshape(2, length)
        np.testing.assert_allclose(model(tokens), gpt(tokens), atol=1e-6)
    with pytest.raises(ValueError, match="at most 24 tokens"):
        model(np.zeros((1, 25), "int32"))
    loop = tf.function(gpt, input_signature=[tf.TensorSpec((None, None), tf.int32)])
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most 24 tokens"):
        loop(np.zeros((1, 25), "int32"))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16", "mixed_float16"])
def test_policies_reach_every_layer(policy):
    gpt = GPT(**SIZES, token_shift=2, tie_embeddings=False, dtype=policy)
    assert {part.dtype_policy.name for part in gpt._flatten_layers()} == {policy}
    assert gpt(np.zeros((1, 4), "int32")).dtype.name == policy.removeprefix("mixed_")
    assert GPT.from_config(gpt.get_config()).dtype_policy.name == policy
    texts = [
        generate(gpt, [1, 2], 3, use_cache=cached, jit_compile=False).shape
        for cached in (True, False)
    ]
    assert texts == [(1, 5), (1, 5)]
