"""Train the GAN that draws spoken digits as spectrograms.

It learns from takes 5 to 49 of every speaker and digit: 2,700 of the 3,000 recordings.
The rest is the data's own test set. The training can be stopped at any time and goes
on from its state in build/speech_gan_state.npz, which is kept every few minutes.
"""

import os
import time

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from helpers import audio, datasets, training
from helpers.judges.speech import SpeechJudge
from helpers.metrics.nearest import nearest
from helpers.models.speech.networks import SpeechDiscriminator, SpeechGenerator
from helpers.models.speech.training import SpeechGAN
from recipes import _shipping
from recipes._shared import State, facts, rounded, ship, state_of

SEED, BATCH, STEPS, EVERY, RATE = 0, 32, 6_000, 250, 7e-4
PENALTY, DECAY = 1.0, 0.999
HELD_OUT = 5  # takes 0 to 4 are the data's own test set
SMALL = (8, 8, 8, 8)  # widths of both networks in --smoke


def clips(data) -> dict[str, np.ndarray]:
    """Return spectrograms, digits, speakers as numbers, and takes of a data set."""
    arrays = data.arrays
    waves = audio.prepare(arrays["waveforms"], int(arrays["sample_rate"]))
    names, speakers = np.unique(arrays["speakers"], return_inverse=True)
    return {
        "spectrograms": audio.scale_log_mel(audio.log_mel(waves))[..., None],
        "digits": arrays["labels"].astype("int32"),
        "speakers": speakers.astype("int32"),
        "takes": arrays["takes"],
        "names": names,
    }


def batches(parts: dict[str, np.ndarray], start: int, count: int) -> tf.data.Dataset:
    """Return batches number `start` to `start + count - 1`, the same every time."""
    train = np.flatnonzero(parts["takes"] >= HELD_OUT)
    draws = [
        np.random.default_rng((SEED, step)).choice(train, BATCH, replace=False)
        for step in range(start, start + count)
    ]
    arrays = [parts[name] for name in ("spectrograms", "digits", "speakers")]
    rows = tf.data.Dataset.from_generator(
        lambda: (tuple(array[draw] for array in arrays) for draw in draws),
        output_signature=tuple(
            tf.TensorSpec((BATCH, *array.shape[1:]), array.dtype) for array in arrays
        ),
    )
    rows = rows.apply(tf.data.experimental.assert_cardinality(count))
    return rows.prefetch(2)


def new_gan(num_speakers: int, smoke: bool = False) -> SpeechGAN:
    """Return the untrained, compiled GAN; in smoke a small one that is not traced."""
    keras.utils.set_random_seed(SEED)
    sizes = {"num_speakers": num_speakers} | ({"widths": SMALL} if smoke else {})
    networks = SpeechGenerator(**sizes), SpeechDiscriminator(**sizes)
    gan = SpeechGAN(*networks, penalty=PENALTY, decay=DECAY)
    rate = training.warmup_cosine(RATE, STEPS)
    optimizer = keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.99)
    gan.compile(optimizer, jit_compile=False, run_eagerly=smoke)
    return gan


def train(
    gan: SpeechGAN, parts: dict, steps: int, state: State, judge: SpeechJudge
) -> float:
    """Train up to `steps`, from the state if there is one; return all minutes."""
    done, minutes = state.resume(gan)
    while done < steps:
        start, count = time.process_time(), min(EVERY, steps - done)
        history = gan.fit(batches(parts, done, count), verbose=0).history
        done, minutes = done + count, minutes + (time.process_time() - start) / 60
        state.save(gan, minutes)
        shown = ", ".join(f"{name} {value[-1]:.3f}" for name, value in history.items())
        share = recognised(gan.average, judge, 200)
        print(
            f"step {done} of {steps}, {minutes:.1f} min: {shown}, "
            f"recognised {share:.1%}",
            flush=True,
        )
    return minutes


def recognised(generator: SpeechGenerator, judge: SpeechJudge, count: int) -> float:
    """Return the share of generated spectrograms in which the judge sees the digit."""
    digits = np.arange(count) % 10
    heard = judge.hear_spectrograms(generator.sample(digits, seed=SEED))
    return float(np.mean(heard["word_logits"].argmax(axis=1) == digits))


def measure(generator, parts: dict, judge: SpeechJudge, count: int) -> dict[str, float]:
    """Score `count` digits: recognised, by the right voice, how near to recordings.

    They are judged as sound that Griffin-Lim makes of the spectrograms. The median
    distance to the nearest training spectrogram (dB, root mean square) stands beside
    that of the held-out recordings: far smaller would mean copies.
    """
    digits = np.arange(count) % 10
    speakers = np.arange(count) // 10 % generator.num_speakers
    made = generator.sample(digits, seed=SEED + 1, speakers=speakers)
    sounds = audio.log_mel_to_waveform(made)
    score, heard = judge.score(sounds, digits), judge.hear(sounds)
    known = np.array(judge.speakers)[heard["speaker_logits"].argmax(axis=1)]
    held_out = parts["takes"] < HELD_OUT
    real = audio.unscale_log_mel(parts["spectrograms"][..., 0])
    learned, apart = real[~held_out], real[held_out]
    return {
        "recognised": score["accuracy"],
        "worst_digit": min(score["class_accuracy"].values()),
        "digits_covered": score["coverage"],
        "right_voice": float(np.mean(known == parts["names"][speakers])),
        "nearest_training": np.median(nearest(made, learned)[0]) / 64,
        "nearest_training_of_held_out": np.median(nearest(apart, learned)[0]) / 64,
    }


def main() -> None:
    """Make the checkpoint speech_gan."""
    options = _shipping.recipe_options(__doc__)
    data = datasets.load("spoken_digits", fallback=options.smoke)
    parts, judge = clips(data), SpeechJudge.load()
    gan = new_gan(len(parts["names"]), options.smoke)
    steps = 2 if options.smoke else STEPS
    settings = {"rate": RATE, "penalty": PENALTY, "decay": DECAY, "held_out": HELD_OUT}
    settings |= {"data": data.name, "seed": SEED, "steps": steps, "batch": BATCH}
    state = state_of("speech_gan", options.output, **settings)
    minutes = train(gan, parts, steps, state, judge)
    _shipping.round_weights(gan.average)
    count = 20 if options.smoke else 500
    metrics = rounded(measure(gan.average, parts, judge, count))
    card = {
        "data": f"{data.name}: takes {HELD_OUT} and up of every speaker and digit",
        "held_out": f"takes below {HELD_OUT}; the judge speech_judge never saw a GAN",
        "speakers": parts["names"].tolist(),
        **facts(SEED, steps, BATCH, minutes),
        "metrics": metrics,
    }
    ship("speech_gan", gan.average, card, state, options.output)
    print(f"speech_gan: {metrics}", flush=True)


if __name__ == "__main__":
    main()
