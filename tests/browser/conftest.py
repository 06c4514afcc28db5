"""Only `make test-browser` collects these: they start a browser and a server."""

import os

collect_ignore = [] if os.environ.get("AIGC_BROWSER") else ["test_lab.py"]
