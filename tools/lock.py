"""Resolve requirements.txt again, and list what a learner would have to compile.

    python tools/lock.py            resolve, then look for wheels; needs a network
    python tools/lock.py wheels     only look

A package without a wheel for one of the platforms and Pythons that README promises
needs a compiler there: pin it with a marker, as pyproject.toml does for pocketsphinx.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import browser

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.txt"
RESOLVE = [
    "pip", "compile", "--universal", "--generate-hashes", "--python-version", "3.11",
    "--extra", "dev", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate",
    "--no-header", "--quiet", "--output-file", LOCK.name, "pyproject.toml",
]  # fmt: skip
PLATFORMS = {  # what README promises -> uv's name of it
    "Linux on x86": "x86_64-manylinux_2_28",
    "Linux on Arm": "aarch64-manylinux_2_28",
    "Windows": "x86_64-pc-windows-msvc",
    "macOS 14": "aarch64-apple-darwin",
}
PYTHONS = ("3.11", "3.12", "3.13")
KNOWN = {"rouge-score": "it is plain Python, so pip makes its wheel without a compiler"}
LACKS = re.compile(
    r"([A-Za-z0-9][\w.-]*)(?:\{[^}]*\})?==(\S+) has no (?:wheels|usable wheels|source)"
)


def blocks(lock: str) -> list[str]:
    """Return the lock's packages, each with its hashes."""
    return [one for one in re.split(r"\n(?=\S)", lock.strip()) if "==" in one]


def without_wheel(
    packages: list[str], uv: str, platform: str, python: str
) -> list[str]:
    """Return which packages have no wheel there, such as "pocketsphinx 5.1.1".

    uv names one that it misses and stops: so that one is left out, and uv asked again.

    Args:
        packages: as from `blocks`.
        uv: the program.
        platform: a value of `PLATFORMS`.
        python: such as "3.12".

    Raises:
        ValueError: if uv fails for another reason.
    """
    found, rest = [], [p for p in packages if p.split("==")[0] not in KNOWN]
    environment = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"}
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "wanted.txt")
        command = [
            uv, "pip", "install", "--dry-run", "--no-deps", "--only-binary", ":all:",
            "--python-platform", platform, "--python-version", python,
            "--target", str(Path(folder, "nothing")), "-r", str(wanted),
        ]  # fmt: skip
        while True:
            wanted.write_text("\n".join(rest) + "\n", encoding="utf-8")
            done = subprocess.run(
                command, capture_output=True, text=True, env=environment
            )
            if not done.returncode:
                return found
            lacks = LACKS.search(done.stderr)
            less = [p for p in rest if not lacks or not p.startswith(f"{lacks[1]}==")]
            if len(less) in (0, len(rest)) or not lacks:
                raise ValueError(f"uv failed: {done.stderr.strip()}")
            found.append(f"{lacks[1]} {lacks[2]}")
            rest = less


def report(packages: list[str], uv: str) -> int:
    """Print what lacks a wheel on each platform and Python; return how many do."""
    count = 0
    for name, platform in PLATFORMS.items():
        for python in PYTHONS:
            found = without_wheel(packages, uv, platform, python)
            count += len(found)
            said = ", ".join(found) or "all have wheels"
            print(f"{name:13} Python {python}: {said}", flush=True)
    for name, reason in KNOWN.items():
        print(f"Left out: {name}; {reason}.")
    return count


def main() -> None:
    """Resolve the lock, look for wheels, and exit 1 if one is missing."""
    own = Path(sys.executable).with_name("uv")
    uv = str(own) if own.exists() else shutil.which("uv")
    if uv is None:
        sys.exit("`make lock` wants uv, found none: make env, or pip install uv")
    if sys.argv[1:] != ["wheels"]:
        done = subprocess.run([uv, *RESOLVE], cwd=ROOT, check=False)
        if done.returncode:
            sys.exit("`make lock` left requirements.txt as it was; uv says why above")
    try:
        locked = blocks(LOCK.read_text(encoding="utf-8"))
        missing = report([*locked, *browser.wanted()], uv)
    except ValueError as problem:
        sys.exit(str(problem))
    if missing:
        sys.exit(f"{missing} without a wheel: pin them with a marker in pyproject.toml")


if __name__ == "__main__":
    main()
