"""Which model is served, which was served before, and the way back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from helpers import checkpoints
from helpers.files import locked, sha256_of, whole_file

if TYPE_CHECKING:
    import keras

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
LIST = "releases.json"


class Releases:
    """A folder of models, each with a card, and the list of those that were served.

    The list is replaced whole: a server that is killed meanwhile finds the old one or
    the new one when it starts again.

    Args:
        folder: Where they lie; made if missing.

    Example:
        releases = Releases("models")
        releases.save("gpt-2", model, card)
        releases.publish("gpt-2")
        model = releases.load(releases.roll_back())  # the one before
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def history(self) -> list[str]:
        """Return the published names, the one that is served last.

        Raises:
            ValueError: If the list is damaged.
        """
        path = self.folder / LIST
        if not path.exists():
            return []
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{LIST} is damaged: {error}") from error
        if not isinstance(found, list) or not all(map(self._fits, found)):
            raise ValueError(f"{LIST} is damaged: it is no list of names")
        return found

    @staticmethod
    def _fits(name: object) -> bool:
        """Tell whether a name is plain: no folder, no dot in front."""
        return isinstance(name, str) and bool(NAME.fullmatch(name))

    def save(self, name: str, model: keras.Model, card: dict) -> None:
        """Write a model and its card; nothing is served differently yet.

        Args:
            name: Small letters, digits, dots, dashes; not yet taken.
            model: To be saved.
            card: data, seed, steps, hardware, minutes, metrics and command, as
                `helpers.checkpoints` wants them.

        Raises:
            ValueError: If the name is not plain or taken.
        """
        path = self.folder / f"{name}.keras"
        if model.compiled:  # an optimizer is of no use here, and may be anybody's
            plain = type(model).from_config(model.get_config())
            plain.set_weights(model.get_weights())
            model = plain
        if not self._fits(name) or path.exists():
            raise ValueError(f"`save` wants a new plain name, received {name!r}")
        with whole_file(path) as temporary:
            whole = temporary.with_suffix(".keras")  # Keras insists on the ending
            try:
                model.save(whole)
                whole.replace(temporary)
            finally:
                whole.unlink(missing_ok=True)
        card = {**card, "name": name, "sha256": {path.name: sha256_of(path)}}
        with whole_file(self.folder / f"{name}.json") as temporary:
            temporary.write_text(json.dumps(card, indent=2), encoding="utf-8")

    def load(self, name: str) -> keras.Model:
        """Load a model, if it is the one of its card and safe.

        Args:
            name: Of a saved model.

        Raises:
            ValueError: If there is none, its file was changed, or it holds code.
        """
        if not self._fits(name):
            raise ValueError(f"`load` wants a plain name, received {name!r}")
        return checkpoints.load(name, self.folder)

    def publish(self, name: str) -> None:
        """Make a model the one that is served, after it has been loaded once.

        Args:
            name: Of a saved model.

        Raises:
            ValueError: As `load`.
        """
        self.load(name)
        with locked(self.folder / LIST):
            self._write([*self.history(), name])

    def roll_back(self) -> str:
        """Take the last model off the list and return the one before.

        Raises:
            ValueError: If there is none before, or it can no longer be loaded.
        """
        with locked(self.folder / LIST):
            history = self.history()
            if len(history) < 2:
                raise ValueError("`roll_back` wants a release before the last one")
            self.load(history[-2])
            self._write(history[:-1])
            return history[-2]

    def _write(self, history: list[str]) -> None:
        with whole_file(self.folder / LIST) as temporary:
            temporary.write_text(json.dumps(history), encoding="utf-8")
