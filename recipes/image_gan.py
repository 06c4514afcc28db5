"""Train the conditional GAN of clothes, and measure it on 2,000 pictures.

It learns from all 60,000 training pictures of Fashion-MNIST; no test picture is used.
The state is kept in build/image_gan.npz every few minutes: the same command goes on
from there after a stop. Both learning rates fall to 0 over the last third.
"""

import os
import time

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from helpers import course, datasets, images, shipped
from helpers.image_judge import STANDARD, Judge
from helpers.models.gan import GAN, conditional_gan
from helpers.models.picture_parts import random_batches

SEED, BATCH, STEPS, RATE = 0, 64, 6_000, 5e-4
EVERY = 250  # steps between two saved states


def state(model: GAN) -> list[keras.Variable]:
    """List all variables that a training needs to go on."""
    optimizers = (model.optimizer, model.discriminator_optimizer)
    return [*model.variables, *(v for one in optimizers for v in one.variables)]


def save_state(path, model: GAN, step: int, minutes: float) -> None:
    """Write a training's state; the file appears whole or not at all."""
    values = {str(i): variable.numpy() for i, variable in enumerate(state(model))}
    temporary = path.with_suffix(".part.npz")
    np.savez(temporary, step=step, minutes=minutes, **values)
    os.replace(temporary, path)


def load_state(path, model: GAN) -> tuple[int, float]:
    """Put a training back to where it was saved; return its steps and minutes."""
    with np.load(path) as file:
        for i, variable in enumerate(state(model)):
            variable.assign(file[str(i)])
        return int(file["step"]), float(file["minutes"])


def train(model: GAN, pictures, labels, steps: int, path, batch: int) -> float:
    """Train on from the state at `path`, if there is one; return all CPU minutes."""
    done, minutes = 0, 0.0
    if path and path.exists():
        done, minutes = load_state(path, model)
    start = time.process_time() - 60 * minutes
    data = (
        random_batches(pictures, labels, batch, steps, done, SEED)
        if (done < steps)
        else []
    )
    for step, (x, y) in enumerate(data, start=done + 1):
        rate = RATE * min(1.0, 3 * (steps - step) / steps)
        model.optimizer.learning_rate = rate
        model.discriminator_optimizer.learning_rate = rate
        report = model.train_on_batch(x, y, return_dict=True)
        minutes = (time.process_time() - start) / 60
        if path and (step % EVERY == 0 or step == steps):
            save_state(path, model, step, minutes)
            shown = ", ".join(f"{name} {value:.3f}" for name, value in report.items())
            print(f"step {step}, {minutes:.1f} min, {shown}", flush=True)
            model.reset_metrics()
    return minutes


def measure(model, judge: Judge, count: int) -> dict[str, float]:
    """Score `count` pictures of all classes, in random order."""
    labels = np.random.default_rng(SEED).permutation(np.arange(count) % 10)
    scores = judge.score(model.sample(labels, seed=SEED), labels)
    return {key: round(float(value), 4) for key, value in scores.items()}


def main() -> None:
    """Make the checkpoint image_gan: the averaged generator."""
    options = shipped.recipe_options(__doc__)
    keras.utils.set_random_seed(SEED)
    data = datasets.load("fashion_mnist", fallback=options.smoke)
    arrays = data.arrays
    model = conditional_gan(10, width=8 if options.smoke else 32, seed=SEED)
    steps, path, batch, count = STEPS, None, BATCH, STANDARD
    if options.smoke:
        steps, batch, count = 2, 8, 100
    else:
        path = course.root() / "build" / "image_gan.npz"
        path.parent.mkdir(exist_ok=True)
    pictures = images.to_float(arrays["images"])
    minutes = train(model, pictures, arrays["labels"], steps, path, batch)
    shipped.round_weights(model.average)
    card = {
        "data": f"{data.name}: its {len(pictures):,} training pictures",
        "held_out": f"compared with its {len(arrays['test_labels']):,} test pictures",
        "seed": SEED,
        "steps": steps,
        "batch": batch,
        "hardware": shipped.hardware(),
        "minutes": round(minutes, 1),  # of one CPU core
        "metrics": measure(model, Judge.load(data), count),
    }
    shipped.save("image_gan", model.average, card, where=options.output)
    print(f"image_gan: FID {card['metrics']['fid']:.2f} in {minutes:.0f} min")


if __name__ == "__main__":
    main()
