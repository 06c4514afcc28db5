"""Train the vocoder that turns log-mel spectrograms into 8 kHz sound.

It learns from takes 5 to 49 of five speakers and from espeak-ng's voices, since a
vocoder has to speak in voices that it has not heard. One whole speaker is held out, and
so are the first five takes of all. The training can be stopped at any time and goes on
from its state in build/speech_vocoder_state.npz, which is kept every few minutes.
"""

import os
import time

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from helpers import audio, datasets, training
from helpers.judges.recognition import predicted_mos_all
from helpers.judges.speech import SpeechJudge
from helpers.metrics.audio import log_mel_error
from helpers.models.vocoder.training import VocoderGAN, WaveDiscriminator
from helpers.models.vocoder.vocoder import Vocoder
from helpers.training.optimizers import StackedMuon
from recipes import _shipping
from recipes._shared import State, facts, rounded, ship, state_of

SEED, BATCH, PIECE, EVERY, PEAK = 0, 16, 4096, 200, 5e-3
SPECTRAL_STEPS, STEPS = 3_000, 4_500  # first the spectra alone, then both networks
HELD_OUT = "george"  # the speaker whom the vocoder never hears
JUDGED, OPINIONS = 100, 50  # recordings judged, and those with a predicted MOS
SMALL = {"width": 8, "hidden_dim": 8, "num_layers": 1}  # the vocoder in --smoke


def training_track(sets: list, held_out: str) -> np.ndarray:
    """Return the training clips of all sets at one loudness, end to end, float32."""
    rng = np.random.default_rng(SEED)
    pieces = []
    for data in sets:
        arrays = data.arrays
        chosen = (arrays["takes"] >= 5) & (arrays["speakers"] != held_out)
        for waveform in arrays["waveforms"][chosen]:
            pause = np.zeros(rng.integers(0, 1000), np.float32)
            pieces += [audio.normalise(waveform), pause]
    return np.concatenate(pieces)


def batches(track: np.ndarray, start: int, count: int) -> tf.data.Dataset:
    """Return batches number `start` to `start + count - 1` of random pieces."""

    def cut():
        for step in range(start, start + count):
            rng = np.random.default_rng((SEED, step))
            places = rng.integers(0, len(track) - PIECE, (BATCH, 1))
            gains = 10 ** (rng.uniform(-12, 3, (BATCH, 1)) / 20)
            yield np.float32(gains) * track[places + np.arange(PIECE)]

    shape = tf.TensorSpec((BATCH, PIECE), tf.float32)
    rows = tf.data.Dataset.from_generator(cut, output_signature=shape)
    rows = rows.apply(tf.data.experimental.assert_cardinality(count))
    return rows.prefetch(2)


def new_gan(smoke: bool = False) -> VocoderGAN:
    """Return the untrained, compiled GAN; in smoke a small one that is not traced."""
    keras.utils.set_random_seed(SEED)
    if smoke:
        gan = VocoderGAN(Vocoder(**SMALL), WaveDiscriminator((4, 4)))
    else:
        gan = VocoderGAN(Vocoder(), WaveDiscriminator())
    rate = training.warmup_cosine(PEAK, STEPS, STEPS // 20)
    optimizer = StackedMuon(
        rate,
        adam_beta_1=0.8,
        adam_beta_2=0.99,
        adam_lr_ratio=0.2,
        momentum=0.9,
        weight_decay=0.1,
        exclude_layers=["/head/", "taps"],
    )
    gan.compile(optimizer, jit_compile=False, run_eagerly=smoke)
    networks = gan.vocoder.trainable_variables + gan.discriminator.trainable_variables
    gan.optimizer.build(networks)
    return gan


def train(gan: VocoderGAN, track, spectral: int, steps: int, state: State) -> float:
    """Train up to `steps`, from the state if there is one; return all minutes."""
    done, minutes = state.resume(gan)
    gan.adversarial = done >= spectral
    while done < steps:
        if done >= spectral and not gan.adversarial:
            gan.adversarial, gan.train_function = True, None  # traced anew
        ahead = (steps if gan.adversarial else min(spectral, steps)) - done
        start, count = time.process_time(), min(EVERY, ahead)
        history = gan.fit(batches(track, done, count), verbose=0).history
        done, minutes = done + count, minutes + (time.process_time() - start) / 60
        state.save(gan, minutes)
        shown = ", ".join(f"{name} {value[-1]:.3f}" for name, value in history.items())
        print(f"step {done} of {steps}, {minutes:.1f} min: {shown}", flush=True)
    return minutes


def measure(
    vocoder: Vocoder, data, held_out: str, count: int, opinions: int
) -> dict[str, float]:
    """Score `count` recordings of the held-out speaker, made again from log-mel.

    `opinions` of them, spread over all words, get a predicted MOS, which is slow.
    """
    arrays, judge = data.arrays, SpeechJudge.load()
    chosen = np.flatnonzero(arrays["speakers"] == held_out)
    chosen = chosen[:: max(1, len(chosen) // count)]
    some = np.linspace(0, len(chosen) - 1, opinions).astype(int)
    rate, digits = int(arrays["sample_rate"]), arrays["labels"][chosen]
    real = audio.prepare(arrays["waveforms"][chosen], rate)
    wanted = audio.log_mel(real)
    made = {
        "recordings": real,
        "griffin_lim": audio.log_mel_to_waveform(wanted),
        "vocoder": vocoder.speak(wanted),
    }
    metrics = {}
    for name, sounds in made.items():
        error = log_mel_error(wanted, audio.log_mel(sounds), above=-40)
        metrics[f"{name}_log_mel_error_db"] = error
        metrics[f"{name}_recognised"] = judge.score(sounds, digits)["accuracy"]
        opinion = predicted_mos_all(sounds[some])["overall"]
        metrics[f"{name}_predicted_mos"] = float(opinion.mean())
    return rounded(metrics)


def main() -> None:
    """Make the checkpoint speech_vocoder."""
    options = _shipping.recipe_options(__doc__)
    data = datasets.load("spoken_digits", fallback=options.smoke)
    names = sorted(set(data.arrays["speakers"].tolist()))
    held_out = HELD_OUT if HELD_OUT in names else names[0]
    gan = new_gan(options.smoke)
    spectral, steps = (1, 2) if options.smoke else (SPECTRAL_STEPS, STEPS)
    settings = {"peak": PEAK, "piece": PIECE, "held_out": held_out}
    settings |= {"spectral_steps": spectral, "data": data.name}
    settings |= {"seed": SEED, "steps": steps, "batch": BATCH}
    state = state_of("speech_vocoder", options.output, **settings)
    sets = [data, datasets.load("espeak_digits")]
    track = training_track(sets[: 1 if options.smoke else 2], held_out)
    minutes = train(gan, track, spectral, steps, state)
    _shipping.round_weights(gan.vocoder)
    count, opinions = (2, 1) if options.smoke else (JUDGED, OPINIONS)
    card = {
        "data": f"{data.name} and espeak_digits: takes 5 and up of all but {held_out}",
        "held_out": f"all recordings of {held_out}; {JUDGED} of them are judged, "
        f"{OPINIONS} for the predicted MOS",
        "held_out_speaker": held_out,
        **facts(SEED, steps, BATCH, minutes),
        "steps_without_discriminator": spectral,
        "metrics": measure(gan.vocoder, data, held_out, count, opinions),
    }
    ship("speech_vocoder", gan.vocoder, card, state, options.output)
    print(f"speech_vocoder: {card['metrics']}", flush=True)


if __name__ == "__main__":
    main()
