"""The listening test: the form, the ratings file, the check of raters, the panel."""

import dataclasses
import subprocess
import sys
import threading
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers import listening
from helpers.audio.playing import to_wav_bytes
from helpers.files import locked
from helpers.listening import ratings
from helpers.listening.form import ASK
from helpers.listening.simulated import simulated_panel

HEADER = "time,rater,clip,rating\n"
TIME = "2026-01-01T10:00:00+00:00"


def clip(name, system="model", pitch=440):
    seconds = np.arange(800) / 8_000
    return listening.Clip(name, system, 0.5 * np.sin(2 * np.pi * pitch * seconds))


@pytest.fixture
def clips():
    return [clip("c1"), clip("c2", "reference", 330), clip("c3", "anchor", 220)]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "ratings.csv"


def others(path: Path) -> list[str]:
    """Return what lies beside the file, its lock aside."""
    return sorted(
        p.name for p in path.parent.iterdir() if p != path and p.suffix != ".lock"
    )


def test_ratings_come_back_as_they_went_in(file):
    ratings.append(file, "Wei", "c1", 5)
    ratings.append(file, "Anna Müller", "c1", np.int64(2), clips=["c1", "c2"])
    ratings.append(file, "Wei", "c2", 1)
    table = ratings.read(file, ["c1", "c2"])
    assert table["rater"].tolist() == ["Wei", "Anna Müller", "Wei"]
    assert table["rating"].tolist() == [5, 2, 1]
    assert table["rating"].dtype == np.int64
    assert file.read_text(encoding="utf-8").startswith(HEADER)
    assert others(file) == []


def test_second_rating_is_refused_or_replaces_knowingly(file):
    ratings.append(file, "Wei", "c1", 5)
    with pytest.raises(ValueError, match="already: 5; received 4"):
        ratings.append(file, "Wei", "c1", 4)
    assert ratings.read(file)["rating"].tolist() == [5]
    ratings.append(file, "Wei", "c1", 4, replace=True)
    assert ratings.read(file)["rating"].tolist() == [4]


@pytest.mark.parametrize("rating", [0, 6, -1, 4.5, 5.0, "5", True, None, np.nan])
def test_append_refuses_what_is_no_rating(file, rating):
    with pytest.raises(ValueError, match="whole number from 1 to 5"):
        ratings.append(file, "Wei", "c1", rating)
    assert not file.exists()


@pytest.mark.parametrize(
    "name", ["", " ", "a,b", "=SUM(A1)", "a\nb", "x" * 41, 7, "a "]
)
def test_append_refuses_names_that_break_a_table(file, name):
    with pytest.raises(ValueError, match="rater is"):
        ratings.append(file, name, "c1", 3)
    with pytest.raises(ValueError, match="clip is"):
        ratings.append(file, "Wei", name, 3)


def test_append_refuses_an_unknown_clip(file):
    with pytest.raises(ValueError, match=r"clip is 'c9'; wanted one of \['c1', 'c2'\]"):
        ratings.append(file, "Wei", "c9", 3, clips=["c1", "c2"])


GOOD = f"{TIME},Wei,c1,4\n"
BAD = {
    "no header": (GOOD, "columns"),
    "empty": ("", "columns"),
    "missing column": ("time,rater,rating\n", "columns"),
    "a column twice": ("time,rater,clip,clip\n", "columns"),
    "a column more": ("time,rater,clip,rating,age\n", "columns"),
    "rating 6": (HEADER + f"{TIME},Wei,c1,6\n", "line 2: rating '6'"),
    "rating 4.5": (HEADER + f"{TIME},Wei,c1,4.5\n", "line 2: rating '4.5'"),
    "no rating": (HEADER + f"{TIME},Wei,c1,\n", "line 2: rating ''"),
    "cut off": (HEADER + GOOD + f"{TIME},Wei", "line 3: clip is ''"),
    "too long": (HEADER + f"{TIME},Wei,c1,4,5\n", "wanted 4 fields"),
    "no rater": (HEADER + f"{TIME},,c1,4\n", "rater is ''"),
    "no time": (HEADER + "noon,Wei,c1,4\n", "time 'noon'"),
    "unknown clip": (HEADER + f"{TIME},Wei,c9,4\n", "clip 'c9' is unknown"),
    "twice": (HEADER + GOOD + GOOD, "rates 'c1' twice"),
    "after a blank line": (
        HEADER + GOOD + f"\n{TIME},Wei,c2,9\n",
        "line 4: rating '9'",
    ),
    "a formula as rater": (HEADER + f"{TIME},=A1,c1,4\n", "line 2: rater is '=A1'"),
    "a formula as rating": (HEADER + f"{TIME},Wei,c1,=4\n", "line 2: rating '=4'"),
    "a formula as time": (HEADER + "=NOW(),Wei,c1,4\n", "line 2: time '=NOW"),
    "open quote": (HEADER + f'{TIME},Wei,"c1,4\n', "CSV in UTF-8"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD.keys())
def test_read_refuses_a_bad_file(file, text, message):
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        ratings.read(file, ["c1", "c2"])


def test_read_refuses_another_encoding_and_takes_a_byte_order_mark(file):
    file.write_bytes((HEADER + f"{TIME},Müller,c1,4\n").encode("latin-1"))
    with pytest.raises(ValueError, match="UTF-8"):
        ratings.read(file)
    file.write_bytes((HEADER + GOOD).encode("utf-8-sig"))
    assert len(ratings.read(file)) == 1


VARIANTS = {
    "blank line at the end": HEADER + GOOD + "\n",
    "blank lines anywhere": "\n" + HEADER + "\n  \n" + GOOD + "\n\n",
    "emptied cells": HEADER + ",,,\n" + GOOD + ",,,,\n",
    "Windows lines": (HEADER + GOOD).replace("\n", "\r\n"),
    "Windows lines, one blank": (HEADER + "\n" + GOOD).replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + HEADER + GOOD,
    "other order": f"rating,clip,rater,time\n4,c1,Wei,{TIME}\n",
    "quoted": HEADER + f'"{TIME}","Wei","c1","4"\n',
    "no line end": HEADER + GOOD.rstrip("\n"),
}


@pytest.mark.parametrize("text", VARIANTS.values(), ids=VARIANTS.keys())
def test_files_as_editors_and_spreadsheets_leave_them_are_read_and_go_on(file, text):
    file.write_bytes(text.encode("utf-8"))
    table = ratings.read(file, ["c1", "c2"])
    assert table.to_dict("records") == [
        {"time": TIME, "rater": "Wei", "clip": "c1", "rating": 4}
    ]
    ratings.append(file, "Wei", "c2", 5)
    assert file.read_text(encoding="utf-8").startswith(HEADER + GOOD)
    assert ratings.read(file)["rating"].tolist() == [4, 5]


NAMES = {
    "Chinese": "王伟",
    "Hindi": "\u092a\u094d\u0930\u093f\u092f\u093e",
    "Thai": "\u0e21\u0e32\u0e19\u0e35",
    "Arabic with vowels": "\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f",
    "Persian with a joiner": "\u0645\u06cc\u200c\u0645",
    "NFC": "Jos\u00e9",
    "NFD": "Jose\u0301",
    "Vietnamese, NFD": unicodedata.normalize("NFD", "Nguy\u1ec5n"),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_names_in_any_script_are_kept_in_one_form(file, clips, name):
    composed = unicodedata.normalize("NFC", name)
    form = listening.Form(clips, file, name)
    assert form.rater == composed
    assert form.remaining == listening.Form(clips, file, composed).remaining
    form.rate(4)
    assert ratings.read(file)["rater"].tolist() == [composed]
    for same in (composed, unicodedata.normalize("NFD", name)):
        assert len(listening.Form(clips, file, same).remaining) == 2  # one person


@pytest.mark.parametrize("name", ["\u0301e", "a\u202eb", "a\u200bb", "＝1", "a\0b"])
def test_names_of_invisible_or_foreign_signs_are_refused(name):
    with pytest.raises(ValueError, match="rater is"):
        ratings.check_name(name, "rater")


def test_ratings_belong_to_the_waveform_that_was_heard(file, clips):
    form = listening.Form(clips, file, "Wei")
    for rating in (1, 2, 3):
        form.rate(rating)
    louder = [
        dataclasses.replace(one, name=one.name[:2], waveform=one.waveform * 1.5)
        for one in clips[:2]
    ]
    changed = [*louder, clips[2]]
    assert not {one.name for one in louder} & {one.name for one in clips}
    assert all(one.name.startswith(("c1-", "c2-", "c3-")) for one in changed)
    again = listening.Form(changed, file, "Wei")
    assert sorted(again.remaining) == sorted(one.name for one in louder)
    names = [one.name for one in changed]
    assert ratings.read(file, names)["clip"].tolist() == [clips[2].name]
    assert len(ratings.read(file)) == 3  # nothing is lost
    assert dataclasses.replace(clips[0], system="x").name == clips[0].name
    other_rate = dataclasses.replace(clips[0], name="c1", sample_rate=16_000)
    assert other_rate.name != clips[0].name


def test_a_folder_that_cannot_be_written_is_named_in_a_sentence(tmp_path, clips):
    (tmp_path / "folder").write_text("a file")
    file = tmp_path / "folder" / "ratings.csv"
    with pytest.raises(OSError, match=r"ratings.csv cannot be saved in .*folder"):
        ratings.append(file, "Wei", "c1", 4)
    panel, _ = simulated_panel({"c1": 2.0}, raters=2)
    with pytest.raises(OSError, match="Choose a folder where you may write"):
        ratings.write(file, panel)
    shown = parts(listening.Form(clips, file, "Wei").widget())
    shown["choice"].value = 3
    shown["button"].click()
    assert "Not saved: ratings.csv cannot be saved" in shown["message"].value
    with pytest.raises(ValueError, match="wants a file, received the folder"):
        ratings.read(tmp_path)


def test_read_wants_a_file(file):
    with pytest.raises(FileNotFoundError):
        ratings.read(file)


@pytest.mark.parametrize("text", ["a,b\n1,2\n", HEADER + f"{TIME},Wei"])
def test_append_leaves_a_file_it_does_not_understand_alone(file, text):
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"ratings\.csv"):
        ratings.append(file, "Wei", "c2", 4)
    assert file.read_text(encoding="utf-8") == text
    assert others(file) == []


def test_append_starts_a_file_that_was_only_touched(file):
    file.touch()
    ratings.append(file, "Wei", "c1", 4)
    assert len(ratings.read(file)) == 1


def test_a_failure_while_writing_leaves_the_old_file(file, monkeypatch):
    ratings.append(file, "Wei", "c1", 4)
    before = file.read_bytes()

    def disk_full(self, path, **options):
        path.write_bytes(before[: len(before) // 2])
        raise OSError("no space left")

    monkeypatch.setattr(pd.DataFrame, "to_csv", disk_full)
    with pytest.raises(OSError, match="no space left"):
        ratings.append(file, "Wei", "c2", 4)
    assert file.read_bytes() == before
    assert others(file) == []


def test_threads_that_save_at_once_all_get_in(file):
    def listen(rater):
        for number in range(10):
            ratings.append(file, f"rater {rater}", f"c{number}", 1 + number % 5)

    threads = [threading.Thread(target=listen, args=(rater,)) for rater in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    table = ratings.read(file)
    assert table.groupby("rater").size().tolist() == [10] * 4


def test_processes_that_save_at_once_all_get_in(file):
    code = (
        "import sys; from helpers.listening import ratings\n"
        "for n in range(10): ratings.append(sys.argv[1], sys.argv[2], f'c{n}', 3)"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(file), f"rater {number}"])
        for number in range(3)
    ]
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    assert ratings.read(file).groupby("rater").size().tolist() == [10] * 3


def test_a_held_lock_is_reported(file, monkeypatch):
    monkeypatch.setattr(ratings, "LOCK_SECONDS", 0.05)
    with locked(file), pytest.raises(TimeoutError):
        ratings.append(file, "Wei", "c1", 4)
    ratings.append(file, "Wei", "c1", 4)


def test_written_panel_is_read_back_and_never_overwrites(file):
    panel, _ = simulated_panel({"c1": 2.0, "c2": 4.0}, raters=5)
    ratings.write(file, panel)
    back = ratings.read(file, ["c1", "c2"])
    assert back[["rater", "clip", "rating"]].equals(panel)
    with pytest.raises(ValueError, match="exists"):
        ratings.write(file, panel)
    with pytest.raises(ValueError, match="lacks"):
        ratings.write(file.with_name("b.csv"), panel.drop(columns="clip"))
    with pytest.raises(ValueError, match="whole number"):
        ratings.write(file.with_name("b.csv"), panel.assign(rating=6))
    with pytest.raises(ValueError, match="twice"):
        ratings.write(file.with_name("b.csv"), panel.assign(clip="c1"))
    assert others(file) == []


def test_a_rating_that_comes_just_before_a_panel_is_kept(file, monkeypatch):
    panel, _ = simulated_panel({"c1": 2.0, "c2": 4.0}, raters=5)

    def overtaken(path, seconds):
        monkeypatch.setattr(ratings, "locked", locked)
        ratings.append(file, "Wei", "c1", 5)
        return locked(path, seconds)

    monkeypatch.setattr(ratings, "locked", overtaken)
    with pytest.raises(ValueError, match="exists"):
        ratings.write(file, panel)
    assert ratings.read(file)["rater"].tolist() == ["Wei"]


def test_raters_who_miss_the_controls_are_named(file):
    given = {"good": (5, 1), "lazy": (3, 3), "upside down": (1, 5), "half": (5, None)}
    for rater, (reference, anchor) in given.items():
        ratings.append(file, rater, "ref", reference)
        if anchor:
            ratings.append(file, rater, "anc", anchor)
    table = ratings.read(file)
    failed = ratings.failed_controls(table, ["ref"], ["anc"])
    assert failed == ["half", "lazy", "upside down"]
    with pytest.raises(ValueError, match="two kinds"):
        ratings.failed_controls(table, ["ref"], ["ref"])
    with pytest.raises(ValueError, match="two kinds"):
        ratings.failed_controls(table, ["ref"], [])


def test_panel_has_the_quality_and_the_biases_it_says():
    quality = {"low": 2.5, "high": 3.5}
    table, biases = simulated_panel(quality, raters=900, bias=0.4, noise=0.3, seed=1)
    means = table.groupby("clip")["rating"].mean()
    error = np.sqrt((0.4**2 + 0.3**2 + 1 / 12) / 900)  # rounding adds 1/12
    for name, true in quality.items():
        assert abs(means[name] - true) < 4 * error
    assert biases.std() == pytest.approx(0.4, abs=4 * 0.4 / np.sqrt(2 * 900))
    own = table.groupby("rater")["rating"].mean()
    assert np.corrcoef(own, biases[own.index])[0, 1] > 0.75
    assert table["rater"].str.startswith("simulated-").all()
    assert table["rating"].between(1, 5).all()


def test_panel_repeats_with_its_seed_and_has_exact_ratings_without_noise():
    first, _ = simulated_panel({"a": 1.0, "b": 4.4}, 3, bias=0, noise=0)
    assert first["rating"].tolist() == [1, 4] * 3
    again = [simulated_panel({"a": 3.0}, seed=seed)[0] for seed in (5, 5, 6)]
    assert again[0].equals(again[1])
    assert not again[0].equals(again[2])


@pytest.mark.parametrize(
    "change",
    [{"quality": {}}, {"quality": {"a": 5.1}}, {"quality": {"a": np.nan}}]
    + [{"quality": {"a": None}}, {"quality": {"a": 3j}}, {"quality": {"a": np.inf}}]
    + [{"raters": 1}, {"raters": 2.5}, {"raters": np.nan}, {"raters": 10**9}]
    + [{"bias": -1}, {"bias": np.nan}, {"noise": np.inf}],
)
def test_panel_refuses_bad_input(change):
    with pytest.raises(ValueError, match=r"wanted"):
        simulated_panel(**{"quality": {"a": 3.0}} | change)


BAD_CLIPS = {
    "empty": np.zeros(0),
    "stereo": np.ones((8, 2)) * 0.1,
    "silent": np.zeros(80),
    "not finite": np.array([0.1, np.nan]),
    "too loud": np.array([0.1, 2.0]),
    "integers": np.array([1, 2]),
}


@pytest.mark.parametrize("wave", BAD_CLIPS.values(), ids=BAD_CLIPS.keys())
def test_clip_refuses_what_cannot_be_played(wave):
    with pytest.raises(ValueError, match=r"clip 'c1' wants"):
        listening.Clip("c1", "model", wave)


def test_clip_refuses_bad_names_and_rates():
    wave = np.full(80, 0.1)
    for name, system, rate in [("a,b", "m", 8_000), ("a", "", 8_000), ("a", "m", 0)]:
        with pytest.raises(ValueError, match="want"):
            listening.Clip(name, system, wave, rate)


def test_each_rater_has_an_order_of_their_own():
    names = [f"c{number}" for number in range(12)]
    wei = listening.rater_order(names, "Wei")
    assert sorted(wei) == sorted(names)
    assert listening.rater_order(names[::-1], "Wei") == wei
    assert listening.rater_order(names, "Anna") != wei
    assert listening.rater_order(names, "Wei", seed=1) != wei
    first = [listening.rater_order(names, f"rater {n}")[0] for n in range(600)]
    counts = np.unique(first, return_counts=True)[1]
    assert len(counts) == 12  # each clip comes first for about 50 raters of 600
    assert ((counts > 20) & (counts < 80)).all()


def test_form_goes_through_all_clips_and_resumes(file, clips):
    form = listening.Form(clips, file, "Wei")
    order = list(form.remaining)
    assert form.progress == "Clip 1 of 3"
    form.rate(4)
    with pytest.raises(ValueError, match="1 to 5"):
        form.rate(7)
    assert form.current.name == order[1]
    again = listening.Form(clips, file, "Wei")  # after a break
    assert again.remaining == order[1:]
    again.rate(2)
    again.rate(5)
    assert again.current is None
    assert "All 3 clips" in again.progress
    with pytest.raises(ValueError, match="all 3"):
        again.rate(5)
    table = ratings.read(file, [one.name for one in clips])
    assert dict(zip(table["clip"], table["rating"], strict=True)) == dict(
        zip(order, [4, 2, 5], strict=True)
    )


def test_form_refuses_bad_input(file, clips):
    with pytest.raises(ValueError, match="different names"):
        listening.Form(clips[:1], file, "Wei")
    with pytest.raises(ValueError, match="different names"):
        listening.Form([clip("c1"), clip("c1")], file, "Wei")
    with pytest.raises(ValueError, match="a person's name"):
        listening.Form(clips, file, "simulated-001")
    with pytest.raises(ValueError, match="rater is"):
        listening.Form(clips, file, "")
    ratings.append(file, "Wei", "another test", 3)
    with pytest.raises(ValueError, match="unknown"):
        listening.Form(clips, file, "Wei")


def parts(widget):
    return dict(zip(("title", "bar", "player", "choice", "button", "message"),
                    widget.children, strict=True))  # fmt: skip


def test_widget_saves_what_is_clicked_and_hides_who_made_it(file, clips):
    form = listening.Form(clips, file, "Wei")
    order, by_name = list(form.remaining), {one.name: one for one in clips}
    shown = parts(form.widget())
    assert [label for label, _ in shown["choice"].options] == [
        "5 · Excellent", "4 · Good", "3 · Fair", "2 · Poor", "1 · Bad",
    ]  # fmt: skip
    for place, rating in enumerate([3, 5, 1]):
        assert shown["button"].disabled
        assert shown["choice"].value is None
        assert shown["player"].value == to_wav_bytes(by_name[order[place]].waveform)
        seen = [shown[part].value for part in ("title", "message")]
        assert not any(word in " ".join(seen) for word in (*by_name, "model", "anchor"))
        shown["choice"].value = rating
        assert not shown["button"].disabled
        shown["button"].click()
        assert shown["bar"].value == place + 1
    assert ratings.read(file)["rating"].tolist() == [3, 5, 1]
    assert "Thank you" in shown["message"].value
    assert shown["button"].disabled


def test_widget_says_what_was_not_saved(file, clips):
    form = listening.Form(clips, file, "Wei")
    shown = parts(form.widget())
    file.write_text("spoilt\n", encoding="utf-8")
    shown["choice"].value = 3
    shown["button"].click()
    assert "Not saved" in shown["message"].value
    assert shown["bar"].value == 0
    assert shown["choice"].value == 3  # nothing is lost: click again


def test_a_click_without_a_choice_says_what_is_saved(file, clips):
    shown = parts(listening.Form(clips, file, "Wei").widget())
    shown["button"].click()
    assert shown["message"].value == ASK
    for rating in (3, 5):
        shown["choice"].value = rating
        shown["button"].click()
        shown["button"].click()  # a double click
        assert shown["message"].value == f"Your last rating is saved. {ASK}"
    shown["choice"].value = 1
    shown["button"].click()
    shown["button"].click()
    assert shown["message"].value.startswith("Your last rating is saved. All 3 clips")
    assert ratings.read(file)["rating"].tolist() == [3, 5, 1]


def test_a_question_is_no_markup(file, clips):
    form = listening.Form(clips, file, "Wei", question="Is a < b & <i>c</i>?")
    title = parts(form.widget())["title"].value
    assert title == "<b>Is a &lt; b &amp; &lt;i&gt;c&lt;/i&gt;?</b>"


def test_picture_shows_the_form_and_is_as_blind(file, clips):
    import matplotlib.pyplot as plt

    form = listening.Form(clips, file, "Wei")
    figure = listening.draw_form(form)
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert "Clip 1 of 3" in said
    assert "1 · Bad" in said
    assert not any(word in " ".join(said) for word in ("c1", "model", "anchor"))
    plt.close(figure)
    for _ in clips:
        form.rate(3)
    with pytest.raises(ValueError, match="every clip is rated"):
        listening.draw_form(form)
