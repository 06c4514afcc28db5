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

from helpers.checks import require_count, require_option
from helpers.models.diffusion.base import (
    NoiseToImage,
    require_guidance,
    require_interval,
)
from helpers.models.diffusion.inpainting import inpaint
from helpers.models.diffusion.schedule import add_noise, cosine_schedule
from helpers.models.image_parts import require_shape

SOLVERS = ("ddim", "dpm")
SPACINGS = ("equal", "noise")
SAMPLING = {
    "steps": 20,
    "guidance": 1.8,
    "solver": "dpm",
    "spacing": "noise",
    "guided": (0.4, 4.0),
}
CURVE, LOUDEST, FAINTEST = 7, 80.0, 0.016  # of the spacing by noise


@keras.saving.register_keras_serializable(package="aigc")
class Diffusion(NoiseToImage):
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
        alpha_bar = cosine_schedule(timesteps)  # checks the number of times
        sizes = (widths, num_classes, middle_blocks, condition_dim, side)
        super().__init__(*sizes, max_time=timesteps, **kwargs)
        self.alpha_bar, self.timesteps = alpha_bar, timesteps

    def corrupt(self, images, noise, places):
        """Mix pictures with noise, and say what the network should answer.

        Args:
            images: float tensor (B, S, S, 1), clean pictures x_0.
            noise: standard normal ε of the same shape.
            places: float (B,) in [0, 1), where on its way each picture is.

        Returns:
            The triple (x_t, int times t (B,), 1 … T, velocities).
        """
        times = 1 + ops.cast(places * self.timesteps, "int32")
        times = ops.minimum(times, self.timesteps)
        schedule = ops.convert_to_tensor(self.alpha_bar, "float32")
        alpha_bar = ops.take(schedule, times)[:, None, None, None]
        noisy, velocity = add_noise(images, noise, alpha_bar)
        return noisy, times, velocity

    def sample(
        self,
        labels: int | Sequence[int],
        steps: int = SAMPLING["steps"],
        guidance: float = SAMPLING["guidance"],
        eta: float = 0.0,
        solver: str = SAMPLING["solver"],
        spacing: str = SAMPLING["spacing"],
        guided: Sequence[float] = SAMPLING["guided"],
        seed: int = 0,
        batch_size: int = 100,
    ) -> np.ndarray:
        """Draw pictures of the wanted classes, starting from noise.

        Args:
            labels: int labels (n,), 0 … K; or a count n up to 100,000, for all classes
                in turn.
            steps: network steps from noise to picture, 1 … T.
            guidance: 0 to 100; 0 ignores the class, 1 follows it, more exaggerates it.
            eta: 0 for no new noise on the way, 1 for DDPM's amount in every step.
            solver: ddim, or dpm, which corrects each guess of the picture by how it
                has changed since the last step, unless noise is added on the way.
            spacing: equal strides of time, or strides that become short where little
                noise is left; see `times`.
            guided: least and most noise beside the picture, √(1 - ᾱ_t) / √ᾱ_t, with
                which guidance acts; elsewhere the class is followed as learned, at
                half the cost. (0, inf) is everywhere.
            seed: decides the noise; the same seed gives the same pictures, for the
                same batch_size where eta > 0.
            batch_size: images computed at a time, 1 to 100,000.

        Returns:
            float32 (n, S, S, 1) in [-1, 1].

        Raises:
            ValueError: for labels or settings outside these ranges.

        Source: Lu et al. 2022, "DPM-Solver++"; Kynkäänniemi et al. 2024, "Applying
            Guidance in a Limited Interval", section 3.
        """
        settings = (steps, guidance, eta, solver, spacing, guided)
        return self._arrived(labels, seed, batch_size, *settings)

    def _walk(self, x, labels, rng, steps=SAMPLING["steps"],
              guidance=SAMPLING["guidance"], eta=0.0, solver=SAMPLING["solver"],
              spacing=SAMPLING["spacing"], guided=SAMPLING["guided"]):  # fmt: skip
        """Yield one batch of noise (B, S, S, 1), and what each step makes of it."""
        require_option(solver, SOLVERS, "sample, solver,")
        least, most = require_interval(guided)
        require_guidance(guidance)
        _require_eta(eta)
        stops, last = self.times(steps, spacing), None  # last: time and guess before
        yield x
        for now, after in stops:
            inside = least <= np.sqrt(1 / self.alpha_bar[now] - 1) <= most
            guess = self.guess(x, labels, now, guidance if inside else 1.0)
            clean = guess
            if solver == "dpm" and not eta:  # fresh noise makes the change useless
                clean = self.corrected(guess, last, now, after)
            fresh = rng.standard_normal(x.shape, dtype="float32") if eta else 0.0
            x, last = self.move(x, clean, now, after, eta, fresh), (now, guess)
            yield x

    def inpaint(
        self,
        images: np.ndarray,
        mask: np.ndarray,
        labels: Sequence[int],
        steps: int = SAMPLING["steps"],
        guidance: float = 2.0,
        repeats: int = 4,
        seed: int = 0,
    ) -> np.ndarray:
        """Keep the pixels under the mask and imagine the others.

        Arguments, result and errors are those of `inpainting.inpaint`.
        """
        return inpaint(self, images, mask, labels, steps, guidance, repeats, seed)

    def times(self, steps: int, spacing: str = "equal") -> list[tuple[int, int]]:
        """Return the pairs (t, next t) of a walk from T to 0.

        Args:
            steps: number of pairs, 1 … T.
            spacing: "equal" for equal strides of time; "noise" for equal strides of
                the seventh root of the noise beside the picture, √(1 - ᾱ_t) / √ᾱ_t,
                which are short where little noise is left.

        Raises:
            ValueError: for another number or spacing.

        Source: Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based
            Generative Models", equation 5.
        """
        require_count(steps, "a walk, in steps,", most=self.timesteps)
        require_option(spacing, SPACINGS, "a walk, in spacing,")
        stops = np.linspace(self.timesteps, 0, steps + 1).round().astype(int).tolist()
        if spacing == "noise":
            noise = np.sqrt(1 / self.alpha_bar - 1)  # 0 at time 0, and rising
            ends = np.array([LOUDEST, FAINTEST]) ** (1 / CURVE)
            wanted = np.linspace(*ends, steps) ** CURVE
            found = np.interp(wanted, noise, np.arange(self.timesteps + 1)).round()
            for i in range(1, steps):  # times fall, and as many are left as steps
                below = min(int(found[i]), stops[i - 1] - 1)
                stops[i] = max(below, steps - i)
        return list(zip(stops[:-1], stops[1:], strict=True))

    def guess(self, x, labels, now, guidance=1.0) -> np.ndarray:
        """Return the guess of the clean pictures x_0, seen from time `now`.

        Args:
            x: float (B, S, S, 1), the pictures at time `now`.
            labels: int (B,), 0 … K.
            now: time 1 … T.
            guidance: as in `sample`.

        Returns:
            float32 (B, S, S, 1) in [-1, 1]: cut there, since pixels lie there.
        """
        share = np.float32(self.alpha_bar[now])
        v = self.velocity(x, now, labels, guidance)
        return np.clip(np.sqrt(share) * x - np.sqrt(1 - share) * v, -1.0, 1.0)

    def move(self, x, clean, now, after, eta=0.0, fresh=0.0) -> np.ndarray:
        """Go from time `now` to `after`, if `clean` is what the pictures become.

        Args:
            x: float (B, S, S, 1), the pictures at time `now`.
            clean: float, of the same shape, a guess of x_0.
            now: time 1 … T.
            after: time 0 … now - 1.
            eta: as in `sample`.
            fresh: standard normal noise like x; used if eta is above 0.

        Returns:
            float32 (B, S, S, 1), the pictures at time `after`.

        Source: Song et al. 2021, "DDIM", equations 12 and 16.
        """
        here, there = self.alpha_bar[now], self.alpha_bar[after]
        noise = (x - np.sqrt(here) * clean) / np.sqrt(1 - here)
        # σ of the fresh noise: at eta = 1 that of DDPM's own step.
        spread = eta * np.sqrt((1 - there) / (1 - here) * (1 - here / there))
        kept = np.sqrt(max(1 - there - spread**2, 0.0))
        return np.float32(np.sqrt(there) * clean + kept * noise + spread * fresh)

    def step(self, x, labels, now, after, guidance=1.0, eta=0.0, fresh=0.0):
        """Go from time `now` to the earlier time `after`: `guess`, then `move`.

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
            float32 (B, S, S, 1), the pictures at time `after`.
        """
        require_guidance(guidance)
        _require_eta(eta)
        now = require_count(now, "step, now,", most=self.timesteps)
        after = require_count(after, "step, after,", least=0, most=now - 1)
        require_shape(x, (len(labels), self.side, self.side, 1), "step, of images,")
        x = ops.convert_to_numpy(x)
        clean = self.guess(x, labels, now, guidance)
        return self.move(x, clean, now, after, eta, fresh)

    def get_config(self) -> dict:
        """Return the arguments that make this model again."""
        return {**super().get_config(), "timesteps": self.timesteps}

    def corrected(self, guess, last, now, after) -> np.ndarray:
        """Carry the change of the guess since the last step on by half a step.

        Steps are measured in λ = log(√ᾱ / √(1 - ᾱ)).

        Args:
            guess: float (B, S, S, 1), the guess at `now`.
            last: time and guess of the step before; None in the first step.
            now: time 1 … T.
            after: time 0 … now - 1; the last step, to 0, goes to the guess itself.

        Returns:
            float (B, S, S, 1), what to put in the place of the guess.

        Source: Lu et al. 2022, "DPM-Solver++", algorithm 2.
        """
        if last is None or after == 0:
            return guess
        shares = self.alpha_bar[[last[0], now, after]]
        last_stride, stride = np.diff(np.log(shares / (1 - shares)) / 2)
        return guess + np.float32(stride / (2 * last_stride)) * (guess - last[1])


def _require_eta(eta: float) -> None:
    """Refuse an eta outside 0 … 1."""
    if not 0 <= eta <= 1:
        raise ValueError(f"a walk wants eta 0 … 1, received {eta}")
