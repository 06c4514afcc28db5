"""Settings of the unit tests: no network, no native log lines, no window system."""

import os

import pytest

os.environ.setdefault("AIGC_OFFLINE", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "agg")


@pytest.fixture
def shell():
    """A notebook's shell without a history, whose database nobody would close."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    yield InteractiveShell.instance(config=config)
    InteractiveShell.clear_instance()
