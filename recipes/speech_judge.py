"""Train the judge of spoken digits: which digit, which voice.

It learns from takes 5 and up of the recordings (2,700 by six people) and of the digits
that espeak-ng speaks (600 by six voices), so that it judges offline lessons as well.
Takes 0 to 4 are held out: 300 recordings, which give the numbers on the card, and 300
of espeak-ng's. The held-out clips are by voices that it has heard; therefore the same
network is also trained, for fewer steps, without one person at a time, and the card
says how well it understands that person.
"""

import os
import time

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from helpers import audio, datasets, training
from helpers.judges.speech import SpeechJudge, match_pairs
from helpers.models.listener import Listener
from recipes import _shipping
from recipes._shared import facts, rounded

SEED, BATCH, STEPS, PEAK, HELD_OUT = 0, 64, 1_500, 3e-3, 5
FOLD_STEPS = 400  # of each network of leave_one_out
SMALL = {"feature_dim": 8, "width": 4}  # the network in --smoke


def read(smoke: bool) -> dict[str, np.ndarray]:
    """Return log-mel spectrograms, digits, speakers, takes and which are people's.

    In smoke there are no recordings: three voices of espeak-ng stand for people.
    """
    sets = [datasets.load("espeak_digits").arrays]
    if not smoke:
        sets.insert(0, datasets.load("spoken_digits").arrays)
    parts = []
    for number, arrays in enumerate(sets):
        waves = audio.prepare(arrays["waveforms"], int(arrays["sample_rate"]))
        real = np.full(len(waves), number == 0)
        if smoke:
            real = np.isin(arrays["speakers"], np.unique(arrays["speakers"])[:3])
        told = [arrays[key] for key in ("labels", "speakers", "takes")]
        parts.append([audio.log_mel(waves), *told, real])
    names = ("log_mel", "digits", "speakers", "takes", "real")
    pairs = zip(names, zip(*parts, strict=True), strict=True)
    return {name: np.concatenate(values) for name, values in pairs}


def augment(decibels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change spectrograms as rooms, microphones and speakers do.

    Each is moved in time by up to 12 frames, made 0 to 15 % faster or slower, made
    louder or softer by up to 6 dB, mixed with noise of its own level and tilt, and
    masked by SpecAugment.
    """
    count, frames, bands = decibels.shape
    speed = rng.uniform(0.85, 1.15, (count, 1))
    start = rng.uniform(-12, 12, (count, 1))
    places = np.rint(start + speed * np.arange(frames)).astype(int)
    inside = (places >= 0) & (places < frames)
    rows = np.arange(count)[:, None]
    moved = decibels[rows, places.clip(0, frames - 1)] + rng.uniform(
        -6, 6, (count, 1, 1)
    )
    moved = np.where(inside[..., None], moved, audio.FLOOR_DB)
    tilt = rng.uniform(-15, 5, (count, 1, 1)) * np.linspace(0, 1, bands)
    noise = rng.uniform(-75, -28, (count, 1, 1)) + tilt
    noise = noise + rng.normal(0, 4, decibels.shape)
    mixed = 10 * np.log10(10 ** (moved / 10) + 10 ** (noise / 10))
    scaled = audio.scale_log_mel(np.maximum(mixed, audio.FLOOR_DB))
    return audio.spec_augment(scaled, rng)


def train(listener, data, chosen, speakers, steps: int) -> float:
    """Train on the `chosen` clips, and return the minutes of one core."""
    schedule = training.warmup_cosine(PEAK, steps, warmup=steps // 10)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.02)
    optimizer.build(listener.trainable_variables)
    losses = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function
    def step(x, digits, voices):
        with tf.GradientTape() as tape:
            heard = listener(x, training=True)
            word = losses(digits, heard["word_logits"])
            loss = word + losses(voices, heard["speaker_logits"])
        gradients = tape.gradient(loss, listener.trainable_variables)
        optimizer.apply(gradients, listener.trainable_variables)
        return loss

    rng, start = np.random.default_rng(SEED), time.process_time()
    for number in range(1, steps + 1):
        batch = rng.choice(chosen, BATCH, replace=False)
        x = augment(data["log_mel"][batch], rng)
        loss = step(x, data["digits"][batch], speakers[batch])
        if number % 250 == 0 or number == steps:
            print(f"step {number} of {steps}: loss {float(loss):.3f}", flush=True)
    return (time.process_time() - start) / 60


def accuracy(heard: dict, digits: np.ndarray) -> float:
    """Return the share of clips whose digit is recognised."""
    return float(np.mean(heard["word_logits"].argmax(axis=1) == digits))


def measure(judge: SpeechJudge, data, chosen) -> dict[str, float]:
    """Score the held-out clips: digits and voices named, pairs told apart."""
    heard = judge.hear_spectrograms(data["log_mel"][chosen])
    digits, speakers = data["digits"][chosen], data["speakers"][chosen]
    named = np.array(judge.speakers)[heard["speaker_logits"].argmax(axis=1)]
    pairs = {"speaker": speakers, "word": digits}
    return {
        "digit_accuracy": accuracy(heard, digits),
        "speaker_accuracy": float(np.mean(named == speakers)),
        **{
            f"same_{of}_equal_error_rate": match_pairs(heard[of], names)[
                "equal_error_rate"
            ]
            for of, names in pairs.items()
        },
    }


def new_listener(num_speakers: int, smoke: bool) -> Listener:
    """Return the untrained network, the same every time; a small one in smoke."""
    keras.utils.set_random_seed(SEED)
    return Listener(10, num_speakers, **(SMALL if smoke else {}))


def held_out_scores(judge: SpeechJudge, data) -> dict[str, float]:
    """Score the held-out clips of recordings and of espeak-ng."""
    metrics, held_out = {}, data["takes"] < HELD_OUT
    for key, real in (("recordings", True), ("espeak", False)):
        scores = measure(judge, data, np.flatnonzero(held_out & (data["real"] == real)))
        metrics |= {f"{key}_{name}": value for name, value in scores.items()}
    return metrics


def leave_one_out(data, speakers, steps: int, smoke: bool) -> dict[str, float]:
    """Train without one person at a time, and return the accuracy on that person."""
    scores, names = {}, np.unique(data["speakers"])
    for name in np.unique(data["speakers"][data["real"]]):
        listener = new_listener(len(names), smoke)
        own = data["speakers"] == name
        minutes = train(listener, data, np.flatnonzero(~own), speakers, steps)
        heard = SpeechJudge(listener, names).hear_spectrograms(data["log_mel"][own])
        scores[str(name)] = accuracy(heard, data["digits"][own])
        print(f"without {name}: {scores[str(name)]:.1%}, {minutes:.1f} min", flush=True)
    return rounded(scores)


def main() -> None:
    """Make the checkpoint speech_judge."""
    options = _shipping.recipe_options(__doc__)
    data = read(options.smoke)
    names, speakers = np.unique(data["speakers"], return_inverse=True)
    listener = new_listener(len(names), options.smoke)
    steps, fold_steps = (2, 2) if options.smoke else (STEPS, FOLD_STEPS)
    learned = np.flatnonzero(data["takes"] >= HELD_OUT)
    minutes = train(listener, data, learned, speakers, steps)
    _shipping.round_weights(listener)
    metrics = held_out_scores(SpeechJudge(listener, names), data)
    unheard = leave_one_out(data, speakers, fold_steps, options.smoke)
    metrics["unheard_speaker_digit_accuracy"] = np.mean([*unheard.values()])
    card = {
        "data": "spoken_digits and espeak_digits, takes 5 and up of every speaker",
        "held_out": "takes 0 to 4 of every speaker and digit: 300 clips of each set; "
        f"unheard: all of a person, by a network of {fold_steps} steps without them",
        "speakers": [str(name) for name in names],
        **facts(SEED, steps, BATCH, minutes),
        "unheard_speakers": unheard,
        "metrics": rounded(metrics),
    }
    _shipping.save("speech_judge", listener, card, where=options.output)
    print(f"speech_judge: {card['metrics']}", flush=True)


if __name__ == "__main__":
    main()
