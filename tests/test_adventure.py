"""The adventure: a state that cannot break, a checker held against planted errors."""

import random

import pytest

from helpers.apps.studio.adventure import ITEMS, ROOMS, Adventure, broken
from helpers.apps.studio.narration import contradictions, facts, plain, random_game

SOLUTION = (
    "north;east;take lantern;light lantern;down;take key;take oil;up;west;north;"
    "unlock door;east;up;light lamp"
).split(";")


def played(commands):
    game = Adventure()
    for command in commands:
        event, happened = game.act(command)
        assert happened, (command, event)
    return game


def test_the_game_can_be_won_and_nothing_breaks():
    game = played(SOLUTION)
    assert game.won and game.room == "gallery"
    assert broken(game) == []


def test_exits_lead_back():
    for room, (_, ways) in ROOMS.items():
        for other in ways.values():
            assert room in ROOMS[other][1].values()


@pytest.mark.parametrize(
    ("before", "command"),
    [
        ([], "east"),
        ([], "take key"),
        ([], "drop rope"),
        (["north", "north"], "east"),  # locked
        (["north", "north"], "unlock door"),  # no key
        (["north", "east", "down"], "take key"),  # dark
        ([], "light lantern"),
        (SOLUTION[:6], "light lamp"),
        ([], "fly"),
    ],
)
def test_commands_in_vain_change_nothing(before, command):
    game = played(before)
    state = (game.room, dict(game.places), game.lit, game.open)
    _, happened = game.act(command)
    assert not happened
    assert state == (game.room, game.places, game.lit, game.open)


def test_states_that_cannot_be_are_found():
    game = Adventure()
    game.places["key"] = "you"
    assert any("in the dark" in fault for fault in broken(game))
    game = played(["north"])
    game.room = "gallery"
    assert any("locked door" in fault for fault in broken(game))
    game = Adventure()
    del game.places["rope"]
    assert broken(game)
    game = played(["north"])
    game.lit = True
    assert "the log tells another story" in broken(game)


def test_a_hundred_random_games_keep_their_state():
    for seed in range(100):
        rows = random_game(seed, 30, lambda sheet: "You look around.")
        assert len(rows) == 30
        assert not any(row["broken"] or row["left"] for row in rows)


def games(count=60):
    """Yield states all over the world, with the last event."""
    rng = random.Random(7)
    for _ in range(count):
        game, event = Adventure(), ""
        for _ in range(rng.randint(1, 40)):
            pool = [*game.exits, *(f"take {i}" for i in game.seen), "light lantern"]
            pool += ["unlock door", "douse lantern"]
            event, _ = game.act(rng.choice(pool))
        yield game, event


def test_what_code_says_is_never_a_contradiction():
    for game, event in games(300):
        told = plain(game, event)
        assert contradictions(told, game, event) == [], (told, game)
        assert event in facts(game, event)


# Errors are planted by sentences that know the state and not the checker.
def planted(game, rng):
    """Return a sentence that is false in this state."""
    lies = ["A ghost waves at you.", "An old map hangs on the wall."]
    absent = [i for i in ITEMS if i not in game.seen and i not in game.carried]
    if absent:
        item = rng.choice(absent)
        lies += [f"In the corner lies a {item}.", f"The {item} is still where it was."]
    lies += [f"Your fingers close on the {i}, which you hold." for i in absent]
    far = [r for r in ROOMS if r not in (game.room, *game.exits.values())]
    lies += [f"From here you step straight into the {rng.choice(far)}."]
    for way in ("north", "south", "east", "west"):
        if way not in game.exits:
            lies.append(f"A gap opens to the {way}.")
    lies.append("You cannot see your own hands." if not game.dark else "It is sunlit.")
    lies.append("The door is locked." if game.open else "The open door invites you.")
    lies.append("The lantern is out." if game.lit else "The lantern glows.")
    return rng.choice(lies)


def test_planted_contradictions_are_found():
    rng, found, count = random.Random(3), 0, 0
    for game, _ in games(300):
        count += 1
        text = f"{plain(game, '')} {planted(game, rng)}"
        found += bool(contradictions(text, game))
    assert count == 300
    assert found / count >= 0.95


TRUE_STORIES = [  # written by hand: commands, and a telling of the last one
    (["north"], "You climb the steep path, and the wind pulls at your coat."),
    (["take rope"], "You take the rope. It is wet and heavier than it looks."),
    (["north", "east"], "The cottage is cold. A lantern and a letter wait for you."),
    (["north", "north"], "Cabbages nod in the wind, and a spade leans on the wall."),
    (["north", "east", "down"], "It is pitch dark down here, and it smells of damp."),
    (SOLUTION[:5], "The lantern burns, and its light finds a key and some oil."),
    (SOLUTION[:11], "The key turns. The door is open now."),
    (
        SOLUTION[:13],
        "The gallery is all glass, and the great lamp waits there.",
    ),
    (SOLUTION, "The great lamp burns, and far out a horn answers."),
    (["take rope", "drop rope"], "You let the rope fall on the planks."),
]


@pytest.mark.parametrize(("commands", "story"), TRUE_STORIES)
def test_true_stories_pass(commands, story):
    game, event = Adventure(), ""
    for command in commands:
        event, _ = game.act(command)
    assert contradictions(story, game, event) == []
