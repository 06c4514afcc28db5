"""Train the flow-matching model of clothes, and measure it on 2,000 pictures.

The network, the pictures, the legs and the optimizer are those of image_diffusion. It
learns from all 60,000 training pictures of Fashion-MNIST; no test picture is used. The
state of each leg is kept in build every few minutes: the same command goes on from
there after a stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from helpers.models.diffusion.flow_matching import SAMPLING, FlowMatching
from recipes import _images
from recipes._images import SEED  # noqa: F401 - tests read it
from recipes.image_diffusion import BATCH, LEGS, SMALL, STEPS, make


def main() -> None:
    """Make the checkpoint image_flow."""
    job = _images.begin("image_flow", __doc__, STEPS, BATCH, legs=str(LEGS))
    model = FlowMatching(**SMALL if job.smoke else {"widths": (32, 96)})
    make(job, model, SAMPLING)


if __name__ == "__main__":
    main()
