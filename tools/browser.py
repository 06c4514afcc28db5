"""Install what `make test-browser` needs besides the environment: Playwright and axe.

    .venv/bin/python tools/browser.py

Pyproject's extra `browser` names every package with one version, and nothing is looked
for that these may want, too: so nothing else in the environment moves. Without a
network the tests are skipped with their reason, or fail if AIGC_BROWSER is "required".
"""

import os
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import install


def wanted() -> list[str]:
    """Return the extra's requirements, such as "greenlet==3.5.6"."""
    text = (install.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]["optional-dependencies"]["browser"]


def is_there(requirement: str) -> bool:
    """Tell whether the package is installed in the version that is named."""
    name, _, wanted_version = requirement.partition("==")
    try:
        return version(name) == wanted_version
    except PackageNotFoundError:
        return False


def main() -> None:
    """Install what is missing; say so in one sentence if that fails."""
    missing = [one for one in wanted() if not is_there(one)]
    if not missing:
        return
    uv = Path(sys.executable).with_name("uv")
    command = [sys.executable, "-m", "pip", "install"]
    if install.works(uv):
        command = [uv, "pip", "install", "--python", sys.executable]
    said = install.run(
        [*command, "--no-deps", *missing], "Installing Playwright and axe"
    )
    if said:
        print(f"Not installed: {', '.join(missing)}: {install.diagnose(said)}.")
        sys.exit(os.environ.get("AIGC_BROWSER") == "required")


if __name__ == "__main__":
    main()
