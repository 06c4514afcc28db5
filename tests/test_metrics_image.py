"""Picture metrics against scikit-image, scipy, closed forms, loops and simulation."""

import numpy as np
import pytest
from scipy import linalg
from skimage import metrics as skimage_metrics

from helpers.metrics import image as metrics
from helpers.metrics import pixels

RNG = np.random.default_rng(0)
REAL = RNG.normal(size=(300, 5)) @ RNG.normal(size=(5, 5)) + 1
FAKE = RNG.normal(size=(200, 5)) @ RNG.normal(size=(5, 5))


def picture_pair(data_range):
    reference = RNG.uniform(0, 1, (4, 20, 28, 1))
    images = np.clip(reference + RNG.normal(0, 0.2, reference.shape), 0, 1)
    low = -1 if data_range == 2 else 0
    return reference * data_range + low, images * data_range + low


@pytest.mark.parametrize("data_range", [2, 1, 255])
def test_psnr_and_ssim_equal_scikit_image(data_range):
    reference, images = picture_pair(data_range)
    pairs = list(zip(reference[..., 0], images[..., 0], strict=True))
    expected = [
        skimage_metrics.peak_signal_noise_ratio(a, b, data_range=data_range)
        for a, b in pairs
    ]
    got = pixels.psnr(reference, images, data_range)
    np.testing.assert_allclose(got, expected, atol=1e-6)
    settings = {
        "data_range": data_range,
        "gaussian_weights": True,
        "sigma": 1.5,
        "use_sample_covariance": False,
    }
    expected = [
        skimage_metrics.structural_similarity(a, b, **settings) for a, b in pairs
    ]
    got = pixels.ssim(reference, images, data_range)
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_equal_pictures_are_perfect():
    reference, _ = picture_pair(2)
    assert np.isinf(pixels.psnr(reference, reference)).all()
    np.testing.assert_allclose(pixels.ssim(reference, reference), 1)


def test_frechet_equals_scipys_matrix_root():
    gap = np.sum((REAL.mean(0) - FAKE.mean(0)) ** 2)
    a, b = np.cov(REAL, rowvar=False), np.cov(FAKE, rowvar=False)
    expected = gap + np.trace(a + b - 2 * linalg.sqrtm(a @ b).real)
    assert metrics.frechet_distance(REAL, FAKE) == pytest.approx(expected, rel=1e-6)
    assert metrics.frechet_distance(FAKE, REAL) == pytest.approx(expected, rel=1e-6)
    assert metrics.frechet_distance(REAL, REAL) == pytest.approx(0, abs=1e-9)


def test_frechet_of_diagonal_gaussians_is_a_sum_of_squares():
    means, spreads = RNG.normal(size=(2, 6)), RNG.uniform(0.1, 3, (2, 6))
    spreads[0, 0] = 0  # singular
    expected = np.sum((means[0] - means[1]) ** 2 + (spreads[0] - spreads[1]) ** 2)
    moments = [(m, np.diag(s**2)) for m, s in zip(means, spreads, strict=True)]
    got = metrics.frechet_from_moments(*moments[0], *moments[1])
    assert got == pytest.approx(expected)


def test_frechet_does_not_change_under_rotation():
    rotation, _ = np.linalg.qr(RNG.normal(size=(5, 5)))
    expected = metrics.frechet_distance(REAL, FAKE)
    got = metrics.frechet_distance(REAL @ rotation, FAKE @ rotation)
    assert got == pytest.approx(expected)


def test_interval_takes_the_bias_away_and_holds_the_truth():
    real = RNG.normal(size=(4_000, 8))
    mean, cov = real.mean(0), np.cov(real, rowvar=False)
    truth = metrics.frechet_from_moments(mean, cov, np.full(8, 0.2), np.eye(8))
    hits, plain, corrected = 0, [], []
    for _ in range(60):
        fake = RNG.normal(0.2, 1, (200, 8))
        interval = metrics.frechet_interval(real, fake)
        hits += interval.low <= truth <= interval.high
        plain.append(metrics.frechet_distance(real, fake))
        corrected.append(interval.value)
    assert hits >= 51  # a 95 % interval misses 10 of 60 with probability 0.1 %
    assert np.mean(plain) - truth > 0.05
    error = np.std(corrected) / np.sqrt(60)
    assert abs(np.mean(corrected) - truth) < 4 * error + 0.005


def test_interval_does_not_depend_on_classes_taking_turns():
    real = RNG.normal(size=(2_000, 4)) + 6 * np.eye(4)[np.arange(2_000) % 4]
    fake = RNG.normal(size=(800, 4)) + 6 * np.eye(4)[np.arange(800) % 4]
    turns = metrics.frechet_interval(real, fake)
    mixed = metrics.frechet_interval(real, RNG.permutation(fake))
    assert turns.value == pytest.approx(mixed.value, abs=0.2)
    assert (turns.high - turns.low) < 3 * (mixed.high - mixed.low)


def test_kernel_distance_equals_a_loop_over_pairs():
    real, fake = REAL[:7], FAKE[:5]

    def kernel(x, y):
        return (x @ y / 5 + 1) ** 3

    def within(z):
        pairs = [(x, y) for i, x in enumerate(z) for j, y in enumerate(z) if i != j]
        return np.mean([kernel(x, y) for x, y in pairs])

    across = np.mean([kernel(x, y) for x in real for y in fake])
    expected = within(real) + within(fake) - 2 * across
    assert metrics.kernel_distance(real, fake) == pytest.approx(expected)


def test_kernel_distance_is_unbiased():
    values = [metrics.kernel_distance(*RNG.normal(size=(2, 40, 4))) for _ in range(300)]
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 4 * error
    assert min(values) < 0  # as an unbiased estimate of 0 must be
    moved = RNG.normal(1, 1, (40, 4))
    assert metrics.kernel_distance(RNG.normal(size=(40, 4)), moved) > 10 * error


def inside_by_loops(points, centres, k):
    hits = 0
    for point in points:
        for i, centre in enumerate(centres):
            others = np.delete(centres, i, axis=0)
            radius = sorted(np.linalg.norm(others - centre, axis=1))[k - 1]
            if np.linalg.norm(point - centre) <= radius:
                hits += 1
                break
    return hits / len(points)


@pytest.mark.parametrize("k", [1, 3])
def test_precision_and_recall_equal_loops(k, monkeypatch):
    monkeypatch.setattr(metrics, "CHUNK", 7)  # several chunks, the last one short
    real, fake = REAL[:40], REAL[40:70] + 0.3
    expected = inside_by_loops(fake, real, k), inside_by_loops(real, fake, k)
    assert metrics.precision_recall(real, fake, k) == pytest.approx(expected)
    assert 0 < expected[0] < 1


def test_precision_sees_lost_modes_as_recall_sees_bad_samples():
    modes = RNG.normal(size=(200, 2)) + np.repeat([[0, 0], [50, 0]], 100, axis=0)
    precision, recall = metrics.precision_recall(modes, RNG.normal(size=(200, 2)))
    assert precision > 0.9
    assert recall < 0.6
    precision, recall = metrics.precision_recall(modes, modes + [0, 500])
    assert precision == recall == 0


def test_coverage_counts_classes_with_a_fair_part():
    labels = np.repeat([0, 1, 2], [88, 8, 4])
    np.testing.assert_allclose(metrics.class_shares(labels, 4), [0.88, 0.08, 0.04, 0])
    assert metrics.class_coverage(labels, 4) == 2  # 0.3 of 25 % is 7.5 %
    assert metrics.class_coverage(labels, 4, least=0.1) == 3
    assert metrics.class_coverage(np.arange(10), 10) == 10
    assert metrics.class_coverage([3] * 50, 10) == 1


def test_bad_pictures_are_refused():
    reference, images = picture_pair(2)
    with pytest.raises(ValueError, match="one shape, received"):
        pixels.psnr(reference, images[:2])
    with pytest.raises(ValueError, match="NaN"):
        pixels.ssim(reference, images * np.nan)
    with pytest.raises(ValueError, match="11 pixels or more"):
        pixels.ssim(reference[:, :10], images[:, :10])
    with pytest.raises(ValueError, match="grey pictures"):
        pixels.psnr(reference[..., 0, 0], images[..., 0, 0])
    with pytest.raises(ValueError, match="data_range"):
        pixels.psnr(reference, images, 0)


@pytest.mark.parametrize("metric", [pixels.psnr, pixels.ssim])
def test_pixels_further_apart_than_their_range_are_refused(metric):
    reference, images = picture_pair(255)
    with pytest.raises(ValueError, match="the data_range of 2; wanted 2 for .*255"):
        metric(reference.astype(np.uint8), images.astype(np.uint8))
    reference, images = picture_pair(2)
    with pytest.raises(ValueError, match="the data_range of 1"):
        metric(reference, images, 1)
    metric(reference + 1e-7, images - 1e-7)  # rounding passes


@pytest.mark.parametrize(
    "distance",
    [metrics.frechet_distance, metrics.kernel_distance, metrics.precision_recall],
)
def test_bad_features_are_refused(distance):
    with pytest.raises(ValueError, match="features of one length"):
        distance(REAL, FAKE[:, :4])
    with pytest.raises(ValueError, match="NaN or infinity"):
        distance(REAL, np.where(FAKE > 1, np.inf, FAKE))
    with pytest.raises(ValueError, match="or more rows of features, got 1"):
        distance(REAL, FAKE[:1])
    with pytest.raises(ValueError, match="features \\(n, dim\\)"):
        distance(REAL[:, 0], FAKE)


def test_too_few_samples_or_wrong_numbers_are_refused():
    with pytest.raises(ValueError, match="6 or more rows of features, got 5"):
        metrics.frechet_distance(REAL, FAKE[:5])
    with pytest.raises(ValueError, match="20 or more fakes, got 12"):
        metrics.frechet_interval(REAL, FAKE[:12])
    with pytest.raises(ValueError, match="groups wants .*>= 2"):
        metrics.frechet_interval(REAL, FAKE, groups=1)
    with pytest.raises(ValueError, match="k wants .*>= 1"):
        metrics.precision_recall(REAL, FAKE, 0)
    with pytest.raises(ValueError, match="0 to 3, received 0 to 9"):
        metrics.class_shares(np.arange(10), 4)
    with pytest.raises(ValueError, match="integers"):
        metrics.class_shares([], 4)
    with pytest.raises(ValueError, match="2 to 1000000, received 1"):
        metrics.class_coverage([0], 1)
    with pytest.raises(ValueError, match="least wants .*above 0"):
        metrics.class_coverage([0], 2, least=0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1j, True, None])
@pytest.mark.parametrize("place", range(4))
def test_frechet_from_moments_refuses_what_is_no_number(bad, place):
    moments = [np.zeros(3), np.eye(3), np.ones(3), np.eye(3)]
    moments[place] = np.full(moments[place].shape, bad)
    with pytest.raises(ValueError, match="wants"):
        metrics.frechet_from_moments(*moments)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.frechet_distance(1e200 * REAL, FAKE), "up to 1e"),
        (lambda: metrics.kernel_distance(1e200 * REAL, FAKE), "up to 1e"),
        (lambda: metrics.precision_recall(REAL, 1e200 * FAKE), "up to 1e"),
        (lambda: metrics.precision_recall(REAL, FAKE, np.nan), "whole number"),
        (lambda: metrics.precision_recall(REAL, FAKE, True), "whole number"),
        (lambda: metrics.frechet_interval(REAL, FAKE, 2.5), "whole number"),
        (lambda: metrics.class_shares([0, 1], 10**12), "2 to 1000000"),
        (lambda: metrics.class_coverage([0, 1], 2, np.nan), "received nan"),
        (
            lambda: metrics.frechet_from_moments(
                np.zeros(2), -np.eye(2), np.zeros(2), np.eye(2)
            ),
            "negative eigenvalue",
        ),
        (
            lambda: metrics.frechet_from_moments(
                np.zeros(2), np.eye(2), np.zeros(3), np.eye(3)
            ),
            "of one dim",
        ),
        (lambda: pixels.psnr(np.zeros((1, 9, 9)), np.zeros((1, 9, 9)), True), "wants"),
    ],
)
def test_numbers_out_of_range_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
