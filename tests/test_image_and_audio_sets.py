"""Images and audio: idx, WAV and digits against files written by other means."""

import gzip
import io
import struct
import tarfile
import wave

import numpy as np
import pytest
import soundfile

from helpers.datasets.audio_sets import read_wav, spoken_digits
from helpers.datasets.image_sets import digits, fashion_mnist, read_idx


def idx(array):
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim)
    return header + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def clothes(folder, train=20, test=10):
    generator = np.random.default_rng(0)
    made = {}
    for part, count in (("train", train), ("t10k", test)):
        images = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        classes = np.arange(count) % 10
        for kind, array in (
            ("images-idx3", images),
            ("labels-idx1", classes.astype(np.uint8)),
        ):
            path = folder / f"{part}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(idx(array)))
            made[path.name] = path
        made[part] = images
    return made


def wav(samples, channels=1, width=2, rate=8_000):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


def recordings(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"recordings/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return {path.name: path}


TONE = np.arange(-300, 300, dtype="<i2")


@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 28, 28)])
@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_idx_round_trip(tmp_path, shape, pack):
    array = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    (tmp_path / "x").write_bytes(pack(idx(array)))
    np.testing.assert_array_equal(read_idx(tmp_path / "x"), array)


@pytest.mark.parametrize(
    "raw, message",
    [
        (b"", "wanted idx bytes"),
        (b"<html>", "begins with b'<htm'"),
        (b"\0\0\x0d\x01\0\0\0\1\0\0\0\0", "wanted idx bytes"),  # floats
        (b"\0\0\x08\x03\0\0", "holds 0 values"),
        # four axes of 2**32 - 1: their product, taken in 64 bits, would be 1
        (b"\0\0\x08\x04" + b"\xff" * 16 + b"1", "holds 1 values; wanted"),
        (idx(np.zeros((4, 4), np.uint8))[:-1], r"holds 15 values; wanted \(4, 4\)"),
        (idx(np.zeros((4, 4), np.uint8)) + b"\0", "holds 17 values"),
    ],
)
def test_idx_refuses_other_bytes(tmp_path, raw, message):
    (tmp_path / "x").write_bytes(raw)
    with pytest.raises(ValueError, match=message):
        read_idx(tmp_path / "x")


def test_fashion_mnist(tmp_path):
    made = clothes(tmp_path)
    arrays = fashion_mnist(made)
    assert arrays["images"].dtype == np.uint8
    np.testing.assert_array_equal(arrays["images"], made["train"])
    np.testing.assert_array_equal(arrays["test_images"], made["t10k"])
    assert arrays["labels"].tolist() == [*range(10), *range(10)]
    assert len(arrays["class_names"]) == 10


def test_digits_fit_where_fashion_mnist_fits():
    arrays = digits({})
    assert arrays["images"].shape == (1500, 28, 28)
    assert arrays["test_images"].shape == (297, 28, 28)
    assert arrays["images"].dtype == np.uint8
    assert arrays["images"].max() == 255 and arrays["images"].min() == 0
    assert sorted(set(arrays["test_labels"].tolist())) == list(range(10))
    assert arrays["small_images"].max() == 16


def test_digits_are_enlarged_as_scipy_does():
    from scipy.ndimage import zoom

    arrays = digits({})
    small = arrays["small_images"][5].astype(float)
    wanted = zoom(small, 3, order=1, mode="nearest", grid_mode=True) * (255 / 16)
    assert not arrays["images"][5, :2].any() and not arrays["images"][5, :, 26:].any()
    np.testing.assert_allclose(arrays["images"][5, 2:-2, 2:-2], wanted, atol=0.51)


def test_wav_values():
    samples, rate = read_wav("x", wav(np.array([0, 16384, -32768], "<i2"), rate=16_000))
    assert samples.tolist() == [0.0, 0.5, -1.0]
    assert samples.dtype == np.float32 and rate == 16_000


WAVE = np.sin(np.arange(400) / 9) * 0.9


@pytest.mark.parametrize(
    "subtype, step",
    [
        ("PCM_U8", 2**-7),
        ("PCM_16", 2**-15),
        ("PCM_24", 2**-23),
        ("PCM_32", 2**-24),  # a float32 holds no more
        ("FLOAT", 2**-24),
        ("DOUBLE", 2**-24),
    ],
)
@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64"])
def test_wav_of_every_kind_is_what_libsndfile_wrote(subtype, step, form):
    buffer = io.BytesIO()
    soundfile.write(buffer, WAVE, 22_050, subtype=subtype, format=form)
    samples, rate = read_wav("x", buffer.getvalue())
    assert rate == 22_050 and samples.dtype == np.float32
    np.testing.assert_allclose(samples, WAVE, atol=step)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is no WAV file"),
        (b"RIFFxxxxMP3 ", "is no WAV file"),
        (wav(TONE, channels=2), "has 2 channels; wanted 1"),
        (wav(TONE[:0]), "has 0 samples"),
        (wav(TONE)[:-2], "is cut off after 599 samples"),
        (wav(TONE)[:-1], "is no WAV file"),
    ],
)
def test_wav_refuses_other_bytes(content, message):
    with pytest.raises(ValueError, match=f"x: {message}"):
        read_wav("x", content)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1.5])
def test_wav_of_other_floats_is_refused(value):
    buffer = io.BytesIO()
    soundfile.write(buffer, [0.5, value], 8_000, subtype="FLOAT", format="WAV")
    with pytest.raises(ValueError, match="x: has floats beyond"):
        read_wav("x", buffer.getvalue())


def test_damaged_wav_is_a_value_error():
    whole = wav(TONE[:20])
    for place in range(len(whole)):
        for bit in range(8):
            raw = bytearray(whole)
            raw[place] ^= 1 << bit
            try:
                read_wav("x", bytes(raw))
            except ValueError as error:
                assert str(error).startswith("x: ")


def test_spoken_digits(tmp_path):
    members = {
        "0_ann_0.wav": wav(TONE),
        "7_bob_12.wav": wav(TONE[:100]),
        "7_ann_1.wav": wav(TONE),
    }
    arrays = spoken_digits(recordings(tmp_path / "x.tar.gz", members))
    assert arrays["labels"].tolist() == [0, 7, 7]
    assert arrays["speakers"].tolist() == ["ann", "bob", "ann"]
    assert arrays["takes"].tolist() == [0, 12, 1]
    assert arrays["sample_rate"] == 8_000
    assert [len(sound) for sound in arrays["waveforms"]] == [600, 100, 600]


def test_spoken_digits_of_equal_length_stay_a_list(tmp_path):
    members = {f"{digit}_ann_0.wav": wav(TONE) for digit in range(3)}
    arrays = spoken_digits(recordings(tmp_path / "x.tar.gz", members))
    assert arrays["waveforms"].shape == (3,)
    np.testing.assert_allclose(arrays["waveforms"][2] * 32768, TONE)


@pytest.mark.parametrize(
    "members, message",
    [
        ({"x.wav": wav(TONE)}, "member 'recordings/x.wav'; wanted <digit>_<speaker>"),
        ({"0_a_0.wav": b"no"}, "recordings/0_a_0.wav: is no WAV"),
    ],
)
def test_spoken_digits_refuses(tmp_path, members, message):
    with pytest.raises(ValueError, match=message):
        spoken_digits(recordings(tmp_path / "x.tar.gz", members))
