"""Where a variational autoencoder's codes are: a mixture of Gaussians for each class.

Shapes: Z latent_dim, K classes, M Gaussians of each class.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from helpers.models.policies import in_float32


@keras.saving.register_keras_serializable(package="aigc")
class Prior(keras.layers.Layer):
    """Draw codes: from N(0, I) at first, then from Gaussians fitted to real ones.

    Args:
        num_classes: classes K, at least 1.
        components: Gaussians M of each class.
        latent_dim: length Z of a code.

    Source: Ghosh et al. 2020, "From Variational to Deterministic Autoencoders", section
        4.
    """

    def __init__(self, num_classes: int, components: int, latent_dim: int, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.shape = num_classes, components, latent_dim
        self.build()

    def build(self, input_shape=None):
        """Create all weights; `Prior` does this itself."""
        if self.built:
            return
        size = self.shape[-1]
        self.share = self.add_weight(self.shape[:2], "ones", name="share")
        self.mean = self.add_weight(self.shape, "zeros", name="mean")
        self.factor = self.add_weight((*self.shape, size), "zeros", name="factor")
        self.factor.assign(np.broadcast_to(np.eye(size), self.factor.shape))
        self.built = True

    def fit(self, mean: np.ndarray, variance: np.ndarray, groups: np.ndarray) -> None:
        """Fit the Gaussians to codes.

        Args:
            mean: (n, Z) means of the codes.
            variance: (n, Z) variances of the codes, at least 0.
            groups: (n,) int classes.

        Raises:
            ValueError: as `class_mixtures`.
        """
        found = class_mixtures(mean, variance, groups, *self.shape[:2])
        parts = (self.share, self.mean, self.factor)
        for weight, value in zip(parts, found, strict=True):
            weight.assign(value)

    def draw(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw codes (n, Z) for the classes `labels` (n,)."""
        noise = rng.normal(size=(len(labels), self.shape[-1]))
        if self.shape[1] == 1:
            return self.codes(noise, labels)
        ends = _values(self.share)[labels].cumsum(axis=1)
        place = ends[:, -1:] * rng.random((len(labels), 1))  # on a line of all shares
        return self.codes(noise, labels, (place >= ends).sum(axis=1))

    def codes(
        self, noise: np.ndarray, labels: np.ndarray, component: int | np.ndarray = 0
    ) -> np.ndarray:
        """Move normal noise (n, Z) to one Gaussian of each label's class.

        Args:
            noise: (n, Z) floats, standard normal.
            labels: (n,) int.
            component: which, int or (n,) ints; a fitted class's largest is number 0.
        """
        factors = _values(self.factor)[labels, component]  # (n, Z, Z)
        means = _values(self.mean)[labels, component]
        # L ε has covariance L Lᵀ: the sampled codes spread as the fitted ones.
        return means + np.einsum("nij,nj->ni", factors, noise)

    def get_config(self) -> dict:
        """Return the arguments that make this layer again."""
        names = ("num_classes", "components", "latent_dim")
        return {**super().get_config(), **dict(zip(names, self.shape, strict=True))}


def _values(weight) -> np.ndarray:
    """Return a weight's values in float32, whatever its dtype."""
    return ops.convert_to_numpy(in_float32(weight))


def class_mixtures(
    mean: np.ndarray,
    variance: np.ndarray,
    groups: np.ndarray,
    count: int,
    components: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit a mixture of Gaussians with full covariance to the codes of each class.

    The covariance of a component is that of its codes' means, plus the mean of their
    variances: that of all its clouds together.

    Args:
        mean: (n, Z) means of the codes.
        variance: (n, Z) variances of the codes, at least 0.
        groups: (n,) int classes, 0 … count - 1.
        count: number of classes K.
        components: Gaussians M of each class.

    Returns:
        Shares (K, M), the largest first; centres (K, M, Z); lower triangular factors L
        (K, M, Z, Z), covariance L Lᵀ.

    Raises:
        ValueError: if a class has fewer than 2 · components codes, or a code is not
            finite.

    Source: Bishop 2006, "Pattern Recognition and Machine Learning", equations 9.24 to
        9.26, with clouds for points.
    """
    for codes, name in ((mean, "mean"), (variance, "variance")):
        if not np.isfinite(codes).all():
            raise ValueError(
                f"fit_prior wants a finite {name}, received NaN or infinity"
            )
    counts, least = np.bincount(groups, minlength=count), 2 * components
    if counts.min() < least:
        raise ValueError(
            f"fit_prior wants {least} pictures of each class, received "
            f"{counts.tolist()}"
        )
    found = []
    for group in range(count):
        own = groups == group
        found.append(_mixture(mean[own], variance[own], components))
    shares, centres, factors = map(np.stack, zip(*found, strict=True))
    return shares, centres, factors


def _mixture(mean: np.ndarray, variance: np.ndarray, components: int) -> tuple:
    """Return shares (M,), centres (M, Z) and factors (M, Z, Z) of one class's codes."""
    mean, variance = mean.astype("float64"), variance.astype("float64")
    weights = np.ones((len(mean), 1))
    if components > 1:
        from sklearn.mixture import GaussianMixture

        model = GaussianMixture(components, reg_covar=1e-3, random_state=0)
        weights = model.fit(mean).predict_proba(mean)  # whose each code is
    weights = weights[:, np.argsort(-weights.sum(axis=0), kind="stable")]
    total = np.maximum(weights.sum(axis=0), 1e-9)
    centres, factors = weights.T @ mean / total[:, None], []
    for own, centre, size in zip(weights.T, centres, total, strict=True):
        apart = mean - centre
        covariance = (own[:, None] * apart).T @ apart / size
        spread = own @ variance / size
        # 1e-6: of a plain autoencoder, whose clouds are points, it may be singular.
        factors.append(np.linalg.cholesky(covariance + np.diag(spread + 1e-6)))
    return total / len(mean), centres, np.stack(factors)
