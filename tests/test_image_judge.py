"""The judge: its features are those of the data; it ranks what has a known order."""

import numpy as np
import pytest

from helpers import datasets, images
from helpers.judges.images import KINDS, ImageJudge, image_judges
from helpers.metrics import image as metrics
from helpers.metrics.floor import balanced_order


@pytest.fixture(scope="module")
def data():
    return datasets.load("digits")


@pytest.fixture(scope="module")
def judge(data):
    return ImageJudge.load(data)


@pytest.fixture(scope="module")
def clothes():
    return ImageJudge.load("fashion_mnist")


def test_shipped_features_are_those_of_the_test_pictures(judge, data):
    test = images.to_float(data.arrays["test_images"])
    np.testing.assert_allclose(judge.features(test), judge.reference, atol=0.02)
    np.testing.assert_array_equal(judge.labels, data.arrays["test_labels"])
    found = judge.classify(test)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    accuracy = np.mean(found.argmax(axis=1) == judge.labels)
    assert accuracy == pytest.approx(judge.card["metrics"]["test_accuracy"], abs=0.005)


def test_features_do_not_depend_on_the_batch(judge, data):
    pictures = images.to_float(data.arrays["images"][:503])
    whole = judge.features(pictures)
    assert whole.shape == (503, 32)
    np.testing.assert_allclose(judge.features(pictures[500:]), whole[500:], atol=1e-4)


def test_pixel_gaussians_have_the_moments_of_the_data(judge, data):
    pictures, labels = judge.pixel_gaussians(4_000, seed=1)
    assert pictures.shape == (4_000, 28, 28, 1)
    assert np.bincount(labels).tolist() == [400] * 10
    assert pictures.min() >= -1
    assert pictures.max() <= 1
    train = images.to_float(data.arrays["images"])[data.arrays["labels"] == 3, ..., 0]
    inner = np.abs(train.mean(axis=0)) < 0.3  # where clipping changes little
    made = pictures[labels == 3, ..., 0]
    assert inner.sum() > 20
    gap = made.mean(axis=0)[inner] - train.mean(axis=0)[inner]
    assert np.abs(gap).mean() < 0.06
    again, _ = judge.pixel_gaussians(4_000, seed=1)
    np.testing.assert_array_equal(again, pictures)


@pytest.mark.parametrize(("name", "times"), [("judge", 2), ("clothes", 100)])
def test_ceiling_lies_far_above_floor(name, times, request):
    one = request.getfixturevalue(name)
    floor, ceiling = one.floor(), one.ceiling(500)
    assert ceiling["fid"] > times * floor["fid"]
    assert ceiling["kid"] > times * abs(floor["kid"])
    assert floor["coverage"] == 10
    assert floor["class_accuracy"] > 0.9
    assert floor["recall"] > ceiling["recall"] + 0.2


@pytest.mark.parametrize(
    ("name", "count", "sizes"),
    [
        ("clothes", None, (2_000, 8_000)),
        ("clothes", 300, (300, 9_700)),
        ("judge", None, (148, 149)),
        ("judge", 40, (40, 257)),
    ],
)
def test_floor_sets_real_pictures_against_the_remaining_ones(
    name, count, sizes, request, monkeypatch
):
    one, seen = request.getfixturevalue(name), []

    def compare(real, fake, labels):
        seen.append((real, fake, labels))

    monkeypatch.setattr(one, "_compare", compare)
    for seed in (0, 0, 1):
        one.floor(seed=seed) if count is None else one.floor(count, seed)
    real, fake, labels = seen[0]
    assert (len(fake), len(real), len(labels)) == (sizes[0], sizes[1], sizes[0])
    taken = [row.tobytes() for row in (*fake, *real)]
    every = [row.tobytes() for row in one.reference]
    assert sorted(taken) == sorted(every)
    own = dict(zip(every, one.labels, strict=True))
    found = [own[row] for row in taken[: len(fake)]]
    assert np.mean(found == labels) > 0.999  # two pictures may share their features
    counts = np.bincount(labels, minlength=10)
    assert np.ptp(counts) <= 1  # as many of each class, as the models are asked for
    np.testing.assert_array_equal(seen[1][1], fake)
    assert (seen[2][1] != fake).any()


def test_floor_falls_with_the_number_of_pictures_as_fid_does(clothes):
    few, many = clothes.floor(300)["fid"], clothes.floor(2_000)["fid"]
    assert 3 * many < few < 15 * many


def test_score_agrees_with_the_metrics_on_its_features(judge, data):
    pictures = images.to_float(data.arrays["images"][:300])
    score = judge.score(pictures, data.arrays["labels"][:300])
    features = judge.features(pictures)
    expected = metrics.frechet_distance(judge.reference, features)
    assert score["fid"] == pytest.approx(expected)
    expected = metrics.kernel_distance(judge.reference, features)
    assert score["kid"] == pytest.approx(expected)
    assert score["class_accuracy"] > 0.98
    assert judge.score(pictures)["class_accuracy"] is None
    interval = judge.interval(pictures)
    assert interval.low < interval.value < interval.high
    assert interval.value < score["fid"]  # the bias is gone


def test_noise_and_lost_classes_make_it_worse(judge, data):
    pictures, labels = data.arrays["images"], data.arrays["labels"]
    real = images.to_float(pictures[:400])
    noise = np.random.default_rng(0).normal(0, 0.5, real.shape)
    noisy = np.clip(real + noise, -1, 1)
    few = images.to_float(pictures[labels < 3][:400])
    base = judge.score(real)
    assert judge.score(noisy)["fid"] > 2 * base["fid"]
    lost = judge.score(few)
    assert lost["fid"] > 2 * base["fid"]
    assert lost["coverage"] == 3
    assert lost["recall"] < base["recall"] - 0.2


def test_bad_pictures_and_labels_are_refused(judge):
    pictures, labels = judge.pixel_gaussians(50)
    with pytest.raises(ValueError, match="28 x 28 pixels, received 14 x 28"):
        judge.score(pictures[:, ::2])
    with pytest.raises(ValueError, match="NaN"):
        judge.features(pictures * np.nan)
    with pytest.raises(ValueError, match=r"\(50,\), received \(49,\)"):
        judge.score(pictures, labels[:-1])
    with pytest.raises(ValueError, match="0 to 9, received"):
        judge.score(pictures, labels + 5)
    with pytest.raises(ValueError, match="33 or more rows of features, got 32"):
        judge.score(pictures[:32])
    for use in (judge.pixel_gaussians, judge.floor):
        with pytest.raises(ValueError, match="count, wants a whole number"):
            use(0)
    with pytest.raises(ValueError, match="33 or more rows of features, got 20"):
        judge.floor(20)
    with pytest.raises(ValueError, match="no judge of 'movielens_small'"):
        ImageJudge.load("movielens_small")


def test_one_class_only_is_scored_and_seen(judge, data):
    pictures = data.arrays["images"][data.arrays["labels"] == 7][:100]
    assert judge.score(images.to_float(pictures))["coverage"] == 1


def test_reference_covers_the_whole_test_set(clothes):
    assert clothes.reference.shape == (10_000, 64)
    assert np.bincount(clothes.labels).tolist() == [1_000] * 10


@pytest.mark.parametrize(
    ("name", "count"), [("digits", 297), ("fashion_mnist", 10_000)]
)
def test_every_set_has_three_judges_of_the_same_test_pictures(name, count):
    found = image_judges(name)
    assert list(found) == list(KINDS) == [one.kind for one in found.values()]
    for one in found.values():
        assert len(one.reference) == count
        np.testing.assert_array_equal(one.labels, found["course"].labels)
        assert np.isfinite(one.reference).all()


@pytest.mark.parametrize("kind", KINDS)
def test_each_judge_sees_what_is_wrong_and_knows_the_floor(data, kind):
    one = ImageJudge.load(data, kind)
    labels, test = data.arrays["test_labels"], data.arrays["test_images"]
    np.testing.assert_allclose(
        one.features(images.to_float(test)), one.reference, atol=0.05, rtol=0.01
    )
    order = np.argsort(labels, kind="stable")[::2]
    real = images.to_float(test)[order]
    made, _ = one.pixel_gaussians(len(real))
    few = images.to_float(data.arrays["images"][data.arrays["labels"] < 3][:200])
    best = one.over_floor(real)
    assert best.value < 1.5
    for wrong in (made, few):  # 148 real pictures make a coarse floor: see the interval
        times = one.over_floor(wrong)
        assert times.low > 1.2
        assert times.value > best.value + 0.5


def test_interval_does_not_depend_on_the_order_of_the_pictures(data):
    """Classes in turn, class after class, and shuffled: the same set of pictures."""
    one = ImageJudge.load(data, "pixels")
    made, labels = one.pixel_gaussians(200)
    orders = [balanced_order(labels), np.argsort(labels, kind="stable")]
    orders.append(np.random.default_rng(1).permutation(200))
    found = [one.over_floor(made[order]) for order in orders]
    widths = [times.high - times.low for times in found]
    assert max(widths) < 1.5 * min(widths)
    # A fifth of the test pictures at most is judged, another one in each order.
    np.testing.assert_allclose([t.value for t in found], found[0].value, rtol=0.15)


def test_brightness_is_seen_by_the_pixels(clothes):
    """Real pictures, made a little brighter: what guidance does."""
    pixels = ImageJudge.load("fashion_mnist", "pixels")
    data = datasets.load("fashion_mnist", fallback=True)
    if data.is_stand_in:
        pytest.skip("needs the pictures of clothes")
    real = images.to_float(data.arrays["test_images"][:2_000])
    bright = np.clip((real + 1) * 1.12 - 1, -1, 1)
    assert pixels.over_floor(bright).low > pixels.over_floor(real).high


def test_components_are_those_of_the_covariance(data):
    """Their covariance is diagonal; scikit-learn finds the same variances."""
    from sklearn.decomposition import PCA

    one = ImageJudge.load(data, "pixels")
    train = images.to_float(data.arrays["images"])
    features = one.features(train)
    wanted = PCA(32).fit(train.reshape(len(train), -1)).explained_variance_
    cov = np.cov(features, rowvar=False)
    np.testing.assert_allclose(np.diag(cov), wanted, rtol=0.02)
    assert np.abs(cov - np.diag(np.diag(cov))).max() < 0.01 * wanted[0]
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=0.02)


def test_no_judge_by_unknown_features():
    with pytest.raises(
        ValueError, match="kind wants one of 'course', 'pixels', 'mixer'"
    ):
        ImageJudge.load("digits", "taste")
