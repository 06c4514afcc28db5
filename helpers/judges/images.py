"""Judge generated pictures by several feature sets, on one footing for every model.

Each set's network and its features of the real TEST pictures are shipped as a
checkpoint, so judging needs no data set. A score compares `STANDARD` generated pictures
with these features: FID with all of them, KID with the first `MOST_PAIRED`, precision
and recall with as many as there are generated pictures. `floor` and `ceiling` say what
is very good and very bad, from as many pictures; `over_floor` puts a distance as a
multiple of the floor's, in which judges of different features can be compared.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from helpers import checkpoints
from helpers.checks import require_count, require_option
from helpers.datasets.loading import Dataset
from helpers.images.scaling import require_images
from helpers.metrics import image as metrics
from helpers.metrics.floor import balanced_order, balanced_parts, over_floor
from helpers.metrics.intervals import Interval

CHECKPOINTS = {"fashion_mnist": "image", "digits": "digit"}
KINDS = {  # what a judge looks at, and the ending of its checkpoint's name
    "course": "features",  # the course's convolutional network
    "pixels": "components",  # principal components of the pixels: no network
    "mixer": "mixer",  # a network of another seed and another architecture
}
STANDARD = 2_000  # pictures of a score that is reported
NEIGHBOURS = 3  # of precision and recall
MOST_PAIRED = 5_000  # rows of a set whose pairs are all compared
BATCH = 50  # pictures computed at a time
MOST_IMAGES = 1_000_000  # 3 GB of pixels; a count beyond is a slip


class ImageJudge:
    """Features, classes and scores of pictures.

    `ImageJudge.load` makes one, `image_judges` all three of a data set. FID falls as
    1/n towards its value for endless pictures; with the standard 2,000 against the
    10,000 test pictures of Fashion-MNIST `interval` shows how much that is.

    Example:
        judge = ImageJudge.load("fashion_mnist")
        judge.score(model.sample(2_000), labels)["fid"]

    Attributes:
        name: The data set it judges: fashion_mnist or digits.
        kind: What it looks at, one of `KINDS`.
        network: The classifier whose features it uses.
        reference: Features of the real test pictures, float32 (n, dim).
        labels: Their classes, int32 (n,).
        card: How the network was trained, and what it reached.
    """

    def __init__(self, name: str, kind: str, network, arrays: dict, card: dict):
        self.name, self.kind = name, kind
        self.network, self.card = network, card
        self.reference = arrays["test_features"].astype(np.float32)
        self.labels = arrays["test_labels"].astype(np.int32)
        self._means = arrays["pixel_means"].astype(np.float32)  # (classes, 28, 28)
        self._spreads = arrays["pixel_spreads"].astype(np.float32)

    @classmethod
    def load(cls, data: str | Dataset, kind: str = "course") -> ImageJudge:
        """Return a judge of a data set's pictures; it works offline.

        Args:
            data: "fashion_mnist", "digits" or what `datasets.load` returned.
            kind: "course", "pixels" or "mixer": by which features.

        Raises:
            ValueError: If there is no judge of this set or kind.
        """
        name = getattr(data, "name", data)
        if name not in CHECKPOINTS:
            known = " and ".join(CHECKPOINTS)
            raise ValueError(f"no judge of {name!r}; there are: {known}")
        require_option(kind, list(KINDS), "ImageJudge.load's kind")
        found = f"{CHECKPOINTS[name]}_{KINDS[kind]}"
        network, arrays = checkpoints.load(found), checkpoints.arrays(found)
        return cls(name, kind, network, arrays, checkpoints.card(found))

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.network.num_classes

    def features(self, images: np.ndarray) -> np.ndarray:
        """Describe each picture by a few numbers, which the distances compare.

        Args:
            images: Float (n, 28, 28, 1) in [-1, 1].

        Returns:
            float32 (n, dim), of mean 0 over the training pictures; for networks of
            variance 1, too.

        Raises:
            ValueError: If pictures are malformed, as `images.require_images`.
        """
        images = require_images(images, "ImageJudge.features", (28, 28))
        parts = []
        for start in range(0, len(images), BATCH):
            part = images[start : start + BATCH]
            whole = np.resize(part, (BATCH, *part.shape[1:]))  # one shape: one trace
            parts.append(self._compiled(whole).numpy()[: len(part)])
        return np.concatenate(parts)

    def classify(self, images: np.ndarray) -> np.ndarray:
        """Say how probable each class is.

        Args:
            images: As in `features`.

        Returns:
            float32 (n, classes); each row sums to 1.

        Raises:
            ValueError: As `features`.
        """
        return self._probabilities(self.features(images))

    def score(
        self, images: np.ndarray, labels: np.ndarray | None = None
    ) -> dict[str, float]:
        """Compare generated pictures with the real test pictures.

        Args:
            images: Float (n, 28, 28, 1) in [-1, 1], n above the number of features;
                `STANDARD` of them for a number to report.
            labels: The classes that were asked for, int (n,); without them there is no
                class_accuracy.

        Returns:
            fid: Fréchet distance of the features, 0 or more, low is good; kid: kernel
            distance, around 0 is good; precision (how good) and recall (how varied),
            0 to 1; coverage: classes with 0.3 of their fair share or more;
            class_accuracy: share recognised as the class that was asked for, or None.

        Raises:
            ValueError: If pictures are too few or malformed, or labels do not fit.
        """
        features = self.features(images)
        labels = None if labels is None else self._checked(labels, len(features))
        return self._compare(self.reference, features, labels)

    def interval(self, images: np.ndarray, confidence: float = 0.95) -> Interval:
        """Return the FID of endless pictures of this kind, and its interval.

        Args:
            images: As in `score`.
            confidence: Between 0 and 1.

        Raises:
            ValueError: As `metrics.image.frechet_interval`.
        """
        features = self.features(images)
        return metrics.frechet_interval(self.reference, features, confidence=confidence)

    def over_floor(self, images: np.ndarray, confidence: float = 0.95) -> Interval:
        """Return the Fréchet distance as a multiple of the floor's, with its interval.

        The test pictures are cut into class-balanced parts of as many pictures as are
        judged. The floor is the distance of one part from the next.

        Args:
            images: As in `score`; at most a fifth of the number of test pictures is
                used. With few pictures all generators come near 1: noise hides what
                they do wrong.
            confidence: Between 0 and 1.

        Raises:
            ValueError: If pictures are too few or malformed.
        """
        features = self.features(images)
        size = min(len(features), len(self.reference) // 5)
        used = np.random.default_rng(0).permutation(len(features))[:size]
        parts = balanced_parts(self.reference, self.labels, size)
        return over_floor(parts, features[used], confidence)

    def floor(self, count: int = STANDARD, seed: int = 0) -> dict[str, float]:
        """Score a class-balanced sample of real test images against the rest.

        A generator as good as the data would stand here. Of 2,000 pictures of clothes,
        other seeds give an FID of 0.11 to 0.19.

        Args:
            count: Pictures to score, above the number of features; as many as of the
                models beside it. At most half of all are taken, 148 of the digits.
            seed: Which ones.

        Returns:
            As `score`.

        Raises:
            ValueError: If count is too small.
        """
        count = require_count(count, "floor, count,", 1, MOST_IMAGES)
        order = balanced_order(self.labels, seed)
        own, others = np.split(order, [min(count, len(order) // 2)])
        features = self.reference
        return self._compare(features[others], features[own], self.labels[own])

    def ceiling(self, count: int = STANDARD, seed: int = 0) -> dict[str, float]:
        """Score `pixel_gaussians`: what one gets without any network."""
        return self.score(*self.pixel_gaussians(count, seed))

    def pixel_gaussians(
        self, count: int = STANDARD, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw each pixel by itself from its class's normal distribution.

        Means and standard deviations are those of the training pictures; values are
        clipped to [-1, 1].

        Args:
            count: Number of pictures, 1 or more; classes take turns.
            seed: Seed of the noise.

        Returns:
            float32 (count, 28, 28, 1) and their classes, int32 (count,).

        Raises:
            ValueError: If count is below 1.
        """
        count = require_count(count, "pixel_gaussians, count,", 1, MOST_IMAGES)
        labels = np.arange(count, dtype=np.int32) % self.num_classes
        rng = np.random.default_rng(seed)
        labels = rng.permutation(labels)
        noise = rng.standard_normal((count, 28, 28), np.float32)
        images = self._means[labels] + self._spreads[labels] * noise
        return np.clip(images, -1, 1)[..., np.newaxis], labels

    @cached_property
    def _compiled(self):
        """The network's features as one compiled function of `BATCH` pictures."""
        import tensorflow as tf

        features = self.network.features
        return tf.function(lambda x: features(x, training=False), autograph=False)

    def _probabilities(self, features: np.ndarray) -> np.ndarray:
        """Return class probabilities of features."""
        from keras import ops

        logits = self.network.classify(features, training=False)
        return ops.convert_to_numpy(ops.softmax(logits))

    def _checked(self, labels: np.ndarray, count: int) -> np.ndarray:
        """Return labels as an array if there is one of the classes a picture."""
        array = np.asarray(labels)
        if array.shape != (count,):
            raise ValueError(
                f"labels want one class a picture, ({count},), received {array.shape}"
            )
        metrics.class_shares(array, self.num_classes)
        return array

    def _compare(self, real, fake, labels) -> dict[str, float]:
        """Return all scores of one set of features against another."""
        found = self._probabilities(fake).argmax(axis=1)
        paired = min(len(real), len(fake), MOST_PAIRED)
        near = metrics.precision_recall(real[:paired], fake[:paired], NEIGHBOURS)
        accuracy = None if labels is None else float(np.mean(found == labels))
        return {
            "fid": metrics.frechet_distance(real, fake),
            "kid": metrics.kernel_distance(real[:MOST_PAIRED], fake[:MOST_PAIRED]),
            "precision": near[0],
            "recall": near[1],
            "coverage": metrics.class_coverage(found, self.num_classes),
            "class_accuracy": accuracy,
        }


def image_judges(data: str | Dataset) -> dict[str, ImageJudge]:
    """Return all judges of a data set's pictures by what they look at.

    Args:
        data: As in `ImageJudge.load`.

    Returns:
        "course", "pixels" and "mixer" → its judge.

    Raises:
        ValueError: If there is no judge of this set.

    Example:
        for kind, judge in image_judges("fashion_mnist").items():
            print(kind, judge.over_floor(model.sample(2_000)))
    """
    return {kind: ImageJudge.load(data, kind) for kind in KINDS}
