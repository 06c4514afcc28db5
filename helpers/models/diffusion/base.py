"""What diffusion and flow matching share: a U-Net, guidance, labels, saving.

Both start from noise and ask one network, many times, in which direction the picture
lies. They differ in how picture and noise are mixed on the way, and so in what the
network is taught and in how a sampler steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import keras
import numpy as np
from keras import ops

from helpers.checks import require_count
from helpers.models.diffusion.unet import UNet
from helpers.models.image_parts import (
    MOST,
    compiled,
    requested_labels,
    require_seed,
)
from helpers.models.policies import in_float32, policy_of

STRONGEST = 100.0  # guidance; images are saturated from about 10 on


class NoiseToImage(keras.Model):
    """A U-Net that gives the velocity of a noisy picture, with class guidance.

    Args:
        widths: channels of the U-Net at half and at quarter size.
        num_classes: number of classes K; the label K makes the model unconditional.
        middle_blocks: residual blocks of the U-Net at quarter size.
        condition_dim: width of the U-Net's vector for time and class.
        side: pixels of a picture's side, a multiple of 4.
        max_time: largest time that the U-Net is told.

    Raises:
        ValueError: as `UNet`, or for another side.
    """

    def __init__(
        self,
        widths: tuple[int, int] = (32, 96),
        num_classes: int = 10,
        middle_blocks: int = 2,
        condition_dim: int = 128,
        side: int = 28,
        max_time: int = 1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.side = require_count(side, f"`{type(self).__name__}`, side,", most=1024)
        sizes = (widths, num_classes, middle_blocks, condition_dim, max_time)
        with policy_of(self):
            self.network = UNet(*sizes, name="unet")
        self.network.build((None, side, side, 1))
        self.built = True
        self._compiled = None

    def call(self, inputs):
        """Map (noisy (B, S, S, 1), times (B,), int labels (B,)) to v (B, S, S, 1)."""
        noisy, times, labels = inputs
        return in_float32(self.network(noisy, times, labels))

    def velocity(
        self, x: np.ndarray, time: float, labels: np.ndarray, guidance: float = 1.0
    ) -> np.ndarray:
        """Return the network's velocity for pictures at one time, guided by the class.

        v = v_free + guidance · (v_class - v_free), where v_free ignores the class.

        Args:
            x: float (B, S, S, 1), noisy pictures.
            time: their time.
            labels: int (B,), 0 … K.
            guidance: 1 takes v_class as it is, and needs half the computation.

        Returns:
            float32 (B, S, S, 1).

        Source: Ho & Salimans 2022, "Classifier-Free Diffusion Guidance", equation 6,
            with 1 + w written as guidance.
        """
        if self._compiled is None:
            self._compiled = [compiled(self._plain), compiled(self._guided)]
        kind = "int32" if isinstance(time, int | np.integer) else "float32"
        times = np.full(len(labels), time, kind)
        given = [ops.convert_to_tensor(x, "float32"), times, np.int32(labels)]
        if guidance == 1.0:
            v = self._compiled[0](*map(ops.convert_to_tensor, given))
        else:
            given.append(np.float32(guidance))
            v = self._compiled[1](*map(ops.convert_to_tensor, given))
        return ops.convert_to_numpy(v)

    def _plain(self, x, times, labels):
        """Return the velocities of the labels as they are."""
        return self((x, times, labels))

    def _guided(self, x, times, labels, guidance):
        """Run with the class and without it, in one batch, and extrapolate."""
        no_class = ops.full_like(labels, self.num_classes)
        pairs = ((x, x), (times, times), (labels, no_class))
        conditional, free = ops.split(self([ops.concatenate(p) for p in pairs]), 2)
        return free + guidance * (conditional - free)

    def walk(
        self, labels: int | Sequence[int], seed: int = 0, **settings
    ) -> Iterator[np.ndarray]:
        """Yield the noise, and then what each step from noise to picture makes of it.

        A step is computed when it is asked for: whoever stops asking stops the walk.
        The last value is what `sample` returns, if its batch holds all pictures.

        Args:
            labels: as in `sample`; all pictures go in one batch.
            seed: as in `sample`.
            settings: the others of `sample`, with the same defaults.

        Yields:
            float32 (n, S, S, 1), steps + 1 times; only the last are within [-1, 1].

        Raises:
            ValueError: as `sample`, when the first pictures are asked for.

        Example:
            for x in model.walk([0, 1, 2], steps=10):
                show(x)
        """
        for noise, told, rng in self._requests(labels, seed, MOST):
            yield from self._walk(noise, told, rng, **settings)

    def _arrived(self, labels, seed, batch_size, *settings) -> np.ndarray:
        """Return where the walks of all batches end."""
        batches = self._requests(labels, seed, batch_size)
        walks = (self._walk(*batch, *settings) for batch in batches)
        return np.concatenate([deque(walk, maxlen=1).pop() for walk in walks])

    def _requests(
        self, request: int | Sequence[int], seed: int, batch_size: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.random.Generator]]:
        """Yield batches (noise, labels, generator) for the pictures asked for."""
        labels = requested_labels(
            request, self.num_classes, "sample", unconditional=True
        )
        require_count(batch_size, "sample, batch_size,", most=MOST)
        rng = np.random.default_rng(require_seed(seed, "sample"))
        shape = (len(labels), self.side, self.side, 1)
        # All noise is drawn at once, so that batch_size changes nothing.
        noise = rng.standard_normal(shape, dtype="float32")
        for start in range(0, len(labels), batch_size):
            part = slice(start, start + batch_size)
            yield noise[part], labels[part], rng

    def get_config(self) -> dict:
        """Return the arguments that make this model again."""
        names = "widths num_classes middle_blocks condition_dim".split()
        return {
            **super().get_config(),
            **{name: getattr(self.network, name) for name in names},
            "side": self.side,
        }


def require_guidance(guidance: float) -> None:
    """Refuse a guidance outside 0 … 100, and NaN.

    Raises:
        ValueError: if it is.
    """
    if not 0 <= guidance <= STRONGEST:
        raise ValueError(
            f"a walk wants guidance 0 … {STRONGEST:g}, received {guidance}"
        )


def require_interval(guided: Sequence[float]) -> tuple[float, float]:
    """Return the least and the most noise with which guidance acts, or refuse them.

    Raises:
        ValueError: if they are not two numbers 0 ≤ least ≤ most.
    """
    try:
        least, most = map(float, guided)
    except (TypeError, ValueError):
        least, most = np.nan, np.nan
    if not 0 <= least <= most:
        raise ValueError(
            f"a walk wants guided as two numbers 0 ≤ least ≤ most, received {guided!r}"
        )
    return least, most
