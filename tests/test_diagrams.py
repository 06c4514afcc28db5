"""helpers.plots.diagram: boxes where they were asked for, arrows from edge to edge."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

from helpers import plots

BOXES = {"x": (0, 0), "layer": (2, 0), "add": (4, 0), "y": (6, 1)}
ARROWS = [("x", "layer"), ("layer", "add"), ("x", "add"), ("add", "y")]


@pytest.fixture(autouse=True)
def style():
    with matplotlib.rc_context():
        plots.use_style()
        yield
        plt.close("all")


def test_boxes_stand_where_asked_with_their_texts():
    axes = plots.diagram(BOXES, ARROWS, "A shortcut", labels={"add": "+\nsum"})
    drawn = [patch for patch in axes.patches if isinstance(patch, FancyBboxPatch)]
    centres = [
        (patch.get_x() + patch.get_width() / 2, patch.get_y() + patch.get_height() / 2)
        for patch in drawn
    ]
    np.testing.assert_allclose(centres, list(BOXES.values()))
    texts = [text.get_text() for text in axes.texts if text.get_text()]
    assert texts == ["x", "layer", "+\nsum", "y"]
    assert axes.get_title(loc="left") == "A shortcut"
    assert axes.get_aspect() == 1


def test_arrows_run_from_edge_to_edge_and_stay_in_view():
    bends = {("x", "add"): 0.5}
    axes = plots.diagram(BOXES, ARROWS, "A shortcut", bends=bends, box=(1.0, 0.5))
    axes.figure.canvas.draw()
    arrows = [t.arrow_patch for t in axes.texts if getattr(t, "arrow_patch", None)]
    assert len(arrows) == len(ARROWS)
    frame = axes.get_window_extent()
    for (start, end), arrow in zip(ARROWS, arrows, strict=True):
        extent = arrow.get_window_extent()
        assert extent.x0 >= frame.x0 - 1 and extent.x1 <= frame.x1 + 1
        assert extent.y0 >= frame.y0 - 1 and extent.y1 <= frame.y1 + 1
        assert BOXES[start][0] < BOXES[end][0]
        across = axes.transData.transform([(BOXES[start][0] + 0.5, 0)])[0, 0]
        if (start, end) not in bends:  # it begins at the right edge, not the centre
            assert extent.x0 >= across - 8
    bow, straight = arrows[2].get_window_extent(), arrows[0].get_window_extent()
    assert bow.y1 > straight.y1 + 10  # it bows upwards


def test_shading_marks_the_named_boxes_only():
    axes = plots.diagram(BOXES, ARROWS, "Weights", shaded=["layer"], note="coloured")
    colours = [patch.get_facecolor() for patch in axes.patches[: len(BOXES)]]
    assert len({colours[0], colours[2], colours[3]}) == 1 and colours[1] != colours[0]
    assert "coloured" in [text.get_text() for text in axes.texts]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (({}, [], "t"), {}, "at least one box"),
        ((BOXES, [("x", "z")], "t"), {}, "received .'z'"),
        ((BOXES, ARROWS, "t"), {"labels": {"q": "Q"}}, "received .'q'"),
        ((BOXES, ARROWS, "t"), {"shaded": ["w"]}, "received .'w'"),
        ((BOXES, ARROWS, "t"), {"bends": {("y", "x"): 1}}, "wants arrows"),
    ],
)
def test_what_is_not_there_is_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        plots.diagram(*arguments, **options)
