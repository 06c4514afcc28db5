"""The GPT with slots writes what `generate` writes, whoever shares the batch."""

import numpy as np
import pytest

from helpers.models.text.gpt import GPT
from helpers.sampling import generate
from helpers.serving.decoding import GPTEngine
from helpers.text.tokenizers import CharTokenizer

TOKENIZER = CharTokenizer.from_text("abcdefghij klm")


@pytest.fixture(scope="module")
def model():
    import keras

    keras.utils.set_random_seed(3)
    made = GPT(TOKENIZER.vocabulary_size, 2, 2, 16, max_sequence_length=32)
    for weight in made.weights:  # larger: untrained logits are nearly equal
        weight.assign(weight * 6)
    return made


PROMPTS = ["a", "abc def", "hij klm abc", "km", "dddd e dddd e ddd"]


def test_slots_of_different_lengths_write_what_each_would_alone(model):
    engine = GPTEngine(model, TOKENIZER, "gpt", slots=3)
    texts = {n: engine.encode([{"content": p}]) for n, p in enumerate(PROMPTS)}
    wanted = {
        n: generate(model, ids, 12, jit_compile=False)[0].tolist()
        for n, ids in texts.items()
    }
    waiting, busy, steps = list(texts), {}, 0
    while waiting or busy:  # slots are used again, at different times
        for slot in {0, 1, 2} - busy.keys():
            if waiting and (steps % 3 == 0 or not busy):
                busy[slot] = waiting.pop(0)
                engine.begin(slot, texts[busy[slot]])
        fed = {slot: texts[n][-1] for slot, n in busy.items()}
        for slot, logits in engine.step(fed).items():
            texts[busy[slot]].append(int(logits.argmax()))
        done = {s for s, n in busy.items() if len(texts[n]) == len(wanted[n])}
        busy = {slot: n for slot, n in busy.items() if slot not in done}
        steps += 1
    assert texts == wanted


def test_logits_are_the_models_own(model):
    engine = GPTEngine(model, TOKENIZER, "gpt", slots=2)
    ids = engine.encode([{"content": PROMPTS[2]}])
    engine.begin(1, ids)
    logits = engine.step({1: ids[-1]})[1]
    own = np.asarray(model(np.array([ids])))[0, -1]
    assert np.abs(logits - own).max() < 1e-4 * np.abs(own).max()
    assert engine.decode(ids) == PROMPTS[2]


def test_the_window_can_be_filled_to_its_end(model):
    engine = GPTEngine(model, TOKENIZER, "gpt", slots=1)
    ids = [1] * 31
    engine.begin(0, ids)
    own = np.asarray(model(np.array([[1] * 31])))[0, -1]
    assert np.abs(engine.step({0: 1})[0] - own).max() < 1e-4 * np.abs(own).max()
    own = np.asarray(model(np.array([[1] * 32])))[0, -1]
    assert np.abs(engine.step({0: 1})[0] - own).max() < 1e-4 * np.abs(own).max()


def test_models_it_cannot_serve_are_refused():
    other = GPT(5, 1, 1, 8, max_sequence_length=8, positions="learned")
    with pytest.raises(ValueError, match="wants rotary"):
        GPTEngine(other, TOKENIZER, "gpt")
