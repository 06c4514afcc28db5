"""helpers.plots: what is drawn is what was given, and bad input is refused."""

import io
import os
import warnings
from itertools import pairwise

import matplotlib
import numpy as np
import pytest

matplotlib.use("agg")

import matplotlib.pyplot as plt
from bs4 import BeautifulSoup
from matplotlib.colors import to_rgb

from helpers import course, listening, plots
from helpers.plots.audio import audio_clips, spectrogram
from helpers.plots.style import LONGEST_ALT, alternative_text


@pytest.fixture(autouse=True)
def style():
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("error")
        # what another test has left open, and is collected here, is no fault of a plot
        warnings.simplefilter("ignore", ResourceWarning)
        plots.use_style()
        yield
        plt.gcf().canvas.draw()
        plt.close("all")


def test_lines_draws_every_series_with_its_own_dash_and_colour():
    series = {f"run {n}": ([1, 2, 3], [n, n + 1, n + 2]) for n in range(4)}
    axes = plots.lines(series, "steps", "loss (nats)", "Falls", floor=("entropy", 0.5))
    drawn = axes.get_lines()[:4]
    for line, (x, y) in zip(drawn, series.values(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), x)
        np.testing.assert_array_equal(line.get_ydata(), y)
    assert len({line.get_color() for line in drawn}) == 4
    assert len({line.get_linestyle() for line in drawn}) == 4
    labels = (axes.get_xlabel(), axes.get_ylabel(), axes.get_title(loc="left"))
    assert labels == ("steps", "loss (nats)", "Falls")
    assert [text.get_text() for text in axes.texts] == ["entropy"]


def test_bars_have_the_given_heights_and_intervals():
    values = {"a": 1.0, "b": 2.5}
    axes = plots.bars(values, "score", "b wins", errors={"a": 0.5, "b": (0.25, 1.0)})
    assert [patch.get_height() for patch in axes.patches] == [1.0, 2.5]
    segments = axes.collections[0].get_segments()
    spans = [tuple(segment[:, 1]) for segment in segments]
    assert spans == [(0.5, 1.5), (2.25, 3.5)]
    assert {"1.00", "2.50"} <= {text.get_text() for text in axes.texts}


def test_grouped_bars_keep_groups_and_names():
    values = {"small": {"train": 1, "test": 2}, "large": {"train": 3, "test": 4}}
    axes = plots.bars(values, "loss", "Larger is worse here")
    assert [patch.get_height() for patch in axes.patches] == [1, 3, 2, 4]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["small", "large"]
    named = [text.get_text() for text in axes.figure.legends[0].get_texts()]
    assert named == ["train", "test"]


def test_heatmap_shows_rows_downwards_and_numbers_inside():
    matrix = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    axes = plots.heatmap(matrix, ["p", "q"], list("abc"), title="Grows", digits=0)
    np.testing.assert_array_equal(axes.images[0].get_array(), matrix)
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first row on top
    assert [text.get_text() for text in axes.texts] == list("012345")


def test_attention_maps_draws_every_head_on_one_scale():
    weights = np.random.default_rng(0).dirichlet(np.ones(3), size=(5, 3))
    figure = plots.attention_maps(weights, ["we", "are", "here"], "Heads differ")
    images = [axes.images[0] for axes in figure.axes if axes.images]
    np.testing.assert_allclose([image.get_array() for image in images], weights)
    assert {image.get_clim() for image in images} == {(0.0, float(weights.max()))}
    assert figure.get_suptitle() == "Heads differ"


def test_histogram_counts_every_value_once():
    samples = {"a": [0.0, 0.1, 0.9, 1.0], "b": [0.5, 0.6]}
    axes = plots.histogram(samples, "x", "Counts", bins=4)
    counts = [sum(patch.get_height() for patch in axes.containers[0])]
    counts.append(sum(patch.get_height() for patch in axes.containers[1]))
    assert counts == [4, 2]


def test_grid_labels_every_picture():
    images = np.zeros((5, 4, 4))
    figure = plots.grid(images, list("abcde"), "Five", columns=3)
    shown = [axes.get_title() for axes in figure.axes if axes.images]
    assert shown == list("abcde")


@pytest.mark.parametrize(
    ("greys", "dtype"),
    [((0, 0.5, 1), float), ((-1, 0, 1), float), ((0, 127.5, 255), float),
     ((0, 128, 255), "uint8")],
)  # fmt: skip
def test_a_grid_has_one_scale_of_grey_for_all_its_pictures(greys, dtype):
    images = [np.full((2, 2), grey, dtype) for grey in greys]
    figure = plots.grid(images, list("abc"), "Black, grey, white")
    shown = [axes.images[0] for axes in figure.axes]
    black, middle, white = (
        image.cmap(image.norm(image.get_array())) for image in shown
    )
    assert np.allclose(black[..., :3], 0) and np.allclose(white[..., :3], 1)
    assert np.allclose(middle[..., :3], 0.5, atol=0.01)


def test_every_figure_s_title_and_first_colour_are_the_style_s(tmp_path):
    wave = np.sin(np.arange(800))
    clips = [listening.Clip(name, "model", wave) for name in ("a", "b")]
    figures = [
        plots.grid([np.zeros((4, 4))], ["a"], "Title"),
        audio_clips({"a": wave}, "Title"),
        listening.draw_form(
            listening.Form(clips, tmp_path / "r.csv", "me", 0, "Title")
        ),
    ]
    for figure in figures:
        (title,) = [text for text in figure.texts if text.get_text() == "Title"]
        style = (title.get_position()[0], title.get_ha(), title.get_weight())
        assert style == (0.01, "left", "bold")
        assert title.get_size() == matplotlib.rcParams["axes.titlesize"]
        lines = [line for axes in figure.axes for line in axes.get_lines()]
        assert {line.get_color() for line in lines} <= {plots.PALETTE[0]}


def test_palette_neighbours_differ_in_grey():
    grey = [
        255 * np.dot(to_rgb(colour), (0.299, 0.587, 0.114)) for colour in plots.PALETTE
    ]
    assert min(abs(a - b) for a, b in pairwise(grey)) > 35


def test_figures_are_small_files(tmp_path):
    x = np.linspace(0, 1, 500)
    axes = plots.lines({str(n): (x, x**n) for n in range(1, 7)}, "x", "y", "Bends")
    axes.figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size < 120_000


def two_rows():
    return np.eye(2)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plots.lines({}, "x", "y", "t"), "at least one series"),
        (
            lambda: plots.lines({"a": ([1, 2], [1])}, "x", "y", "t"),
            "'a'.*'x': 2, 'y': 1",
        ),
        (lambda: plots.lines({"a": ([], [])}, "x", "y", "t"), "above 0"),
        (lambda: plots.bars({}, "y", "t"), "at least one bar"),
        (lambda: plots.bars({"a": 1}, "y", "t", errors={"b": 1}), "one error for each"),
        (lambda: plots.bars({"g": {"a": 1}, "h": {"b": 1}}, "y", "t"), "in 'h'"),
        (lambda: plots.heatmap(np.ones(3), title="t"), "matrix"),
        (lambda: plots.heatmap(two_rows(), ["a"], title="t"), "2 labels for rows"),
        (
            lambda: plots.heatmap(two_rows(), None, ["a"], title="t"),
            "labels for columns",
        ),
        (lambda: plots.attention_maps(np.ones((1, 2, 2)), ["a"], "t"), "heads, 1, 1"),
        (lambda: plots.attention_maps(np.ones((2, 2)), ["a", "b"], "t"), "heads, 2, 2"),
        (lambda: plots.histogram([], "x", "t"), "at least one value"),
        (lambda: plots.grid([np.ones((2, 2))], ["a", "b"], "t"), "'labels': 2"),
    ],
)
def test_bad_input_says_what_was_wanted(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()


ODD = [
    "$5 (7%) to $6",
    "_x",
    "$$",
    "$_$",
    "\\frac{1}{2} \\$",
    "two\nlines",
    "a_b^c #&~",
]


def odd_texts(make):
    """Return all texts of a figure that is drawn, its ticks included."""
    made = make()
    figure = getattr(made, "figure", made)
    figure.savefig(io.BytesIO())
    found = figure.findobj(matplotlib.text.Text)
    assert not any(text.get_parse_math() for text in found)
    return [text.get_text() for text in found if text.get_visible()]


def named_points(names):
    return {name: ([1, 2], [n, 3]) for n, name in enumerate(names)}


WAVE = np.sin(np.arange(800)).astype(np.float32)
SQUARE = np.arange(len(ODD) ** 2).reshape(len(ODD), -1) / 49
IMAGES = [np.zeros((4, 4))] * len(ODD)
LABELLED = {  # each draws all of ODD as titles, labels, ticks, legends or tokens
    "lines": lambda t: plots.lines(named_points(ODD), t, t, t, floor=(t, 1.0)),
    "bars": lambda t: plots.bars(dict.fromkeys(ODD, 1.0), t, t, xlabel=t),
    "groups": lambda t: plots.bars({o: dict.fromkeys(ODD, 1) for o in ODD}, t, t),
    "histogram": lambda t: plots.histogram(dict.fromkeys(ODD, [1, 2]), t, t, ylabel=t),
    "heatmap": lambda t: plots.heatmap(
        SQUARE, ODD, ODD, title=t, xlabel=t, ylabel=t, colourbar=t
    ),
    "attention_maps": lambda t: plots.attention_maps(SQUARE[None], ODD, t),
    "grid": lambda t: plots.grid(IMAGES, ODD, t, columns=1, rows=ODD),
    "audio_clips": lambda t: audio_clips(dict.fromkeys(ODD, WAVE), t),
}


@pytest.mark.parametrize("draw", LABELLED.values(), ids=LABELLED.keys())
def test_texts_are_drawn_as_they_are(draw):
    matplotlib.rcParams["text.parse_math"] = True  # as where use_style was not called
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no room for so many labels
        drawn = odd_texts(lambda: draw("$$"))
        plt.close("all")
    assert drawn.count("$$") >= 2  # once as title, once as label
    assert set(ODD) <= set(drawn)


def test_spectrogram_and_form_show_titles_as_they_are(tmp_path):
    assert "$$" in odd_texts(lambda: spectrogram(np.zeros((4, 64)), "$$"))
    clips = [listening.Clip(name, "model", WAVE) for name in ("a", "b")]
    form = listening.Form(clips, tmp_path / "r.csv", "me", question="Worth $5 or $6?")
    assert "Worth $5 or $6?" in odd_texts(lambda: listening.draw_form(form))


def test_single_bars_have_one_colour_and_each_its_place():
    axes = plots.bars({"1": 1.0, 1: 2.0, "b": 3.0}, "y", "t")
    assert {patch.get_facecolor() for patch in axes.patches} == {
        (*to_rgb(plots.PALETTE[0]), 1.0)
    }
    assert [patch.get_x() + patch.get_width() / 2 for patch in axes.patches] == [
        0, 1, 2,
    ]  # fmt: skip
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "1", "b"]


def test_every_heat_map_has_its_colour_bar():
    def bars(figure):
        return [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]

    weights = np.full((3, 2, 2), 0.5)
    assert len(bars(plots.heatmap(np.eye(2), title="t").figure)) == 1
    assert len(bars(plots.attention_maps(weights, ["a", "b"], "t"))) == 1
    assert len(bars(audio_clips({"a": WAVE, "b": WAVE}, "t"))) == 1
    assert len(bars(spectrogram(np.zeros((4, 64)), "t").figure)) == 1


def test_a_grid_names_its_rows():
    figure = plots.grid(IMAGES[:5], list("abcde"), "t", columns=2, rows=["p", "q", "r"])
    shown = [axes for axes in figure.axes if axes.images]
    assert [axes.get_ylabel() for axes in shown] == ["p", "", "q", "", "r"]
    with pytest.raises(ValueError, match="wants 3 labels for rows, received 1"):
        plots.grid(IMAGES[:5], list("abcde"), "t", columns=2, rows=["p"])


@pytest.mark.parametrize(
    "bad", [np.array([[np.nan, 1]]), np.array([[np.inf, 1]]), np.ones((2, 2)) * 1j]
)
def test_a_grid_refuses_images_that_are_no_numbers(bad):
    with pytest.raises(ValueError, match="finite numbers, received .* image 1"):
        plots.grid([np.ones((1, 2)), bad], ["a", "b"], "t")


def test_alternative_text_says_titles_axes_and_names():
    series = {"run a": ([1, 2], [3, 4]), "run b": ([1, 2], [4, 5])}
    axes = plots.lines(series, "steps", "loss (nats)", "Falls\nslowly")
    said = alternative_text(axes.figure)
    assert said == "Falls slowly; loss (nats) against steps; run a, run b"
    said = alternative_text(plots.grid(IMAGES[:2], ["cat", "dog"], "Two"))
    assert said == "Two; cat; dog"
    assert alternative_text(plt.figure())
    many = plots.grid([np.zeros((2, 2))] * 200, [f"{n:05}" for n in range(200)], "t")
    assert len(alternative_text(many)) == LONGEST_ALT
    plt.close("all")


def test_a_notebook_s_figures_have_their_title_as_alternative_text():
    import nbformat
    from nbclient import NotebookClient
    from nbconvert import HTMLExporter

    source = (
        "from helpers import plots\nplots.use_style()\n"
        "plots.bars({'a': 1.0}, 'y', 'Costs <$5> & \"more\"');"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    folder = str(course.root() / "notebooks")
    environment = {
        **os.environ,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    client = NotebookClient(notebook, resources={"metadata": {"path": folder}})
    client.execute(env=environment)
    (output,) = notebook.cells[0].outputs
    assert output["metadata"]["image/png"]["alt"] == 'Costs <$5> & "more"; y'
    # nbconvert's template "lab" has no place for it yet, "classic" has
    html, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook)
    (image,) = BeautifulSoup(html, "html.parser").select("img")
    assert image["alt"] == 'Costs <$5> & "more"; y'
    assert image["src"].startswith("data:image/png")


@pytest.mark.parametrize("kind", ["log", "symlog"])
@pytest.mark.parametrize("low, high", [(1e-3, 2e6), (0.15, 6), (20, 3000)])
def test_logarithmic_axes_have_plain_labels(low, high, kind):
    points = ([1, 2, 3], [low, (low * high) ** 0.5, high])
    axes = plots.lines({"a": points}, "x", "y", "t", log_y=True)
    axes.set_yscale(kind)
    axes.figure.canvas.draw()
    ticks = [*axes.get_yticklabels(), *axes.get_yticklabels(minor=True)]
    shown = [tick.get_text() for tick in ticks if tick.get_text()]
    assert len(shown) >= 2
    places = [tick.get_position()[1] for tick in ticks if tick.get_text()]
    assert [float(text) for text in shown] == pytest.approx(places)
