"""Turn log-mel spectrograms into sound: a small GAN vocoder with an inverse STFT.

Shapes: B batch, T frames, M mel bands, C channels, N samples (N = 128 T).
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from helpers.audio.spectrum import HOP, N_FFT, N_MELS, hann
from helpers.checks import require_count
from helpers.models.image_parts import require_shape
from helpers.models.policies import in_float32, policy_of

MARGIN = (N_FFT - HOP) // 2  # samples of the first window before the sound


@keras.saving.register_keras_serializable(package="aigc")
class ConvNeXt(layers.Layer):
    """Mix frames with a narrow convolution, then channels with a small network.

    Args:
        hidden_dim: width of the network's middle.
        kernel_size: frames that the convolution sees, odd.

    Raises:
        ValueError: for sizes below 1, or an even kernel_size.

    Source: Liu et al. 2022, "A ConvNet for the 2020s", figure 4, in one dimension.
    """

    def __init__(self, hidden_dim: int, kernel_size: int = 7, **kwargs):
        super().__init__(**kwargs)
        self.hidden_dim = require_count(hidden_dim, "`ConvNeXt`, hidden_dim,")
        self.kernel_size = require_count(kernel_size, "`ConvNeXt`, kernel_size,")
        if kernel_size % 2 == 0:  # the middle tap reads the frame itself
            raise ValueError(
                f"`ConvNeXt` wants an odd kernel_size, received {kernel_size}"
            )

    def build(self, input_shape):
        """Create the weights for inputs (B, T, C)."""
        width = input_shape[-1]
        shape = (self.kernel_size, width)
        self.taps = self.add_weight(
            shape=shape, initializer="glorot_normal", name="taps"
        )
        with policy_of(self):
            self.norm = layers.LayerNormalization(epsilon=1e-5)
            self.wide = layers.Dense(self.hidden_dim)
            self.narrow = layers.Dense(width)
        self.norm.build(input_shape)
        self.wide.build(input_shape)
        self.narrow.build((*input_shape[:-1], self.hidden_dim))
        scale = keras.initializers.Constant(0.2)
        self.scale = self.add_weight(shape=(width,), initializer=scale, name="scale")

    def call(self, x):
        """Map (B, T, C) to (B, T, C)."""
        half, count = self.kernel_size // 2, ops.shape(x)[1]
        padded = ops.pad(x, ((0, 0), (half, half), (0, 0)))
        mixed = sum(  # on a CPU faster than a depthwise convolution
            padded[:, tap : tap + count] * self.taps[tap]
            for tap in range(self.kernel_size)
        )
        hidden = ops.gelu(self.wide(self.norm(mixed)), approximate=True)
        return x + self.scale * self.narrow(hidden)

    def get_config(self) -> dict:
        """Return the arguments that make this layer again."""
        sizes = {"hidden_dim": self.hidden_dim, "kernel_size": self.kernel_size}
        return {**super().get_config(), **sizes}


@keras.saving.register_keras_serializable(package="aigc")
class Vocoder(keras.Model):
    """Turn a log-mel spectrogram (B, T, M) in dB into a sound (B, 128 T) from -1 to 1.

    MelGAN upsamples a hidden signal 128 times until it is the sound. Here all layers
    work at the frames' own rate, 62 a second; the last one gives magnitude and phase
    of every bin, and an inverse Fourier transform does the upsampling.

    Args:
        width: channels C.
        hidden_dim: width of the middle of each block.
        num_layers: blocks.
        num_mels: M.

    Raises:
        ValueError: for sizes below 1.

    Source: Siuzdak 2024, "Vocos", section 3; Kumar et al. 2019, "MelGAN", section 2.1.

    Example:
        sound = vocoder.speak(log_mel)  # (n, 64, 64) -> (n, 8192)
    """

    def __init__(
        self,
        width: int = 192,
        hidden_dim: int = 512,
        num_layers: int = 6,
        num_mels: int = N_MELS,
        **kwargs,
    ):
        super().__init__(**kwargs)
        sizes = (width, hidden_dim, num_layers, num_mels)
        if min(sizes) < 1:
            raise ValueError(
                f"width, hidden_dim, num_layers, num_mels are {sizes}; wanted ≥ 1"
            )
        self.width, self.hidden_dim = width, hidden_dim
        self.num_layers, self.num_mels = num_layers, num_mels
        with policy_of(self):
            self.enter = layers.Conv1D(width, 7, padding="same", name="enter")
            self.blocks = [ConvNeXt(hidden_dim) for _ in range(num_layers)]
            self.norms = [layers.LayerNormalization(epsilon=1e-5) for _ in range(2)]
            # 257 bins, and two numbers each: the logarithm of the magnitude, the phase
            self.head = layers.Dense(N_FFT + 2, name="head")
        self(np.zeros((1, 8, num_mels), "float32"))  # creates the weights

    def call(self, log_mel):
        """Map (B, T, M) in dB to sound (B, 128 T); not cut to -1 … 1."""
        require_shape(log_mel, (None, None, self.num_mels), "`Vocoder`, of log-mel,")
        # -60 to 20 dB become -2 to 2, about the size of what a fresh layer expects.
        x = self.norms[0](self.enter((log_mel + 20.0) / 20.0))
        for block in self.blocks:
            x = block(x)  # (B, T, C)
        spectra = in_float32(self.head(self.norms[1](x)))  # (B, T, 514); FFTs want it
        logs, phases = ops.split(spectra, 2, axis=-1)
        magnitude = ops.exp(ops.minimum(logs, 6.0))  # (B, T, 257); e^6 is loud enough
        return inverse_stft(magnitude * ops.cos(phases), magnitude * ops.sin(phases))

    def speak(self, log_mel) -> np.ndarray:
        """Return float32 sound (n, 128 T) from -1 to 1 for log-mel values in dB.

        Args:
            log_mel: float (n, T, M) or one (T, M); T ≥ 1, finite.

        Raises:
            ValueError: for another shape, or numbers that are not finite.
        """
        array = np.asarray(log_mel, np.float32)
        batch = array[None] if array.ndim == 2 else array
        wanted = batch.ndim == 3 and batch.size and batch.shape[-1] == self.num_mels
        if not wanted or not np.isfinite(batch).all():
            raise ValueError(
                f"speak wants finite log-mel values (n, frames, {self.num_mels}), "
                f"received shape {array.shape}"
                + " with NaN or infinity"
                * (not np.isfinite(array).all())
            )
        parts = (self(batch[i : i + 64]) for i in range(0, len(batch), 64))
        sound = np.concatenate([ops.convert_to_numpy(part) for part in parts])
        return np.clip(sound, -1, 1).reshape(*array.shape[:-2], -1)

    def get_config(self) -> dict:
        """Return the arguments that make this vocoder again."""
        names = ("width", "hidden_dim", "num_layers", "num_mels")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def inverse_stft(
    real: keras.KerasTensor, imaginary: keras.KerasTensor
) -> keras.KerasTensor:
    """Return the sound (B, 128 T) of spectra, as `spectrum.istft` does.

    Args:
        real: float (B, T, 257), the real parts.
        imaginary: float (B, T, 257), the imaginary parts.
    """
    window = hann(N_FFT)
    pieces = ops.irfft((real, imaginary), fft_length=N_FFT) * window  # (B, T, 512)
    # Windows overlap: divide by the sum of their squares at each sample, as istft does.
    weight = overlap_add(ops.zeros_like(pieces[:1]) + window**2)
    sound = overlap_add(pieces) / ops.maximum(weight, 1e-8)
    return sound[:, MARGIN : MARGIN + ops.shape(real)[1] * HOP]


def overlap_add(pieces: keras.KerasTensor) -> keras.KerasTensor:
    """Add pieces (B, T, 512), each 128 samples later than the one before."""
    # Cut each piece into 4 blocks of 128: block p of frame t belongs to place t + p.
    parts, count = N_FFT // HOP, ops.shape(pieces)[1]
    blocks = ops.reshape(pieces, (-1, count, parts, HOP))
    total = sum(
        ops.pad(blocks[:, :, part], ((0, 0), (part, parts - 1 - part), (0, 0)))
        for part in range(parts)
    )
    return ops.reshape(total, (-1, (count + parts - 1) * HOP))
