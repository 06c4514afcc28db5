"""Train the diffusion model of clothes, and measure it on 2,000 pictures.

It learns from all 60,000 training pictures of Fashion-MNIST; no test picture is used.
The state is kept in build/image_diffusion.npz every few minutes: the same command goes
on from there after a stop.
"""

import os
import time

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from helpers import course, datasets, images, shipped, training
from helpers.image_judge import STANDARD, Judge
from helpers.models import diffusion_training
from helpers.models.diffusion import Diffusion

SEED, BATCH, STEPS, PEAK = 0, 128, 5_300, 0.01
EVERY = 250  # steps between two saved states
SAMPLING = {"steps": 20, "guidance": 1.5}


def train(model, pictures, labels, steps: int, path, batch: int) -> float:
    """Train on from the state at `path`, if there is one.

    Returns:
        Minutes of one core's time for all steps, so that other work on the machine
        does not count.
    """
    diffusion_training.prepare(model, steps, PEAK)
    done, minutes = 0, 0.0
    if path and path.exists():
        found = training.load_state(path, model)
        done, minutes = found["step"], found["minutes"]
    data = diffusion_training.noisy_batches(
        model, pictures, labels, batch, seed=SEED, start=done
    )
    start, losses = time.process_time() - 60 * minutes, []
    for step, (x, y) in enumerate(data.take(max(0, steps - done)), start=done + 1):
        losses.append(model.train_on_batch(x, y))
        model.reset_metrics()
        minutes = (time.process_time() - start) / 60
        if path and (step % EVERY == 0 or step == steps):
            training.save_state(path, model, minutes=minutes)
            mean = np.mean(losses[-EVERY:])
            print(f"step {step}, {minutes:.1f} min, loss {mean:.4f}", flush=True)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return minutes


def measure(model, judge, count: int) -> dict[str, float]:
    """Score `count` pictures of all classes in turn."""
    labels = np.arange(count) % 10
    settings = SAMPLING if count == STANDARD else {**SAMPLING, "steps": 2}
    scores = judge.score(model.sample(labels, seed=SEED, **settings), labels)
    return {key: round(float(value), 4) for key, value in scores.items()}


def main() -> None:
    """Make the checkpoint image_diffusion."""
    options = shipped.recipe_options(__doc__)
    keras.utils.set_random_seed(SEED)
    data = datasets.load("fashion_mnist", fallback=options.smoke)
    arrays = data.arrays
    model = Diffusion(widths=(8, 8) if options.smoke else (32, 96))
    steps, path, batch, count = STEPS, None, BATCH, STANDARD
    if options.smoke:
        steps, batch, count = 2, 8, 100
    else:
        path = course.root() / "build" / "image_diffusion.npz"
        path.parent.mkdir(exist_ok=True)
    pictures = images.to_float(arrays["images"])
    minutes = train(model, pictures, arrays["labels"], steps, path, batch)
    shipped.round_weights(model)
    card = {
        "data": f"{data.name}: its {len(pictures):,} training pictures",
        "held_out": f"compared with its {len(arrays['test_labels']):,} test pictures",
        "seed": SEED,
        "steps": steps,
        "batch": batch,
        "sampling": SAMPLING,
        "hardware": shipped.hardware(),
        "clock": "minutes of one core's time",
        "minutes": round(minutes, 1),
        "metrics": measure(model, Judge.load(data), count),
    }
    shipped.save("image_diffusion", model, card, where=options.output)
    print(f"image_diffusion: FID {card['metrics']['fid']:.2f} in {minutes:.0f} min")


if __name__ == "__main__":
    main()
