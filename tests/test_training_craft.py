"""Lesson 14's table and search: the recipe against references, a search killed."""

import math
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from recipes import _choices, training_choices
from recipes._choices import Setting, Text, Trainer

# Tries twenty settings of a function; each trial takes long enough to be killed in.
SEARCH = """
import sys, time
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)

def objective(trial):
    x = trial.suggest_float("x", -1, 1)
    print("began", trial.number, flush=True)
    for step in range(3):
        time.sleep(0.02)
        trial.report(x * x + 1 / (1 + step), step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return x * x

study = optuna.create_study(
    study_name="craft", storage=sys.argv[1], load_if_exists=True,
    sampler=optuna.samplers.TPESampler(seed=0),
    pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
)
states = optuna.trial.TrialState
for trial in study.get_trials(states=[states.RUNNING]):
    study.tell(trial.number, state=states.FAIL)
    study.enqueue_trial(trial.params)
done = len(study.get_trials(states=[states.COMPLETE, states.PRUNED]))
study.optimize(objective, n_trials=20 - done)
for trial in study.trials:
    print("trial", trial.number, trial.state.name, trial.params.get("x"), flush=True)
"""


@pytest.fixture(scope="module")
def text():
    return Text((30, 6, 5))


def search(storage):
    command = [sys.executable, "-c", SEARCH, storage]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_search_killed_in_a_trial_goes_on(tmp_path):
    storage = f"sqlite:///{tmp_path / 'search.db'}"
    killed = search(storage)
    for line in killed.stdout:
        if line == "began 8\n":
            killed.send_signal(signal.SIGKILL)
            break
    assert killed.wait() == -signal.SIGKILL
    lines = search(storage).communicate()[0].splitlines()
    began = [int(line.split()[1]) for line in lines if line.startswith("began")]
    trials = [line.split()[1:] for line in lines if line.startswith("trial")]
    assert began == list(range(9, 21)) and len(trials) == 21
    kinds = [kind for _, kind, _ in trials]
    assert kinds[8] == "FAIL" and kinds.count("FAIL") == 1
    assert {"COMPLETE"} <= set(kinds[:8]) <= {"COMPLETE", "PRUNED"}
    assert trials[9][2] == trials[8][2]  # the lost settings are tried again
    assert "PRUNED" in kinds[9:]


def test_examples_are_the_documents_word_by_word(text):
    from helpers.grammar import Grammar
    from helpers.text import WordTokenizer

    grammar = Grammar.load()
    tokenizer = WordTokenizer(grammar.vocabulary)
    documents = grammar.sample(30, seed=1)
    inputs, targets = text.parts[0]
    words = " ".join(" ".join(document) + " <end>" for document in documents)
    assert tokenizer.decode(targets) == words
    for row in range(1, len(targets)):
        if targets[row - 1] == tokenizer.end_id:
            assert (inputs[row] == tokenizer.end_id).all()
        else:
            assert inputs[row, -1] == targets[row - 1]
            assert (inputs[row, :-1] == inputs[row - 1, 1:]).all()


def test_schedules_are_their_closed_forms():
    cosine = keras.optimizers.schedules.CosineDecay(1.0, 100)
    rising = keras.optimizers.schedules.CosineDecay(
        0.0, 95, warmup_target=1.0, warmup_steps=5
    )
    share = _choices.share_of_peak
    for step in range(100):
        done = step / 100
        assert share("constant", done) == 1
        assert share("cosine", done) == pytest.approx(float(cosine(step)), abs=1e-6)
        stairs = 1 if done < 0.5 else 0.1 if done < 0.75 else 0.01
        assert share("step", done) == pytest.approx(stairs)
        wanted = float(rising(step))
        assert share("warm-up + cosine", done) == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_losses_are_kerass(smoothing):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(5, 7)).astype("float32")
    targets = rng.integers(0, 7, 5)
    truth = np.eye(7)[targets]
    setting = Setting(smoothing=smoothing)
    theirs = keras.losses.CategoricalCrossentropy(True, label_smoothing=smoothing)
    ours = _choices.loss_of(setting, targets, logits)
    assert float(ours) == pytest.approx(float(theirs(truth, logits)), abs=1e-6)
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    squares = _choices.loss_of(Setting(loss="squared error"), targets, logits)
    wanted = ((p - truth) ** 2).sum(-1).mean()
    assert float(squares) == pytest.approx(wanted, abs=1e-6)


def test_a_training_repeats_and_its_scores_are_means_over_words(text):
    trainer = Trainer(Setting(), text)
    weights = []
    for _ in range(2):
        trainer.restart(7)
        assert trainer.take(12, 4e-3, 7, "cosine") > 0
        weights.append(
            np.concatenate([np.ravel(w) for w in trainer.model.get_weights()])
        )
    np.testing.assert_allclose(*weights, atol=1e-6)
    inputs, targets = text.parts[1]
    logits = trainer.model.predict(inputs, verbose=0).astype("float64")
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    nats, accuracy = trainer.scores(1)
    chosen = log_p[np.arange(len(targets)), targets]
    assert nats == pytest.approx(-chosen.mean(), abs=1e-4) and nats < math.log(729)
    assert accuracy == pytest.approx((log_p.argmax(-1) == targets).mean())


def test_averages_follow_the_weights_and_clipping_shortens(text):
    trainer = Trainer(Setting(average=0.9, optimizer="SGD", clip=0.5), text)
    trainer.restart(0)
    variable = trainer.model.trainable_variables[-2]  # the head's kernel
    mean, inputs, targets = variable.numpy(), *text.parts[0]
    for number in range(5):
        trainer.optimizer.learning_rate = 1.0
        before = [one.numpy() for one in trainer.model.trainable_variables]
        rows = slice(64 * number, 64 * number + 64)
        trainer.step(inputs[rows], targets[rows])
        after = [one.numpy() for one in trainer.model.trainable_variables]
        moves = zip(before, after, strict=True)
        length = math.sqrt(sum(np.sum((b - a) ** 2.0) for a, b in moves))
        # TensorFlow measures an embedding's gradient before it adds up the rows of a
        # word that comes twice, so the length is not met exactly.
        assert length == pytest.approx(0.5, rel=0.05)
        mean = 0.9 * mean + 0.1 * variable.numpy()
    trainer.use_average()
    np.testing.assert_allclose(variable.numpy(), mean, atol=1e-6)


def test_equal_time_is_fewer_steps_for_a_slower_step(text, monkeypatch):
    bench = training_choices.Bench(text, base_steps=12)
    speeds = {"AdamW": 1.0, "Muon": 3.0}
    monkeypatch.setattr(
        Trainer, "take", lambda self, steps, *_: steps * speeds[self.setting.optimizer]
    )
    assert bench.train("baseline", "baseline", 1e-3, 0)["steps"] == 12
    row = bench.train("optimizer", "Muon", 1e-3, 0)
    assert row["steps"] == 4 and row["ms_per_step"] == 3_000


def test_the_best_rate_is_that_of_the_lowest_loss(text, monkeypatch):
    bench, asked = training_choices.Bench(text), []

    def train(group, choice, peak, seed):
        asked.append((choice, peak, seed))
        return {"validation": math.inf if peak > 5e-3 else abs(peak - 3e-3) + peak / 9}

    monkeypatch.setattr(bench, "train", train)
    for choice in ("Adam", "Adam"):  # the second time it is known
        assert bench.best_rate("optimizer", choice) == 2e-3
    assert bench.best_rate("regularisation", "dropout 0.1") == 2e-3
    rates = training_choices.ADAM_RATES
    names = [("Adam", rate, 100) for rate in rates]
    assert asked == names + [("baseline", rate, 100) for rate in rates]


def test_the_table_has_a_row_for_each_choice_and_seed():
    rows = training_choices.cases()
    final = [row for row in rows if row["tried"] == ""]
    choices = {(row["group"], row["choice"]) for row in final}
    assert len(final) == len(choices) * len(training_choices.SEEDS)
    wanted = {"SGD", "momentum", "Adam", "Muon", "constant", "step", "cosine", "none"}
    wanted |= {"baseline", "batch norm", "bfloat16", "squared error", "clipping at 1"}
    assert wanted <= {choice for _, choice in choices}
    assert all(row["seed"] == 100 for row in rows if row["tried"] != "")
