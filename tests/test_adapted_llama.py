"""The adapted Llama: the base model at first, its gradient, its generation."""

import llama_gguf
import numpy as np
import pytest
import tensorflow as tf

from helpers.pretrained import adapted_llama, loading, packed_llama
from helpers.pretrained.adapted_llama import NAMES, AdaptedLlama
from helpers.pretrained.chat import ChatModel
from helpers.pretrained.llama_weights import LlamaWeights
from helpers.sampling import generate

IDS = np.array([[5, 9, 2, 7, 1, 3]])


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    llama_gguf.write(path)
    return ChatModel(*loading.read_gguf(path)).decoder


def unpacked_embedding(base):
    arrays = {name: tensor.numpy() for name, tensor in base.weights.items()}
    return LlamaWeights(base.config, arrays).embedding()


def changed(base, layers=1):
    model, rng = AdaptedLlama(base, 2, layers), np.random.default_rng(1)
    for variable in model.variables:
        variable.assign(rng.normal(0, 0.3, variable.shape))
    return model


def test_at_first_both_agree_to_the_bit(base):
    np.testing.assert_array_equal(AdaptedLlama(base, 2, 1)(IDS), base(IDS))


def test_lower_and_upper_make_the_whole(base):
    model = changed(base)
    halves = model.head(model.upper(model.lower(IDS))[0])[None]
    np.testing.assert_allclose(halves, model(IDS), atol=1e-4)
    assert not np.allclose(halves, base(IDS), atol=1e-2)


def test_the_change_is_a_matrix_added_to_the_weights(base):
    model, x = changed(base), np.random.default_rng(2).normal(size=(1, 3, 64))
    x = x[..., : base.config.hidden_dim].astype(np.float32)
    last = base.num_layers - 1
    for name in ("qkv", "gate_up"):
        extra = x @ model.down[name][0].numpy() @ model.up[name][0].numpy()
        plain = base._project(name, last, x)
        np.testing.assert_allclose(model._project(name, last, x), plain + extra, 1e-3)
        np.testing.assert_array_equal(
            model._project(name, 0, x), base._project(name, 0, x)
        )


def test_training_moves_the_change_and_leaves_the_base_alone(base):
    before = {name: tensor.numpy().copy() for name, tensor in base.weights.items()}
    logits = np.asarray(base(IDS))
    model = AdaptedLlama(base, 2, 1)
    x, losses = model.lower(IDS[:, :-1]), []
    for _ in range(5):
        with tf.GradientTape() as tape:
            nats = tf.nn.sparse_softmax_cross_entropy_with_logits(
                IDS[0, 1:], model.head(model.upper(x)[0])
            )
            loss = tf.reduce_mean(nats)
        losses.append(float(loss))
        for variable, slope in zip(
            model.variables, tape.gradient(loss, model.variables), strict=True
        ):
            variable.assign_sub(0.5 * slope)
    assert losses[-1] < losses[0]
    for name, tensor in base.weights.items():
        np.testing.assert_array_equal(tensor, before[name])
    np.testing.assert_array_equal(base(IDS), logits)


def test_the_gradient_is_the_slope(base):
    model = changed(base)
    x, up = model.lower(IDS), model.up["out"]

    def total():
        return tf.reduce_sum(model.upper(x) ** 2) / 100

    with tf.GradientTape() as tape:
        value = total()
    slope = tape.gradient(value, up).numpy()[0, 0, 0]
    step = np.zeros(up.shape, np.float32)
    step[0, 0, 0] = 1e-2
    up.assign_add(step)
    above = float(total())
    up.assign_sub(2 * step)
    assert (above - float(total())) / 2e-2 == pytest.approx(slope, rel=0.02)
    up.assign_add(step)


def test_the_head_in_parts_is_the_embedding_and_so_is_its_slope(base, monkeypatch):
    for module in (packed_llama, adapted_llama):
        monkeypatch.setattr(module, "PART", 100)  # the last one has fewer columns
    table = tf.transpose(unpacked_embedding(base))
    model, rng = AdaptedLlama(base, 2, 1), np.random.default_rng(4)
    x = tf.constant(rng.normal(size=(3, base.config.hidden_dim)), tf.float32)
    change = tf.constant(rng.normal(size=(3, base.vocabulary_size)), tf.float32)

    @tf.function(input_signature=[tf.TensorSpec((None, x.shape[1]))])
    def logits_and_slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            logits = model.head(x)
        return logits, tape.gradient(logits, x, change)

    logits, slope = logits_and_slope(x)
    np.testing.assert_allclose(logits, x @ table, atol=1e-4)
    np.testing.assert_allclose(slope, change @ tf.transpose(table), atol=1e-4)
    whole = [base(IDS), generate(base, IDS[0], 6, use_cache=False)]
    monkeypatch.undo()
    vars(base).pop("_generate_programs")
    np.testing.assert_allclose(whole[0], base(IDS), atol=1e-4)
    np.testing.assert_array_equal(whole[1], generate(base, IDS[0], 6, use_cache=False))


def test_a_base_that_has_generated_does_not_answer_for_it(base):
    plain = generate(base, IDS[0], 8)
    assert not np.array_equal(generate(changed(base), IDS[0], 8), plain)
    np.testing.assert_array_equal(generate(base, IDS[0], 8), plain)


def test_it_generates_with_its_cache_as_without(base):
    model = changed(base, base.num_layers)
    cached, whole = (generate(model, IDS[0], 6, use_cache=c) for c in (True, False))
    np.testing.assert_array_equal(cached, whole)
    assert len(model.variables) == 2 * len(NAMES)


@pytest.mark.parametrize(("rank", "layers"), [(0, 1), (2, 0), (2, 99), (1.5, 1)])
def test_sizes_out_of_range(base, rank, layers):
    with pytest.raises(ValueError, match="AdaptedLlama"):
        AdaptedLlama(base, rank, layers)
