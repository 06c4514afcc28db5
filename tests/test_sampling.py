import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, softmax
from scipy.stats import chisquare

from helpers.models.text.gpt import GPT
from helpers.sampling.generation import generate
from helpers.sampling.samplers import Beam, Greedy, Random, Sampler, TopK, TopP


class Chain:
    """A Markov chain: the next token depends on the last one only."""

    def __init__(self, vocabulary_size=5, seed=0, spread=1.5):
        random = np.random.default_rng(seed)
        shape = (vocabulary_size, vocabulary_size)
        self.table = random.normal(size=shape).astype(np.float32) * spread
        self.vocabulary_size = vocabulary_size

    def __call__(self, token_ids):
        return tf.gather(tf.constant(self.table), token_ids)


@pytest.fixture(scope="module")
def gpt():
    import keras

    keras.utils.set_random_seed(3)
    model = GPT(23, 1, 2, 16, max_sequence_length=16)
    for weight in model.trainable_weights:
        weight.assign(weight * 8.0)  # far from ties
    return model


def greedy_by_hand(model, ids, count):
    ids = list(ids)
    for _ in range(count):
        ids.append(int(np.argmax(np.asarray(model(np.array([ids])))[0, -1])))
    return ids


@pytest.mark.parametrize("use_cache", [True, False])
def test_greedy_is_argmax_of_the_full_model(gpt, use_cache):
    out = generate(gpt, [1, 2, 3], 10, use_cache=use_cache)
    assert out.dtype == np.int32
    assert out[0].tolist() == greedy_by_hand(gpt, [1, 2, 3], 10)


@pytest.mark.parametrize(
    "sampler", [Greedy(), Random(0.9, seed=4), TopK(5, seed=1), TopP(0.8), Beam(3)]
)
def test_cached_equals_uncached_past_the_window(gpt, sampler):
    prompts = np.array([[1, 2, 3], [7, 0, 22]])
    cached = generate(gpt, prompts, 20, sampler)
    assert cached.shape == (2, 23)
    full = generate(gpt, prompts, 20, sampler, use_cache=False)
    np.testing.assert_array_equal(cached, full)


@pytest.mark.parametrize("sampler", [Greedy(), Beam(3)])
def test_the_loop_without_xla_chooses_the_same(gpt, sampler):
    prompts = np.array([[1, 2, 3], [7, 0, 22]])
    plain = generate(gpt, prompts, 20, sampler, jit_compile=False)
    np.testing.assert_array_equal(plain, generate(gpt, prompts, 20, sampler))


def test_draws_without_xla_repeat_with_their_seed(gpt):
    texts = [
        generate(gpt, [1, 2], 12, Random(seed=s), jit_compile=False) for s in (3, 3, 4)
    ]
    np.testing.assert_array_equal(texts[0], texts[1])
    assert (texts[0] != texts[2]).any()


def test_prompt_of_a_whole_window(gpt):
    prompt = np.arange(16) % 23
    out = generate(gpt, prompt, 1)
    assert out[0].tolist() == greedy_by_hand(gpt, prompt, 1)


def test_long_text_goes_on_from_half_a_window(gpt):
    out = generate(gpt, [1], 20)[0]
    assert out[:17].tolist() == greedy_by_hand(gpt, [1], 16)
    assert out[17:].tolist() == greedy_by_hand(gpt, out[9:17], 4)[8:]


def test_rows_do_not_mix(gpt):
    together = generate(gpt, [[1, 2], [9, 8]], 8)
    np.testing.assert_array_equal(together[0], generate(gpt, [1, 2], 8)[0])
    np.testing.assert_array_equal(together[1], generate(gpt, [9, 8], 8)[0])


def test_end_id_stops_rows_and_the_loop(gpt):
    free = generate(gpt, [[1, 2], [9, 8]], 8)
    end = int(free[0, 4])
    out = generate(gpt, [[1, 2], [9, 8]], 8, end_id=end)
    first = [row.index(end, 2) for row in free.tolist() if end in row[2:]]
    assert (out[0, 4:] == end).all()
    assert out.shape[1] <= 10 and len(first) >= 1
    assert generate(gpt, [1, 2], 8, end_id=end).shape == (1, 5)


def test_frequencies_are_the_softmax():
    chain = Chain()
    for temperature in (0.7, 1.0, 1.6):
        out = generate(chain, np.full((4000, 1), 2), 1, Random(temperature, seed=5))
        counts = np.bincount(out[:, 1], minlength=5)
        expected = softmax(chain.table[2].astype(float) / temperature) * 4000
        assert chisquare(counts, expected).pvalue > 1e-3


def keep_top_k(logits, k):
    return set(np.argsort(-logits, kind="stable")[:k].tolist())


def keep_top_p(logits, p):
    order = np.argsort(-logits, kind="stable")
    total, kept = 0.0, set()
    for index in order:
        if total >= p:
            break
        kept.add(int(index))
        total += softmax(logits.astype(np.float64))[index]
    return kept


def test_filters_keep_what_numpy_keeps():
    logits = np.random.default_rng(0).normal(size=(50, 11)).astype(np.float32) * 2
    for k in (1, 3, 11, 40):
        kept = np.isfinite(TopK(k).filter(tf.constant(logits)).numpy())
        for row, mask in zip(logits, kept, strict=True):
            assert set(np.flatnonzero(mask).tolist()) == keep_top_k(row, k)
    for p in (0.01, 0.5, 0.93, 1.0):
        kept = np.isfinite(TopP(p).filter(tf.constant(logits)).numpy())
        for row, mask in zip(logits, kept, strict=True):
            if p < 1:  # at 1 float32 may drop the last 1e-7
                assert set(np.flatnonzero(mask).tolist()) == keep_top_p(row, p)
            else:
                assert mask.sum() >= len(row) - 1


def test_top_k_draws_only_kept_tokens_in_proportion():
    chain = Chain(8)
    out = generate(chain, np.full((4000, 1), 3), 1, TopK(3, 1.3, seed=2))[:, 1]
    kept = sorted(keep_top_k(chain.table[3], 3))
    assert set(out.tolist()) == set(kept)
    expected = softmax(chain.table[3][kept].astype(float) / 1.3) * 4000
    counts = [np.sum(out == index) for index in kept]
    assert chisquare(counts, expected).pvalue > 1e-3


@pytest.mark.parametrize("end_id", [None, 2])
def test_wide_beam_is_exhaustive_search(end_id):
    chain, start, steps = Chain(4, seed=8), 1, 3
    gains = log_softmax(chain.table.astype(np.float64), axis=1)

    def score(path):
        total, last = 0.0, start
        for token in path:
            if last == end_id and last is not start:
                return total if set(path[path.index(end_id) :]) == {end_id} else -np.inf
            total, last = total + gains[last, token], token
        return total

    best = max(itertools.product(range(4), repeat=steps), key=score)
    out = generate(chain, [start], steps, Beam(64), end_id=end_id)[0, 1:].tolist()
    assert out + [end_id] * (steps - len(out)) == list(best)


def test_beam_of_one_is_greedy_and_wider_is_never_worse(gpt):
    np.testing.assert_array_equal(generate(gpt, [4], 9, Beam(1)), generate(gpt, [4], 9))

    def score(ids):
        logits = np.asarray(gpt(ids[:, :-1]))[0]
        return log_softmax(logits, -1)[np.arange(len(ids[0]) - 1), ids[0, 1:]].sum()

    wide = score(generate(gpt, [4], 9, Beam(8)))
    assert wide >= score(generate(gpt, [4], 9)) - 1e-4


def test_temperature_to_zero_is_greedy(gpt):
    wanted = generate(gpt, [5, 6], 12)
    for sampler in (Random(0.0), Random(1e-4, seed=3), TopP(1e-6)):
        np.testing.assert_array_equal(generate(gpt, [5, 6], 12, sampler), wanted)


def test_seeds_reproduce_and_differ(gpt):
    one, again = (generate(gpt, [5], 12, Random(seed=1)) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    assert (one != generate(gpt, [5], 12, Random(seed=2))).any()


def test_a_reader_can_write_a_strategy(gpt):
    class Even(Sampler):
        def filter(self, logits):
            return tf.where(tf.range(logits.shape[-1]) % 2 == 0, logits, -np.inf)

    assert (generate(gpt, [4], 10, Even(seed=3)) % 2 == 0).all()


class Allowed(Sampler):
    """Draw only tokens that a table allows."""

    def __init__(self, table):
        super().__init__(0.0)
        self.table = table

    def filter(self, logits):
        return tf.where(np.asarray(self.table), logits, -np.inf)


def test_samplers_that_differ_inside_a_long_array_share_no_program():
    size = 2_000  # NumPy prints an array of more than 1,000 numbers without its middle
    chain = Chain(2)
    chain.table, chain.vocabulary_size = np.zeros((size, size), np.float32), size
    for token in (700, 900):
        table = np.zeros(size, bool)
        table[token] = True
        assert generate(chain, [1], 2, Allowed(table))[0].tolist() == [1, token, token]


@pytest.mark.parametrize(
    "wrap",
    [
        np.asarray,
        tf.constant,
        tf.Variable,
        lambda x: [x],
        lambda x: (0, {"bias": x}),
        lambda x: np.array([x, None], object),
    ],
)
def test_program_keys_tell_arrays_apart(wrap):
    one = np.zeros(3_000, np.float32)
    other = one.copy()
    other[1_500] = 1
    same, changed, longer, wider = (
        Allowed(wrap(x)).program_key()
        for x in (one.copy(), other, np.zeros(3_001, np.float32), one.astype(float))
    )
    assert hash(same) == hash(Allowed(wrap(one)).program_key())
    assert same == Allowed(wrap(one)).program_key()
    assert len({same, changed, longer, wider}) == 4


def test_program_keys_leave_out_temperature_and_seed():
    assert TopK(5, 0.5, seed=1).program_key() == TopK(5, 0.7, seed=2).program_key()
    keys = {s.program_key() for s in (TopK(5), TopK(6), TopK(5, 0), TopP(0.5), Beam(5))}
    assert len(keys) == 5


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: Random(-0.1), "temperature is -0.1"),
        (lambda: TopP(temperature=float("nan")), "temperature is nan"),
        (lambda: Random(seed=1.5), "seed is 1.5"),
        (lambda: TopK(0), "k is 0"),
        (lambda: TopK(2.5), "k is 2.5"),
        (lambda: TopP(0.0), "p is 0.0"),
        (lambda: TopP(1.1), "p is 1.1"),
        (lambda: Beam(0), "width is 0"),
        (lambda: Beam(10**9), "width is 1000000000"),
        (lambda: Random("hot"), "temperature is 'hot'"),
        (lambda: Random(1e30), "temperature is 1e"),
        (lambda: TopP("most"), "p is 'most'"),
        (lambda: TopP(float("nan")), "p is nan"),
        (lambda: TopK(True), "k is True"),
    ],
)
def test_bad_settings(make, said):
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize(
    "prompt, count, said",
    [
        ([], 1, "at least one token"),
        ([[[1]]], 1, "at least one token"),
        ([0.5], 1, "integer token ids"),
        ([23], 1, "wanted 0 to 22"),
        ([-1], 1, "wanted 0 to 22"),
        (list(range(17)), 1, "at most 16"),
        ([1], 0, "max_new_tokens is 0"),
        ([1], 1.5, "max_new_tokens is 1.5"),
        ([1], 10**12, "max_new_tokens is 1000000000000"),
    ],
)
def test_bad_input(gpt, prompt, count, said):
    with pytest.raises(ValueError, match=said):
        generate(gpt, prompt, count)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("sampler", [Greedy(), Random(), TopK(2), TopP(0.9), Beam(2)])
def test_logits_that_are_no_numbers_are_refused(sampler, value):
    chain = Chain()
    chain.table[3, 2] = value  # met by those who come to token 3
    with pytest.raises(ValueError, match=r"NaN, \+inf .* sequences \[1\]"):
        generate(chain, [[1], [3]], 1, sampler, jit_compile=False)


@pytest.mark.parametrize("jit_compile", [True, False])
@pytest.mark.parametrize("sampler", [Greedy(), TopP(0.9), Beam(2)])
def test_minus_infinity_forbids_a_token_but_not_all(sampler, jit_compile):
    chain = Chain()
    chain.table[:, 1:] = -np.inf
    out = generate(chain, [[1]], 3, sampler, jit_compile=jit_compile)
    assert out[0, 1:].tolist() == [0, 0, 0]
    chain = Chain()
    chain.table[:] = -np.inf
    with pytest.raises(ValueError, match="nothing but -inf"):
        generate(chain, [[1]], 3, sampler, jit_compile=jit_compile)


def test_a_filter_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing but -inf"):
        generate(Chain(), [1], 2, Allowed(np.zeros(5, bool)), jit_compile=False)


@pytest.mark.parametrize("use_cache", [True, False])
def test_a_model_of_nan_weights_writes_nothing(use_cache):
    model = GPT(20, 1, 2, 8, max_sequence_length=16)
    model.token_embedding.embeddings.assign(np.full((20, 8), np.nan))
    with pytest.raises(ValueError, match="NaN in the model's weights"):
        generate(model, [1, 2], 3, use_cache=use_cache, jit_compile=False)


@pytest.mark.parametrize(
    "p, probabilities, wanted",
    [
        (0.5, [0.125] * 8, [0, 1, 2, 3]),
        (0.6, [0.4, 0.3, 0.3], [0, 1]),
        (0.6, [0.3, 0.4, 0.3], [0, 1]),
        (0.25, [0.25] * 4, [0]),
        (0.5, [0.1] * 10, [0, 1, 2, 3, 4]),
        (1e-9, [0.2, 0.5, 0.3], [1]),
        (1.0, [0.2, 0.5, 0.3], [0, 1, 2]),
    ],
)
def test_top_p_keeps_the_smallest_set_ties_by_id(p, probabilities, wanted):
    kept = TopP(p).filter(tf.math.log([probabilities]))
    assert np.flatnonzero(np.isfinite(kept[0])).tolist() == wanted


def test_top_k_keeps_k_of_a_tie():
    kept = TopK(2).filter(tf.constant([[1.0, 3.0, 1.0, 1.0], [2.0] * 4]))
    assert np.isfinite(kept).tolist() == [[1, 1, 0, 0], [1, 1, 0, 0]]


def test_finite_logits_stay_finite_at_a_low_temperature():
    chain = Chain()
    chain.table *= 1e37
    wanted = generate(chain, [1], 4, jit_compile=False)
    low = generate(chain, [1], 4, Random(1e-4), jit_compile=False)
    np.testing.assert_array_equal(low, wanted)


@pytest.mark.parametrize("end_id", [-1, 23, 1.5])
def test_bad_end_id(gpt, end_id):
    with pytest.raises(ValueError, match="end_id is"):
        generate(gpt, [1], 2, end_id=end_id)
