"""Train the networks of `helpers.models.speech` against each other, on few recordings.

Shapes: B batch; spectrograms are scaled, (B, 64, 64, 1) from -1 (silence) to 1.
"""

from __future__ import annotations

import math

import keras
import tensorflow as tf
from keras import ops

from helpers.models.gan.losses import (
    discriminator_loss,
    generator_loss,
    slopes,
    update_average,
)
from helpers.models.image_parts import require_shape
from helpers.models.speech.networks import SIZE, SpeechGenerator


class SpeechGAN(keras.Model):
    """Train generator and discriminator together, on pairs of the same condition.

    `fit` wants batches (scaled spectrograms [B, 64, 64, 1], digits [B], speakers [B])
    and one optimizer for both networks. `average` is the generator to use: a running
    mean of its weights.

    Args:
        generator: a `SpeechGenerator`.
        discriminator: a `SpeechDiscriminator` of as many digits and speakers.
        penalty: weight of the squared slope at real spectrograms (R1).
        hint: weight of the mean distance between a made spectrogram and a recording of
            the same digit and speaker. It says early what the discriminator finds out
            late: which word is which. It also says "be average": take it away again.
            `penalty.assign` and `hint.assign` change these weights on the way.
        decay: how much of the mean stays at each step, 0 to below 1.

    Raises:
        ValueError: for a weight or decay out of range, or networks that compute in
            float16, in which the slopes overflow.

    Source: Jolicoeur-Martineau 2019, "The relativistic discriminator", section 4.1;
        Mescheder et al. 2018, "Which Training Methods for GANs do actually Converge?",
        equation 9 (R1); Zhao et al. 2020, "Differentiable Augmentation"; Isola et al.
        2017, "Image-to-Image Translation", equation 3 (the hint).
    """

    def __init__(
        self,
        generator,
        discriminator,
        penalty=0.05,
        hint=0.0,
        decay=0.998,
        **kwargs,
    ):
        super().__init__(**kwargs)
        weights_fit = all(0 <= weight < math.inf for weight in (penalty, hint))
        if not weights_fit or not 0 <= decay < 1:
            raise ValueError(
                f"penalty is {penalty}, hint {hint}, decay {decay}; wanted finite ≥ 0, "
                "≥ 0 and 0 ≤ decay < 1"
            )
        if "float16" in {generator.compute_dtype, discriminator.compute_dtype}:
            raise ValueError("`SpeechGAN` trains in float32 or bfloat16; wanted one")
        self.generator, self.discriminator = generator, discriminator
        self.average = SpeechGenerator.from_config(generator.get_config())
        self.average.set_weights(generator.get_weights())
        self.average.trainable = False
        self.decay = decay
        self.penalty = tf.Variable(penalty, trainable=False, dtype="float32")
        self.hint = tf.Variable(hint, trainable=False, dtype="float32")
        self.random = keras.random.SeedGenerator(0)
        self.trackers = {
            name: keras.metrics.Mean(name=name) for name in ("loss", "critic", "slope")
        }
        self.built = True

    def train_step(self, data):
        """Take one step of both networks; `loss` is the generator's."""
        real, digits, speakers = data
        require_shape(real, (None, SIZE, SIZE, 1), "`SpeechGAN`, of spectrograms,")
        size = real.shape[0]
        noise = (size, self.generator.latent_dim)
        latents = keras.random.normal(noise, seed=self.random)
        twice = [ops.tile(labels, (2,)) for labels in (digits, speakers)]
        with tf.GradientTape(persistent=True) as tape:
            # Equal digits and speakers in both: pairs differ in nothing but being real.
            fake = self.generator((latents, digits, speakers))
            seen = augment(ops.concatenate([real, fake]), self.random)
            pairs = ops.split(self.discriminator((seen, *twice)), 2)
            critic = discriminator_loss("relativistic", *pairs)
            few = (size + 3) // 4  # a quarter of the batch is enough
            # The first rows of `seen` are real.
            slope = self.slope(seen[:few], digits[:few], speakers[:few])
            critic_loss = critic + 0.5 * self.penalty * slope
            loss = generator_loss("relativistic", *pairs)
            total = loss + self.hint * ops.mean(ops.abs(fake - real))
        ours = self.generator.trainable_variables
        theirs = self.discriminator.trainable_variables
        gradients = tape.gradient(total, ours) + tape.gradient(critic_loss, theirs)
        self.optimizer.apply(gradients, ours + theirs)
        steps = self.optimizer.iterations
        update_average(self.average, self.generator, steps, self.decay)
        results = zip(self.trackers.values(), (loss, critic, slope), strict=True)
        for tracker, value in results:
            tracker.update_state(value)
        return {name: tracker.result() for name, tracker in self.trackers.items()}

    def slope(self, spectrograms, digits, speakers):
        """Return the mean squared slope of the scores in the spectrograms."""
        norms = slopes(
            lambda x: self.discriminator((x, digits, speakers)), spectrograms
        )
        return ops.mean(norms**2)


def augment(spectrograms: tf.Tensor, seed: keras.random.SeedGenerator) -> tf.Tensor:
    """Shift and stretch scaled spectrograms at random in time and pitch, and level.

    Every step can be differentiated, so real and generated ones go through the same.

    Args:
        spectrograms: float (B, 64, 64, 1) from -1 to 1.
        seed: a `keras.random.SeedGenerator`.

    Returns:
        Float (B, 64, 64, 1); what comes in from outside is silence.
    """
    size = spectrograms.shape[0]

    def uniform(low, high):
        return keras.random.uniform((size, 1, 1), low, high, seed=seed)

    time = resampling(uniform(0.9, 1.12), uniform(-5.0, 5.0))
    pitch = resampling(uniform(0.97, 1.03), uniform(-1.0, 1.0))
    energy = ops.matmul(time, spectrograms[..., 0] + 1)  # 0 is silence
    energy = ops.matmul(energy, ops.transpose(pitch, (0, 2, 1)))
    return ops.clip(energy * uniform(0.9, 1.1), 0, 2)[..., None] - 1


def resampling(rate: tf.Tensor, shift: tf.Tensor) -> tf.Tensor:
    """Return matrices (B, 64, 64) that read line i · rate + shift, interpolated."""
    place = ops.arange(SIZE, dtype="float32")
    source = place[:, None] * rate + shift  # (B, 64, 1)
    return ops.relu(1 - ops.abs(source - place))
