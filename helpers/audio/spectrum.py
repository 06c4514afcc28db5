"""Audio as an image: short-time Fourier transform, mel bands, and the way back.

Every function takes one sound (samples,) or a batch (n, samples); time comes before
frequency.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import fft

from helpers.audio.checks import check_clips, check_finite, check_rate, check_whole

SAMPLE_RATE = 8_000  # Hz
N_FFT = 512  # samples in a window: 64 ms
HOP = 128  # samples from one window to the next: 16 ms
N_MELS = 64
BLOCK = 64  # sounds transformed at a time
LONGEST_WINDOW = 65_536  # samples
LOUDEST_DB = 200.0  # of a spectrogram turned into sound: 10^20 still fits float32
FLOOR_DB = -60.0  # log_mel's smallest value
CEILING_DB = 20.0  # what scale_log_mel maps to 1


@cache
def hann(size: int = N_FFT) -> np.ndarray:
    """Return the periodic Hann window, float32 (`size`,), 0 to 1.

    Raises:
        ValueError: if `size` is no whole number from 1 to 65,536.
    """
    size = check_whole(size, "the size of a window", 1, LONGEST_WINDOW)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    window = window.astype(np.float32)
    window.flags.writeable = False
    return window


def _sizes(n_fft: int, hop: int) -> int:
    """Return the margin on each side, or refuse window and hop."""
    n_fft = check_whole(n_fft, "n_fft", 2, LONGEST_WINDOW)
    hop = check_whole(hop, "hop", 1, LONGEST_WINDOW)
    if n_fft % 2 or n_fft < 2 * hop or (n_fft - hop) % 2:
        raise ValueError(
            f"n_fft is {n_fft} and hop {hop}; wanted an even n_fft ≥ 2 hops, hop even"
        )
    return (n_fft - hop) // 2


def stft(waveform: np.ndarray, n_fft: int = N_FFT, hop: int = HOP) -> np.ndarray:
    """Cut a sound into overlapping windows and return the spectrum of each.

    A margin of (n_fft - hop) / 2 zeros on both sides makes exactly samples / hop
    frames; frame t is centred on its own hop samples.

    Args:
        waveform: float (samples,) or (n, samples), about -1 to 1, samples ≥ 1. The
            last frame is filled up with zeros.
        n_fft: samples in a Hann window, even.
        hop: samples between windows, at most n_fft / 2.

    Returns:
        complex64 (…, frames, n_fft / 2 + 1).

    Raises:
        ValueError: as `checks.check_clips`, or for sizes that do not fit.

    Source: Allen & Rabiner 1977, "A unified approach to short-time Fourier analysis".

    Example:
        stft(np.zeros(8192)).shape -> (64, 257)
    """
    return transform(check_clips(waveform, "stft"), n_fft, hop)


def transform(wave: np.ndarray, n_fft: int = N_FFT, hop: int = HOP) -> np.ndarray:
    """Return the `stft` of sounds of any loudness, which nobody checks again.

    Args:
        wave: float32 (samples,) or (n, samples).
        n_fft: samples in a Hann window, even.
        hop: samples between windows, at most n_fft / 2.
    """
    margin = _sizes(n_fft, hop)
    rest = -wave.shape[-1] % hop
    ends = [(0, 0)] * (wave.ndim - 1) + [(margin, margin + rest)]
    padded = np.pad(wave, ends)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft, axis=-1)
    return fft.rfft(frames[..., ::hop, :] * hann(n_fft))


def istft(spectrum: np.ndarray, hop: int = HOP) -> np.ndarray:
    """Return the sound whose `stft` is nearest to a spectrum (overlap and add).

    Args:
        spectrum: complex (…, frames, n_fft / 2 + 1), one sound or a batch.
        hop: samples between windows.

    Returns:
        float32 (…, frames · hop).

    Raises:
        ValueError: if it is no spectrum of finite numbers or the sizes do not fit.

    Source: Griffin & Lim 1984, equation 6.
    """
    spectrum = np.asarray(spectrum)
    for part in (spectrum.real, spectrum.imag):
        check_finite(part, "istft")
    if spectrum.ndim not in (2, 3) or not spectrum.size:
        raise ValueError(f"istft wants (…, frames, bins), received {spectrum.shape}")
    n_fft = 2 * (spectrum.shape[-1] - 1)
    margin, window = _sizes(n_fft, hop), hann(n_fft)
    pieces = fft.irfft(spectrum.astype(np.complex64), n_fft) * window
    count = spectrum.shape[-2]
    wave = _overlap_add(pieces, hop)
    weight = _overlap_add(np.broadcast_to(window**2, (count, n_fft)), hop)
    wave = wave / np.maximum(weight, 1e-8)
    return wave[..., margin : margin + count * hop]


def _overlap_add(pieces: np.ndarray, hop: int) -> np.ndarray:
    """Add pieces (…, frames, size), each `hop` samples later than the one before."""
    *batch, count, size = pieces.shape
    parts = -(-size // hop)
    spare = np.zeros((*batch, count, parts * hop - size), pieces.dtype)
    blocks = np.concatenate([pieces, spare], -1).reshape(*batch, count, parts, hop)
    total = np.zeros((*batch, count + parts, hop), pieces.dtype)
    for part in range(parts):
        total[..., part : part + count, :] += blocks[..., part, :]
    return total.reshape(*batch, -1)


def hertz_to_mel(hertz: np.ndarray | float) -> np.ndarray:
    """Return the mel value of a finite `hertz`: linear to 1 kHz, then a logarithm.

    Source: Slaney 1998, "Auditory Toolbox".
    """
    check_finite(hertz, "hertz_to_mel")
    hertz = np.asarray(hertz, float)
    high = 15 + 27 * np.log(np.maximum(hertz, 1e-9) / 1000) / np.log(6.4)
    return np.where(hertz < 1000, 3 * hertz / 200, high)


def mel_to_hertz(mel: np.ndarray | float) -> np.ndarray:
    """Return the frequency in Hz of a finite `mel`; the inverse of `hertz_to_mel`."""
    check_finite(mel, "mel_to_hertz")
    mel = np.asarray(mel, float)
    return np.where(mel < 15, 200 * mel / 3, 1000 * 6.4 ** ((mel - 15) / 27))


@cache
def mel_filterbank(
    n_mels: int = N_MELS,
    n_fft: int = N_FFT,
    sample_rate: int = SAMPLE_RATE,
    low: float = 0.0,
    high: float | None = None,
) -> np.ndarray:
    """Return the triangles that gather the bins of a spectrum into mel bands.

    Equal to `librosa.filters.mel` (Slaney's scale and area) to 1e-6.

    Args:
        n_mels: number of bands, each wide enough to hold a bin.
        n_fft: samples in a window.
        sample_rate: in Hz.
        low: lowest frequency in Hz, ≥ 0.
        high: highest frequency in Hz, at most half the sample rate (the default).

    Returns:
        float32 (n_mels, n_fft / 2 + 1), read-only.

    Raises:
        ValueError: if the frequencies are out of order or a band is empty.
    """
    sample_rate = check_rate(sample_rate, "mel_filterbank")
    n_fft = check_whole(n_fft, "n_fft", 2, LONGEST_WINDOW)
    n_mels = check_whole(n_mels, "n_mels", 1, LONGEST_WINDOW)
    high = sample_rate / 2 if high is None else high
    if not 0 <= low < high <= sample_rate / 2:
        raise ValueError(
            f"bands from {low} to {high} Hz; wanted 0 ≤ low < high ≤ {sample_rate / 2}"
        )
    if n_mels > n_fft // 2 + 1:
        raise ValueError(f"{n_mels} bands are too many for {n_fft // 2 + 1} bins")
    bins = np.arange(n_fft // 2 + 1) * sample_rate / n_fft
    edges = mel_to_hertz(np.linspace(*hertz_to_mel([low, high]), n_mels + 2))
    rise = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    bank = np.maximum(0, np.minimum(rise, fall))
    if not bank.any(axis=1).all():
        raise ValueError(
            f"{n_mels} bands are too many for {n_fft // 2 + 1} bins: one is empty"
        )
    bank = (bank * 2 / (edges[2:] - edges[:-2])[:, None]).astype(np.float32)
    bank.flags.writeable = False
    return bank


def log_mel(
    waveform: np.ndarray,
    sample_rate: int = SAMPLE_RATE,
    *,
    n_fft: int = N_FFT,
    hop: int = HOP,
    n_mels: int = N_MELS,
) -> np.ndarray:
    """Return the log-mel spectrogram: loudness in decibels by time and by mel band.

    Args:
        waveform: float (samples,) or (n, samples), about -1 to 1; silence passes.
        sample_rate: in Hz, a whole number.
        n_fft: samples in a window.
        hop: samples between windows.
        n_mels: number of bands from 0 Hz to half the sample rate.

    Returns:
        float32 (…, frames, n_mels) in dB, never below `FLOOR_DB` (-60); frames =
        samples / hop, so a clip of 8,192 samples is a picture of 64 by 64.

    Raises:
        ValueError: as `stft` and `mel_filterbank`.

    Example:
        log_mel(np.zeros(8192)).shape -> (64, 64)
    """
    wave = check_clips(waveform, "log_mel")
    rate = check_rate(sample_rate, "log_mel")
    if wave.ndim == 2 and len(wave) > BLOCK:  # bounds the memory
        parts = range(0, len(wave), BLOCK)
        options = {"n_fft": n_fft, "hop": hop, "n_mels": n_mels}
        return np.concatenate(
            [log_mel(wave[i : i + BLOCK], rate, **options) for i in parts]
        )
    bank = mel_filterbank(n_mels, n_fft, rate).T
    power = np.abs(transform(wave, n_fft, hop)) ** 2
    decibels = 10 * np.log10(np.maximum(power @ bank, 10 ** (FLOOR_DB / 10)))
    return np.maximum(decibels, np.float32(FLOOR_DB))


def scale_log_mel(decibels: np.ndarray) -> np.ndarray:
    """Map `log_mel`'s -60 to 20 dB linearly to -1 to 1, float32; louder is cut.

    Raises:
        ValueError: if a value is not finite.
    """
    half = (CEILING_DB - FLOOR_DB) / 2
    decibels = check_finite(decibels, "scale_log_mel")
    return np.clip((decibels - FLOOR_DB) / half - 1, -1, 1)


def unscale_log_mel(scaled: np.ndarray) -> np.ndarray:
    """Return the decibels of a `scaled` spectrogram; undoes `scale_log_mel`.

    Raises:
        ValueError: if a value is not finite.
    """
    half = (CEILING_DB - FLOOR_DB) / 2
    return (check_finite(scaled, "unscale_log_mel") + 1) * half + FLOOR_DB


def mel_to_magnitude(
    decibels: np.ndarray, *, sample_rate: int = SAMPLE_RATE, n_fft: int = N_FFT
) -> np.ndarray:
    """Return a spectrum's magnitudes, ≥ 0, whose mel bands are the given ones.

    There are fewer bands than bins, so many answers fit. Lee and Seung's update
    keeps the estimate positive and lowers the squared error at every step.

    Args:
        decibels: log-mel spectrogram (…, frames, n_mels), up to 200 dB.
        sample_rate: in Hz.
        n_fft: samples in a window.

    Returns:
        float32 (…, frames, n_fft / 2 + 1).

    Raises:
        ValueError: if a value is not finite or above 200 dB.

    Source: Lee & Seung 2001, "Algorithms for non-negative matrix factorization".
    """
    decibels = check_finite(decibels, "mel_to_magnitude")
    if decibels.ndim not in (2, 3) or decibels.max(initial=0) > LOUDEST_DB:
        raise ValueError(
            "mel_to_magnitude wants a log-mel spectrogram (…, frames, n_mels) of at "
            f"most {LOUDEST_DB:g} dB, received shape {decibels.shape}, up to "
            f"{decibels.max(initial=0):g} dB"
        )
    bank = mel_filterbank(decibels.shape[-1], n_fft, sample_rate)
    bands = 10 ** (decibels / 10)
    power = bands @ (bank / bank.sum(0).clip(1e-8)) / bank.sum(1).mean()
    gram, target = bank.T @ bank, bands @ bank
    for _ in range(40):
        power = power * target / np.maximum(power @ gram, 1e-12)
    return np.sqrt(power)
