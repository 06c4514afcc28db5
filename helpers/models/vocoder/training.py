"""Train `helpers.models.vocoder`: spectral losses first, then a discriminator too.

Shapes: B batch, N samples of sound, from -1 to 1.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from helpers.audio.spectrum import HOP, N_FFT, hann, mel_filterbank
from helpers.models.image_parts import require_shape
from helpers.models.policies import in_float32, policy_of

RESOLUTIONS = ((512, 128), (256, 64), (128, 32))  # (window, hop) in samples


def magnitudes(sound: tf.Tensor, window: int, hop: int) -> tf.Tensor:
    """Return |STFT| (B, frames, window / 2 + 1), with zero margins.

    Args:
        sound: float (B, N).
        window: samples of one frame.
        hop: samples from one frame to the next.
    """
    margin = (window - hop) // 2
    frames = tf.signal.frame(ops.pad(sound, ((0, 0), (margin, margin))), window, hop)
    real, imaginary = ops.rfft(frames * hann(window))
    # Without 1e-8 the root of a silent bin has an infinite slope.
    return ops.sqrt(ops.square(real) + ops.square(imaginary) + 1e-8)


def mel_decibels(sound: tf.Tensor) -> tf.Tensor:
    """Return `spectrum.log_mel` of sound (B, N), as a function with a gradient."""
    power = ops.square(magnitudes(sound, N_FFT, HOP))
    bands = ops.matmul(power, np.ascontiguousarray(mel_filterbank().T))
    return 10 / np.log(10) * ops.log(ops.maximum(bands, 1e-6))


def spectral_loss(real: tf.Tensor, made: tf.Tensor) -> tf.Tensor:
    """Return how far made sound (B, N) is from real: spectra at three resolutions.

    Source: Yamamoto et al. 2020, "Parallel WaveGAN", equations 5 to 7.
    """
    total = 0.0
    for window, hop in RESOLUTIONS:
        wanted, given = magnitudes(real, window, hop), magnitudes(made, window, hop)
        miss = ops.sqrt(ops.sum(ops.square(wanted - given)) + 1e-6)
        total += miss / ops.sqrt(ops.sum(ops.square(wanted)) + 1e-6)
        logs = ops.log(ops.maximum(wanted, 1e-3)) - ops.log(ops.maximum(given, 1e-3))
        total += ops.mean(ops.abs(logs))
    mel = ops.mean(ops.abs(mel_decibels(real) - mel_decibels(made)))
    return total / len(RESOLUTIONS) + 0.5 * mel


@keras.saving.register_keras_serializable(package="aigc")
class WaveDiscriminator(keras.Model):
    """Listen to a sound at 8, 4 and 2 kHz and score its pieces.

    Called on sound (B, N); returns a list of feature maps for each of three scales,
    the last of each being the scores.

    Args:
        widths: channels after each convolution that divides the time by 4.

    Raises:
        ValueError: for no width, or one below 1.

    Source: Kumar et al. 2019, "MelGAN", section 2.2, without the groups.
    """

    def __init__(self, widths: tuple[int, ...] = (32, 64, 128), **kwargs):
        super().__init__(**kwargs)
        if not widths or min(widths) < 1:
            raise ValueError(f"widths are {widths}; wanted one or more, each ≥ 1")
        self.widths = tuple(widths)
        self.scales = []
        sizes = [(widths[0], 16)] + [(width, 9) for width in widths[1:]]
        with policy_of(self):
            for _ in range(3):
                convolutions = [layers.Conv1D(w, k, 4, "same") for w, k in sizes]
                convolutions.append(layers.Conv1D(widths[-1], 3, padding="same"))
                score = layers.Conv1D(1, 3, padding="same")
                self.scales.append([*convolutions, score])
        # Keras follows no list of lists: without this the weights would not be found.
        self.layers_of_scales = [layer for scale in self.scales for layer in scale]
        self(np.zeros((1, 1024), "float32"))

    def call(self, sound):
        """Return [[features …, scores] for each scale]."""
        require_shape(sound, (None, None), "`WaveDiscriminator`, of sound,")
        x, results = sound[..., None], []  # (B, N, 1)
        for scale in self.scales:
            hidden, maps = x, []
            for convolution in scale[:-1]:
                hidden = ops.leaky_relu(convolution(hidden), 0.2)
                maps.append(in_float32(hidden))
            results.append([*maps, in_float32(scale[-1](hidden))])
            x = ops.average_pool(x, 4, 2, "same")  # half the rate for the next scale
        return results

    def get_config(self) -> dict:
        """Return the arguments that make this discriminator again."""
        return {**super().get_config(), "widths": self.widths}


class VocoderGAN(keras.Model):
    """Train a vocoder on pieces of sound; one optimizer serves both networks.

    `fit` wants batches of sound (B, N), N a multiple of 128. First the spectra alone
    teach the vocoder, which is quick; with `adversarial` true the discriminator
    joins: without it the spectra's average makes voices buzz.

    Args:
        vocoder: a `Vocoder`.
        discriminator: a `WaveDiscriminator`.

    Raises:
        ValueError: for networks that compute in float16, or, in training, for sound of
            another shape.

    Source: Kumar et al. 2019, "MelGAN", equations 1 to 4.
    """

    def __init__(self, vocoder, discriminator, **kwargs):
        super().__init__(**kwargs)
        if "float16" in {vocoder.compute_dtype, discriminator.compute_dtype}:
            raise ValueError("`VocoderGAN` trains in float32 or bfloat16; wanted one")
        self.vocoder, self.discriminator = vocoder, discriminator
        self.adversarial = False
        names = ("loss", "critic", "features")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        self.built = True

    def train_step(self, real):
        """Take one step; `loss` is the spectral one."""
        real = keras.utils.unpack_x_y_sample_weight(real)[0]  # of `train_on_batch`
        require_shape(real, (None, None), "`VocoderGAN`, of sound,")
        if (real.shape[1] or 0) % HOP:  # `mel_decibels` needs whole frames
            raise ValueError(
                f"`VocoderGAN` wants a multiple of {HOP} samples, received "
                f"{real.shape[1]}"
            )
        ours = self.vocoder.trainable_variables
        theirs = self.discriminator.trainable_variables
        if not self.adversarial:
            with tf.GradientTape() as tape:
                loss = spectral_loss(real, self.vocoder(mel_decibels(real)))
            self.optimizer.apply(tape.gradient(loss, ours), ours)
            return self.report(loss, 0.0, 0.0)
        with tf.GradientTape(persistent=True) as tape:
            made = self.vocoder(mel_decibels(real))
            loss = spectral_loss(real, made)
            heard, heard_made = self.discriminator(real), self.discriminator(made)
            critic = hinge(heard, heard_made)
            fooled = sum(-ops.mean(scale[-1]) for scale in heard_made) / 3
            features = feature_distance(heard, heard_made)
            total = loss + 0.1 * fooled + 0.5 * features
        gradients = tape.gradient(total, ours) + tape.gradient(critic, theirs)
        self.optimizer.apply(gradients, ours + theirs)
        return self.report(loss, critic, features)

    def report(self, *values):
        """Return the running means of the losses."""
        for tracker, value in zip(self.trackers.values(), values, strict=True):
            tracker.update_state(value)
        return {name: tracker.result() for name, tracker in self.trackers.items()}


def hinge(real: list, made: list) -> tf.Tensor:
    """Return the discriminator's loss: real scores above 1, made ones below -1."""
    pairs = zip(real, made, strict=True)
    losses = [ops.mean(ops.relu(1 - r[-1]) + ops.relu(1 + m[-1])) for r, m in pairs]
    return sum(losses) / len(losses)


def feature_distance(real: list, made: list) -> tf.Tensor:
    """Return the mean distance of hidden features, which tell more than scores.

    Args:
        real: what each discriminator's layers say to real sound, scores last.
        made: the same for made sound.
    """
    pairs = [
        (ops.stop_gradient(r), m)
        for real_scale, made_scale in zip(real, made, strict=True)
        for r, m in zip(real_scale[:-1], made_scale[:-1], strict=True)
    ]
    return sum(ops.mean(ops.abs(r - m)) for r, m in pairs) / len(pairs)
