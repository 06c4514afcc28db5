"""The recurrent model against the equations and its promises."""

import keras
import numpy as np
import pytest

from helpers.models.text.lstm import LSTMLanguageModel


def sigmoid(x):
    """Return the logistic function."""
    return 1 / (1 + np.exp(-x))


def test_equals_the_lstm_equations_in_numpy():
    model = LSTMLanguageModel(11, 5, 7)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, w.shape) for w in model.weights])
    table, kernel, recurrent, bias, head, head_bias = model.get_weights()
    tokens = rng.integers(0, 11, 9)
    state, memory, wanted = np.zeros(7), np.zeros(7), []
    for token in tokens:
        gates = table[token] @ kernel + state @ recurrent + bias
        enter, forget, new, leave = np.split(gates, 4)
        memory = sigmoid(forget) * memory + sigmoid(enter) * np.tanh(new)
        state = sigmoid(leave) * np.tanh(memory)
        wanted.append(state @ head + head_bias)
    np.testing.assert_allclose(model(tokens[None])[0], wanted, atol=1e-5)


@pytest.mark.parametrize("attention", [False, True])
def test_a_later_token_changes_no_earlier_logit(attention):
    model = LSTMLanguageModel(11, 8, 16, num_layers=2, attention=attention)
    tokens = np.random.default_rng(0).integers(0, 11, (2, 12))
    changed = tokens.copy()
    changed[:, 6] = (changed[:, 6] + 1) % 11
    before, after = np.array(model(tokens)), np.array(model(changed))
    np.testing.assert_array_equal(after[:, :6], before[:, :6])
    assert np.abs(after[:, 6:] - before[:, 6:]).max() > 1e-5


@pytest.mark.parametrize("attention", [False, True])
def test_saved_model_gives_the_same_logits(attention, tmp_path):
    model = LSTMLanguageModel(11, 8, 16, attention=attention, dropout=0.1)
    model.save(tmp_path / "lstm.keras")
    again = keras.models.load_model(tmp_path / "lstm.keras")
    tokens = np.arange(11)[None]
    np.testing.assert_array_equal(again(tokens), model(tokens))


def test_bad_settings_say_what_was_wanted():
    with pytest.raises(ValueError, match="sizes ≥ 1"):
        LSTMLanguageModel(0, 8, 16)
    with pytest.raises(ValueError, match="dropout 1"):
        LSTMLanguageModel(11, 8, 16, dropout=1)


def test_lengths_may_differ_and_policies_reach_every_layer():
    ids = keras.Input((None,), dtype="int32")
    lstm = LSTMLanguageModel(11, 8, 16, attention=True)
    model = keras.Model(ids, lstm(ids))
    for length in (5, 9):
        tokens = np.arange(length)[None]
        np.testing.assert_allclose(model(tokens), lstm(tokens), atol=1e-6)
    low = LSTMLanguageModel(11, 8, 16, attention=True, dtype="mixed_bfloat16")
    assert low(tokens).dtype.name == "bfloat16"
    parts = {part.dtype_policy.name for part in low._flatten_layers()}
    assert parts == {"mixed_bfloat16"}
    assert LSTMLanguageModel.from_config(low.get_config()).dtype == low.dtype
