"""Install requirements.txt and the course into the environment that runs this file.

    .venv/bin/python tools/install.py

It needs the standard library only. One line shows what happens; all that the installer
says is in build/install.log. If it fails, one sentence says what is missing.
"""

import importlib.util
import os
import platform
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.txt"
LOG = ROOT / "build" / "install.log"
COMPILERS = {
    "Linux": "a C compiler (`apt install build-essential`, `dnf install gcc gcc-c++`)",
    "Darwin": "a C compiler (`xcode-select --install`)",
}
# What uv and pip say when nothing answers, before all other things they say then.
NO_NETWORK = re.compile(
    r"Failed to fetch|error sending request|dns error|NewConnectionError|ProxyError"
    r"|ReadTimeoutError|ConnectTimeoutError|Temporary failure in name resolution"
    r"|network (?:was|is) (?:disabled|unreachable)|Could not find a version .*none\)",
    re.IGNORECASE,
)


def block(name: str, lock: str) -> str:
    """Return a package's lines in the lock, hashes included; "" if it has none."""
    found = re.search(rf"^{re.escape(name)}==.*(?:\n[ \t].*)*", lock, re.MULTILINE)
    return found[0] + "\n" if found else ""


def diagnose(said: str) -> str:
    """Return one sentence about why an installer that said this has failed."""
    here = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    here += f" on {platform.system()} {platform.machine()}"
    if re.search(r"No space left|os error 28\b|disk (?:is )?full", said):
        return "the disk is full; the environment takes 3.8 GB"
    if NO_NETWORK.search(said):
        return "the package index does not answer; packages need a network once"
    if found := re.search(r"Hash mismatch for `([^`]+)`|(THESE PACKAGES DO NOT)", said):
        what = found[1] or "a package"
        return f"{what} is another file than requirements.txt records; try again later"
    if found := re.search(
        r"Failed to build `?([\w.-]+?)(?:==([\w.]+))?`|wheel for ([\w.-]+)", said
    ):
        what = " ".join(filter(None, found.groups()))
        compiler = COMPILERS.get(platform.system(), "a C compiler")
        other = "3.13" if sys.version_info[:2] == (3, 11) else "3.11"
        return (
            f"{what} has no ready-made package for {here}, and compiling it failed: "
            f"install {compiler}, or take another Python: make env PYTHON=python{other}"
        )
    if found := re.search(
        r"(?:Because )?([\w.-]+==\S+) has no (?:wheels|usable)", said
    ):
        return f"{found[1]} has no package for {here}; README says which systems have"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")] or lines[-1:]
    return errors[0] if errors else "the installer said nothing"


class Line:
    """One line on standard output that changes on a terminal, and not elsewhere.

    Args:
        title: what stands at its beginning.
    """

    def __init__(self, title: str):
        self.title, self.start = title, time.monotonic()
        self.moves = sys.stdout.isatty()
        if not self.moves:
            print(f"{title} …", flush=True)

    def show(self, what: str) -> None:
        """Show how long it has taken, and what happens now."""
        if self.moves:
            text = f"{self.title} … {time.monotonic() - self.start:.0f} s  {what}"
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{text[:width]:{width}}", end="", flush=True)

    def close(self, ending: str) -> None:
        """Leave one line."""
        text = f"{self.title}: {ending}"
        if self.moves:
            text = f"\r{text:{shutil.get_terminal_size().columns - 1}}"
        print(text, flush=True)


def run(command: list, title: str) -> str:
    """Run an installer behind one line; return what it said if it failed, or "".

    Raises:
        KeyboardInterrupt: at Ctrl-C; the installer is ended, too.
    """
    # uv would look for an environment in these, and not take the one it is told.
    hidden = {"VIRTUAL_ENV", "CONDA_PREFIX"}
    environment = {k: v for k, v in os.environ.items() if k not in hidden}
    line, said, news = Line(title), [], queue.Queue()
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    reader = threading.Thread(
        target=lambda: [news.put(one) for one in process.stdout], daemon=True
    )
    reader.start()
    try:
        while reader.is_alive() or not news.empty():
            with suppress(queue.Empty):
                said.append(news.get(timeout=0.5))
            line.show(said[-1].strip() if said else "")
        process.wait()
    finally:
        process.kill()
        LOG.parent.mkdir(exist_ok=True)
        with open(LOG, "a", encoding="utf-8") as log:
            log.writelines([f"== {title}\n", *said])
    took = f"{time.monotonic() - line.start:.0f} s"
    line.close(f"failed after {took}" if process.returncode else took)
    return ("".join(said) or "error") if process.returncode else ""


def works(uv: str | Path | None) -> bool:
    """Tell whether this is a uv that runs here."""
    if uv is None or not shutil.which(uv):
        return False
    return not subprocess.run([uv, "--version"], capture_output=True).returncode


def installer() -> list:
    """Return the command that installs: uv of the lock's version, any uv, or pip.

    uv takes seconds where pip takes minutes.

    rouge-score, which has no wheel, is built with the lock's setuptools, too.

    Raises:
        ValueError: if there is no network, and so nothing to install with.
    """
    own, said = Path(sys.executable).with_name("uv"), ""
    lock = LOCK.read_text(encoding="utf-8")
    pinned = block("uv", lock) + block("setuptools", lock)
    if pinned and importlib.util.find_spec("pip"):
        with tempfile.TemporaryDirectory() as folder:
            wanted = Path(folder, "uv.txt")
            wanted.write_text(pinned)
            options = ["--quiet", "--disable-pip-version-check", "--require-hashes"]
            pip = [sys.executable, "-m", "pip", "install", *options, "-r", wanted]
            said = run(pip, "Installing uv and setuptools")
    for uv in (own, shutil.which("uv")):
        if works(uv):
            alone = ["--no-build-isolation-package", "rouge-score"] if not said else []
            return [uv, "pip", "install", "--python", sys.executable, *alone]
    if NO_NETWORK.search(said):
        raise ValueError(diagnose(said))
    options = ["--disable-pip-version-check", "--progress-bar=off"]
    return [sys.executable, "-m", "pip", "install", *options]


def main() -> None:
    """Install, and exit with one sentence if that fails."""
    LOG.unlink(missing_ok=True)
    steps = {
        "Installing the packages of requirements.txt": [
            "--require-hashes", "-r", "requirements.txt",
        ],
        "Installing the course": ["--no-deps", "--no-build-isolation", "-e", "."],
    }  # fmt: skip
    try:
        command = installer()
        for title, words in steps.items():
            if said := run([*command, *words], title):
                raise ValueError(diagnose(said))
    except ValueError as problem:
        log = LOG.relative_to(ROOT)
        sys.exit(f"`make env` failed: {problem}. (All that was said is in {log}.)")
    except KeyboardInterrupt:
        print("\nStopped; `make env` begins again where it was.")
        sys.exit(130)


if __name__ == "__main__":
    main()
