"""Metrics of sets of images: generated ones against real ones, by their features.

Features (n, dim) come from a network such as `helpers.models.features.FeatureNetwork`.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from helpers.checks import require_count, require_numbers, require_share
from helpers.metrics.intervals import Interval
from helpers.metrics.nearest import squared_distances

LARGEST = 1e40  # a feature whose sixth power, in the kernel, is still finite
MOST_CLASSES = 1_000_000
CHUNK = 250  # rows of a distance matrix in memory at a time: 20 MB for 10,000 columns


def _features(
    real: np.ndarray, fake: np.ndarray, least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return two feature sets (n, dim) as float64, each with `least` rows or more."""
    sets = []
    for name, given in (("real", real), ("fake", fake)):
        array = np.asarray(given)
        if array.dtype.kind not in "fiu" or array.ndim != 2 or not array.shape[1]:
            raise ValueError(
                f"{name} wants features (n, dim), received {array.dtype} {array.shape}"
            )
        if len(array) < least:
            raise ValueError(
                f"{name} wants {least} or more rows of features, got {len(array)}"
            )
        if not np.isfinite(array).all():
            raise ValueError(f"{name} features hold NaN or infinity; wanted numbers")
        if np.abs(array.astype(np.float64)).max() > LARGEST:
            raise ValueError(
                f"{name} wants features up to {LARGEST:g}, got larger ones"
            )
        sets.append(array.astype(np.float64))
    if sets[0].shape[1] != sets[1].shape[1]:
        raise ValueError(
            "real and fake want features of one length, received"
            f" {sets[0].shape[1]} and {sets[1].shape[1]}"
        )
    return sets[0], sets[1]


def frechet_from_moments(
    mean_a: np.ndarray, cov_a: np.ndarray, mean_b: np.ndarray, cov_b: np.ndarray
) -> float:
    """Return the squared Fréchet distance of two Gaussians.

    |m_a - m_b|² + trace(C_a + C_b - 2 (C_a C_b)^½). The trace of the root is the sum
    of the roots of the eigenvalues of C_a^½ C_b C_a^½, which is symmetric: no complex
    numbers appear, also where a covariance is singular.

    Args:
        mean_a: Mean of the first, (dim,).
        cov_a: Covariance of the first, (dim, dim), symmetric, no negative eigenvalue.
        mean_b: Mean of the second.
        cov_b: Covariance of the second.

    Raises:
        ValueError: If shapes differ, a number is not finite, or a covariance is not
            symmetric or has a negative eigenvalue.

    Source: Dowson & Landau 1982, The Fréchet distance between multivariate normal
        distributions, equation 4.
    """
    mean_a, cov_a = _gaussian(mean_a, cov_a)
    mean_b, cov_b = _gaussian(mean_b, cov_b, mean_a.shape)
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    inner = np.linalg.eigvalsh(root @ cov_b @ root)
    cross = np.sqrt(np.clip(inner, 0, None)).sum()
    distance = np.sum((mean_a - mean_b) ** 2) + np.trace(cov_a) + np.trace(cov_b)
    # max() would make 0, the perfect score, of NaN.
    distance = require_numbers(distance - 2 * cross, "frechet_from_moments' distance")
    return max(0.0, float(distance))


def _gaussian(
    mean: np.ndarray, cov: np.ndarray, shape: tuple[int, ...] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean (dim,) and covariance (dim, dim) as float64, checked."""
    mean, cov = require_numbers(mean, "a mean"), require_numbers(cov, "a covariance")
    dim = shape or mean.shape
    if len(dim) != 1 or not mean.size or mean.shape != dim or cov.shape != 2 * dim:
        raise ValueError(
            "frechet_from_moments wants means (dim,) and covariances (dim, dim) of one"
            f" dim, received {mean.shape} and {cov.shape}"
        )
    slack = 1e-6 * np.abs(cov).max()  # what float32 rounds
    lopsided = np.abs(cov - cov.T).max() > slack
    if lopsided or np.linalg.eigvalsh(cov)[0] < -slack * len(cov):
        rows = f"{cov[:2].tolist()!r:.80}"
        raise ValueError(f"a covariance wants no negative eigenvalue, received {rows}")
    return mean, cov


def frechet_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Return the squared Fréchet distance (FID) of two sets of features, 0 or more.

    It compares means and covariances only. Its value depends on the network that made
    the features, and its bias falls as 1/n: compare like with like, at one n.

    Args:
        real: Features (n, dim) of real images, more rows than dim.
        fake: Features (m, dim) of generated images, more rows than dim.

    Raises:
        ValueError: If a set is no matrix of numbers, has too few rows for a covariance
            of full rank, or the lengths of features differ.

    Source: Heusel et al. 2017, GANs trained by a two time-scale update rule, eq. 6.
    """
    least = (np.shape(real)[-1] if np.ndim(real) == 2 else 1) + 1
    real, fake = _features(real, fake, max(2, least))
    return frechet_from_moments(*_moments(real), *_moments(fake))


def _moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and unbiased covariance of features (n, dim)."""
    return features.mean(axis=0), np.atleast_2d(np.cov(features, rowvar=False))


def frechet_interval(
    real: np.ndarray,
    fake: np.ndarray,
    groups: int = 20,
    confidence: float = 0.95,
) -> Interval:
    """Return the Fréchet distance freed of its 1/m bias, and its interval.

    The grouped jackknife leaves out one group of fakes at a time. With D the distance
    of all and D₋ the mean of those without a group, D - (groups - 1) (D₋ - D) is the
    distance without the bias that m fakes cause; the spread of the D₋ gives the
    interval (Student's t). The real set, and the bias it brings, stays as it is.

    Args:
        real: As in `frechet_distance`.
        fake: As in `frechet_distance`, independent of each other, in any order.
        groups: Groups left out in turn, 2 or more.
        confidence: Between 0 and 1.

    Raises:
        ValueError: As `frechet_distance`, also when a group is left out, or for
            numbers out of range.

    Source: Quenouille 1956; Tukey 1958; Miller 1974, The jackknife - a review.
    """
    groups = require_count(groups, "frechet_interval's groups", least=2)
    confidence = require_share(confidence, "frechet_interval's confidence")
    whole = frechet_distance(real, fake)
    # A generator of their own, as in `over_floor`: no caller shuffles rows like this.
    group = np.random.default_rng((0, groups)).permutation(len(fake)) % groups
    fake, base = np.asarray(fake, np.float64), _moments(np.asarray(real, np.float64))
    least = fake.shape[1] + 1 + -(-len(fake) // groups)
    if len(fake) < max(least, groups):
        raise ValueError(
            f"{groups} groups want {max(least, groups)} or more fakes, got {len(fake)}"
        )
    without = np.array(
        [
            frechet_from_moments(*base, *_moments(fake[group != g]))
            for g in range(groups)
        ]
    )
    value = groups * whole - (groups - 1) * without.mean()
    error = np.sqrt((groups - 1) / groups * np.sum((without - without.mean()) ** 2))
    half = stats.t.ppf((1 + confidence) / 2, groups - 1) * error
    return Interval(float(value), float(value - half), float(value + half))


def _kernel_sum(a: np.ndarray, b: np.ndarray) -> float:
    """Return the sum of (x·y / dim + 1)³ over all pairs of rows."""
    total, scaled = 0.0, b.T / a.shape[1]
    for start in range(0, len(a), CHUNK):
        base = a[start : start + CHUNK] @ scaled
        base += 1
        total += float(np.vdot(base, base**2))
    return total


def kernel_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Return the kernel distance (KID): an unbiased squared mean discrepancy.

    For equal distributions its mean is 0 at any n, so single values may be negative.
    The kernel is (x·y / dim + 1)³.

    Args:
        real: Features (n, dim), 2 rows or more.
        fake: Features (m, dim), 2 rows or more.

    Raises:
        ValueError: If a set is no matrix of numbers or the lengths of features differ.

    Source: Bińkowski et al. 2018, Demystifying MMD GANs, section 4; Gretton et al.
        2012, A kernel two-sample test, equation 3.
    """
    real, fake = _features(real, fake, 2)
    within = 0.0
    for one in (real, fake):
        same = np.sum((np.sum(one**2, axis=1) / one.shape[1] + 1) ** 3)
        within += (_kernel_sum(one, one) - same) / (len(one) * (len(one) - 1))
    across = _kernel_sum(real, fake) / (len(real) * len(fake))
    return float(within - 2 * across)


def _radii(features: np.ndarray, k: int) -> np.ndarray:
    """Return each row's squared distance to its k-th nearest other row."""
    rows = []
    for start in range(0, len(features), CHUNK):
        part = squared_distances(features[start : start + CHUNK], features)
        places = np.arange(len(part))
        part[places, start + places] = np.inf  # not its own neighbour
        part.partition(k - 1, axis=1)
        rows.append(part[:, k - 1].copy())  # a view would keep the whole part
    return np.concatenate(rows)


def _inside(points: np.ndarray, centres: np.ndarray, radii: np.ndarray) -> float:
    """Return the share of points that lie in at least one ball."""
    hits = 0
    for start in range(0, len(points), CHUNK):
        part = squared_distances(points[start : start + CHUNK], centres)
        hits += int((part <= radii).any(axis=1).sum())
    return hits / len(points)


def precision_recall(
    real: np.ndarray, fake: np.ndarray, k: int = 3
) -> tuple[float, float]:
    """Return precision and recall of generated images, each 0 to 1.

    A ball around each image reaches to its k-th nearest neighbour of its own set.
    Precision is the share of fakes in a real image's ball (how good); recall is the
    share of real images in a fake's ball (how varied). Use as many real as fakes.

    Args:
        real: Features (n, dim), more than k rows.
        fake: Features (m, dim), more than k rows.
        k: Which neighbour, 1 or more.

    Raises:
        ValueError: If a set is no matrix of numbers, has too few rows or the lengths
            of features differ.

    Source: Kynkäänniemi et al. 2019, Improved precision and recall metric, eq. 1-2.
    """
    k = require_count(k, "precision_recall's k")
    real, fake = _features(real, fake, k + 1)
    precision = _inside(fake, real, _radii(real, k))
    return precision, _inside(real, fake, _radii(fake, k))


def class_shares(labels: np.ndarray | Sequence[int], num_classes: int) -> np.ndarray:
    """Return each class's share of the labels, float64 (num_classes,), sum 1.

    Args:
        labels: Integers (n,), 0 to num_classes - 1, at least one.
        num_classes: Number of classes, 2 or more.

    Raises:
        ValueError: If there is no label, one is out of range, or classes are too few.
    """
    array = np.asarray(labels)
    num_classes = require_count(num_classes, "num_classes", least=2, most=MOST_CLASSES)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        raise ValueError(
            f"labels want integers (n,), received {array.dtype} {array.shape}"
        )
    if array.min() < 0 or array.max() >= num_classes:
        raise ValueError(
            f"labels want 0 to {num_classes - 1}, received {array.min()} to"
            f" {array.max()}"
        )
    return np.bincount(array, minlength=num_classes) / array.size


def class_coverage(
    labels: np.ndarray | Sequence[int], num_classes: int, least: float = 0.3
) -> int:
    """Return how many classes are hit: have `least` of their fair share or more.

    Args:
        labels: As in `class_shares`, for instance a classifier's for generated
            pictures.
        num_classes: Number of classes, 2 or more.
        least: Part of the fair share 1 / num_classes that counts as hit, above 0, up
            to 1. It keeps a classifier's errors from hitting a lost class: of real
            clothes without shirts, the judge takes 2.4 in 100 for shirts.

    Raises:
        ValueError: As `class_shares`, or if `least` is out of range.
    """
    least = require_share(least, "class_coverage's least", one=True)
    return int((class_shares(labels, num_classes) >= least / num_classes).sum())
