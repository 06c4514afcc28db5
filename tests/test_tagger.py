"""The tagger: MiniLM's own numbers at first, no word lost, its change in low rank."""

import keras
import numpy as np
import pytest

from helpers.models.text.lora import LoRADense, Patch, low_rank
from helpers.models.text.tagger import Tagger, WordFeatures, decode, word_log_probs
from helpers.pretrained.hub import keras_hub
from helpers.text.tag_paths import transition_scores
from helpers.text.tagging import WordEncoder
from helpers.training.layerwise import LayerwiseAdamW, bert_factors

RNG = np.random.default_rng(0)
TAGS = ["O", "B-A", "I-A"]


def backbone(**options):
    keras.utils.set_random_seed(0)
    return keras_hub.models.BertBackbone(
        2_000, 2, 2, 8, 16, max_sequence_length=64, **options
    )


def pieces(word):
    return [1_000 + ord(c) % 500 for c in word]


@pytest.fixture(scope="module")
def words():
    sentences = [["Ada", "met", "BOB", "in", "Rome"], [], ["x" * 70, "it", "rained"]]
    return WordEncoder([sentences, [["Yes"]]], pieces)


def test_at_first_the_encoder_reads_what_it_read_before(words):
    base = backbone()
    model = Tagger(base, 3)
    model.build()
    inputs = words.windows(24).inputs()
    plain = {name: inputs[name] for name in ("token_ids", "padding_mask")}
    plain["segment_ids"] = np.zeros_like(plain["token_ids"])
    states = np.asarray(base(plain)["sequence_output"])
    kernel, bias = (np.asarray(w) for w in model.head.weights)
    features = np.asarray(model.features(inputs["case"], inputs["characters"]))
    expected = np.concatenate([states, features], axis=-1) @ kernel + bias
    real = inputs["padding_mask"] == 1
    found = np.asarray(model(inputs))
    np.testing.assert_allclose(found[real], expected[real], atol=1e-5)


def test_characters_enter_as_a_convolution_does():
    layer = WordFeatures(case_dim=2, character_dim=4, filters=5)
    ids = RNG.integers(1, 90, (2, 3, 14)).astype("int32")
    ids[0, 0, 6:] = 0  # a short word is padded
    case = np.ones((2, 3), "int32")
    found = np.asarray(layer(case, ids))[..., 2:]
    table = np.asarray(layer.characters.embeddings)
    reference = keras.layers.Conv1D(5, 3, padding="same", activation="relu")
    vectors = (table[ids] * (ids > 0)[..., None]).reshape(6, 14, 4).astype("float32")
    reference.build(vectors.shape)
    kernel, bias = layer.convolution.get_weights()
    reference.set_weights([kernel.reshape(3, 4, 5), bias])
    expected = np.asarray(reference(vectors)).max(axis=1).reshape(2, 3, 5)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_case_and_characters_matter_once_trained(words):
    model = Tagger(backbone(), 3)
    model.build()
    inputs = words.windows(24).inputs()
    before = np.asarray(model(inputs))
    other = {**inputs, "case": np.where(inputs["case"] > 0, 3, 0)}
    assert not np.allclose(before, np.asarray(model(other)))  # by the head
    plain = Tagger(backbone(), 3, features=False)
    plain.build()
    np.testing.assert_array_equal(plain(inputs), plain(other))


def test_padding_changes_nothing(words):
    model = Tagger(backbone(), 3)
    model.build()
    short, long = words.windows(24, context=False), words.windows(48, context=False)
    same = len(short.index[0])
    found = [np.asarray(model(w.inputs()))[0, :6] for w in (short, long)]
    assert same == 24
    np.testing.assert_allclose(*found, atol=1e-5)


@pytest.mark.parametrize("jit", [False, True])
def test_every_word_gets_probabilities(words, jit):
    model = Tagger(backbone(), 3)
    model.build()
    found = word_log_probs(model, words, 24, 2, jit_compile=jit)
    assert found.shape == (len(words.words), 3)
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, atol=1e-5)
    # one sentence a window: each word's row is that of its first piece
    alone = word_log_probs(model, words, 24, 2, context=False, jit_compile=jit)
    windows = words.windows(24, context=False)
    logits = np.asarray(model(windows.inputs()))
    row, place = np.argwhere(windows.index == 4)[0]
    expected = logits[row, place] - np.log(np.exp(logits[row, place]).sum())
    np.testing.assert_allclose(alone[4], expected, atol=1e-5)


def test_decoding_gives_each_sentence_its_tags(words):
    scores = np.log(RNG.dirichlet(np.ones(3), size=len(words.words)))
    matrix = transition_scores([], TAGS, 0.0)
    paths = decode(scores, [5, 0, 3, 1], matrix)
    assert [len(path) for path in paths] == [5, 0, 3, 1]
    with pytest.raises(ValueError, match="sum to 9, received 8"):
        decode(scores, [5, 0, 3], matrix)


def test_hidden_words_change_training_only(words):
    inputs = words.windows(24).inputs()
    model = Tagger(backbone(dropout=0.0), 3, dropout=0.0, word_dropout=0.9)
    model.build()
    still = np.asarray(model(inputs))
    assert not np.allclose(model(inputs, training=True), still)
    np.testing.assert_allclose(model(inputs, training=False), still, atol=1e-6)


def test_a_tagger_is_saved_and_loaded(words, tmp_path):
    model = Tagger(backbone(), 3)
    model.build()
    inputs = words.windows(24).inputs()
    model.save(tmp_path / "tagger.keras")
    again = keras.models.load_model(tmp_path / "tagger.keras")
    np.testing.assert_allclose(again(inputs), model(inputs), atol=1e-6)


def test_one_tag_is_refused():
    with pytest.raises(ValueError, match="num_tags"):
        Tagger(backbone(), 1)


@pytest.mark.parametrize("activation", [None, "relu"])
def test_lora_equals_keras(activation):
    keras.utils.set_random_seed(1)
    layer = keras.layers.Dense(5, activation)
    layer.build((None, 7))
    layer.set_weights([RNG.normal(size=(7, 5)), RNG.normal(size=5)])
    ours = LoRADense(layer, rank=2)
    x = RNG.normal(size=(4, 7)).astype("float32")
    plain = np.asarray(layer(x))
    np.testing.assert_array_equal(ours(x), plain)  # B is zero
    ours.up.assign(RNG.normal(size=(2, 5)))
    theirs = keras.layers.Dense(5, activation)
    theirs.build((None, 7))
    theirs.set_weights(layer.get_weights())
    theirs.enable_lora(2)
    theirs.lora_kernel_a.assign(ours.down)
    theirs.lora_kernel_b.assign(ours.up)
    np.testing.assert_allclose(ours(x), theirs(x), atol=1e-5)
    assert len(ours.trainable_variables) == 2
    ours.on = False
    np.testing.assert_array_equal(ours(x), plain)


def test_alpha_scales_the_change():
    layer = keras.layers.Dense(3)
    layer.build((None, 3))
    x = RNG.normal(size=(2, 3)).astype("float32")
    one, two = LoRADense(layer, 2), LoRADense(layer, 2, alpha=4)
    for lora in (one, two):
        lora.build()
        lora.built = True
        lora.down.assign(np.ones((3, 2)))
        lora.up.assign(np.ones((2, 3)))
    change = [np.asarray(lora(x) - layer(x)) for lora in (one, two)]
    np.testing.assert_allclose(change[1], 2 * change[0], rtol=1e-4)


def test_lora_wants_a_built_dense_layer():
    with pytest.raises(ValueError, match="built Dense"):
        LoRADense(keras.layers.Dense(3), 2)
    with pytest.raises(ValueError, match="rank"):
        layer = keras.layers.Dense(3)
        layer.build((None, 3))
        LoRADense(layer, 0)


def test_low_rank_factors_are_the_nearest():
    matrix = RNG.normal(size=(9, 6))
    down, up = low_rank(matrix, 2)
    values = np.linalg.svd(matrix, compute_uv=False)
    error = np.linalg.norm(matrix - down @ up)
    assert error == pytest.approx(np.sqrt((values[2:] ** 2).sum()), rel=1e-5)
    np.testing.assert_allclose(np.matmul(*low_rank(matrix, 6)), matrix, atol=1e-5)
    for wrong in (np.zeros(3), np.full((2, 2), np.nan)):
        with pytest.raises(ValueError, match="finite matrix"):
            low_rank(wrong, 1)


def changed(rank):
    """Return variables before and after a change of a rank."""
    shapes = [(8, 2, 6), (2, 6, 8), (12,), (9, 20), (3, 4)]
    before = [RNG.normal(size=s).astype("float32") for s in shapes]
    before[3] = np.zeros_like(before[3])  # a new layer is kept whole
    after = []
    for old in before:
        change = RNG.normal(size=old.shape)
        if old.ndim == 3:
            left, right = RNG.normal(size=(8, rank)), RNG.normal(size=(rank, 12))
            product = left @ right if old.shape[0] == 8 else (left @ right).T
            change = product.reshape(old.shape)
        after.append((old + change).astype("float32"))
    return before, after


def test_a_patch_brings_a_change_of_its_rank_back():
    before, after = changed(2)
    patch = Patch.between(before, after, 2)
    assert patch.ranks == [2, 2, 0, 0, 0]
    variables = [keras.Variable(value) for value in before]
    patch.apply_to(variables)
    for variable, value in zip(variables, after, strict=True):
        np.testing.assert_allclose(variable, value, atol=1e-4)
    patch.apply_to(variables, sign=-1)
    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_allclose(variable, value, atol=1e-4)
    with pytest.raises(ValueError, match="5 variables .* received 4"):
        patch.apply_to(variables[:-1])


def test_a_patch_is_saved_and_loaded(tmp_path):
    patch = Patch.between(*changed(2), 2)
    patch.save(tmp_path / "patch.keras")
    again = keras.models.load_model(tmp_path / "patch.keras")
    assert again.shapes == patch.shapes and again.ranks == patch.ranks
    for mine, theirs in zip(patch.weights, again.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_factors_of_the_rates():
    factors = bert_factors(2, decay=0.5, new=3.0)
    optimizer = LayerwiseAdamW(1.0, factors)
    paths = {
        "bert/transformer_layer_1/query/kernel": 1.0,
        "bert/transformer_layer_0/query/kernel": 0.5,
        "bert/embeddings_layer_norm/gamma": 0.25,
        "tagger/head/kernel": 3.0,
        "elsewhere": 1.0,
    }
    assert {path: optimizer.factor(path) for path in paths} == paths
    with pytest.raises(ValueError, match="decay"):
        bert_factors(2, decay=0.0)


def test_layers_move_at_their_rates_as_adamw_does():
    def trained(optimizer):
        keras.utils.set_random_seed(0)
        layers = [keras.layers.Dense(3, name=n) for n in ("head", "other")]
        model = keras.Sequential([keras.Input((3,)), *layers])
        start = [w.numpy() for w in model.weights]
        model.compile(optimizer, "mse")
        model.train_on_batch(np.ones((2, 3)), np.zeros((2, 3)))
        return [w.numpy() - s for w, s in zip(model.weights, start, strict=True)]

    options = {"weight_decay": 0.0, "global_clipnorm": 1.0}
    ours = trained(LayerwiseAdamW(0.01, {"head": 0.5}, **options))
    plain = trained(keras.optimizers.AdamW(0.01, **options))
    for number, (mine, theirs) in enumerate(zip(ours, plain, strict=True)):
        np.testing.assert_allclose(mine, theirs * (0.5, 0.5, 1, 1)[number], atol=1e-7)
