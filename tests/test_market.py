"""The stream: nothing lost, nothing twice, whatever is late, sent twice or killed."""

import json
import random
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from helpers import datasets
from helpers.apps.market import study
from helpers.apps.market.alarms import cusum, onsets, z_alarms
from helpers.apps.market.feed import deliveries, read_log, write_log
from helpers.apps.market.monitor import Monitor
from helpers.apps.market.store import Store, main
from helpers.apps.market.windows import watermark, windows

SCORE = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}


@pytest.fixture(scope="module")
def events():
    rows = datasets.load("market_wire").tables["headlines"][:600]
    noise = np.random.default_rng(0).normal(0, 0.1, len(rows))
    scores = rows["sentiment"].map(SCORE) + noise
    return rows.assign(score=scores)[["id", "time", "topic", "score"]]


@pytest.fixture
def log(events, tmp_path):
    write_log(deliveries(events, seed=3), tmp_path / "feed.jsonl")
    return tmp_path / "feed.jsonl"


def stored(path):
    with Store(path) as store:
        return store.connection.sql("select * from events order by time, id").df()


def same(table, events):
    wanted = events.sort_values(["time", "id"], ignore_index=True)
    assert list(table["id"]) == list(wanted["id"])
    assert np.array_equal(table["score"], wanted["score"])
    assert (table["time"] == wanted["time"]).all()


def test_deliveries_are_late_and_double(events):
    rows = deliveries(events, seed=0)
    assert rows["arrival"].is_monotonic_increasing
    assert set(rows["id"]) == set(events["id"])
    double = len(rows) - len(events)
    assert 0.05 < double / len(events) < 0.2
    first = rows.drop_duplicates("id")
    late = (first["arrival"] > first["time"]).mean()
    assert 0.05 < late < 0.2 and not first["time"].is_monotonic_increasing
    assert deliveries(events, late=0, twice=0)["id"].tolist() == list(events["id"])
    assert rows.equals(deliveries(events, seed=0))


def test_late_and_double_events_are_stored_once(log, events, tmp_path):
    with Store(tmp_path / "a.duckdb") as store:
        assert store.consume(log, batch=37) > len(events)
        assert store.consume(log) == 0  # nothing is left
    same(stored(tmp_path / "a.duckdb"), events)


def test_a_half_written_line_is_left_for_later(log, events, tmp_path):
    lines, growing = log.read_bytes(), tmp_path / "growing.jsonl"
    with Store(tmp_path / "a.duckdb") as store:
        for end in (0, 10, len(lines) // 3, len(lines) // 2 + 7, len(lines)):
            growing.write_bytes(lines[:end])
            store.consume(growing)
            whole = lines[:end].rfind(b"\n") + 1
            assert store.offset(growing) == whole
    same(stored(tmp_path / "a.duckdb"), events)


def test_an_exception_before_the_commit_undoes_the_batch(log, events, tmp_path):
    rng = random.Random(0)

    def break_sometimes():
        if rng.random() < 0.5:
            raise InterruptedError

    tries = 0
    while True:
        tries += 1
        try:
            with Store(tmp_path / "a.duckdb") as store:
                store.consume(log, 40, break_sometimes)
            break
        except InterruptedError:
            continue
    assert tries > 3
    same(stored(tmp_path / "a.duckdb"), events)


def killed(log, database, rng, pause=0.03):
    """Start a worker, kill it in a random transaction; tell whether it died."""
    command = [sys.executable, "-m", "helpers.apps.market.store", str(log)]
    command += [str(database), "--batch", "40", "--pause", str(pause)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        wanted = rng.randrange(1, 5)
        for line in worker.stdout:
            wanted -= line == "half\n"
            if wanted == 0:
                time.sleep(rng.uniform(0, 2 * pause))
                worker.kill()  # SIGKILL: nothing can be tidied up
                break
        worker.stdout.close()
    return worker.returncode != 0


def test_sigkill_loses_nothing_and_counts_nothing_twice(log, events, tmp_path):
    database, rng = tmp_path / "a.duckdb", random.Random(1)
    assert [killed(log, database, rng) for _ in range(3)] == [True] * 3
    with Store(database) as store:
        there = store.connection.sql("select id from events").df()["id"]
        read = [row[0] for rows, end in read_log(log) for row in rows]
        lines = log.read_bytes()[: store.offset(log)].count(b"\n")
        assert 0 < lines < len(read)  # in the middle
        assert set(there) == set(read[:lines]) and there.is_unique
    main([str(log), str(database)])
    same(stored(database), events)


def test_windows_agree_with_pandas(log, events, tmp_path):
    with Store(tmp_path / "a.duckdb") as store:
        store.consume(log)
        for hours, rule in ((24, "D"), (6, "6h")):
            table = windows(store.connection, hours)
            groups = events.groupby([events["time"].dt.floor(rule), "topic"])["score"]
            wanted = groups.agg(["count", "mean"])
            assert table["count"].sum() == len(events)
            found = table[table["count"] > 0].set_index(["start", "topic"])
            assert list(found.index) == list(wanted.index)
            assert np.allclose(found["mean"], wanted["mean"])
            assert (found["count"] == wanted["count"]).all()
            empty = table[table["count"] == 0]
            assert empty["mean"].isna().all()
            assert len(table) == 6 * table["start"].nunique()
        until = watermark(store.connection, late=48)
        assert until == events["time"].max() - pd.Timedelta(hours=48)
        closed = windows(store.connection, 24, until)
        assert (closed["start"] + pd.Timedelta(hours=24)).max() <= until
        assert closed.equals(windows(store.connection)[: len(closed)])


def test_read_log_refuses(tmp_path):
    path = tmp_path / "bad.jsonl"
    for line in ("not json", json.dumps({"id": 1}), "[1]"):
        path.write_text(line + "\n")
        with pytest.raises(ValueError, match="`?read_log"):
            list(read_log(path))
    with pytest.raises(ValueError, match="deliveries"):
        deliveries(pd.DataFrame(columns=["id", "time", "topic", "score"]), late=2)


@pytest.fixture(scope="module")
def quiet():
    """Windows of two topics in quiet times, and the values in them."""
    rng = np.random.default_rng(5)
    days = pd.date_range("2031-01-06", periods=60)
    rows = [
        {"start": day, "topic": topic, "score": rng.normal(level, 0.7)}
        for day in days
        for topic, level in (("law", -0.2), ("deals", 0.3))
        for _ in range(4)
    ]
    values = pd.DataFrame(rows)
    groups = values.groupby(["start", "topic"])["score"]
    return groups.agg(["count", "mean"]).reset_index(), values


@pytest.mark.parametrize("method", ["z", "cusum"])
def test_monitor_keeps_its_budget_and_finds_a_shift(quiet, method):
    table, values = quiet
    monitor = Monitor(method).fit(table, values, budget=2)
    assert len(monitor.alerts(table)) <= 2
    moved = table.copy()
    inside = (moved["topic"] == "law") & (moved["start"] >= "2031-02-20")
    moved.loc[inside, "mean"] -= 1.5
    alerts = monitor.alerts(moved)
    found = alerts[(alerts["topic"] == "law") & (alerts["direction"] == "down")]
    assert pd.Timestamp("2031-02-20") in set(found["start"])
    assert (found["z"] < 0).all()


def test_monitor_is_the_cusum_of_its_z_scores(quiet):
    table, values = quiet
    monitor = Monitor().fit(table, values, budget=4)
    group = table[table["topic"] == "law"]
    mean, std = values["score"][values["topic"] == "law"].agg(["mean", "std"])
    z = (group["mean"] - mean) * np.sqrt(group["count"]) / std
    raised = onsets(cusum(z.to_numpy(), monitor.threshold)[2])
    alerts = monitor.alerts(table)
    assert list(alerts["start"][alerts["topic"] == "law"]) == list(
        group["start"].to_numpy()[raised]
    )


def test_monitor_refuses(quiet):
    table, values = quiet
    with pytest.raises(ValueError, match="method"):
        Monitor("guess")
    with pytest.raises(ValueError, match="budget"):
        Monitor().fit(table, values, budget=-1)
    with pytest.raises(ValueError, match="no level of"):
        Monitor().alerts(table)


RINGS = {"z": z_alarms, "cusum": lambda z, h: cusum(z, h)[2]}


@pytest.mark.parametrize("name", RINGS)
def test_threshold_keeps_its_budget_on_new_noise(name):
    rng = np.random.default_rng(3)
    quiet, new = rng.normal(size=(2, 300, 6, 50))
    bar = study.threshold_for(RINGS[name], quiet, 0.5)
    assert study.alarms_a_week(RINGS[name](new, bar)) == pytest.approx(0.5, abs=0.12)
    assert study.alarms_a_week(RINGS[name](quiet, bar - 0.1)) > 0.5
    with pytest.raises(ValueError, match="budget"):
        study.threshold_for(RINGS[name], quiet, -1)


def test_shuffles_keep_each_topics_values():
    z = np.arange(12.0).reshape(3, 4)
    many = study.shuffles(z, 50)
    assert many.shape == (50, 3, 4) and (np.sort(many, axis=2) == z).all()
    assert not (many == z).all()


def test_planted_delays_follow_the_normal_distribution():
    background = np.random.default_rng(0).normal(size=(400, 30))
    for size in (1.0, 2.0):
        delays = study.planted_delays(z_alarms, 2.0, background, size)
        miss = norm.cdf(2 - size) - norm.cdf(-2 - size)  # one window stays silent
        assert np.mean(delays == 3) == pytest.approx(miss**3, abs=0.02)
        assert np.mean(delays == 0) == pytest.approx(1 - miss, abs=0.02)
    assert (study.planted_delays(z_alarms, 2.0, background, 20.0) == 0).all()
    with pytest.raises(ValueError, match="windows"):
        study.planted_delays(z_alarms, 2.0, background[:, :6], 1.0)


def test_judge_by_hand():
    rings = np.zeros((2, 12), bool)
    rings[0, [1, 5, 6]] = rings[1, [5, 9]] = True
    events = [study.Event(0, 4, 6), study.Event(1, 8, 8), study.Event(1, 2, 2)]
    delays, false = study.judge(rings, events)
    assert (
        delays == [1, 1, None] and false == 2
    )  # window 1 of one, window 5 of the other
    assert study.alarms_a_week(rings) == pytest.approx(4 / (12 / 5))
