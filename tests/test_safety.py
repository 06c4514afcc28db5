"""Canaries, membership, watermark, overlap, noise, probes, labels and cards."""

import json
import math
import zlib
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm

from helpers import checkpoints
from helpers.metrics.intervals import Interval
from helpers.safety import (
    bias,
    memorisation,
    model_card,
    overlap,
    privacy,
    provenance,
    watermark,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# Canaries and membership.


def test_secrets_differ_and_use_the_letters(rng):
    words = memorisation.secrets(500, 3, "abcdefghij", rng)
    assert len(set(words)) == 500 and {len(word) for word in words} == {3}
    counts = Counter("".join(words))
    assert set(counts) == set("abcdefghij") and min(counts.values()) > 100
    assert sorted(memorisation.secrets(4, 2, "ab", rng)) == ["aa", "ab", "ba", "bb"]
    with pytest.raises(ValueError, match="1 to 4"):
        memorisation.secrets(5, 2, "ab", rng)


def test_planting_keeps_the_documents_in_order(rng):
    documents = [f"document {i}" for i in range(50)]
    planted = memorisation.plant(documents, {"x": 3, "y": 1}, rng)
    assert [one for one in planted if one not in "xy"] == documents
    assert Counter(planted)["x"] == 3 and Counter(planted)["y"] == 1
    with pytest.raises(ValueError, match="copies"):
        memorisation.plant(documents, {"x": 0}, rng)


def test_exposure_by_rank_by_hand():
    references = [4.0, 3.0, 2.0, 1.0]
    found = memorisation.exposure([0.5, 1.5, 3.5, 9.0], references)
    np.testing.assert_allclose(found, [2, 1, 0, 0])  # ranks 1, 2, 4, and not past 4
    assert memorisation.exposure([1.0], np.ones(16))[0] == 0  # a constant model


def test_exposure_of_a_canary_nobody_planted_is_exponential(rng):
    """A canary drawn as the references are is exposed by t bits with chance 2^-t."""
    references = rng.normal(size=4_096)
    found = memorisation.exposure(rng.normal(size=20_000), references)
    for bits in (1, 2, 3, 5):
        assert abs(np.mean(found >= bits) - 2.0**-bits) < 0.015
    assert abs(found.mean() - 1 / math.log(2)) < 0.1


def test_exposure_by_fit_agrees_with_the_known_distribution(rng):
    references = rng.normal(10, 2, size=4_000)
    for z in (-1.0, -3.0, -5.0):
        (fitted,) = memorisation.exposure_by_fit([10 + 2 * z], references)
        exact = -norm.logcdf(z) / math.log(2)
        assert abs(fitted - exact) < 0.15 * exact + 0.1
    with pytest.raises(ValueError, match="100"):
        memorisation.exposure_by_fit([1], [1, 2, 3])


def test_membership_agrees_with_the_theory_of_two_normals(rng):
    shift = 1.0
    found = memorisation.membership(
        rng.normal(-shift, size=20_000), rng.normal(size=20_000), at=0.01
    )
    assert abs(found.auc - norm.cdf(shift / math.sqrt(2))) < 0.01
    assert abs(found.true_positives - norm.cdf(norm.ppf(0.01) + shift)) < 0.01
    assert found.false_positives <= 0.01
    same = rng.normal(size=5_000)
    assert memorisation.membership(same, same).auc == pytest.approx(0.5)


# The watermark.


class Flat:
    """A model that knows nothing: all tokens are equally likely."""

    vocabulary_size = 500

    def __call__(self, token_ids):
        import tensorflow as tf

        return tf.zeros((*token_ids.shape, self.vocabulary_size))


def test_the_green_share_is_gamma_and_depends_on_key_and_token(rng):
    before, now = rng.integers(0, 50_000, (2, 200_000))
    for gamma in (0.25, 0.5):
        share = watermark.is_green(before, now, 7, gamma).mean()
        assert abs(share - gamma) < 4 * math.sqrt(gamma * (1 - gamma) / 200_000)
    one, two = (watermark.is_green(before, now, key) for key in (7, 8))
    other = watermark.is_green(before + 1, now, 7)
    for changed in (two, other):  # independent: both green with chance 1/16
        assert abs((one & changed).mean() - 1 / 16) < 0.003


def test_z_and_p_value_agree_with_the_binomial():
    ids = np.random.default_rng(1).integers(0, 10_000, 201)
    found = watermark.detect(ids, key=3)
    assert found.counted == 200
    assert found.z == pytest.approx((found.green - 50) / math.sqrt(200 * 3 / 16))
    assert found.p_value == pytest.approx(binom.sf(found.green - 1, 200, 0.25))


def test_clean_text_is_flagged_as_often_as_the_p_value_says(rng):
    values = [
        watermark.detect(rng.integers(0, 9_999, 101), 5).p_value for _ in range(4_000)
    ]
    for level in (0.05, 0.01):
        assert np.mean(np.array(values) <= level) < level + 3 * math.sqrt(level / 4_000)


def test_a_repeated_pair_counts_once():
    assert watermark.detect([1, 2, 1, 2, 1, 2], key=0).counted == 2


def test_the_sampler_makes_as_many_green_tokens_as_theory_says():
    from helpers.sampling.generation import generate

    sampler = watermark.Watermark(key=11, delta=2.0, seed=1)
    ids = generate(Flat(), np.zeros((16, 1), np.int32), 150, sampler)
    green = watermark.is_green(ids[:, :-1], ids[:, 1:], 11)
    wanted = 0.25 * math.e**2 / (0.75 + 0.25 * math.e**2)
    assert abs(green.mean() - wanted) < 4 * math.sqrt(
        wanted * (1 - wanted) / green.size
    )
    assert watermark.detect(ids[0], 11).p_value < 1e-6
    assert watermark.detect(ids[0], 12).p_value > 1e-4  # another key


def test_without_a_bonus_it_draws_as_random_does():
    from helpers.sampling.generation import generate
    from helpers.sampling.samplers import Random

    plain = generate(Flat(), [0], 30, Random(seed=4))
    marked = generate(Flat(), [0], 30, watermark.Watermark(1, delta=0.0, seed=4))
    np.testing.assert_array_equal(plain, marked)


def test_a_marked_stretch_is_found_in_clean_text(rng):
    clean = rng.integers(0, 5_000, 400)
    marked = [int(clean[150])]
    while len(marked) < 60:
        token = int(rng.integers(0, 5_000))
        if watermark.is_green(marked[-1], token, 9) or rng.random() < 0.3:
            marked.append(token)
    text = np.concatenate([clean[:150], marked, clean[150:]])
    z, start, end = watermark.best_window(text, 9)
    assert z > 4 and start > 120 and end < 240
    assert watermark.best_window(clean, 9)[0] < z


@pytest.mark.parametrize(
    "bad", [{"key": -1}, {"key": 1, "gamma": 0}, {"key": 1, "delta": -1}]
)
def test_a_bad_watermark_is_refused(bad):
    with pytest.raises(ValueError):
        watermark.Watermark(**bad)
    with pytest.raises(ValueError, match="two or more"):
        watermark.detect([1], key=0)
    with pytest.raises(ValueError, match="more than"):
        watermark.best_window([1, 2], key=0)


def test_the_recipes_decoder_agrees_with_the_equations(tmp_path):
    import llama_gguf

    from helpers.pretrained.gguf import read_llama
    from helpers.pretrained.packed_llama import PackedLlama
    from recipes.watermarked_texts import Unpacked

    weights = llama_gguf.write(tmp_path / "tiny.gguf")
    packed = PackedLlama(read_llama(tmp_path / "tiny.gguf")[0])
    ids = np.array([3, 7, 20, 100, 41])
    wanted = llama_gguf.forward(weights, ids)
    np.testing.assert_allclose(Unpacked(packed)(ids[None])[0], wanted, atol=2e-3)


# Overlap.


def longest_common(a, b):
    best = 0
    for i in range(len(a)):
        while any(
            a[i : i + best + 1] == b[j : j + best + 1] for j in range(len(b))
        ) and (i + best < len(a)):
            best += 1
    return best


def test_the_longest_copy_is_the_one_found_by_brute_force(rng):
    for _ in range(20):
        text, corpus = ("".join(rng.choice(list("ab"), 60)) for _ in range(2))
        copies = overlap.Corpus(corpus, width=4).exact(text, 4)
        assert max(c.end - c.start for c in copies) == longest_common(text, corpus)
        for one in copies:
            assert text[one.start : one.end] == corpus[one.source : one.source_end]


def test_ids_and_unrelated_texts(rng):
    tune = rng.integers(0, 90, 500)
    copied = np.concatenate([rng.integers(100, 200, 20), tune[100:140]])
    (one,) = overlap.Corpus(tune, width=8).exact(copied, 20)
    assert (one.start, one.end, one.source) == (20, 60, 100)
    assert overlap.Corpus("abcdefghijklmnop").exact("zzzzzzzzzzzzzzzzzzzz", 12) == []
    with pytest.raises(ValueError, match="at least 12"):
        overlap.Corpus("abcdefghijklmnop").exact("abc", 5)
    with pytest.raises(ValueError, match="12 signs"):
        overlap.Corpus("short")


def test_a_copy_with_small_changes_is_near_and_not_exact(rng):
    letters = list("abcdefghijklmnopqrstuvwxyz ")
    corpus = "".join(rng.choice(letters, 3_000))
    passage = list(corpus[1_000:1_120])
    for place in range(10, 120, 20):
        passage[place] = "#"
    text = "".join(rng.choice(letters, 100)) + "".join(passage)
    index = overlap.Corpus(corpus, width=8)
    assert index.exact(text, 30) == []
    (one,) = index.near(text)
    assert one.start >= 80 and one.end >= 210 and 0.8 <= one.likeness < 1
    assert abs(one.source - (one.start + 900)) < 8  # where the passage stood
    assert index.near("".join(rng.choice(letters, 200))) == []


# Training with noise.


def test_without_noise_and_with_a_wide_clip_it_is_the_mean_gradient(rng):
    import tensorflow as tf

    weights = [tf.Variable(rng.normal(size=(3, 1)).astype("float32"))]
    x = tf.constant(rng.normal(size=(8, 3)).astype("float32"))
    y = tf.constant(rng.normal(size=(8, 1)).astype("float32"))

    def loss_of(x, y):
        return tf.reduce_mean((x @ weights[0] - y) ** 2)

    seed = tf.constant([0, 1])
    with tf.GradientTape() as tape:
        loss = loss_of(x, y)
    plain = tape.gradient(loss, weights)[0]
    (same,), norms = privacy.private_gradients(loss_of, weights, x, y, 1e6, 0.0, seed)
    np.testing.assert_allclose(same, plain, rtol=1e-5)
    (small,), _ = privacy.private_gradients(loss_of, weights, x, y, 0.01, 0.0, seed)
    assert norms.shape == (8,) and np.linalg.norm(small) <= 0.01 + 1e-6
    noisy = [
        privacy.private_gradients(loss_of, weights, x, y, 2.0, 3.0, tf.constant([s, 0]))
        for s in range(200)
    ]
    spread = np.std([np.asarray(g[0]) for g, _ in noisy])
    assert abs(spread - 3.0 * 2.0 / 8) < 0.05


def test_epsilon_agrees_with_the_published_example_and_moves_the_right_way():
    # TensorFlow Privacy's tutorial: sampling rate 0.417 %, 3,600 steps, δ = 1e-5.
    good = {"noise": 1.3, "rate": 250 / 60_000, "steps": 3_600, "delta": 1e-5}
    assert privacy.epsilon(**good) == pytest.approx(1.18, abs=0.01)
    # Without sampling it is the Gaussian mechanism, known in closed form.
    whole = privacy.epsilon(noise=5.0, rate=1.0, steps=1, delta=1e-5)
    rho = 1 / (2 * 5.0**2)
    assert whole == pytest.approx(rho + 2 * math.sqrt(rho * math.log(1e5)), rel=1e-2)
    for worse in ({"noise": 0.8}, {"rate": 0.01}, {"steps": 9_000}, {"delta": 1e-7}):
        assert privacy.epsilon(**{**good, **worse}) > privacy.epsilon(**good)
    for bad in ({"noise": 0}, {"rate": 2}, {"steps": 0}, {"delta": 1}):
        with pytest.raises(ValueError):
            privacy.epsilon(**{**good, **bad})


# Probes.


def test_contrast_is_a_mean_difference_with_its_interval(rng):
    first = {"nurse": rng.normal(-1, 0.1, 30), "pilot": rng.normal(1, 0.1, 30)}
    second = {word: np.zeros(30) for word in first}
    found = bias.contrast(first, second)
    assert found["nurse"].high < 0 < found["pilot"].low
    assert found["pilot"].value == pytest.approx(first["pilot"].mean())
    with pytest.raises(ValueError, match="same words"):
        bias.contrast(first, {"nurse": np.zeros(30)})


def test_association_of_planted_and_of_random_vectors(rng):
    def unit(x):
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    a, b = unit(rng.normal(size=(8, 20))), unit(rng.normal(size=(8, 20)))
    x = unit(a + 0.5 * rng.normal(size=(8, 20)))
    y = unit(b + 0.5 * rng.normal(size=(8, 20)))
    found = bias.association(x, y, a, b, draws=2_000)
    assert found.effect > 1 and found.p_value < 0.01
    turned = bias.association(y, x, a, b, draws=2_000)
    assert turned.effect == pytest.approx(-found.effect) and turned.p_value > 0.99
    values = [
        bias.association(
            *(unit(rng.normal(size=(6, 9))) for _ in range(4)), 200
        ).p_value
        for _ in range(300)
    ]
    assert abs(np.mean(np.array(values) <= 0.1) - 0.1) < 0.06
    with pytest.raises(ValueError, match="one size"):
        bias.association(x, y[:3], a, b)


# Labels in pictures.


def test_a_label_survives_and_the_picture_is_whole(rng):
    key, label = b"secret", {"model": "image_gan", "seed": 3, "producer": "课程"}
    for shape in ((12, 9), (12, 9, 3)):
        image = rng.integers(0, 256, shape).astype(np.uint8)
        png = provenance.write_png(image, label, key)
        found = provenance.read_label(png, key)
        assert found.status == "valid"
        assert label.items() <= found.label.items()
        from io import BytesIO

        from matplotlib.image import imread  # an independent reader

        read = np.round(imread(BytesIO(png)) * 255).astype(np.uint8)
        np.testing.assert_array_equal(
            read[..., : image.shape[-1]] if image.ndim == 3 else read, image
        )


def test_changes_are_noticed_and_stripping_is_silent(rng):
    image = rng.integers(0, 256, (8, 8)).astype(np.uint8)
    png = provenance.write_png(image, {"seed": 1}, b"key")
    other = provenance.write_png(255 - image, {"seed": 1}, b"key")
    assert provenance.read_label(png, b"another key").status == "not what was signed"
    chunks, pixels = (list(provenance._chunks(one)) for one in (png, other))
    mixed = [p if c[0] == b"IDAT" else c for c, p in zip(chunks, pixels, strict=True)]
    forged = provenance.SIGNATURE + b"".join(provenance._chunk(*one) for one in mixed)
    assert provenance.read_label(forged, b"key").status == "not what was signed"
    bare = provenance.strip_label(png)
    assert provenance.read_label(bare, b"key").status == "no label"
    with pytest.raises(ValueError, match="wants a PNG"):
        provenance.read_label(b"GIF89a", b"key")
    with pytest.raises(ValueError, match="damaged"):
        provenance.read_label(png[:60] + b"\0" + png[61:], b"key")
    with pytest.raises(ValueError, match="uint8"):
        provenance.write_png(image / 255, {}, b"key")


def test_the_implicit_label_is_in_the_file(rng):
    png = provenance.write_png(np.zeros((4, 4), np.uint8), {"producer": "x"}, b"k")
    (text,) = [body for kind, body in provenance._chunks(png) if kind == b"tEXt"]
    assert json.loads(text.split(b"\0")[1])["AIGC"]["ContentProducer"] == "x"
    packed = b"".join(body for kind, body in provenance._chunks(png) if kind == b"IDAT")
    assert zlib.decompress(packed) == bytes(20)  # 4 rows of a filter byte and 4 pixels


# Cards.


def test_a_card_holds_every_measured_number():
    card = checkpoints.card("image_gan")
    said = dict.fromkeys(model_card.SECTIONS, "Words.")
    text = model_card.model_card(card, said, {"AUC": Interval(0.512, 0.49, 0.53)})
    for name, value in card["metrics"].items():
        assert f"| {name} | {value:.4g} |" in text
    assert "| AUC | 0.512 (0.49 to 0.53) |" in text and card["command"] in text
    with pytest.raises(ValueError, match="Intended use"):
        model_card.model_card(card, {"Limits": "none"})


def test_a_datasheet_counts_its_table():
    rows = pd.DataFrame({"text": ["a", "bb", "bb"], "split": ["test", "test", "train"]})
    text = model_card.datasheet("x", {"licence": "CC0"}, rows, {"Why": "Because."})
    for line in ("| rows | 3 |", "| test rows | 2 |", "| text: different | 2 |", "CC0"):
        assert line in text
    with pytest.raises(ValueError, match="with rows"):
        model_card.datasheet("x", {}, rows[:0], {"Why": "Because."})
    with pytest.raises(ValueError, match="one row"):
        model_card.table({})
