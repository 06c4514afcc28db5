"""One tab: its controls and buttons, what it shows, and how that is made again."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from types import ModuleType

from helpers.serving.studio import controls, showing
from helpers.serving.studio.results import Made, Step
from helpers.serving.studio.settings import LONGEST_JSON, SEEDS, read, written
from helpers.serving.studio.words import say
from helpers.serving.studio.work import steps

QUICK = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
SLOW = {  # one run at a time: whoever comes later waits, and sees nothing of it
    "concurrency_id": "models",
    "concurrency_limit": 1,
    "show_progress": "hidden",  # the status line says it in both languages
    "api_visibility": "private",
}
KEPT = 3_600  # seconds that a result stays in a page's memory


class Tab:
    """A tab around a maker.

    Args:
        maker: A module of `makers`: TAB, FIELDS and make.
        language: Of the first page.
    """

    def __init__(self, maker: ModuleType, language: str):
        import gradio as gr

        self.maker, self.name, self.fields = maker, maker.TAB, maker.FIELDS
        self.named: list[tuple[object, str, str]] = []  # component, property, key
        with gr.Tab(say(f"{self.name}.tab", language), id=self.name) as self.door:
            self.intro = gr.HTML(self.introduced(language), elem_classes="studio-intro")
            self.controls = self._controls(language)
            with gr.Row():
                self.go = self._button(f"{self.name}.go", language, variant="primary")
                self.stop = self._button("page.stop", language)
                again = "support.new" if self.chat else "page.new_seed"
                self.fresh = self._button(again, language)
            self.status = gr.HTML(elem_classes="studio-live")
            self.result = gr.HTML()
            self.kept = gr.State(None, time_to_live=KEPT)  # the last `Made`
            with gr.Accordion(say("page.again", language), open=False) as box:
                self.json = gr.Textbox(
                    lines=6, max_lines=16, max_length=LONGEST_JSON,
                    label=say("page.json", language),
                    info=say("page.json_info", language),
                    elem_id=f"{self.name}-json",
                )  # fmt: skip
                self.again = self._button("page.remake", language)
        self.named += [
            (box, "label", "page.again"),
            (self.json, "label", "page.json"),
            (self.json, "info", "page.json_info"),
            (self.door, "label", f"{self.name}.tab"),
        ]

    def introduced(self, language: str) -> str:
        """Return the tab's heading and what it does, as HTML."""
        heading, text = (say(f"{self.name}.{k}", language) for k in ("tab", "intro"))
        return f"<h2>{heading}</h2><p>{text.replace('&', '&amp;')}</p>"

    def _button(self, key: str, language: str, **more):
        """Make a button, and note whose words it has."""
        import gradio as gr

        name = f"{self.name}-{key.split('.')[1]}"
        button = gr.Button(say(key, language), elem_id=name, min_width=120, **more)
        self.named.append((button, "value", key))
        return button

    def _controls(self, language: str) -> dict[str, object]:
        """Make all controls; those that can wait are folded."""
        import gradio as gr

        plain = [f for f in self.fields if f.name not in controls.FINE]
        fine = [f for f in self.fields if f.name in controls.FINE]
        made = {f.name: controls.control(self.name, f, language) for f in plain}
        if fine:
            with gr.Accordion(say("page.settings", language), open=False) as box:
                made |= {f.name: controls.control(self.name, f, language) for f in fine}
            self.named.append((box, "label", "page.settings"))
        return {field.name: made[field.name] for field in self.fields}

    @property
    def chat(self) -> bool:
        """Whether the tab holds a conversation: its first field has turns."""
        return self.fields[0].kind == "turns"

    def connect(self, language) -> None:
        """Tell each button what it does.

        Args:
            language: The component that knows the language.
        """
        import gradio as gr

        values = list(self.controls.values())
        seen = [self.status, self.result, self.kept, self.json]
        triggers = [self.go.click]
        if self.fields[0].kind in ("turns", "digits"):  # short enough for Enter
            triggers.append(values[0].submit)
        works = [
            gr.on(triggers, self.waits, language, self.status, **QUICK).then(
                self.run, [language, self.kept, *values], [*seen, *values], **SLOW
            ),
            self.again.click(self.waits, language, self.status, **QUICK).then(
                self.rerun, [language, self.json], [*seen, *values], **SLOW
            ),
        ]  # fmt: skip
        self.stop.click(None, cancels=works, **QUICK).then(
            self.stopped, language, self.status, **QUICK
        )
        if self.chat:
            self.fresh.click(None, cancels=works, **QUICK).then(
                lambda: ("", "", None, ""), None, seen, **QUICK
            )
        else:
            seed = self.controls["seed"]
            self.fresh.click(lambda: secrets.randbelow(SEEDS), None, seed, **QUICK)

    @staticmethod
    def waits(language: str) -> str:
        """Say at once that a click has been seen."""
        return showing.progress(Step("step.waiting"), language)

    @staticmethod
    def stopped(language: str) -> str:
        """Say that a run has ended before its time."""
        return showing.note(say("step.stopped", language))

    def run(self, language: str, kept: Made | None, *values) -> Iterator[dict]:
        """Make what the controls say, and yield what changes on the page."""
        given = dict(zip(self.controls, values, strict=True))
        if self.chat:
            before = list(kept.settings["messages"]) if kept else []
            given["messages"] = [*before, given["messages"]]
        yield from self._work(language, given)

    def rerun(self, language: str, text: str) -> Iterator[dict]:
        """Make what settings in JSON say; the controls show them, too."""
        try:
            given = read(self.name, self.fields, text)
        except ValueError as error:
            yield {self.status: showing.problem(error, language)}
            return
        shown = dict(given)
        if self.chat:
            shown.pop("messages")
        yield {self.controls[name]: value for name, value in shown.items()}
        yield from self._work(language, given)

    def _work(self, language: str, given: dict) -> Iterator[dict]:
        """Run the maker and turn what it yields into what is shown."""
        start = time.monotonic()
        for found in steps(self.maker.make, given):
            if isinstance(found, Step):
                shown = {self.status: showing.progress(found, language)}
                if found.text:
                    shown[self.result] = showing.growing(found.text)
                yield shown
            elif isinstance(found, Exception):
                yield {self.status: showing.problem(found, language)}
            else:
                took = round(time.monotonic() - start, 1)
                shown = {
                    self.status: showing.note(say("step.done", language, seconds=took)),
                    self.result: showing.made(found, language), self.kept: found,
                    self.json: written(self.name, found.settings),
                }  # fmt: skip
                if self.chat:
                    shown[self.controls["messages"]] = ""
                yield shown

    def translated(self, language: str, kept: Made | None) -> dict:
        """Return all words of the tab in a language, the last result's too."""
        import gradio as gr

        changes: dict[object, dict] = {}
        for component, what, key in self.named:
            changes.setdefault(component, {})[what] = say(key, language)
        for field in self.fields:
            changes[self.controls[field.name]] = controls.words(
                self.name, field, language
            )
        changes[self.intro] = {"value": self.introduced(language)}
        changes[self.status] = {"value": ""}
        if kept is not None:
            changes[self.result] = {"value": showing.made(kept, language)}
        return {part: gr.update(**new) for part, new in changes.items()}
