"""Speak digits as log-mel spectrograms: a conditional GAN that is cheap on a CPU.

Shapes: B batch, T frames, M mel bands (T = M = 64), C channels, Z latent numbers.
The networks see `helpers.audio.spectrum`'s log-mel values scaled to -1 (silence) … 1.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from helpers.audio.spectrum import unscale_log_mel
from helpers.models.image_parts import (
    check_labels,
    fold,
    require_seed,
    require_shape,
    unfold,
)
from helpers.models.policies import in_float32, policy_of

SIZE = 64  # frames and mel bands of one spectrogram


@keras.saving.register_keras_serializable(package="aigc")
class Modulate(layers.Layer):
    """Normalise each pixel's channels, then scale and shift them as the style says.

    Called on ([B, H, W, C], style [B, S]). No batch statistics: a sample never depends
    on its neighbours, and an average of weights is a working network.

    Source: Karras et al. 2018, "Progressive Growing of GANs", section 4.2 (pixel norm);
        Perez et al. 2018, "FiLM", equation 2 (scale and shift).
    """

    def build(self, input_shape):
        """Create the two maps from the style."""
        self.affine = layers.Dense(
            2 * input_shape[0][-1],
            kernel_initializer="zeros",  # gain 1, shift 0 at first: no style yet
            dtype=self.dtype_policy,
            name="affine",
        )
        self.affine.build(input_shape[1])

    def call(self, inputs):
        """Return features of the same shape as the first input."""
        x, style = inputs
        power = ops.mean(ops.square(in_float32(x)), axis=-1, keepdims=True)
        x = x * ops.cast(ops.rsqrt(power + 1e-6), x.dtype)
        gain, shift = ops.split(self.affine(style)[:, None, None], 2, axis=-1)
        return ops.leaky_relu(x * (1 + gain) + shift, 0.2)


@keras.saving.register_keras_serializable(package="aigc")
class SpeechGenerator(keras.Model):
    """Turn noise, a digit and a speaker into a log-mel spectrogram.

    Called on (latents [B, Z], digits int [B], speakers int [B]); returns the scaled
    spectrogram [B, 64, 64, 1] from -1 to 1. `sample` returns decibels.

    Args:
        num_digits: number of words.
        num_speakers: number of voices.
        latent_dim: Z.
        widths: channels at 4, 8, 16 and 32 pixels.

    Raises:
        ValueError: for sizes below 1, or not four widths.

    Source: Radford et al. 2016, "DCGAN" (the pyramid of transposed convolutions);
        Donahue et al. 2019, "Adversarial Audio Synthesis", section 3.2 (SpecGAN).

    Example:
        log_mel = generator.sample([3, 1, 4], seed=0)  # (3, 64, 64)
    """

    def __init__(
        self,
        num_digits: int = 10,
        num_speakers: int = 6,
        latent_dim: int = 64,
        widths: tuple[int, ...] = (128, 96, 64, 32),
        **kwargs,
    ):
        super().__init__(**kwargs)
        if min(num_digits, num_speakers, latent_dim, *widths) < 1 or len(widths) != 4:
            raise ValueError(
                f"num_digits, num_speakers, latent_dim, widths are {num_digits}, "
                f"{num_speakers}, {latent_dim}, {widths}; wanted ≥ 1 and four widths"
            )
        self.num_digits, self.num_speakers = num_digits, num_speakers
        self.latent_dim, self.widths = latent_dim, tuple(widths)
        with policy_of(self):
            self._make_layers(self.widths)
        self(self.draw([0], [0], np.random.default_rng(0)))  # creates the weights

    def _make_layers(self, widths: tuple[int, ...]) -> None:
        """Make the layers, in the order in which they are called."""
        self.digit = labels_as_vectors(self.num_digits, 32, "digit")
        self.speaker = labels_as_vectors(self.num_speakers, 32, "speaker")
        self.style = [layers.Dense(128, activation="swish") for _ in range(2)]
        self.seed_picture = layers.Dense(16 * widths[0], name="seed_picture")  # 4 × 4
        self.grow, self.refine, self.modulate = [], [], []
        for width in widths[1:]:  # 8, 16 and 32 pixels
            grow = layers.Conv2DTranspose(width, 4, 2, "same", use_bias=False)
            self.grow.append(grow)
            self.refine.append(layers.Conv2D(width, 3, 1, "same", use_bias=False))
            self.modulate += [Modulate(), Modulate()]
        # `unfold` doubles the sides once more, which costs less than a fourth `grow`.
        self.paint = layers.Conv2D(4, 3, 1, "same", name="paint")

    def call(self, inputs):
        """Return scaled spectrograms (B, 64, 64, 1)."""
        latents, digits, speakers = inputs
        require_shape(
            latents, (None, self.latent_dim), "`SpeechGenerator`, of latents,"
        )
        style = [latents, self.digit(digits), self.speaker(speakers)]
        style = ops.concatenate(style, axis=-1)  # (B, Z + 64)
        for layer in self.style:
            style = layer(style)  # (B, 128)
        x = ops.reshape(self.seed_picture(style), (-1, 4, 4, self.widths[0]))
        for index, (grow, refine) in enumerate(
            zip(self.grow, self.refine, strict=True)
        ):
            x = self.modulate[2 * index]([grow(x), style])  # (B, 8 … 32, 8 … 32, C)
            x = self.modulate[2 * index + 1]([refine(x), style])
        return in_float32(ops.tanh(unfold(self.paint(x))))

    def draw(self, digits, speakers, rng: np.random.Generator):
        """Return the inputs of one call: normal latents (B, Z), digits, speakers."""
        latents = rng.standard_normal((len(digits), self.latent_dim), np.float32)
        return latents, np.asarray(digits, "int32"), np.asarray(speakers, "int32")

    def sample(
        self, digits, seed: int = 0, speakers=None, truncation: float = 1.0
    ) -> np.ndarray:
        """Return log-mel spectrograms (n, 64, 64) in dB, the same for the same seed.

        Args:
            digits: int (n,), each from 0 to num_digits - 1.
            seed: of the latents, and of the speakers where none are given, 0 …
                2³¹ - 1.
            speakers: int (n,), or None for random ones.
            truncation: factor on the latents, 0 to 10; below 1 less varied and safer.

        Raises:
            ValueError: for no digits, a digit, speaker or setting out of range, or
                lengths that differ.
        """
        count = max(1, np.size(digits))
        digits = check_labels(digits, count, self.num_digits, "the choice of digits")
        if not 0 <= truncation <= 10:
            raise ValueError(f"sample wants truncation 0 … 10, received {truncation}")
        rng = np.random.default_rng(require_seed(seed, "sample"))
        drawn = rng.integers(0, self.num_speakers, count)
        speakers = drawn if speakers is None else speakers
        where = "the choice of speakers"
        speakers = check_labels(speakers, count, self.num_speakers, where)
        latents, digits, speakers = self.draw(digits, speakers, rng)
        parts = [
            self(
                (
                    truncation * latents[i : i + 64],
                    digits[i : i + 64],
                    speakers[i : i + 64],
                )
            )
            for i in range(0, len(digits), 64)
        ]
        scaled = np.concatenate([ops.convert_to_numpy(part) for part in parts])[..., 0]
        return unscale_log_mel(scaled)

    def get_config(self) -> dict:
        """Return the arguments that make this generator again."""
        names = ("num_digits", "num_speakers", "latent_dim", "widths")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="aigc")
class SpeechDiscriminator(keras.Model):
    """Score how real a spectrogram looks as this digit spoken by this speaker.

    Called on (scaled spectrograms [B, 64, 64, 1], digits [B], speakers [B]); returns
    scores [B]. The first layer folds 2 by 2 pixels into channels, which costs nothing
    and quarters the work; one more channel holds the height, since pitch matters.

    Args:
        num_digits: number of words.
        num_speakers: number of voices.
        widths: channels at 32, 16, 8 and 4 pixels.

    Raises:
        ValueError: for sizes below 1, or not four widths.

    Source: Miyato & Koyama 2018, "cGANs with Projection Discriminator", equation 3.
    """

    def __init__(
        self,
        num_digits: int = 10,
        num_speakers: int = 6,
        widths: tuple[int, ...] = (32, 64, 96, 128),
        **kwargs,
    ):
        super().__init__(**kwargs)
        if min(num_digits, num_speakers, *widths) < 1 or len(widths) != 4:
            raise ValueError(
                f"num_digits, num_speakers, widths are {num_digits}, {num_speakers}, "
                f"{widths}; wanted ≥ 1 and four widths"
            )
        self.num_digits, self.num_speakers = num_digits, num_speakers
        self.widths = tuple(widths)
        kernels = [(widths[0], 3, 1)] + [(width, 4, 2) for width in widths[1:]]
        kernels += [(widths[-1], 3, 1)]
        with policy_of(self):
            self.convolutions = [layers.Conv2D(*one, "same") for one in kernels]
            self.features = layers.Dense(128, name="features")
            self.real = layers.Dense(1, name="real")
            self.digit = labels_as_vectors(num_digits, 128, "digit")
            self.speaker = labels_as_vectors(num_speakers, 128, "speaker")
        silence, none = np.zeros((1, SIZE, SIZE, 1), "float32"), np.zeros(1, int)
        self((silence, none, none))  # creates the weights

    def call(self, inputs):
        """Return one score for each spectrogram, (B,)."""
        x, digits, speakers = inputs
        shape = (None, SIZE, SIZE, 1)
        require_shape(x, shape, "`SpeechDiscriminator`, of spectrograms,")
        x = fold(x)  # (B, 32, 32, 4)
        # A convolution does not know where it is; pitch is the last of both sides.
        height = ops.cast(ops.linspace(-1.0, 1.0, SIZE // 2), x.dtype)[:, None]
        height = ops.ones_like(x[..., :1]) * height
        x = ops.concatenate([x, height], axis=-1)
        for convolution in self.convolutions:
            x = ops.leaky_relu(convolution(x), 0.2)
        x = ops.leaky_relu(
            self.features(ops.reshape(x, (-1, 16 * self.widths[-1]))), 0.2
        )
        asked = self.digit(digits) + self.speaker(speakers)  # (B, 128)
        # The inner product of 128 products has a spread of √128 at first: divide by it.
        fits = ops.sum(in_float32(asked * x), axis=-1) / 128**0.5
        return in_float32(self.real(x)[:, 0]) + fits

    def get_config(self) -> dict:
        """Return the arguments that make this discriminator again."""
        names = ("num_digits", "num_speakers", "widths")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def labels_as_vectors(count: int, width: int, name: str) -> layers.Embedding:
    """Return an embedding whose vectors start as large as noise, so that they count.

    Args:
        count: number of labels.
        width: numbers in a vector.
        name: of the layer.
    """
    start = keras.initializers.RandomNormal(stddev=1.0)
    return layers.Embedding(count, width, start, name=name)
