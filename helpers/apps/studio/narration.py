"""Tell a game in a model's words, and hold every word of it against the state."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from helpers.apps.studio.adventure import DIRECTIONS, ITEMS, ROOMS, Adventure, broken

STRANGERS = (  # what stories like to put into a room, and this one does not have
    "sword chest dragon coin coins gold treasure man woman stranger ghost monster wolf "
    "dog cat bird torch candle knife map book painting mirror statue bridge forest "
    "castle village river boat ship bed chair table window fireplace"
).split()
ROOM_WORDS = {**{room: room for room in ROOMS}, "pier": "jetty", "hall": "lighthouse"}


def contradictions(text: str, game: Adventure, event: str = "") -> list[str]:
    """Return what a narration says against the state, in words.

    It looks for items that are not here, rooms that no open way leads to, directions
    without a way, light and dark, burning and locked things, and for what is not in
    this world at all. It cannot see what is told in words it does not know.

    Args:
        text: the narration.
        game: the state after the event.
        event: what happened; its items and rooms may be named, too.
    """
    words = re.findall(r"[a-z]+", text.lower())
    told = set(re.findall(r"[a-z]+", event.lower()))
    present = {*game.seen, *game.carried, *told}
    near = {game.room, *game.exits.values(), *told}
    found = [f"no {w} is here" for w in words if w in ITEMS and w not in present]
    named = [ROOM_WORDS[w] for w in words if w in ROOM_WORDS]
    found += [f"the {room} is not near" for room in named if room not in near]
    ways = {*game.exits, *told}
    compass = [w for w in words if w in DIRECTIONS[:4]]
    found += [f"no way {w}" for w in compass if w not in ways]
    found += [f"no {w} in this world" for w in words if w in STRANGERS]
    return found + _told_states(text.lower(), game)


def _told_states(text: str, game: Adventure) -> list[str]:
    """Return what a narration says of light, fire, locks and hands, and is not so."""
    states = {
        r"(pitch|completely|utterly) (dark|black)|darkness|cannot see": game.dark,
        r"\b(sunlit|sunlight|brightly)\b": not game.dark and game.room != "cellar",
        r"lantern (burns|glows|shines|is lit)|(lit|burning|glowing) lantern": game.lit,
        r"lantern is (out|unlit)|unlit lantern": not game.lit,
        r"door is (open|unlocked)|open door": game.open,
        r"door is (locked|closed)|locked door": not game.open,
        r"lamp (burns|shines|is lit)": game.won,
    }
    mine = r"(you (have|hold|carry|take|pick up)(?! no\b)|in your hand)[^.]*"
    for item in ITEMS:
        states[rf"{mine}\b{item}\b"] = item in game.carried
    return [f"not so: {p}" for p, so in states.items() if re.search(p, text) and not so]


def facts(game: Adventure, event: str) -> str:
    """Return what a narrator may tell: the event, the room and what is seen in it.

    Args:
        game: the state after the event.
        event: what happened.
    """
    lines = [event, "It is dark." if game.dark else ROOMS[game.room][0]]
    if game.seen:
        lines.append(f"You see: {', '.join(game.seen)}.")
    return "\n".join(lines)


def plain(game: Adventure, event: str) -> str:
    """Return the narration that code can always give.

    Args:
        game: the state after the event.
        event: what happened.
    """
    return " ".join(facts(game, event).splitlines())


def narrate(
    game: Adventure, event: str, happened: bool, ask: Callable[[str], str]
) -> tuple[str, list[str] | None]:
    """Tell what happened, and add the model's words if they agree with the state.

    Args:
        game: the state after the event.
        event: what happened.
        happened: a command in vain is always told by code.
        ask: from the facts to the model's text.

    Returns:
        The narration; and the faults of the model's text, None if it was not asked.
    """
    if not happened:
        return event, None
    told = " ".join(ask(facts(game, event)).split())
    faults = contradictions(told, game, event) if told else ["it said nothing"]
    return (plain(game, event) if faults else f"{event} {told}"), faults


def random_game(seed: int, turns: int, ask: Callable[[str], str]) -> list[dict]:
    """Play at random; half of the commands are ones that can succeed now.

    Args:
        seed: of the player.
        turns: commands.
        ask: as in `narrate`.

    Returns:
        For each turn command, event, the sheet of facts, text, faults of the model's
        text (None if it was not asked), broken invariants, and contradictions left in
        the final text.
    """
    rng, game, rows = np.random.default_rng(seed), Adventure(), []
    for _ in range(turns):
        choices = game.commands()
        if rng.random() < 0.5:
            choices = [*game.exits, *(f"take {i}" for i in game.seen), "look",
                       *(["light lantern"] if "lantern" in game.carried else []),
                       *(["unlock door"] if "key" in game.carried else [])]  # fmt: skip
        command = str(rng.choice(choices))
        event, happened = game.act(command)
        text, faults = narrate(game, event, happened, ask)
        left = contradictions(text, game, event)
        rows.append({"command": command, "event": event, "sheet": facts(game, event),
                     "text": text, "faults": faults, "broken": broken(game),
                     "left": left})  # fmt: skip
    return rows
