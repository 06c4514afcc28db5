"""helpers.course: profiles, settings, seeds; `start` runs in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import course

STATE = """
import json, os, sys
from helpers import course
run = course.start({arguments})
import keras, matplotlib, numpy
from tensorflow.python.framework.config import is_op_determinism_enabled
print(json.dumps(dict(
    onednn=os.environ["TF_ENABLE_ONEDNN_OPTS"],
    jit=run.jit,
    steps=run.pick(smoke=1, lesson=2, full=3),
    numpy=float(numpy.random.rand()),
    keras=float(keras.random.uniform(())),
    deterministic=is_op_determinism_enabled(),
    title=matplotlib.rcParams["axes.titlelocation"],
    keras_settings=[
        keras.backend.backend(), keras.config.floatx(), keras.config.epsilon(),
        keras.config.image_data_format(), keras.config.dtype_policy().name,
    ],
)))
"""


def started(arguments: str, **environment) -> tuple[list[str], dict, str]:
    """Return (printed lines, state, stderr) of a fresh interpreter after `start`."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "AIGC"))}
    answer = subprocess.run(
        [sys.executable, "-c", STATE.format(arguments=arguments)],
        capture_output=True, text=True, check=True, cwd=course.root(),
        env={**clean, "AIGC_PROFILE": "smoke", **environment},
    )  # fmt: skip
    *lines, state = answer.stdout.splitlines()
    return lines, json.loads(state), answer.stderr


@pytest.fixture(scope="module")
def transformer():
    return started('"07_text_transformer", seed=7, deterministic=False')


def test_start_prints_one_line_that_says_where_it_runs(transformer):
    (line,), _, _ = transformer
    for word in ("07_text_transformer", "profile smoke", "TensorFlow 2.", "Keras 3."):
        assert word in line
    assert f"{course.cores()} cores" in line


def test_start_leaves_stderr_empty_of_native_logs(transformer):
    assert "tensorflow/core" not in transformer[2]
    assert "oneDNN" not in transformer[2]


def test_start_picks_settings_style_and_profile(transformer):
    _, state, _ = transformer
    assert state["onednn"] == "0"
    assert state["jit"] is True
    assert state["steps"] == 1
    assert state["title"] == "left"
    assert state["deterministic"] is False  # Keras would refuse XLA


AS_THE_COURSE_WANTS = ["tensorflow", "float32", 1e-7, "channels_last", "float32"]


def test_what_another_course_left_behind_is_set_back(tmp_path):
    left = {
        "backend": "tensorflow",
        "floatx": "float16",
        "epsilon": 1e-4,
        "image_data_format": "channels_first",
    }
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text(json.dumps(left), "utf-8")
    home = {"HOME": str(tmp_path), "KERAS_HOME": str(tmp_path / ".keras")}
    lines, state, _ = started('"x", kind="convolution"', **home, KERAS_BACKEND="jax")
    assert state["keras_settings"] == AS_THE_COURSE_WANTS
    assert any("KERAS_BACKEND" in line and "jax" in line for line in lines)


def test_same_seed_same_numbers_and_the_users_settings_stay(transformer):
    settings = {"TF_ENABLE_ONEDNN_OPTS": "0", "AIGC_PROFILE": "full"}
    _, state, _ = started('"x", kind="convolution", seed=7', **settings)
    assert state["numpy"] == transformer[1]["numpy"]
    assert state["keras"] == transformer[1]["keras"]
    assert state["onednn"] == "0"  # a convolution lesson would choose 1
    assert state["jit"] is False
    assert state["deterministic"] is True
    assert state["steps"] == 3


def test_another_seed_gives_other_numbers_and_convolutions_use_onednn(transformer):
    _, state, _ = started('"10_image_gan", kind="convolution", seed=8')
    assert state["numpy"] != transformer[1]["numpy"]
    assert state["keras"] != transformer[1]["keras"]
    assert state["onednn"] == "1"


def test_a_lesson_of_both_kinds_has_onednn_and_xla():
    _, state, _ = started('"07_text_transformer", kind="both", deterministic=False')
    assert state["onednn"] == "1"
    assert state["jit"] is True


@pytest.mark.parametrize("name", course.PROFILES)
def test_pick_follows_the_profile(name, monkeypatch):
    monkeypatch.setenv("AIGC_PROFILE", name)
    run = course.Run("x", course.profile(), "transformer", 0, True)
    assert run.pick(smoke="smoke", lesson="lesson", full="full") == name


def test_the_default_profile_is_lesson(monkeypatch):
    monkeypatch.delenv("AIGC_PROFILE")
    assert course.profile() == "lesson"


@pytest.mark.parametrize(
    ("profile", "switch", "expected"),
    [("smoke", "", True), ("SMOKE", "off", True), ("lesson", "", False)]
    + [("lesson", off, False) for off in ("0", "off", "OFF", "False", "no", " No ")]
    + [("full", on, True) for on in ("1", "on", "ON", "True", "yes", "YES ")],
)
def test_offline_by_switch_or_in_smoke(profile, switch, expected, monkeypatch):
    monkeypatch.setenv("AIGC_PROFILE", profile)
    monkeypatch.setenv("AIGC_OFFLINE", switch)
    assert course.offline() is expected


@pytest.mark.parametrize("switch", ["maybe", "2", "-1", "o n", "None"])
def test_other_switches_are_refused(switch, monkeypatch):
    monkeypatch.setenv("AIGC_OFFLINE", switch)
    with pytest.raises(ValueError, match=f"AIGC_OFFLINE wants on.*'{switch}'"):
        course.offline()


def test_cache_folder_is_chosen_or_the_platforms(monkeypatch, tmp_path):
    monkeypatch.setenv("AIGC_CACHE", str(tmp_path / "new"))
    assert course.cache_dir() == tmp_path / "new"
    assert not (tmp_path / "new").exists()
    monkeypatch.delenv("AIGC_CACHE")
    assert course.cache_dir().name == "aigc-course"


def test_a_relative_cache_begins_at_the_root(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AIGC_CACHE", "build/my cache")
    assert course.cache_dir() == course.root() / "build" / "my cache"


def test_a_cache_that_can_be_no_folder_is_refused_by_name(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    for given in ("~nobody-of-this-name/x", tmp_path / "file", tmp_path / "file" / "x"):
        monkeypatch.setenv("AIGC_CACHE", str(given))
        with pytest.raises(ValueError, match="AIGC_CACHE wants a folder, received"):
            course.cache_dir()
    monkeypatch.setenv("AIGC_CACHE", "")
    monkeypatch.setattr("pooch.os_cache", lambda name: Path("~/.cache") / name)
    with pytest.raises(ValueError, match="AIGC_CACHE wants a folder, since no home"):
        course.cache_dir()


def test_root_holds_the_course():
    assert (course.root() / "helpers" / "course.py").samefile(Path(course.__file__))


def test_bad_input_says_what_was_wanted(monkeypatch):
    with pytest.raises(ValueError, match="'recurrent'.*transformer"):
        course.start("x", kind="recurrent")
    for seed in (-1, 2**32, 0.5, "0"):
        with pytest.raises(ValueError, match="integer from 0"):
            course.start("x", seed=seed)
    monkeypatch.setenv("AIGC_PROFILE", "quick")
    with pytest.raises(ValueError, match="smoke.*'quick'"):
        course.start("x")
