"""Flow matching: learn the velocity of straight lines from noise to pictures.

Time t runs from 0 (noise ε) to 1 (the picture x_1). On the way x_t = (1 - t) ε + t x_1,
a straight line, whose velocity is x_1 - ε. The network learns the mean velocity of all
lines that pass through a place at a time. Following it from noise, by any solver of
ordinary differential equations, ends in pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from helpers.checks import require_count, require_option
from helpers.models.diffusion.base import (
    NoiseToImage,
    require_guidance,
    require_interval,
)

SOLVERS = {"euler": 1, "midpoint": 2, "heun": 2}  # network evaluations a step
# Unless told otherwise; heun asks the network twice in each step but the last.
SAMPLING = {"steps": 10, "guidance": 1.4, "solver": "heun", "guided": (0.4, 4.0)}
EVERYWHERE = (0.0, np.inf)
MOST_STEPS = 1_000


@keras.saving.register_keras_serializable(package="aigc")
class FlowMatching(NoiseToImage):
    """A network that predicts velocities of straight lines, with its samplers.

    Arguments and errors are those of `NoiseToImage`; times run from 0 to 1.

    Source: Lipman et al. 2023, "Flow Matching for Generative Modeling", equations 20
        to 23 with σ_min = 0; Liu et al. 2023, "Flow Straight and Fast", equation 1.

    Example:
        model = FlowMatching()
        train(model, images, labels, steps=1_000)
        made = model.sample([0, 1, 2], seed=0)  # (3, 28, 28, 1) in [-1, 1]
    """

    def corrupt(self, images, noise, places):
        """Mix pictures with noise, and say what the network should answer.

        Args:
            images: float tensor (B, S, S, 1), clean pictures x_1.
            noise: standard normal ε of the same shape.
            places: float (B,) in [0, 1), where on its way each picture is.

        Returns:
            The triple (x_t, times t (B,), velocities x_1 - ε).
        """
        t = places[:, None, None, None]
        return (1 - t) * noise + t * images, places, images - noise

    def sample(
        self,
        labels: int | Sequence[int],
        steps: int = SAMPLING["steps"],
        guidance: float = SAMPLING["guidance"],
        solver: str = SAMPLING["solver"],
        guided: Sequence[float] = SAMPLING["guided"],
        seed: int = 0,
        batch_size: int = 100,
    ) -> np.ndarray:
        """Draw pictures of the wanted classes, starting from noise.

        Args:
            labels: int labels (n,), 0 … K; or a count n up to 100,000, for all classes
                in turn.
            steps: steps from noise to picture, 1 to 1,000.
            guidance: 0 to 100; 1 follows the class as learned, 0 ignores it, more
                exaggerates it.
            solver: euler, midpoint or heun; the last two ask the network twice a step.
            guided: least and most noise beside the picture, (1 - t) / t, with which
                guidance acts; elsewhere the class is followed as learned, at half the
                cost. (0, inf) is everywhere.
            seed: decides the noise; the same seed gives the same pictures.
            batch_size: images computed at a time, 1 to 100,000.

        Returns:
            float32 (n, S, S, 1) in [-1, 1].

        Raises:
            ValueError: for labels or settings outside these ranges.
        """
        settings = (steps, guidance, solver, guided)
        return self._arrived(labels, seed, batch_size, *settings)

    def _walk(self, x, labels, rng, steps=SAMPLING["steps"],
              guidance=SAMPLING["guidance"], solver=SAMPLING["solver"],
              guided=SAMPLING["guided"]):  # fmt: skip
        """Yield one batch of noise (B, S, S, 1), and what each step makes of it."""
        stops = self.times(steps)
        require_guidance(guidance)
        guided = require_interval(guided)
        require_option(solver, list(SOLVERS), "sample, solver,")
        yield x
        for now, after in zip(stops[:-1], stops[1:], strict=True):
            x = self.step(x, labels, now, after, guidance, solver, guided)
            yield x if after < 1 else np.clip(x, -1.0, 1.0)

    def times(self, steps: int) -> np.ndarray:
        """Return the times 0 … 1 at which a walk of so many steps stops.

        Args:
            steps: 1 to 1,000.

        Raises:
            ValueError: for another number.
        """
        require_count(steps, "a walk, in steps,", most=MOST_STEPS)
        return np.linspace(0.0, 1.0, steps + 1)

    def step(
        self, x, labels, now, after, guidance=1.0, solver="euler", guided=EVERYWHERE
    ):
        """Go from time `now` to the later time `after`.

        Args:
            x: float (B, S, S, 1), the pictures at time `now`.
            labels: int (B,), 0 … K.
            now: time, 0 … 1.
            after: time, above `now`, up to 1.
            guidance: as in `sample`.
            solver: as in `sample`.
            guided: as in `sample`; everywhere if not given.

        Returns:
            float32 (B, S, S, 1), the pictures at time `after`.

        Raises:
            ValueError: for times outside these ranges.
        """
        if not 0 <= now < after <= 1:
            raise ValueError(f"step wants 0 ≤ now < after ≤ 1, received {now}, {after}")

        def velocity(at, time):
            noise = (1 - time) / time if time else np.inf  # beside the picture
            inside = guided[0] <= noise <= guided[1]
            return self.towards_pictures(at, labels, time, guidance if inside else 1.0)

        dt = np.float32(after - now)
        v = velocity(x, now)
        if solver == "midpoint":
            v = velocity(x + dt / 2 * v, (now + after) / 2)
        elif solver == "heun" and after < 1:  # at t = 1 the line has ended
            v = (v + velocity(x + dt * v, after)) / 2
        return x + dt * v

    def towards_pictures(self, x, labels, now, guidance=1.0):
        """Return the velocity at time `now`, kept from leaving the range of pixels.

        x + (1 - t) v is where the line ends: a guess of the picture, cut to [-1, 1].

        Args:
            x: float (B, S, S, 1), the pictures at time `now`.
            labels: int (B,), 0 … K.
            now: time, 0 or more and below 1.
            guidance: as in `sample`.
        """
        left = np.float32(1 - now)
        end = np.clip(x + left * self.velocity(x, now, labels, guidance), -1.0, 1.0)
        return (end - x) / left
