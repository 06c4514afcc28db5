"""The page: a switch for the language, and five tabs."""

from __future__ import annotations

import html
import os
from typing import TYPE_CHECKING

from helpers.serving.studio import look
from helpers.serving.studio.makers import compose, draw, speak, support, write
from helpers.serving.studio.tab import Tab
from helpers.serving.studio.words import LANGUAGES, say

if TYPE_CHECKING:
    from gradio import Blocks

MAKERS = (write, draw, speak, compose, support)
WAITING = 16  # runs that may wait; more are told to come back
SESSIONS = 200  # people whose last results are remembered
OLD = (3_600, 7_200)  # seconds: how often old files are looked for, and how old


def build_page(language: str = "en") -> Blocks:
    """Return the page, not yet served.

    Args:
        language: That it opens in, "en" or "zh"; a browser that prefers Chinese gets
            Chinese all the same.

    Example:
        build_page().launch()  # `python -m helpers.serving.studio` guards it, too
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr
    import matplotlib

    matplotlib.use("Agg")  # figures are drawn in threads, without a window
    import matplotlib.pyplot  # noqa: F401 - now: Gradio looks at it from many threads

    title = say("page.title", language)
    with gr.Blocks(title=title, analytics_enabled=False, delete_cache=OLD) as page:
        head = gr.HTML(_head(language), elem_classes="studio-head")
        choice = gr.Radio(
            [(name, code) for code, name in LANGUAGES.items()], value=language,
            label=say("page.language", language), elem_id="language",
        )  # fmt: skip
        with gr.Tabs(overflow_behavior="wrap"):
            tabs = [Tab(maker, language) for maker in MAKERS]
        foot = gr.HTML(_foot(language), elem_classes="studio-foot")
        for tab in tabs:
            tab.connect(choice)
        _connect_language(page, choice, tabs, head, foot)
    page.state_session_capacity = SESSIONS
    page.queue(max_size=WAITING, default_concurrency_limit=4, api_open=False)
    return page


def _connect_language(page, choice, tabs: list[Tab], head, foot) -> None:
    """Let the switch change every word, and the browser's own language set it."""
    import gradio as gr

    def translate(language: str, *kept) -> dict:
        changes = {
            head: _head(language),
            foot: _foot(language),
            choice: gr.update(label=say("page.language", language)),
        }
        for tab, made in zip(tabs, kept, strict=True):
            changes |= tab.translated(language, made)
        return changes

    shown = [head, foot, choice]
    for tab in tabs:
        shown += tab.translated("en", None)
        shown += [tab.result]
    quiet = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    choice.change(
        translate, [choice, *(tab.kept for tab in tabs)], shown, js=look.SPEAKS, **quiet
    )

    def preferred(request) -> str:
        first = (request.headers.get("accept-language") or "").lower()
        return "zh" if first.startswith("zh") else gr.skip()

    preferred.__annotations__["request"] = gr.Request  # Gradio looks for the class
    page.load(preferred, None, choice, **quiet)


def _head(language: str) -> str:
    """Return the page's title and what it is."""
    title, intro = (html.escape(say(f"page.{k}", language)) for k in ("title", "intro"))
    return f"<h1>{title}</h1><p>{intro}</p>"


def _foot(language: str) -> str:
    """Return what holds for all tabs."""
    return f"<p>{html.escape(say('page.foot', language))}</p>"
