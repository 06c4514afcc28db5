"""Every image and audio model in every dtype policy: it computes, or says why not."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from helpers.models.diffusion.diffusion import Diffusion
from helpers.models.diffusion.training import train
from helpers.models.features import FeatureNetwork
from helpers.models.gan.gan import GAN
from helpers.models.gan.networks import Discriminator, Generator
from helpers.models.image_parts import random_batches
from helpers.models.listener import Listener
from helpers.models.speech.networks import SpeechDiscriminator, SpeechGenerator
from helpers.models.speech.training import SpeechGAN
from helpers.models.vae.vae import VAE
from helpers.models.vocoder.training import VocoderGAN, WaveDiscriminator
from helpers.models.vocoder.vocoder import Vocoder
from helpers.training import fit_for

POLICIES = ["float32", "mixed_float16", "mixed_bfloat16", "float16", "bfloat16"]
RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, (4, 28, 28, 1)).astype("float32")
SPECTROGRAMS = RNG.uniform(-1, 1, (2, 64, 64, 1)).astype("float32")
SOUND = RNG.uniform(-1, 1, (2, 1024)).astype("float32")
LABELS, TWO = np.arange(4, dtype="int32") % 2, np.arange(2, dtype="int32")
TINY = (2, 2, 2, 2)
OUTER = ("InputLayer", "Functional")  # made by a Sequential; they compute nothing

MODELS = {  # name: a model of this policy, and what it computes
    "VAE": (lambda p: VAE(2, 2, 2, dtype=p), lambda m: m([IMAGES, LABELS])),
    "Generator": (lambda p: Generator(2, 2, 2, dtype=p), lambda m: m.sample(3)),
    "Discriminator": (
        lambda p: Discriminator(2, 2, dtype=p),
        lambda m: m([IMAGES, LABELS]),
    ),
    "Diffusion": (
        lambda p: Diffusion((4, 4), 2, 10, 1, 4, 8, dtype=p),
        lambda m: m.sample(2, steps=2),
    ),
    "FeatureNetwork": (lambda p: FeatureNetwork(2, 2, 2, dtype=p), lambda m: m(IMAGES)),
    "Listener": (
        lambda p: Listener(2, 2, 4, 2, dtype=p),
        lambda m: list(m(SPECTROGRAMS[..., 0]).values()),
    ),
    "SpeechGenerator": (
        lambda p: SpeechGenerator(2, 2, 4, TINY, dtype=p),
        lambda m: m.sample([0, 1]),
    ),
    "SpeechDiscriminator": (
        lambda p: SpeechDiscriminator(2, 2, TINY, dtype=p),
        lambda m: m((SPECTROGRAMS, TWO, TWO)),
    ),
    "Vocoder": (
        lambda p: Vocoder(4, 4, 1, dtype=p),
        lambda m: m.speak(40 * SPECTROGRAMS[:, :8, :, 0]),
    ),
    "WaveDiscriminator": (
        lambda p: WaveDiscriminator((2, 2), dtype=p),
        lambda m: m(SOUND),
    ),
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", MODELS)
def test_models_compute_in_their_policy(name, policy):
    make, compute = MODELS[name]
    keras.utils.set_random_seed(0)
    model = make(policy)
    inner = [x for x in model._flatten_layers() if type(x).__name__ not in OUTER]
    for layer in inner:
        assert layer.dtype_policy.name == policy, f"{layer.name}: {layer.dtype_policy}"
    wanted = keras.DTypePolicy(policy).variable_dtype
    assert {str(w.dtype) for w in model.trainable_weights} == {wanted}
    plain = make("float32")
    for weight, same in zip(plain.weights, model.weights, strict=True):
        weight.assign(ops.cast(same, weight.dtype))
    results = [tf.nest.flatten(compute(one)) for one in (model, plain)]
    for found, exact in zip(*results, strict=True):
        found, exact = (np.asarray(ops.cast(x, "float32")) for x in (found, exact))
        assert np.isfinite(found).all()
        size = np.abs(exact).max() + 1e-3
        assert np.abs(found - exact).mean() < 0.1 * size  # three digits and their sums


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "bfloat16"])
def test_the_global_policy_is_left_as_it_was(policy):
    FeatureNetwork(2, 2, 2, dtype=policy)
    assert keras.config.dtype_policy().name == "float32"


def gan(policy):
    model = GAN(Generator(2, 2, dtype=policy), Discriminator(2, dtype=policy))
    model.compile(keras.optimizers.Adam(), keras.optimizers.Adam())


def speech_gan(policy):
    networks = (
        SpeechGenerator(2, 2, 4, TINY, dtype=policy),
        SpeechDiscriminator(2, 2, TINY, dtype=policy),
    )
    SpeechGAN(*networks)


def vocoder_gan(policy):
    VocoderGAN(Vocoder(4, 4, 1, dtype=policy), WaveDiscriminator((2,), dtype=policy))


@pytest.mark.parametrize("policy", ["float16", "mixed_float16"])
@pytest.mark.parametrize("make", [gan, speech_gan, vocoder_gan])
def test_adversarial_training_in_float16_is_refused(make, policy):
    with pytest.raises(ValueError, match="bfloat16"):
        make(policy)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_step_in_a_mixed_policy_moves_weights_as_float32_does(policy):
    moved = []
    for one in ("float32", policy):
        keras.utils.set_random_seed(0)
        model = VAE(2, 2, variational=False, dtype=one)
        # float16's gradients fit below a scale of 64; Keras would search for it from
        # 32,768 on, and skip the steps until then
        adam = keras.optimizers.Adam(1e-3)
        if one == "mixed_float16":
            adam = keras.optimizers.LossScaleOptimizer(adam, initial_scale=64)
        model.compile(adam, jit_compile=False)
        before = model.code.get_weights()[0]
        batches = random_batches(IMAGES, np.zeros(len(IMAGES), "int32"), 4, 1)
        fit_for(model, batches, steps=1)
        moved.append(model.code.get_weights()[0] - before)
    # Adam's first step is the rate times the gradient's sign: most signs must agree.
    assert np.mean(np.sign(moved[0]) == np.sign(moved[1])) > 0.9


def test_diffusion_trains_in_bfloat16():
    model = Diffusion((4, 4), 2, 10, 1, 4, 8, dtype="mixed_bfloat16")
    train(model, IMAGES[:, :8, :8], LABELS, steps=1, batch_size=4)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
