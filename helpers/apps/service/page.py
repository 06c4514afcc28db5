"""Show a conversation: as plain HTML, and as a chat to type into."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from helpers.plots.style import PALETTE

if TYPE_CHECKING:
    from ipywidgets import VBox

STYLE = {
    "customer": f"border:1px solid {PALETTE[0]};margin-left:25%",
    "desk": f"border:1px solid {PALETTE[1]};margin-right:25%",
}


def bubbles(turns: Sequence[tuple[str, str]]) -> str:
    """Return HTML of a conversation; everything said is escaped.

    Args:
        turns: Pairs of "customer" or "desk" and what was said.

    Raises:
        ValueError: If somebody else speaks.
    """
    rows = []
    for who, said in turns:
        if who not in STYLE:
            raise ValueError(f"`bubbles` wants {tuple(STYLE)}, received {who!r}")
        style = f"{STYLE[who]};padding:6px 10px;border-radius:8px;margin-bottom:4px"
        rows.append(f'<div style="{style}">{html.escape(said)}</div>')
    return f'<div style="max-width:640px">{"".join(rows)}</div>'


def chat(answer: Callable[[str], str]) -> VBox:
    """Return a chat to type into: a page, a line and a button.

    Args:
        answer: From a message to the reply.

    Example:
        page.chat(lambda text: str(desk.ask(text, session)))  # the last line of a cell
    """
    import ipywidgets as widgets

    view, turns = widgets.HTML(), []
    line = widgets.Text(
        placeholder="Ask the desk", layout=widgets.Layout(width="520px")
    )
    button = widgets.Button(description="Send", layout=widgets.Layout(width="110px"))

    def send(_=None):
        said, line.value = line.value, ""
        turns.extend([("customer", said), ("desk", answer(said))])
        view.value = bubbles(turns)

    button.on_click(send)
    return widgets.VBox([view, widgets.HBox([line, button])])
