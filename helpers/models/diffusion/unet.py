"""A small U-Net that predicts the velocity of a noisy image.

Shapes: B batch, S side of the picture, C channels. The picture is halved once by its
first layer, so that all work happens on grids of S/2 and S/4: on a CPU that decides.
Weights of convolutions are kept as matrices, which is what the optimizer Muon takes.
"""

from __future__ import annotations

import math

import keras
import numpy as np
from keras import ops

from helpers.checks import require_count
from helpers.models.attention.heads import MultiHeadAttention
from helpers.models.image_parts import require_shape, unfold
from helpers.models.policies import policy_of


@keras.saving.register_keras_serializable(package="aigc")
class Conv(keras.layers.Layer):
    """Convolve with zero padding; the kernel is stored as (size² · C_in, C_out).

    Args:
        filters: channels C_out of the result.
        size: side of the kernel.
        strides: step between two places, 1 or more.
        initial_scale: standard deviation of the fresh kernel × √(size² · C_in).

    Raises:
        ValueError: for sizes below 1 or a negative scale.
    """

    def __init__(
        self,
        filters: int,
        size: int = 3,
        strides: int = 1,
        initial_scale: float = 1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if min(filters, size, strides) < 1 or initial_scale < 0:
            raise ValueError(
                f"filters, size, strides are {(filters, size, strides)}, initial_scale "
                f"{initial_scale}; wanted sizes ≥ 1 and a scale ≥ 0"
            )
        self.filters, self.size, self.strides = filters, size, strides
        self.initial_scale = initial_scale

    def build(self, input_shape):
        """Create the kernel and the offset."""
        rows = self.size**2 * input_shape[-1]
        deviation = self.initial_scale / math.sqrt(rows)
        self.kernel = self.add_weight(
            shape=(rows, self.filters),
            initializer=keras.initializers.RandomNormal(stddev=deviation),
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros")
        self.built = True

    def call(self, x):
        """Map (B, S, S, C_in) to (B, S / strides, S / strides, C_out)."""
        # Muon orthogonalises matrices; a convolution wants (size, size, C_in, C_out).
        shape = (self.size, self.size, x.shape[-1], self.filters)
        kernel = ops.reshape(self.kernel, shape)
        return ops.conv(x, kernel, strides=self.strides, padding="same") + self.bias

    def get_config(self) -> dict:
        """Return the arguments that make this layer again."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "size": self.size,
            "strides": self.strides,
            "initial_scale": self.initial_scale,
        }


@keras.saving.register_keras_serializable(package="aigc")
class ResidualBlock(keras.layers.Layer):
    """Add to an image what two convolutions find, given the time and the class.

    x + conv(silu(scale · conv(silu(norm(x))) + shift)), where scale and shift of each
    channel come from the condition (FiLM). The second convolution starts at 0, so that
    a fresh block changes nothing.

    Args:
        filters: channels of the result; the input may have another number.

    Source: He et al. 2016, "Identity Mappings in Deep Residual Networks", figure 1b;
        Perez et al. 2018, "FiLM", equation 2.
    """

    def __init__(self, filters: int, **kwargs):
        super().__init__(**kwargs)
        self.filters = require_count(filters, "`ResidualBlock`, filters,")
        with policy_of(self):
            self.norm = keras.layers.RMSNormalization(name="norm")
            self.first = Conv(filters, name="first")
            self.film = keras.layers.Dense(
                2 * filters, kernel_initializer="zeros", name="film"
            )
            self.second = Conv(filters, initial_scale=0.0, name="second")
        self.skip = None

    def build(self, input_shape, condition_shape):
        """Create all weights; another number of channels needs a skip layer."""
        self.norm.build(input_shape)
        self.first.build(input_shape)
        self.film.build(condition_shape)
        inner = (*input_shape[:-1], self.filters)
        self.second.build(inner)
        if input_shape[-1] != self.filters:
            policy = self.dtype_policy
            self.skip = keras.layers.Dense(self.filters, name="skip", dtype=policy)
            self.skip.build(input_shape)
        self.built = True

    def call(self, x, condition):
        """Map (B, S, S, C) and conditions (B, D) to (B, S, S, filters)."""
        h = self.first(ops.silu(self.norm(x)))
        film = self.film(condition)[:, None, None, :]  # (B, 1, 1, 2 filters)
        scale, shift = ops.split(film, 2, axis=-1)  # (B, 1, 1, filters)
        h = self.second(ops.silu(h * (1 + scale) + shift))
        return (x if self.skip is None else self.skip(x)) + h

    def get_config(self) -> dict:
        """Return the arguments that make this layer again."""
        return {**super().get_config(), "filters": self.filters}


@keras.saving.register_keras_serializable(package="aigc")
class UNet(keras.layers.Layer):
    """Map noisy pictures, times and classes to one number a pixel.

    Half size: stem, block ──────────────── concatenate, block, head.
    Quarter size:      └─ blocks, attention ─┘

    Args:
        widths: channels at half and at quarter size.
        num_classes: number of classes K; the label K stands for any class.
        middle_blocks: residual blocks at quarter size; attention follows the first.
        condition_dim: width of the vector that carries time and class.
        max_time: largest time t; times lie in 0 … max_time.

    Raises:
        ValueError: for sizes below 1 or an odd condition_dim.

    Source: Ronneberger et al. 2015, "U-Net"; Ho et al. 2020, "DDPM", appendix B.
    """

    def __init__(
        self,
        widths: tuple[int, int] = (32, 96),
        num_classes: int = 10,
        middle_blocks: int = 2,
        condition_dim: int = 128,
        max_time: int = 1000,
        **kwargs,
    ):
        super().__init__(**kwargs)
        sizes = (*widths, num_classes, middle_blocks, condition_dim, max_time)
        if len(widths) != 2 or min(sizes) < 1 or condition_dim % 2:
            raise ValueError(
                f"widths {widths}; num_classes, middle_blocks, condition_dim, max_time "
                f"{sizes[len(widths) :]}; wanted two widths, all ≥ 1, an even dim"
            )
        self.widths, self.num_classes = tuple(widths), num_classes
        self.middle_blocks, self.condition_dim = middle_blocks, condition_dim
        self.max_time = max_time
        with policy_of(self):
            self._make_layers(*widths)

    def _make_layers(self, wide: int, deep: int) -> None:
        layers = keras.layers
        self.time = layers.Dense(self.condition_dim, activation="silu", name="time")
        self.label = layers.Embedding(
            self.num_classes + 1, self.condition_dim, name="label_embedding"
        )
        self.stem = Conv(wide, size=4, strides=2, name="stem")
        self.enter = ResidualBlock(wide, name="enter")
        self.down = Conv(deep, strides=2, name="down")
        self.middle = [
            ResidualBlock(deep, name=f"middle_{i}") for i in range(self.middle_blocks)
        ]
        self.attention_norm = layers.RMSNormalization(name="attention_norm")
        self.attention = MultiHeadAttention(1, deep, name="attention")
        self.up = layers.Dense(4 * wide, name="up")
        self.leave = ResidualBlock(wide, name="leave")
        self.head = Conv(4, initial_scale=0.0, name="head")

    def build(self, input_shape):
        """Create all weights for pictures (B, S, S, 1), S a multiple of 4."""
        self._require_side(input_shape)
        wide, deep = self.widths
        half, quarter = input_shape[1] // 2, input_shape[1] // 4
        condition = (None, self.condition_dim)
        self.time.build(condition)
        self.label.build((None,))
        self.stem.build(input_shape)
        self.enter.build((None, half, half, wide), condition)
        self.down.build((None, half, half, wide))
        for block in self.middle:
            block.build((None, quarter, quarter, deep), condition)
        self.attention_norm.build((None, quarter**2, deep))
        self.attention.build((None, quarter**2, deep))
        self.up.build((None, quarter, quarter, deep))
        self.leave.build((None, half, half, 2 * wide), condition)
        self.head.build((None, half, half, wide))
        self.built = True

    def call(self, noisy, times, labels):
        """Map (B, S, S, 1), int times (B,) and int labels (B,) to (B, S, S, 1)."""
        self._require_side(noisy.shape)
        require_shape(times, (None,), "`UNet`, of times,")
        require_shape(labels, (None,), "`UNet`, of labels,")
        condition = ops.silu(self.time(self._waves(times)) + self.label(labels))
        x = self.enter(self.stem(noisy), condition)  # (B, S/2, S/2, wide)
        h = self.down(x)  # (B, S/4, S/4, deep)
        for index, block in enumerate(self.middle):
            h = block(h, condition)
            if index == 0:
                h = h + self._attend(h)
        # The way down left x at half size: details that quarter size has lost.
        x = ops.concatenate([x, unfold(self.up(h))], axis=-1)  # (B, S/2, S/2, 2 wide)
        return unfold(self.head(self.leave(x, condition)))

    @staticmethod
    def _require_side(shape) -> None:
        """Raise ValueError unless the images are squares that can be halved twice."""
        _, height, width, _ = shape if len(shape) == 4 else (0, 1, 1, 0)
        if height is None or height % 4 or height != width:
            raise ValueError(
                "`UNet` wants images (B, S, S, 1) with S a multiple of 4, received "
                f"shape {tuple(shape)}"
            )

    def _attend(self, h):
        """Let each of the S/4 · S/4 places look at all others."""
        side, channels = h.shape[1], h.shape[-1]
        tokens = self.attention_norm(ops.reshape(h, (-1, side * side, channels)))
        return ops.reshape(self.attention(tokens), (-1, side, side, channels))

    def _waves(self, times):
        """Describe each time by sines and cosines, as lesson 03 does positions."""
        half = self.condition_dim // 2
        # From half a radian over the whole walk to 500: coarse and fine clocks.
        frequencies = np.geomspace(0.5, 500.0, half, dtype="float32")
        angles = ops.cast(times, "float32")[:, None] / self.max_time * frequencies
        return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)

    def get_config(self) -> dict:
        """Return the arguments that make this layer again."""
        return {
            **super().get_config(),
            "widths": self.widths,
            "num_classes": self.num_classes,
            "middle_blocks": self.middle_blocks,
            "condition_dim": self.condition_dim,
            "max_time": self.max_time,
        }
