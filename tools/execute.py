"""Execute lessons headless, measure them, and store their outputs.

    python tools/execute.py run            every lesson; prints and writes build/run.md
    python tools/execute.py run 06 07      these lessons
    python tools/execute.py run part 3     the lessons of README's third part
    python tools/execute.py render 07      execute, then store outputs, time, memory

The numbers may be in the variable NB, too, as make passes them. `run` follows
AIGC_PROFILE (default: lesson). `render` always uses the lesson profile and two CPU
cores, since that is what the committed times promise.
"""

import argparse
import asyncio
import base64
import io
import math
import os
import re
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import check_notebooks, results_image
from tools.notebooks import ROOT, metadata, write_notebook, write_text
from tools.parts import chosen
from tools.peak_memory import PeakMemory

CELL_TIMEOUT = 3600  # seconds; the full profile may train for long
BUDGET = re.compile(r"Time: about .* min on 2 CPU cores · Memory: .* GB")


@dataclass
class Measurement:
    """What one execution took: seconds, peak bytes of kernel and children, failure."""

    name: str
    seconds: float
    peak_bytes: int
    problem: str = ""

    @property
    def minutes_text(self) -> str:
        """Minutes rounded up to the next half."""
        return f"{max(1, math.ceil(self.seconds / 30)) / 2:g}"

    @property
    def memory_text(self) -> str:
        """Gigabytes (10^9 bytes) rounded up to the next tenth."""
        return f"{math.ceil(self.peak_bytes / 1e8) / 10:.1f}"


def read(path: Path) -> dict:
    """Read a notebook that can be executed.

    Raises:
        ValueError: if it is not a notebook, or has no code.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
        code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    except (ValueError, AttributeError, TypeError, nbformat.ValidationError) as error:
        why = str(error).strip().split("\n")[0][:80]
        raise ValueError(f"wants a notebook, received another file: {why}") from error
    if not any(source.strip() for source in code):
        raise ValueError("wants a cell of code at least, received none")
    return notebook


def run(client: NotebookClient) -> None:
    """Execute a client's notebook, and end its kernel at Ctrl-C.

    It runs in a thread of its own: in the main one nbclient takes Ctrl-C for itself,
    ends the kernel and then reports that it is dead.

    Raises:
        KeyboardInterrupt: at Ctrl-C.
    """
    loop = asyncio.new_event_loop()
    task = loop.create_task(client.async_execute())
    ended = threading.Event()

    def work() -> None:
        with suppress(BaseException):  # it is raised below, where the result is asked
            loop.run_until_complete(task)
        ended.set()

    threading.Thread(target=work, daemon=True).start()
    try:
        while not ended.wait(0.5):  # without a limit, Windows would not see Ctrl-C
            pass
    except KeyboardInterrupt:
        while not ended.wait(0.5):
            for process in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):  # it has just ended
                    process.kill()  # nbclient finds it dead and tidies up
        raise
    task.result()


def execute(path: Path) -> tuple[dict, Measurement]:
    """Run every cell of a notebook in a fresh kernel with a progress bar.

    Returns:
        The executed notebook and its measurement; `problem` names the cell that failed.

    Raises:
        KeyboardInterrupt: if Ctrl-C stopped it.
    """
    try:
        notebook = read(path)
    except ValueError as error:
        return {}, Measurement(path.stem, 0.0, 0, f"`execute` {error}")
    bar = tqdm(total=len(notebook.cells), desc=path.stem, file=sys.stdout, unit="cell")
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        coalesce_streams=True,
        on_cell_start=lambda cell, cell_index: bar.update(cell_index - bar.n),
    )
    memory = PeakMemory()
    memory.start()
    start = time.perf_counter()
    problem = ""
    try:
        run(client)
        bar.update(len(notebook.cells) - bar.n)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        cell = notebook.cells[bar.n]["id"]
        kind = getattr(error, "ename", type(error).__name__)
        text = str(getattr(error, "evalue", error)).strip()
        problem = f"cell {cell}: {kind}: {text}"
        print("\n" + re.sub(r"\x1b\[[\d;]*m", "", str(error)), file=sys.stderr)
    finally:
        bar.close()
    seconds = time.perf_counter() - start
    return notebook, Measurement(path.stem, seconds, memory.stop(), problem)


def tidy(notebook: dict) -> dict:
    """Return the executed notebook as it is committed.

    Cells keep id, tags, source and outputs; what changes at every run for no reason
    (timestamps, overwritten progress lines) goes.
    """
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags")
        cell["metadata"] = {"tags": tags} if tags else {}
        for output in cell.get("outputs", []):
            if "metadata" in output:
                alt = output["metadata"].get("image/png", {}).get("alt")
                output["metadata"] = {"image/png": {"alt": alt}} if alt else {}
            if output["output_type"] == "stream":
                output["text"] = last_words(output["text"])
            if "image/png" in output.get("data", {}):
                output["data"]["image/png"] = smaller(output["data"]["image/png"])
        if cell["cell_type"] == "code":
            cell["outputs"] = [o for o in cell["outputs"] if o.get("text") != ""]
    return {**notebook, "metadata": metadata()}


def smaller(png: str) -> str:
    """Return a base64 PNG with a palette of 256 colours, about half the bytes."""
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    written = io.BytesIO()
    picture.quantize(256, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
    return min(png, base64.b64encode(written.getvalue()).decode(), key=len)


def last_words(text: str) -> str:
    """Keep of each line what a terminal shows after its carriage returns."""
    kept = []
    for line in text.split("\n"):
        parts = [part for part in line.split("\r") if part.strip()]
        overwritten = "\r" in line and parts
        kept.append(parts[-1].rstrip() if overwritten else line.replace("\r", ""))
    return "\n".join(kept)


def state_measurement(notebook: dict, measurement: Measurement, root: Path) -> None:
    """Write measured time and memory into the lesson and into README's table."""
    minutes, memory = measurement.minutes_text, measurement.memory_text
    line = f"Time: about {minutes} min on 2 CPU cores · Memory: {memory} GB"
    cell = notebook["cells"][1]
    source, count = BUDGET.subn(line, cell["source"])
    if count != 1:
        raise ValueError(f"wanted one line like '{line}' in cell {cell['id']}")
    cell["source"] = source
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8")
    row = rf"(\| .*\(notebooks/{measurement.name}\.ipynb\).*) \| [^|]* \| [^|]* \|$"
    updated = re.sub(
        row, rf"\1 | {minutes} min | {memory} GB |", text, flags=re.MULTILINE
    )
    if updated != text:
        write_text(readme, updated)


def render(path: Path) -> Measurement:
    """Execute a lesson and store its outputs; a failing lesson is left as it was."""
    notebook, measurement = execute(path)
    if not measurement.problem:
        notebook = tidy(notebook)
        state_measurement(notebook, measurement, ROOT)
        write_notebook(path, notebook)
        for problem in check_notebooks.problems(path, ROOT):
            print(f"{path.name}: {problem}")
        results_image.compose_all(path.stem[:2])
    return measurement


def table(measurements: list[Measurement]) -> str:
    """Return the measurements as a Markdown table."""
    rows = ["| notebook | time | peak memory | result |", "| --- | ---: | ---: | --- |"]
    for one in measurements:
        time_text = f"{int(one.seconds // 60)} min {one.seconds % 60:04.1f} s"
        memory = f"{one.peak_bytes / 1e9:.2f} GB"
        result = one.problem.splitlines()[0] if one.problem else "ok"
        rows.append(f"| {one.name} | {time_text} | {memory} | {result} |")
    return "\n".join(rows)


def use_two_cores() -> None:
    """Give this process, and so every kernel, two cores where the system lets us."""
    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):
        process.cpu_affinity(process.cpu_affinity()[:2])


def main() -> None:
    """Read the command line, execute, report, and exit non-zero on a failure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("action", choices=["run", "render"])
    parser.add_argument(
        "numbers", nargs="*", help="such as 05 06; run takes all if none"
    )
    arguments = parser.parse_args()
    try:
        paths = chosen(arguments.action, arguments.numbers)
    except ValueError as problem:
        sys.exit(str(problem))
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel of this environment
    os.environ.setdefault("AIGC_PROFILE", "lesson")
    if arguments.action == "render":
        os.environ["AIGC_PROFILE"] = "lesson"
        use_two_cores()
    action = render if arguments.action == "render" else lambda path: execute(path)[1]
    measurements, stopped = [], ""
    for path in paths:
        try:
            measurements.append(action(path))
        except KeyboardInterrupt:
            stopped = f"Stopped in {path.name}, which is as it was."
            break
    report = table(measurements)
    cores = len(psutil.Process().cpu_affinity()) if sys.platform == "linux" else "all"
    heading = f"Profile {os.environ['AIGC_PROFILE']}, {cores} cores"
    write_text(ROOT / "build" / "run.md", f"{heading}\n\n{report}\n")
    print(f"\n{heading}\n{report}")
    if stopped:
        print(stopped)
        sys.exit(130)  # as a shell has it for Ctrl-C
    sys.exit(any(one.problem for one in measurements))


if __name__ == "__main__":
    main()
