"""Griffin-Lim: find phases that fit given magnitudes, and so a sound."""

from __future__ import annotations

import numpy as np

from helpers.audio.checks import check_clips, check_finite, check_whole
from helpers.audio.spectrum import (
    HOP,
    N_FFT,
    SAMPLE_RATE,
    istft,
    mel_to_magnitude,
    transform,
)


def griffin_lim(
    magnitude: np.ndarray,
    *,
    hop: int = HOP,
    iterations: int = 32,
    momentum: float = 0.99,
    seed: int = 0,
) -> np.ndarray:
    """Return a sound with the given magnitudes, by alternating projections.

    Each step makes the sound of the present phases, takes that sound's own phases,
    and puts the wanted magnitudes back. The fast variant also goes on in the
    direction of the last step, by `momentum` times its length.

    Args:
        magnitude: float (…, frames, n_fft / 2 + 1), ≥ 0, one sound or a batch.
        hop: samples between windows.
        iterations: number of steps, 1 to 10,000.
        momentum: 0 is the original method, 0.99 the fast one; 0 ≤ momentum < 2.
        seed: of the random phases at the start.

    Returns:
        float32 (…, frames · hop).

    Raises:
        ValueError: for a negative or non-finite magnitude, or options out of range.

    Source: Griffin & Lim 1984; Perraudin, Balazs & Søndergaard 2013, "A fast
        Griffin-Lim algorithm", algorithm 2.
    """
    magnitude = check_finite(magnitude, "griffin_lim, for its magnitudes ≥ 0,")
    iterations = check_whole(iterations, "griffin_lim's iterations", 1, 10_000)
    if magnitude.ndim not in (2, 3) or not (magnitude >= 0).all():
        raise ValueError(
            "griffin_lim wants magnitudes ≥ 0 of shape (…, frames, bins), received "
            f"shape {magnitude.shape}, lowest {magnitude.min(initial=0):.3g}"
        )
    if not 0 <= momentum < 2:
        raise ValueError(f"griffin_lim wants 0 ≤ momentum < 2, received {momentum}")
    # A power of two brings the loudest near 1 and costs no digit: the smallest number
    # below is then small beside any sound, however faint it is.
    exponent = np.frexp(magnitude.max(initial=0))[1]
    magnitude = np.ldexp(magnitude, -exponent)
    n_fft = 2 * (magnitude.shape[-1] - 1)
    angles = np.random.default_rng(seed).uniform(0, 2 * np.pi, magnitude.shape)
    phases, before = np.exp(1j * angles).astype(np.complex64), 0
    for _ in range(iterations):
        rebuilt = transform(istft(magnitude * phases, hop), n_fft, hop)
        ahead = rebuilt + momentum * (rebuilt - before)
        phases, before = ahead / np.maximum(np.abs(ahead), 1e-9), rebuilt
    return np.ldexp(istft(magnitude * phases, hop), exponent)


def spectral_convergence(waveform: np.ndarray, magnitude: np.ndarray) -> float:
    """Return how far a sound's magnitudes are from the wanted ones, 0 is none.

    Args:
        waveform: float (samples,) or (n, samples), about -1 to 1.
        magnitude: wanted magnitudes (…, frames, n_fft / 2 + 1) with hops of samples /
            frames.

    Returns:
        ‖|STFT(waveform)| − magnitude‖ / ‖magnitude‖.

    Raises:
        ValueError: as `check_clips`, if the shapes do not belong together, or if all
            magnitudes are 0.
    """
    wave = check_clips(waveform, "the sound")
    magnitude = check_finite(magnitude, "spectral_convergence").astype(float)
    if magnitude.ndim not in (2, 3) or not magnitude.size:
        raise ValueError(
            "spectral_convergence wants magnitudes (…, frames, bins), at least one "
            f"frame, received shape {magnitude.shape}"
        )
    frames, bins = magnitude.shape[-2:]
    found = np.abs(transform(wave, 2 * (bins - 1), wave.shape[-1] // frames))
    found = found.astype(float)  # float32 has no room for the squares of faint sounds
    if found.shape != magnitude.shape or not magnitude.any():
        raise ValueError(
            f"the sound has frames {found.shape}, the magnitudes {magnitude.shape}; "
            "wanted equal shapes and a sound that is not silent"
        )
    return float(np.linalg.norm(found - magnitude) / np.linalg.norm(magnitude))


def log_mel_to_waveform(
    decibels: np.ndarray,
    *,
    sample_rate: int = SAMPLE_RATE,
    n_fft: int = N_FFT,
    hop: int = HOP,
    iterations: int = 32,
    seed: int = 0,
) -> np.ndarray:
    """Return a sound for a log-mel spectrogram: bands to bins, then Griffin-Lim.

    Args:
        decibels: float (…, frames, n_mels), as `log_mel` gives.
        sample_rate: in Hz.
        n_fft: samples in a window.
        hop: samples between windows.
        iterations: steps of Griffin-Lim.
        seed: of its random start.

    Returns:
        float32 (…, frames · hop), cut to -1 to 1.

    Raises:
        ValueError: as `mel_to_magnitude` and `griffin_lim`.
    """
    magnitude = mel_to_magnitude(decibels, sample_rate=sample_rate, n_fft=n_fft)
    wave = griffin_lim(magnitude, hop=hop, iterations=iterations, seed=seed)
    return np.clip(wave, -1, 1)
