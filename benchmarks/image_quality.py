"""FID on Fashion-MNIST after the same minutes of training, in one process.

The course's GAN, diffusion and flow-matching models, networks and batches as in lessons
10 and 11, its VAE as `recipes.image_vae` ships it, and all else by default, against the
architecture and settings of TensorFlow's own DCGAN tutorial. Everyone gets the same
60,000 training pictures, cores and minutes; compilation and sampling do not count. Each
draws 2,000 pictures, with the settings that `sample` has without options.

Three feature sets judge them: the Fréchet distance by each, as a multiple of the floor,
which is the distance of as many real pictures from real ones. The shipped checkpoints
come first. The seed decides all that is random. The last line is baseline FID / our
best, by the course's judge.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for recipes
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as course.start does
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402

from helpers import checkpoints, course, datasets, images, training  # noqa: E402
from helpers.judges.images import STANDARD, image_judges  # noqa: E402
from helpers.models.diffusion import Diffusion, FlowMatching, train  # noqa: E402
from helpers.models.gan.gan import conditional_gan, fit_gan  # noqa: E402
from helpers.models.vae.vae import VAE, fit_vae  # noqa: E402
from recipes import image_vae  # noqa: E402

MINUTES = 4.0
SHIPPED = ("image_gan", "image_vae", "image_diffusion", "image_flow")
NOISE, BATCH = 100, 256  # the tutorial's


def tutorial_generator() -> keras.Sequential:
    """Return the tutorial's generator: noise (B, 100) -> pictures (B, 28, 28, 1)."""

    def enlarge(filters: int, stride: int) -> list:
        convolution = layers.Conv2DTranspose(
            filters, 5, stride, padding="same", use_bias=False
        )
        return [convolution, layers.BatchNormalization(), layers.LeakyReLU()]

    last = {"padding": "same", "use_bias": False, "activation": "tanh"}
    return keras.Sequential(
        [
            keras.Input((NOISE,)),
            layers.Dense(7 * 7 * 256, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Reshape((7, 7, 256)),
            *enlarge(128, 1),
            *enlarge(64, 2),
            layers.Conv2DTranspose(1, 5, 2, **last),
        ]
    )


def tutorial_discriminator() -> keras.Sequential:
    """Return the tutorial's discriminator: pictures -> logits (B, 1)."""
    stack = [keras.Input((28, 28, 1))]
    for filters in (64, 128):
        stack.append(layers.Conv2D(filters, 5, 2, padding="same"))
        stack += [layers.LeakyReLU(), layers.Dropout(0.3)]
    return keras.Sequential([*stack, layers.Flatten(), layers.Dense(1)])


class TutorialGAN(keras.Model):
    """Both networks, each moved once a batch by the losses of the same forward pass."""

    def __init__(self):
        super().__init__()
        self.generator = tutorial_generator()
        self.discriminator = tutorial_discriminator()
        self.critic_optimizer = keras.optimizers.Adam(1e-4)
        self.cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        self.built = True

    def train_step(self, real):
        """Take one step of each network."""
        noise = tf.random.normal((tf.shape(real)[0], NOISE))
        with tf.GradientTape() as one, tf.GradientTape() as other:
            fake = self.generator(noise, training=True)
            real_scores = self.discriminator(real, training=True)
            fake_scores = self.discriminator(fake, training=True)
            ones, zeros = tf.ones_like(real_scores), tf.zeros_like(fake_scores)
            loss = self.cross_entropy(ones, fake_scores)
            critic_loss = self.cross_entropy(ones, real_scores)
            critic_loss += self.cross_entropy(zeros, fake_scores)
        weights = self.generator.trainable_variables
        self.optimizer.apply(one.gradient(loss, weights), weights)
        weights = self.discriminator.trainable_variables
        self.critic_optimizer.apply(other.gradient(critic_loss, weights), weights)
        return {"loss": loss}


def tutorial(pictures, labels, seconds: float, seed: int):
    """Train the tutorial's GAN; return a function that draws (pictures, no labels)."""
    model = TutorialGAN()
    model.critic_optimizer.build(model.discriminator.trainable_variables)
    optimizer = keras.optimizers.Adam(1e-4)
    optimizer.build(model.generator.trainable_variables)
    model.compile(optimizer, jit_compile=False)
    data = tf.data.Dataset.from_tensor_slices(pictures)
    data = data.shuffle(len(pictures)).batch(BATCH, drop_remainder=True).repeat()
    limit = training.TimeLimit(seconds)
    training.fit_for(model, data.prefetch(2), callbacks=[limit])

    def draw(count):
        noise = np.random.default_rng(seed).standard_normal((count, NOISE), np.float32)
        return model.generator.predict(noise, batch_size=500, verbose=0), None

    return draw, limit.steps


def vae(pictures, labels, seconds: float, seed: int):
    """Train the VAE with the code, the width and the mixture that are shipped."""
    options = {"beta": image_vae.BETA, "components": image_vae.COMPONENTS}
    model = VAE(image_vae.SIZE, image_vae.WIDTH, num_classes=10, seed=seed, **options)
    fit_vae(model, pictures, labels, seconds=seconds, seed=seed)
    model.fit_prior(pictures, labels)
    return classes_in_turn(model, seed), int(model.optimizer.iterations)


def gan(pictures, labels, seconds: float, seed: int):
    """Train the conditional GAN of lesson 10."""
    model = conditional_gan(10, width=32, seed=seed)
    fit_gan(model, pictures, labels, seconds=seconds, seed=seed)
    return classes_in_turn(model, seed), int(model.optimizer.iterations)


def diffusion(pictures, labels, seconds: float, seed: int):
    """Train the diffusion model of lesson 11."""
    model, options = Diffusion((24, 64)), {"seconds": seconds, "seed": seed}
    train(model, pictures, labels, batch_size=64, **options)
    return classes_in_turn(model, seed), int(model.optimizer.iterations)


def flow(pictures, labels, seconds: float, seed: int):
    """Train the flow-matching model of lesson 11: the network of `diffusion`."""
    model, options = FlowMatching((24, 64)), {"seconds": seconds, "seed": seed}
    train(model, pictures, labels, batch_size=64, **options)
    return classes_in_turn(model, seed), int(model.optimizer.iterations)


def classes_in_turn(model, seed: int):
    """Return a function that draws a number of images, and returns their classes."""

    def draw(count):
        classes = np.arange(count) % 10
        return model.sample(classes, seed=seed), classes

    return draw


def over_floors(judges, made) -> str:
    """Return the distances over the floor's, with their intervals, as a line."""
    found = {kind: judge.over_floor(made) for kind, judge in judges.items()}
    return ", ".join(
        f"{kind} {times.value:.2f} ({times.low:.2f} to {times.high:.2f})"
        for kind, times in found.items()
    )


def measure_shipped(judges, options) -> None:
    """Print how many times the floor the shipped checkpoints stand."""
    print("Shipped checkpoints, distance over the floor's by each feature set:")
    for name in SHIPPED:
        draw = classes_in_turn(checkpoints.load(name), options.seed)
        made, _ = draw(options.pictures)
        how = checkpoints.card(name).get("sampling", "one pass")
        print(f"{name:15s} {over_floors(judges, made)}; {how}", flush=True)


def measure(recipe, judges, pictures, labels, options) -> float:
    """Train one recipe, print its scores and return its FID."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(options.seed)
    draw, steps = recipe(pictures, labels, 60 * options.minutes, options.seed)
    made, classes = draw(options.pictures)
    judge = judges["course"]
    scores, interval = judge.score(made, classes), judge.interval(made)
    accuracy = scores["class_accuracy"]  # None for the unconditional tutorial
    right = "" if accuracy is None else f", {accuracy:.0%} of the wanted class"
    print(
        f"{recipe.__name__:9s} FID {scores['fid']:6.2f} (endless pictures: "
        f"{interval.low:.2f} to {interval.high:.2f}), KID {scores['kid']:.3f}, "
        f"precision {scores['precision']:.2f}, recall {scores['recall']:.2f}, "
        f"{scores['coverage']} classes{right}; {steps} steps\n"
        f"{'':9s} over the floor: {over_floors(judges, made)}",
        flush=True,
    )
    return scores["fid"]


def main() -> None:
    """Train all five and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of training")
    parser.add_argument("--pictures", type=int, default=STANDARD, help="judged")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    arrays = datasets.load("fashion_mnist").arrays
    pictures, labels = images.to_float(arrays["images"]), arrays["labels"]
    judges = image_judges("fashion_mnist")
    measure_shipped(judges, options)
    judged = (options.pictures, options.seed)
    judge = judges["course"]
    floor, ceiling = judge.floor(*judged)["fid"], judge.ceiling(*judged)["fid"]
    print(
        f"{options.minutes:g} minutes each on {course.cores()} cores; FID of real "
        f"pictures {floor:.2f}, of each class's pixel Gaussians {ceiling:.2f}",
        flush=True,
    )
    rest = (judges, pictures, labels, options)
    ours = {one.__name__: measure(one, *rest) for one in (gan, vae, diffusion, flow)}
    baseline = measure(tutorial, *rest)
    best = min(ours, key=ours.get)
    print(f"our best after {options.minutes:g} minutes: {best}, FID {ours[best]:.2f}")
    print(f"ratio: {baseline / ours[best]:.2f}")


if __name__ == "__main__":
    main()
