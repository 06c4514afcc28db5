"""Payload hashes survive re-packing; bombs and damaged archives are refused."""

import bz2
import gzip
import hashlib
import io
import os
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from helpers.datasets.payload import (
    members_sha256,
    payload_sha256,
    read_members,
    read_payload,
)

MEMBERS = {"recordings/b.wav": b"bee" * 400, "recordings/a.wav": b"ay" * 500}
PATTERN = "recordings/*.wav"


def make_tar(path, members, mode="w:gz", prefix="", extra=()):
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(prefix + name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for entry in extra:
            archive.addfile(entry)
    return path


def make_zip(path, members, prefix="", method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(prefix + name, content)
    return path


def special(name, kind, target="../../outside"):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def test_plain_and_gzip_payloads_are_the_same(tmp_path):
    content = os.urandom(5_000)
    wanted = hashlib.sha256(content).hexdigest()
    (tmp_path / "plain").write_bytes(content)
    for level in (1, 9):
        (tmp_path / f"{level}.gz").write_bytes(gzip.compress(content, level))
        assert payload_sha256(tmp_path / f"{level}.gz") == wanted
        assert read_payload(tmp_path / f"{level}.gz") == content
    assert payload_sha256(tmp_path / "plain") == wanted


def test_members_hash_is_what_the_module_says():
    framed = b""
    for name in ("recordings/a.wav", "recordings/b.wav"):
        content = MEMBERS[name]
        framed += name.encode() + bytes([0]) + len(content).to_bytes(8, "big") + content
    assert members_sha256(MEMBERS) == hashlib.sha256(framed).hexdigest()


def test_members_hash_notices_moved_bytes():
    assert members_sha256({"a": b"bc"}) != members_sha256({"ab": b"c"})
    assert members_sha256({"a": b"", "b": b"c"}) != members_sha256({"a": b"bc"})


def test_repacked_archives_have_one_hash(tmp_path):
    backwards = dict(reversed(MEMBERS.items()))
    others = {"README.md": b"read me", "tools/x.py": b"pass"}
    packed = [
        make_tar(tmp_path / "1.tar.gz", MEMBERS),
        make_tar(tmp_path / "2.tar.xz", backwards, "w:xz"),
        make_tar(tmp_path / "3.tar", MEMBERS | others, "w", prefix="project-1.0/"),
        make_tar(tmp_path / "4.tgz", MEMBERS, extra=[special("recordings", b"5")]),
        make_zip(tmp_path / "5.zip", others | backwards, prefix="project-main/"),
    ]
    for path in packed:
        assert payload_sha256(path, PATTERN) == members_sha256(MEMBERS), path.name


@pytest.mark.parametrize(
    "changed",
    [
        MEMBERS | {"recordings/c.wav": b"sea"},
        MEMBERS | {"recordings/a.wav": b"ay" * 499 + b"ax"},
        {"recordings/a.wav": MEMBERS["recordings/a.wav"]},
        {"recordings/b.wav": b"bee" * 400, "recordings/z.wav": b"ay" * 500},
    ],
)
def test_changed_archives_have_another_hash(tmp_path, changed):
    path = make_tar(tmp_path / "x.tar.gz", changed)
    assert payload_sha256(path, PATTERN) != members_sha256(MEMBERS)


@pytest.mark.parametrize(
    "more",
    [
        {"__MACOSX/recordings/._a.wav": b"\0\5\x16\7"},  # Finder
        {"project/__MACOSX/a.wav": b"\0\5\x16\7"},
        {"recordings/._a.wav": b"\0\5\x16\7"},  # bsdtar
        {"project-1.0/recordings/._a.wav": b"\0\5\x16\7"},
        {"recordings/.DS_Store": b"\0\0\0\1Bud1"},
        {"../../evil.py": b"!", "/etc/evil.py": b"!", "C:/evil.py": b"!"},
    ],
)
def test_other_members_are_left_out(tmp_path, more):
    packed = [
        make_tar(tmp_path / "x.tar.gz", more | MEMBERS),
        make_zip(tmp_path / "x.zip", more | MEMBERS),
    ]
    for path in packed:
        assert payload_sha256(path, PATTERN) == members_sha256(MEMBERS), path.name
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.tar.gz", "x.zip"]


@pytest.mark.parametrize("folder", ["", "project-1.0\\"])
def test_names_that_windows_wrote_are_understood(tmp_path, folder):
    members = {folder + n.replace("/", "\\"): c for n, c in MEMBERS.items()}
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    assert read_members(tmp_path / "x.zip", PATTERN) == MEMBERS


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_are_left_out(tmp_path, kind):
    entry = special("recordings/c.wav", kind)
    path = make_tar(tmp_path / "x.tar.gz", MEMBERS, extra=[entry])
    assert read_members(path, PATTERN) == MEMBERS


@pytest.mark.parametrize("name", ["x.tar.gz", "x.zip"])
@pytest.mark.parametrize("kept", [0, 1, 40, 0.5, 0.9])
def test_cut_off_archives_are_refused(tmp_path, name, kept):
    members = {f"recordings/{i}.wav": os.urandom(5_000) for i in range(20)}
    make = make_zip if name.endswith("zip") else make_tar
    path = make(tmp_path / name, members)
    raw = path.read_bytes()
    path.write_bytes(raw[: kept if isinstance(kept, int) else int(kept * len(raw))])
    with pytest.raises(ValueError, match=rf"{name}: "):
        read_members(path, PATTERN)


def test_cut_off_plain_tar_is_refused(tmp_path):
    path = make_tar(tmp_path / "x.tar", MEMBERS, "w")
    path.write_bytes(path.read_bytes()[: 512 + 700])
    with pytest.raises(ValueError, match=r"x\.tar: cannot be read whole"):
        read_members(path, PATTERN)


def test_cut_off_gzip_is_refused(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(os.urandom(1_000))[:-20])
    with pytest.raises(ValueError, match=r"x\.gz: cannot be read whole"):
        read_payload(path)
    with pytest.raises(ValueError, match=r"x\.gz: cannot be read whole"):
        payload_sha256(path)


def test_gzip_with_a_flipped_bit_is_refused(tmp_path):
    raw = bytearray(gzip.compress(bytes(range(256)) * 20))
    raw[-6] ^= 1  # inside the checksum
    (tmp_path / "x.gz").write_bytes(raw)
    with pytest.raises(ValueError, match="cannot be read whole"):
        read_payload(tmp_path / "x.gz")


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zip"])
def test_a_flipped_bit_is_refused_or_changes_what_is_read(tmp_path, kind):
    members = {f"recordings/{i}.wav": os.urandom(5_000) for i in range(20)}
    path, said = tmp_path / "x.any", []
    if kind == "zip":
        make_zip(path, members)
    else:
        make_tar(path, members, f"w:{kind}")
    whole = path.read_bytes()
    for place in range(0, len(whole), len(whole) // 50):
        raw = bytearray(whole)
        raw[place] ^= 1
        path.write_bytes(raw)
        try:
            read_members(path, PATTERN)
        except ValueError as error:
            said.append(str(error))
    assert any("cannot be read whole" in words for words in said)
    assert all(words.startswith("x.any: ") for words in said)


def test_encrypted_zip_is_refused(tmp_path):
    raw = bytearray(make_zip(tmp_path / "x.zip", MEMBERS).read_bytes())
    raw[6] |= 1  # flags of the first member, in front of its content
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # and in the list at the end
    (tmp_path / "x.zip").write_bytes(raw)
    with pytest.raises(ValueError, match=r"x\.zip: cannot be read whole.*encrypted"):
        read_members(tmp_path / "x.zip", PATTERN)


def test_archive_without_wanted_members_is_refused(tmp_path):
    path = make_tar(tmp_path / "x.tar.gz", {"recordings/deep/er/a.wav": b"a"})
    with pytest.raises(ValueError, match=r"no member fits 'recordings/\*\.wav'"):
        read_members(path, PATTERN)


def test_member_given_twice_is_refused(tmp_path):
    path = make_tar(tmp_path / "x.tar", MEMBERS, "w")
    with tarfile.open(path, "a") as archive:
        entry = tarfile.TarInfo("p/recordings/a.wav")
        archive.addfile(entry, io.BytesIO())
    with pytest.raises(ValueError, match="appears twice"):
        read_members(path, PATTERN)


def memory_peak(call):
    """Return the most bytes that Python held while the call raised a ValueError."""
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"^x\.[a-z.0-9]+: cannot be read whole"):
        call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


BOMB = bytes(64 << 20)


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_bombs_are_read_no_further_than_the_limit(tmp_path, kind):
    bomb = make_tar(tmp_path / f"x.tar.{kind}", {"recordings/a.wav": BOMB}, f"w:{kind}")
    assert memory_peak(lambda: read_members(bomb, PATTERN, 10_000)) < 16 << 20
    other = make_tar(tmp_path / f"x.tar.{kind}", {"README": BOMB}, f"w:{kind}")
    assert memory_peak(lambda: read_members(other, PATTERN, 10_000)) < 16 << 20


def test_zip_and_gzip_bombs_are_read_no_further_than_the_limit(tmp_path):
    (tmp_path / "x.gz").write_bytes(gzip.compress(BOMB))
    assert memory_peak(lambda: read_payload(tmp_path / "x.gz", 10_000)) < 1 << 20
    path = make_zip(tmp_path / "x.zip", {"recordings/a.wav": BOMB})
    assert memory_peak(lambda: read_members(path, PATTERN, 10_000)) < 1 << 20


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_methods_that_cannot_be_bounded_are_refused(tmp_path, method):
    path = make_zip(tmp_path / "x.zip", {"recordings/a.wav": BOMB}, method=method)
    with pytest.raises(ValueError, match=r"x\.zip: .* wanted stored or deflated"):
        read_members(path, PATTERN)


def test_the_limit_is_for_all_members_together(tmp_path):
    total = sum(map(len, MEMBERS.values()))
    for path in (
        make_tar(tmp_path / "x.tar.gz", MEMBERS),
        make_zip(tmp_path / "x.zip", MEMBERS),
    ):
        assert read_members(path, PATTERN, total) == MEMBERS
        with pytest.raises(ValueError, match="holds more than"):
            read_members(path, PATTERN, total - 1)
    (tmp_path / "x").write_bytes(bytes(total))
    assert len(read_payload(tmp_path / "x", total)) == total
    with pytest.raises(ValueError, match=f"holds more than {total - 1:,} bytes"):
        payload_sha256(tmp_path / "x", limit=total - 1)


@pytest.mark.parametrize("claimed", [2**40, 2**62, -512])
def test_a_claimed_size_is_not_believed(tmp_path, claimed):
    path = make_tar(tmp_path / "x.tar", MEMBERS, "w")
    raw = bytearray(path.read_bytes())
    first = raw[:512]
    first[124:136] = claimed.to_bytes(12, "big", signed=True)
    first[124] |= 0x80 if claimed > 0 else 0
    first[148:156] = b" " * 8
    first[148:156] = b"%06o\0 " % sum(first)
    path.write_bytes(first + raw[512:])
    assert memory_peak(lambda: read_members(path, PATTERN)) < 4 << 20


def test_a_zip_that_claims_other_sizes_is_not_believed(tmp_path):
    raw = bytearray(make_zip(tmp_path / "x.zip", MEMBERS).read_bytes())
    place = raw.index(b"PK\1\2") + 24
    raw[place : place + 4] = (2**32 - 2).to_bytes(4, "little")
    (tmp_path / "x.zip").write_bytes(raw)
    assert read_members(tmp_path / "x.zip", PATTERN) == MEMBERS
    raw[place : place + 4] = (1).to_bytes(4, "little")
    (tmp_path / "x.zip").write_bytes(raw)
    assert memory_peak(lambda: read_members(tmp_path / "x.zip", PATTERN)) < 4 << 20


def test_other_bytes_are_no_archive(tmp_path):
    path = Path(tmp_path / "x.tar.gz")
    for raw in (b"", b"<html>404</html>", bz2.compress(b"no tar"), b"PK\3\4", b"PK"):
        path.write_bytes(raw)
        with pytest.raises(ValueError, match=r"x\.tar\.gz"):
            read_members(path, PATTERN)


def test_a_tar_that_ends_in_a_zip_is_a_tar(tmp_path):
    inner = make_zip(tmp_path / "inner.zip", {"recordings/z.wav": b"zed"})
    members = MEMBERS | {"z/inner.zip": inner.read_bytes()}
    path = make_tar(tmp_path / "x.tar", members, "w")
    assert read_members(path, PATTERN) == MEMBERS


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"gone\.tar: cannot be read whole: .*No such"):
        read_members(tmp_path / "gone.tar", PATTERN)
