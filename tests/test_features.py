"""The feature network against its own layers' arithmetic, and its promises."""

import keras
import numpy as np
import pytest

from helpers.models.features import FeatureNetwork, MixerNetwork, PixelComponents
from helpers.models.listener import Listener

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, (6, 28, 28, 1)).astype(np.float32)


def convolve(images, kernel, stride):
    """Convolve with TensorFlow's "same" padding, in plain loops over the kernel."""
    size = images.shape[1]
    new = -(-size // stride)
    total = max((new - 1) * stride + 3 - size, 0)
    pad = (total // 2, total - total // 2)
    padded = np.pad(images, ((0, 0), pad, pad, (0, 0)))
    out = 0
    for i in range(3):
        for j in range(3):
            stop = stride * (new - 1) + 1
            part = padded[:, i : i + stop : stride, j : j + stop : stride]
            out = out + part @ kernel[i, j]
    return out


def test_equals_the_layers_in_numpy():
    network = FeatureNetwork(num_classes=3, feature_dim=5, width=4)
    for weight in network.weights:
        if weight.dtype == "float32":
            weight.assign(RNG.uniform(0.2, 0.6, weight.shape) * RNG.choice([-1, 1]))
    for weight in network.weights:
        if "variance" in weight.path:
            weight.assign(np.abs(weight.numpy()))
    values = iter(w.numpy() for w in network.weights if w.dtype == "float32")
    x = IMAGES.astype(np.float64)
    order = []
    for stride in (2, 2, 1, 2):
        kernel, gamma, beta, mean, variance = (next(values) for _ in range(5))
        x = (convolve(x, kernel, stride) - mean) / np.sqrt(variance + 1e-3)
        x = np.maximum(x * gamma + beta, 0)
        order.append(x.shape[1])
    assert order == [14, 7, 7, 4]
    kernel, mean, variance = (next(values) for _ in range(3))
    features = (x.reshape(6, -1) @ kernel - mean) / np.sqrt(variance + 1e-3)
    np.testing.assert_allclose(network.features(IMAGES), features, rtol=2e-3)
    kernel, bias = next(values), next(values)
    logits = np.maximum(features, 0) @ kernel + bias
    np.testing.assert_allclose(network(IMAGES), logits, rtol=2e-3, atol=1e-3)


def test_classify_takes_up_where_features_stop():
    network = FeatureNetwork(10)
    features = network.features(IMAGES)
    assert features.shape == (6, 64)
    np.testing.assert_allclose(network.classify(features), network(IMAGES), atol=1e-6)


def test_features_are_standardised_over_the_batches_of_training():
    network = FeatureNetwork(10, feature_dim=8, width=4)
    features = np.array(network.features(IMAGES, training=True))
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-4)
    assert (features.std(axis=0) <= 1.0001).all()


def test_saved_network_gives_the_same_logits(tmp_path):
    network = FeatureNetwork(4, feature_dim=6, width=3, dropout=0.1)
    network.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    assert again.get_config() == network.get_config()
    np.testing.assert_array_equal(again(IMAGES), network(IMAGES))


def test_learns_to_tell_dark_from_bright():
    keras.utils.set_random_seed(0)
    network = FeatureNetwork(2, feature_dim=4, width=4)
    images = np.clip(
        IMAGES[:1] * 0.1 + np.array([-0.5, 0.5])[:, None, None, None], -1, 1
    )
    images = np.repeat(images, 8, axis=0) + RNG.normal(0, 0.05, (16, 28, 28, 1))
    labels = np.repeat([0, 1], 8)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(0.01), loss)
    first = network.train_on_batch(images, labels)
    for _ in range(40):
        network.reset_metrics()
        last = network.train_on_batch(images, labels)
    assert last < 0.5 * first


def test_bad_settings_say_what_was_wanted():
    with pytest.raises(ValueError, match="sizes ≥ 1"):
        FeatureNetwork(0)
    with pytest.raises(ValueError, match="dropout 1"):
        FeatureNetwork(10, dropout=1)


@pytest.mark.parametrize("shape", [(2, 14, 14, 1), (2, 28, 28), (2, 28, 28, 3)])
def test_other_sizes_are_refused_in_a_sentence(shape):
    with pytest.raises(ValueError, match="of images, wants shape"):
        FeatureNetwork(3, 4, 2)(np.zeros(shape, "float32"))


@pytest.mark.parametrize("shape", [(2, 32, 64), (2, 64), (2, 64, 64, 1)])
def test_a_listener_refuses_other_sizes(shape):
    with pytest.raises(ValueError, match="of spectrograms, wants shape"):
        Listener(3, 2, 4, 2)(np.zeros(shape, "float32"))


def test_mixer_equals_its_equations_in_numpy():
    network = MixerNetwork(num_classes=3, feature_dim=5, width=6, depth=1)
    for weight in network.trainable_weights:
        weight.assign(RNG.normal(0, 0.5, weight.shape))
    cut = IMAGES.reshape(6, 7, 4, 7, 4).transpose(0, 1, 3, 2, 4).reshape(6, 49, 16)
    x = dense(cut, network.patches)
    across, along = network.blocks
    y = norm(x, across.layers[0]).transpose(0, 2, 1)
    x = x + mlp(y, *across.layers[2:4]).transpose(0, 2, 1)
    x = x + mlp(norm(x, along.layers[0]), *along.layers[1:])
    layer, _, last, batch = network.body.layers
    features = dense(norm(x, layer).mean(axis=1), last) / np.sqrt(1 + batch.epsilon)
    np.testing.assert_allclose(network.features(IMAGES), features, atol=1e-3)
    logits = dense(relu(features), network.classifier.layers[1])
    np.testing.assert_allclose(network(IMAGES), logits, atol=2e-3)


def dense(x, layer):
    return x @ layer.kernel.numpy() + (layer.bias.numpy() if layer.use_bias else 0)


def norm(x, layer):
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-3)
    return x * layer.gamma.numpy() + layer.beta.numpy()


def relu(x):
    return np.maximum(x, 0)


def mlp(x, first, second):
    return dense(relu(dense(x, first)), second)


def test_components_keep_the_distances_that_they_reach():
    pixels = RNG.normal(size=(50, 4)) @ RNG.normal(size=(4, 784))
    pictures = np.float32(0.3 * pixels / np.abs(pixels).max()).reshape(-1, 28, 28, 1)
    network = PixelComponents(3, feature_dim=4)
    assert network.fit_components(pictures) == pytest.approx(1, abs=1e-4)
    features = network.features(pictures).numpy()
    found = np.linalg.norm(features[:, None] - features, axis=-1)
    flat = pictures.reshape(50, -1)
    wanted = np.linalg.norm(flat[:, None] - flat, axis=-1)
    np.testing.assert_allclose(found, wanted, atol=1e-3)
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-4)
    assert (np.diff(features.var(axis=0)) < 0).all()  # the largest first


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (MixerNetwork, {"num_classes": 0}),
        (MixerNetwork, {"depth": 0}),
        (MixerNetwork, {"width": 2.5}),
        (PixelComponents, {"feature_dim": 785}),
        (PixelComponents, {"feature_dim": 0}),
    ],
)
def test_other_describers_refuse_bad_sizes(kind, wrong):
    with pytest.raises(ValueError, match="want"):
        kind(**wrong)
    network = kind(3, 4)
    with pytest.raises(ValueError, match="of images"):
        network.features(IMAGES[:, ::2])
    with pytest.raises(ValueError, match="of features"):
        network.classify(np.zeros((2, 5)))


@pytest.mark.parametrize(
    "make", [lambda: MixerNetwork(3, 5, 6, 2), lambda: PixelComponents(3, 5)]
)
def test_other_describers_survive_saving(make, tmp_path):
    network = make()
    if isinstance(network, PixelComponents):
        network.fit_components(IMAGES)
    network.save(tmp_path / "one.keras")
    again = keras.models.load_model(tmp_path / "one.keras")
    assert again.get_config() == network.get_config()
    np.testing.assert_allclose(again(IMAGES), network(IMAGES), atol=1e-5)
