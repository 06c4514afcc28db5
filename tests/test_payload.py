"""Payload hashes survive re-packing; unsafe or damaged archives are refused."""

import bz2
import gzip
import hashlib
import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from helpers.datasets import payload
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
    "name",
    [
        "../evil.wav",
        "recordings/../../evil.wav",
        "/etc/evil.wav",
        "C:/evil",
        "a\\..\\b",
    ],
)
def test_members_that_leave_the_folder_are_refused(tmp_path, name):
    evil = MEMBERS | {name: b"!"}
    for path in (
        make_tar(tmp_path / "x.tar.gz", evil),
        make_zip(tmp_path / "x.zip", evil),
    ):
        with pytest.raises(ValueError, match="refused.*leaves the target folder"):
            read_members(path, PATTERN)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.tar.gz", "x.zip"]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_are_refused(tmp_path, kind):
    entry = special("recordings/c.wav", kind)
    path = make_tar(tmp_path / "x.tar.gz", MEMBERS, extra=[entry])
    with pytest.raises(ValueError, match=r"recordings/c\.wav.*link or a device"):
        read_members(path, PATTERN)


def test_links_in_zip_files_are_refused(tmp_path):
    path = make_zip(tmp_path / "x.zip", MEMBERS)
    link = zipfile.ZipInfo("recordings/c.wav")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ValueError, match="link or a device"):
        read_members(path, PATTERN)


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


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zip", "zip-lzma"])
def test_a_flipped_bit_is_refused_or_changes_what_is_read(tmp_path, kind):
    members = {f"recordings/{i}.wav": os.urandom(5_000) for i in range(20)}
    path, said = tmp_path / "x.any", []
    if kind.startswith("zip"):
        method = zipfile.ZIP_LZMA if kind == "zip-lzma" else zipfile.ZIP_DEFLATED
        make_zip(path, members, method=method)
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


def test_too_large_payloads_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(payload, "LIMIT_BYTES", 1_500)
    with pytest.raises(ValueError, match="too large"):
        read_members(make_tar(tmp_path / "x.tar.gz", MEMBERS), PATTERN)
    (tmp_path / "x.gz").write_bytes(gzip.compress(bytes(10_000)))
    with pytest.raises(ValueError, match="more than 1,500 bytes"):
        read_payload(tmp_path / "x.gz")


def test_other_bytes_are_no_archive(tmp_path):
    path = Path(tmp_path / "x.tar.gz")
    for raw in (b"", b"<html>404</html>", bz2.compress(b"no tar")):
        path.write_bytes(raw)
        with pytest.raises(ValueError, match=r"x\.tar\.gz"):
            read_members(path, PATTERN)
