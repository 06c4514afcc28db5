"""HTML of what the page shows: progress, refusals and results, all of it escaped.

A result travels whole, inside the page: no file of it lies on the server.
"""

from __future__ import annotations

import base64
import html

from helpers.serving.studio.results import Made, Piece, Step, Turn
from helpers.serving.studio.settings import UnfitError, written
from helpers.serving.studio.words import say


def progress(step: Step, language: str) -> str:
    """Return a sentence and a bar.

    Args:
        step: How far it is.
        language: "en" or "zh".
    """
    text = html.escape(say(step.key, language, done=step.done, parts=step.parts))
    bar = ""
    if step.parts:
        share = f'value="{step.done}" max="{step.parts}"'
        bar = f'<progress aria-label="{text}" {share}></progress>'
    return f'<div class="studio-status"><span>{text}</span>{bar}</div>'


def note(text: str, kind: str = "status") -> str:
    """Return a sentence: of success, or as an alert.

    Args:
        text: Plain.
        kind: "status" or "alert".
    """
    return f'<div class="studio-{kind}" role="{kind}">{html.escape(text)}</div>'


def problem(error: Exception, language: str) -> str:
    """Return what went wrong, in words and never with a traceback.

    Args:
        error: Of a maker.
        language: "en" or "zh".
    """
    from helpers.pretrained import ModelUnavailable

    if isinstance(error, UnfitError):
        text = error.told(language)
    elif isinstance(error, ModelUnavailable):
        text = f"{say('fail.model', language)} {error}"
    elif isinstance(error, ValueError):
        text = str(error)
    else:
        text = say("fail.other", language)
    return note(text, "alert")


def growing(text: str) -> str:
    """Return a text that is still being written.

    Args:
        text: So far.
    """
    return f'<div class="studio-text">{html.escape(text)}</div>'


def made(result: Made, language: str) -> str:
    """Return a result, to see, to hear and to download.

    Args:
        result: Of a maker.
        language: "en" or "zh".
    """
    heading = html.escape(say("page.result", language))
    parts = [f'<h3 class="studio-result">{heading}</h3>']
    parts += [_turn(turn, language) for turn in result.turns]
    parts += [_shown(piece, language) for piece in result.pieces if not result.turns]
    links = [_link(piece, say("page.download", language, name=piece.name))
             for piece in result.pieces]  # fmt: skip
    settings = Piece(
        f"{result.tab}.json", "application/json",
        written(result.tab, result.settings).encode(), "page.json",
    )  # fmt: skip
    links.append(_link(settings, say("page.download_settings", language)))
    return "\n".join([*parts, f'<div class="studio-links">{"".join(links)}</div>'])


def _address(piece: Piece) -> str:
    """Return a piece as a data: address."""
    return f"data:{piece.media};base64,{base64.b64encode(piece.content).decode()}"


def _link(piece: Piece, text: str) -> str:
    """Return a link that saves a piece."""
    return (
        f'<a class="studio-link" download="{html.escape(piece.name)}" '
        f'href="{_address(piece)}">{html.escape(text)}</a>'
    )


def _shown(piece: Piece, language: str) -> str:
    """Return a piece as a picture, a player or a text; nothing for other files."""
    said = html.escape(say(piece.key, language, **piece.values))
    kind = piece.media.split("/")[0]
    if kind == "image":
        inner = f'<img alt="{said}" src="{_address(piece)}">'
    elif piece.media == "audio/wav":
        inner = f'<audio controls aria-label="{said}" src="{_address(piece)}"></audio>'
    elif kind == "text":
        return growing(piece.content.decode("utf-8", "replace"))
    else:
        return ""
    return (
        f'<figure class="studio-figure">{inner}<figcaption>{said}</figcaption></figure>'
    )


def _turn(turn: Turn, language: str) -> str:
    """Return one turn of a conversation."""
    who = html.escape(say(f"support.{turn.who}", language))
    below = ""
    if turn.source:
        below = say("support.source", language, source=turn.source)
    elif turn.kind == "hand-over":
        below = say("support.hand-over", language)
    below = f'<div class="studio-source">{html.escape(below)}</div>' if below else ""
    return (
        f'<div class="studio-turn studio-{turn.who}"><strong>{who}</strong>'
        f"<div>{html.escape(turn.text)}</div>{below}</div>"
    )
