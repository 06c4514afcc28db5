"""Settings of the unit tests: no network, no native log lines, no window system."""

import os

os.environ.setdefault("AIGC_OFFLINE", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "agg")
