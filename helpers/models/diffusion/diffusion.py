"""Diffusion: noise a picture step by step, and train one network to go back.

Time t runs from 0 (the picture) to T (noise). With ᾱ_t from the schedule, a noisy
picture is x_t = √ᾱ_t x_0 + √(1 - ᾱ_t) ε, and the network predicts the velocity
v = √ᾱ_t ε - √(1 - ᾱ_t) x_0, from which x_0 and ε follow. The same weights serve DDPM
(eta = 1), DDIM (eta = 0), guidance, and inpainting. Training is in
`helpers.models.diffusion.training`.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from helpers.checks import require_count
from helpers.images.scaling import require_images
from helpers.models.diffusion.schedule import add_noise, cosine_schedule
from helpers.models.diffusion.unet import UNet
from helpers.models.image_parts import (
    MOST,
    requested_labels,
    require_seed,
    require_shape,
)
from helpers.models.policies import in_float32, policy_of

STRONGEST = 100.0  # guidance; images are saturated from about 10 on
MOST_REPEATS = 1_000


@keras.saving.register_keras_serializable(package="aigc")
class Diffusion(keras.Model):
    """A network that predicts velocities, with the samplers that use it.

    Args:
        widths: channels of the U-Net at half and at quarter size.
        num_classes: number of classes K; the label K makes the model unconditional.
        timesteps: number of noising steps T.
        middle_blocks: residual blocks of the U-Net at quarter size.
        condition_dim: width of the U-Net's vector for time and class.
        side: pixels of a picture's side, a multiple of 4.

    Raises:
        ValueError: as `UNet` and `cosine_schedule`.

    Source: Ho et al. 2020, "DDPM"; Song et al. 2021, "DDIM"; Ho & Salimans 2022,
        "Classifier-Free Diffusion Guidance".

    Example:
        model = Diffusion()
        train(model, images, labels, steps=1_000)
        made = model.sample([0, 1, 2], seed=0)  # (3, 28, 28, 1) in [-1, 1]
    """

    def __init__(
        self,
        widths: tuple[int, int] = (32, 96),
        num_classes: int = 10,
        timesteps: int = 1000,
        middle_blocks: int = 2,
        condition_dim: int = 128,
        side: int = 28,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.alpha_bar = cosine_schedule(timesteps)
        self.num_classes, self.timesteps, self.side = num_classes, timesteps, side
        sizes = (widths, num_classes, middle_blocks, condition_dim, timesteps)
        require_count(side, "`Diffusion`, side,", most=1024)
        with policy_of(self):
            self.network = UNet(*sizes, name="unet")
        self.network.build((None, side, side, 1))
        self.built = True
        self._compiled_step = None

    def call(self, inputs):
        """Map (noisy (B, S, S, 1), int times (B,), int labels (B,)) to v."""
        noisy, times, labels = inputs
        return in_float32(self.network(noisy, times, labels))

    def sample(
        self,
        labels: int | Sequence[int],
        steps: int = 25,
        guidance: float = 1.5,
        eta: float = 0.0,
        seed: int = 0,
        batch_size: int = 100,
    ) -> np.ndarray:
        """Draw pictures of the wanted classes, starting from noise.

        Args:
            labels: int labels (n,), 0 … K; or a count n up to 100,000, for all classes
                in turn.
            steps: network steps from noise to picture, 1 … T.
            guidance: 0 to 100; 1 follows the class as learned, 0 ignores it, more
                exaggerates it.
            eta: 0 for DDIM (no new noise), 1 for DDPM (fresh noise in every step).
            seed: decides the noise; the same seed gives the same pictures, for the
                same batch_size where eta > 0.
            batch_size: images computed at a time, 1 to 100,000.

        Returns:
            float32 (n, S, S, 1) in [-1, 1].

        Raises:
            ValueError: for labels or settings outside these ranges.
        """
        labels = requested_labels(
            labels, self.num_classes, "sample", unconditional=True
        )
        self._check_walk(steps, guidance, eta, batch_size)
        rng = np.random.default_rng(require_seed(seed, "sample"))
        shape = (len(labels), self.side, self.side, 1)
        # All noise is drawn at once: with eta = 0 batch_size then changes nothing.
        noise = rng.standard_normal(shape, dtype="float32")
        parts = []
        for start in range(0, len(labels), batch_size):
            part = slice(start, start + batch_size)
            x = noise[part]
            for now, after in self.times(steps):
                fresh = rng.standard_normal(x.shape, dtype="float32") if eta else 0.0
                x = self.step(x, labels[part], now, after, guidance, eta, fresh)
            parts.append(ops.convert_to_numpy(x))
        return np.concatenate(parts)

    def inpaint(
        self,
        images: np.ndarray,
        mask: np.ndarray,
        labels: Sequence[int],
        steps: int = 25,
        guidance: float = 2.0,
        repeats: int = 4,
        seed: int = 0,
    ) -> np.ndarray:
        """Keep the pixels under the mask and imagine the others.

        Before each step the kept pixels are replaced by the true ones, noised to the
        same time. Each step but the last is repeated: forward in noise, and back again,
        so that both parts can come to an agreement.

        Args:
            images: float32 (n, S, S, 1) in [-1, 1].
            mask: bool, broadcastable to the images; True = keep.
            labels: int labels (n,), 0 … K: which class each image should show.
            steps: network steps from noise to picture, 1 … T.
            guidance: as in `sample`.
            repeats: how often each step but the last is taken, 1 to 1,000.
            seed: decides the noise.

        Returns:
            float32 (n, S, S, 1) in [-1, 1], equal to `images` under the mask.

        Raises:
            ValueError: for pictures, labels or settings outside these ranges.

        Source: Lugmayr et al. 2022, "RePaint", algorithm 1.
        """
        labels = requested_labels(
            labels, self.num_classes, "inpaint", unconditional=True
        )
        self._check_walk(steps, guidance, 1.0)
        images = require_images(images, "inpaint", (self.side, self.side))
        require_count(repeats, "inpaint, repeats,", most=MOST_REPEATS)
        if len(images) != len(labels):
            raise ValueError(
                f"inpaint wants as many labels as images, received {len(labels)} and "
                f"{len(images)}"
            )
        mask = _mask_of(mask, images.shape)
        rng = np.random.default_rng(require_seed(seed, "inpaint"))

        def fresh():
            return rng.standard_normal(images.shape, dtype="float32")

        x = fresh()
        for now, after in self.times(steps):
            for repeat in range(repeats):
                known, _ = add_noise(images, fresh(), self.alpha_bar[now])
                x = np.where(mask, known, x).astype("float32")
                x = self.step(x, labels, now, after, guidance, 1.0, fresh())
                if repeat == repeats - 1 or not after:  # from time 0 nothing goes back
                    break
                share = self.alpha_bar[now] / self.alpha_bar[after]
                x, _ = add_noise(x, fresh(), share)  # back up: noise from after to now
        return np.where(mask, images, x)

    def times(self, steps: int) -> list[tuple[int, int]]:
        """Return the pairs (t, next t) of a walk from T to 0 in equal strides.

        Args:
            steps: number of pairs, 1 … T.

        Raises:
            ValueError: for another number.
        """
        require_count(steps, "a walk, in steps,", most=self.timesteps)
        stops = np.linspace(self.timesteps, 0, steps + 1).round().astype(int).tolist()
        return list(zip(stops[:-1], stops[1:], strict=True))

    def step(self, x, labels, now, after, guidance=1.0, eta=0.0, fresh=0.0):
        """Go from time `now` to the earlier time `after`.

        Args:
            x: float (B, S, S, 1), the pictures at time `now`.
            labels: int (B,), 0 … K.
            now: time 1 … T.
            after: time 0 … now - 1.
            guidance: as in `sample`.
            eta: as in `sample`.
            fresh: standard normal noise like x; used if eta is above 0.

        Raises:
            ValueError: for images, times or settings outside these ranges.

        Returns:
            Float tensor (B, S, S, 1), the pictures at time `after`.

        Source: Song et al. 2021, "DDIM", equations 12 and 16.
        """
        self._check_walk(1, guidance, eta)
        now = require_count(now, "step, now,", most=self.timesteps)
        after = require_count(after, "step, after,", least=0, most=now - 1)
        require_shape(x, (len(labels), self.side, self.side, 1), "step, of images,")
        if self._compiled_step is None:
            self._compiled_step = _compile(self)
        here, there = self.alpha_bar[now], self.alpha_bar[after]
        # σ of the fresh noise: at eta = 1 that of DDPM's own step.
        spread = eta * np.sqrt((1 - there) / (1 - here) * (1 - here / there))
        numbers = (here, there, spread, guidance)
        return self._compiled_step(
            ops.convert_to_tensor(x, "float32"),
            ops.full((len(labels),), int(now), dtype="int32"),
            ops.convert_to_tensor(labels, "int32"),
            ops.convert_to_tensor(fresh * np.ones_like(x), "float32"),
            *[ops.convert_to_tensor(number, "float32") for number in numbers],
            guided=guidance != 1.0,  # 1 needs no second, unconditional pass
        )

    def _check_walk(self, steps, guidance, eta, batch_size=1) -> None:
        """Refuse settings of a walk that are out of range."""
        require_count(batch_size, "a walk, in batch_size,", most=MOST)
        require_count(steps, "a walk, in steps,", most=self.timesteps)
        if not 0 <= guidance <= STRONGEST or not 0 <= eta <= 1:
            raise ValueError(
                f"a walk wants guidance 0 … {STRONGEST:g} and eta 0 … 1, received "
                f"{guidance} and {eta}"
            )

    def get_config(self) -> dict:
        """Return the arguments that make this model again."""
        names = "widths num_classes middle_blocks condition_dim".split()
        return {
            **super().get_config(),
            **{name: getattr(self.network, name) for name in names},
            "timesteps": self.timesteps,
            "side": self.side,
        }


def _mask_of(mask: np.ndarray, shape: tuple) -> np.ndarray:
    """Return a mask broadcast to images of this shape, or refuse it."""
    mask = np.asarray(mask)
    try:
        if mask.dtype == bool:  # 0.5 or NaN would count as True
            return np.broadcast_to(mask, shape)
    except ValueError:
        pass
    raise ValueError(
        f"inpaint wants a bool mask that broadcasts to {shape}, received {mask.dtype} "
        f"{mask.shape}"
    )


def _compile(model: Diffusion):
    """Compile one sampling step; the kind of guidance chooses the graph."""
    import tensorflow as tf

    @tf.function(autograph=False, reduce_retracing=True)
    def step(x, times, labels, fresh, here, there, spread, guidance, guided):
        if guided:  # with the class and without it, in one batch
            no_class = ops.full_like(labels, model.num_classes)
            both = [ops.concatenate(pair) for pair in ((x, x), (times, times))]
            v = model((*both, ops.concatenate((labels, no_class))))
            conditional, unconditional = ops.split(v, 2)
            v = unconditional + guidance * (conditional - unconditional)
        else:
            v = model((x, times, labels))
        # Pixels lie in [-1, 1]: cutting each guess of x_0 keeps errors from growing.
        clean = ops.clip(ops.sqrt(here) * x - ops.sqrt(1 - here) * v, -1.0, 1.0)
        noise = (x - ops.sqrt(here) * clean) / ops.sqrt(1 - here)
        direction = ops.sqrt(ops.maximum(1 - there - spread**2, 0.0))
        return ops.sqrt(there) * clean + direction * noise + spread * fresh

    return step
