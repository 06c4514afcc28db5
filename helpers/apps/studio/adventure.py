"""A text adventure whose state is kept by code: rooms, things, a locked door."""

from __future__ import annotations

from dataclasses import dataclass, field

ROOMS = {  # name -> what is always true of it, and its exits
    "jetty": ("Planks over grey water.", {"north": "path"}),
    "path": ("A steep path.", {"south": "jetty", "north": "garden", "east": "cottage"}),
    "garden": ("Cabbages and wind.", {"south": "path", "east": "lighthouse"}),
    "cottage": ("One room with a cold stove.", {"west": "path", "down": "cellar"}),
    "cellar": ("Low and damp, under the ground.", {"up": "cottage"}),
    "lighthouse": ("A round hall of stone.", {"west": "garden", "up": "gallery"}),
    "gallery": ("Glass on all sides, and the great lamp.", {"down": "lighthouse"}),
}
ITEMS = {"rope": "jetty", "lantern": "cottage", "letter": "cottage", "spade": "garden",
         "key": "cellar", "oil": "cellar"}  # fmt: skip
DIRECTIONS = ("north", "south", "east", "west", "up", "down")


@dataclass
class Adventure:
    """The state of a game. Only `act` changes it.

    Attributes:
        room: where the player is.
        places: item -> a room, or "you".
        lit: whether the lantern burns.
        open: whether the door of the lighthouse is unlocked.
        won: whether the great lamp burns.
        log: every command so far.
    """

    room: str = "jetty"
    places: dict[str, str] = field(default_factory=lambda: dict(ITEMS))
    lit: bool = False
    open: bool = False
    won: bool = False
    log: list[str] = field(default_factory=list)

    @property
    def dark(self) -> bool:
        """Whether the player sees nothing: the cellar without a burning lantern."""
        near = self.places["lantern"] in ("you", self.room)
        return self.room == "cellar" and not (self.lit and near)

    @property
    def seen(self) -> list[str]:
        """Items that lie in this room and can be seen."""
        here = [item for item, place in self.places.items() if place == self.room]
        return [] if self.dark else here

    @property
    def carried(self) -> list[str]:
        """Items that the player has."""
        return [item for item, place in self.places.items() if place == "you"]

    @property
    def exits(self) -> dict[str, str]:
        """Direction -> room, of ways that are open now."""
        ways = ROOMS[self.room][1]
        return {w: r for w, r in ways.items() if r != "lighthouse" or self.open}

    def commands(self) -> list[str]:
        """Return all commands that a player might try, most of them in vain."""
        both = [f"{verb} {item}" for verb in ("take", "drop") for item in ITEMS]
        return [*DIRECTIONS, *both, "light lantern", "douse lantern", "unlock door",
                "light lamp", "look"]  # fmt: skip

    def act(self, command: str) -> tuple[str, bool]:
        """Carry out a command.

        Args:
            command: one of `commands`; another one is not understood.

        Returns:
            What happened, a plain sentence; and whether anything did.
        """
        self.log.append(command)
        verb, _, thing = command.partition(" ")
        if command == "look":
            return f"You are in the {self.room}.", True
        if verb in DIRECTIONS and not thing:
            return self._go(verb)
        if verb in ("take", "drop") and thing in ITEMS:
            return self._move(verb, thing)
        done = {
            "light lantern": self._light, "douse lantern": self._douse,
            "unlock door": self._unlock, "light lamp": self._win,
        }.get(command)  # fmt: skip
        return done() if done else ("You do not know how to do that.", False)

    def _go(self, way: str) -> tuple[str, bool]:
        if way not in ROOMS[self.room][1]:
            return f"There is no way {way}.", False
        if way not in self.exits:
            return "The door is locked.", False
        self.room = self.exits[way]
        return f"You go {way} and come to the {self.room}.", True

    def _move(self, verb: str, item: str) -> tuple[str, bool]:
        source, target = (self.room, "you") if verb == "take" else ("you", self.room)
        hidden = verb == "take" and item not in self.seen
        if self.places[item] != source or hidden:
            missing = "You see no" if verb == "take" else "You have no"
            return f"{missing} {item}.", False
        self.places[item] = target
        return f"You {verb} the {item}.", True

    def _light(self) -> tuple[str, bool]:
        if self.places["lantern"] != "you" or self.lit:
            return "You have no lantern that could be lit.", False
        self.lit = True
        return "You light the lantern.", True

    def _douse(self) -> tuple[str, bool]:
        if self.places["lantern"] != "you" or not self.lit:
            return "You have no lantern that burns.", False
        self.lit = False
        return "You put out the lantern.", True

    def _unlock(self) -> tuple[str, bool]:
        if self.room != "garden" or self.open or self.places["key"] != "you":
            return "You cannot unlock anything here.", False
        self.open = True
        return "You unlock the door of the lighthouse with the key.", True

    def _win(self) -> tuple[str, bool]:
        if self.room != "gallery" or self.won or self.places["oil"] != "you":
            return "You cannot light a great lamp now.", False
        self.won = True
        return "You pour in the oil, and the great lamp burns.", True


def broken(game: Adventure) -> list[str]:
    """Return what is impossible in a state: nothing, if `act` has no error.

    Each thing is in one place, nobody is behind a locked door, nothing was taken in
    the dark, and the commands so far, given again, lead to the same state.
    """
    somewhere = {*ROOMS, "you"}
    found = [f"{i} is nowhere" for i, p in game.places.items() if p not in somewhere]
    found += [] if set(game.places) == set(ITEMS) else ["items were lost or made"]
    inside = game.room in ("lighthouse", "gallery")
    found += ["inside behind a locked door"] if inside and not game.open else []
    moved = [i for i in ("key", "oil") if game.places[i] != "cellar"]
    if moved and "light lantern" not in game.log:
        found.append(f"{moved[0]} was taken in the dark")
    found += ["the lamp burns without oil"] if game.won and "oil" not in moved else []
    again = Adventure()
    for command in game.log:
        again.act(command)
    return found + ([] if again == game else ["the log tells another story"])
