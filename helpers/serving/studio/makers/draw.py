"""Draw: pictures of clothes from noise, step by step, by one of two networks."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping

import numpy as np

from helpers.serving.studio.makers import models
from helpers.serving.studio.results import Made, Piece, Step
from helpers.serving.studio.settings import SEEDS, Field, checked

TAB = "draw"
CLASSES = (  # in the order of the networks' labels
    "t-shirt", "trousers", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "boot",
)  # fmt: skip
NETWORKS = {"flow": "image_flow", "diffusion": "image_diffusion"}
WAYS = {  # of walking, besides what a reader chooses
    "flow": {},
    "diffusion": {"solver": "ddim", "guided": (0, np.inf)},
}
FIELDS = (
    Field("subject", "choice", "sneaker", choices=CLASSES),
    Field("count", "whole", 4, 1, 9, 1),
    Field("network", "choice", "flow", choices=tuple(NETWORKS)),
    Field("steps", "whole", 12, 2, 50, 1),
    Field("guidance", "number", 1.4, 0, 6, 0.1),
    Field("seed", "whole", 1, 0, SEEDS - 1),
)
SCALE, GAP = 8, 16  # pixels of the file for one of the network, and between pictures


def make(given: Mapping[str, object]) -> Iterator[Step | Made]:
    """Yield each step from noise to pictures, and at last one file with all of them.

    Args:
        given: Settings, as `FIELDS` says.

    Raises:
        UnfitError: If a setting is refused.
    """
    settings = checked(TAB, FIELDS, given)
    yield Step("step.loading")
    model, pictures = models.checkpoint(NETWORKS[settings["network"]]), None
    for done, x in enumerate(walk(model, settings)):
        pictures = x
        yield Step("step.drawing", done, settings["steps"])
    values = {
        "count": settings["count"],
        "subject": f"draw.subject.{settings['subject']}",
    }
    piece = Piece("pictures.png", "image/png", sheet(pictures), "draw.made", values)
    yield Made(TAB, settings, (piece,))


def walk(model, settings: Mapping[str, object]) -> Iterator[np.ndarray]:
    """Yield the pictures after 0, 1, 2 … steps of the network's own sampler.

    The lock is held while a step is computed, and free while the page shows it.

    Args:
        model: A `FlowMatching` or a `Diffusion`.
        settings: Checked.
    """
    labels = [CLASSES.index(settings["subject"])] * settings["count"]
    chosen = {name: settings[name] for name in ("seed", "steps", "guidance")}
    steps = model.walk(labels, **chosen, **WAYS[settings["network"]])
    for _ in range(settings["steps"] + 1):
        with models.LOCK:
            x = next(steps)
        yield x


def sheet(pictures: np.ndarray) -> bytes:
    """Return all pictures side by side, enlarged, as a PNG.

    Args:
        pictures: float (n, S, S, 1), -1 to 1.
    """
    from matplotlib.image import imsave

    levels = np.rint((np.clip(pictures[..., 0], -1, 1) + 1) * 127.5).astype(np.uint8)
    count, side = len(levels), levels.shape[1] * SCALE
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    shape = [n * side + (n - 1) * GAP for n in (rows, columns)]
    whole = np.full(shape, 255, np.uint8)
    for place, picture in enumerate(levels):
        top, left = (k * (side + GAP) for k in divmod(place, columns))
        large = picture.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
        whole[top : top + side, left : left + side] = large
    buffer = io.BytesIO()
    imsave(buffer, whole[..., None].repeat(3, axis=2), format="png")  # as it is
    return buffer.getvalue()
