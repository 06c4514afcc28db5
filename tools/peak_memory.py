"""Watch how much memory the processes take that this one has started."""

import sys
import threading
import time
from contextlib import suppress

import psutil


def memory_of(process: psutil.Process) -> int:
    """Return a process's bytes of memory, what it shares counted in proportion.

    Only Linux tells the proportional set size; elsewhere it is the resident one, which
    counts pages that a kernel and its children share once for each of them.
    """
    if sys.platform == "linux":
        with suppress(psutil.AccessDenied):
            return process.memory_full_info().pss
    return process.memory_info().rss


class PeakMemory(threading.Thread):
    """Watch the memory of this process's children until stopped."""

    def __init__(self, interval: float = 0.1):
        super().__init__(daemon=True)
        self.interval = interval
        self.peak = 0
        self._stopped = threading.Event()

    def run(self) -> None:
        """Sample until `stop` is called."""
        this, pause = psutil.Process(), self.interval
        while not self._stopped.wait(pause):
            start, total = time.perf_counter(), 0
            for process in this.children(recursive=True):
                with suppress(psutil.Error):  # it has just ended
                    total += memory_of(process)
            self.peak = max(self.peak, total)
            # Adding up a gigabyte's pages holds the kernel up: 5 % of the time at most.
            pause = max(self.interval, 20 * (time.perf_counter() - start))

    def stop(self) -> int:
        """End the watch and return the peak in bytes."""
        self._stopped.set()
        self.join()
        return self.peak
