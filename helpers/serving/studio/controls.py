"""Make a control of each field, and give it its words."""

from __future__ import annotations

from helpers.serving.studio.settings import Field
from helpers.serving.studio.words import WORDS, said_or_plain, say

FINE = {  # fields that a first try may leave as they are
    "length", "temperature", "top_p", "network", "steps", "guidance", "variety",
    "pause", "drafts", "rules", "tempo",
}  # fmt: skip


def words(tab: str, field: Field, language: str) -> dict[str, object]:
    """Return a control's label, its hint and the names of its choices.

    Args:
        tab: Of the field.
        field: The field.
        language: "en" or "zh".
    """
    name = f"{tab}.{field.name}"
    found: dict[str, object] = {"label": say(name, language)}
    if f"{name}.info" in WORDS:
        found["info"] = say(f"{name}.info", language)
    if field.kind == "choice":
        found["choices"] = [
            (said_or_plain(f"{name}.{one}", one, language), one)
            for one in field.choices
        ]
    return found


def control(tab: str, field: Field, language: str):
    """Return a Gradio component for a field.

    Args:
        tab: Of the field.
        field: The field.
        language: "en" or "zh".
    """
    import gradio as gr

    told = words(tab, field, language)
    told |= {"value": field.default, "elem_id": f"{tab}-{field.name}"}
    if field.kind in ("text", "turns", "digits"):
        lines = {"text": 4, "turns": 1, "digits": 1}[field.kind]
        return gr.Textbox(lines=lines, max_lines=12, max_length=int(field.most), **told)
    if field.kind == "choice":
        return gr.Radio(**told)
    if field.kind == "flag":
        return gr.Checkbox(**told)
    bounds = {"minimum": field.least, "maximum": field.most}
    if field.step:
        return gr.Slider(step=field.step, **bounds, **told)
    return gr.Number(precision=0, **told)
