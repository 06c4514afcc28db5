"""Scores: read as music21 reads them, tokens, MIDI, sound, rules and copying."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import datasets
from helpers.apps.studio import chorales
from helpers.audio import scores, synthesis, voice_leading
from helpers.datasets import music_sets
from helpers.models.text.voices import write

TOKENS = scores.VoiceTokens()


@pytest.fixture(scope="module", autouse=True)
def smoke():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIGC_PROFILE", "smoke")
        yield


@pytest.fixture(scope="module")
def pieces():
    return chorales.scores()


@pytest.mark.parametrize("name", ["bwv269", "bwv10.7", "bwv281", "bwv1.6"])
def test_a_score_is_read_as_music21_reads_it(name):
    from music21 import converter, note

    paths = {path.stem: path for path in music_sets.score_paths()}
    if name not in paths:
        pytest.skip("not among the compressed scores")
    ours = music_sets.read_score(paths[name])
    theirs = converter.parse(paths[name])
    voices = [p for p in theirs.parts if p.partName in music_sets.VOICES]
    assert len(voices) == 4
    for voice, part in enumerate(voices):
        at = {}
        for one in part.stripTies().flatten().notesAndRests:
            if one.quarterLength and one.offset * 2 == int(one.offset * 2):
                pitch = one.pitch.midi if isinstance(one, note.Note) else 0
                at[int(one.offset * 2)] = pitch
        length = len(ours["pitches"])
        rows = [(step, p) for step, p in at.items() if step < length]
        assert len(rows) > 20
        for step, pitch in rows:
            assert ours["pitches"][step, voice] == pitch
            assert ours["attacks"][step, voice]


def test_what_is_no_score_is_refused(tmp_path):
    path = tmp_path / "bwv0.mxl"
    path.write_bytes(b"no archive")
    with pytest.raises(ValueError, match="bwv0.mxl is no MusicXML score"):
        music_sets.read_score(path)


def test_all_scores_are_kept_as_numbers_and_read_once(tmp_path, monkeypatch):
    monkeypatch.setenv("AIGC_PROFILE", "lesson")
    monkeypatch.setenv("AIGC_CACHE", str(tmp_path))
    few = music_sets.score_paths()[:3]
    monkeypatch.setattr(music_sets, "score_paths", lambda: few)
    first = music_sets.bach_chorales({})
    monkeypatch.setattr(music_sets, "_joined", None)  # it is not asked again
    again = music_sets.bach_chorales({})
    assert all(np.array_equal(first[key], again[key]) for key in first)
    assert set(first) == {"names", "first", "pitches", "attacks", "bars", "fermatas"}


def test_tokens_bring_a_score_back(pieces):
    assert TOKENS.size == 112
    assert datasets.load("bach_chorales").credit.startswith("Chorales by")
    for piece in pieces:
        back, whole = TOKENS.decode(TOKENS.encode(piece))
        assert whole
        for key in ("pitches", "attacks", "bars", "fermatas"):
            assert np.array_equal(getattr(back, key), getattr(piece, key))


def test_transposed_pieces_have_the_same_tune(pieces):
    low = pieces[0].transposed(-2)
    assert chorales.tune(low) == chorales.tune(pieces[0])
    assert {0, 1} in chorales.same_tunes([pieces[0], low])
    with pytest.raises(ValueError, match="within"):
        TOKENS.encode(pieces[0].transposed(20))


def test_no_tune_stands_in_two_parts(pieces):
    doubled = [*pieces, *(piece.transposed(1) for piece in pieces[:6])]
    parts = chorales.parts(doubled)
    tunes = {n: {chorales.tune(p) for p in part} for n, part in parts.items()}
    assert not tunes["train"] & tunes["validation"]
    assert not tunes["train"] & tunes["test"]
    assert sum(map(len, parts.values())) == len(doubled)


def test_decoding_stops_where_a_token_may_not_stand(pieces):
    ids = TOKENS.encode(pieces[0])
    cut, whole = TOKENS.decode(ids[:9])
    assert not whole and len(cut) <= 2
    wrong = ids.copy()
    wrong[20] = wrong[21]
    assert len(TOKENS.decode(wrong)[0]) < 6


def test_midi_is_what_music21_reads(pieces):
    from music21 import midi

    file = midi.MidiFile()
    file.openFileLike(io.BytesIO(scores.to_midi(pieces[0], 90)))
    file.read()
    file.close()
    stream = midi.translate.midiFileToStream(file, quantizePost=False)
    theirs = sorted(
        (float(n.offset), float(n.quarterLength), n.pitch.midi)
        for part in stream.parts
        for n in part.stripTies().flatten().notes
        for n in ([n] if hasattr(n, "pitch") else n.notes)
    )
    ours = sorted(
        (start, length, pitch) for start, length, pitch, _ in pieces[0].notes()
    )
    assert theirs == ours
    with pytest.raises(ValueError, match="a tempo above 0"):
        scores.to_midi(pieces[0], 0)


def test_a_tone_has_its_frequency_and_harmonics():
    wave = synthesis.tone(69, 1.0, 8_000)
    power = np.abs(np.fft.rfft(wave[:8_000]))
    assert abs(int(power.argmax()) - 440) <= 1
    assert power[879:882].max() > 0.3 * power.max() > 0.03 * power[650]
    assert synthesis.frequency(81) == pytest.approx(880)
    played = synthesis.synthesise([(0, 1, 60, 0), (1, 1, 64, 0)], 60)
    assert np.abs(played).max() == pytest.approx(0.8, abs=1e-3)
    assert 2 <= len(played) / 8_000 < 2.5
    with pytest.raises(ValueError, match="wants notes"):
        synthesis.synthesise([])


@given(
    st.lists(st.sampled_from([48, 50, 52, 53, 55, 57, 59, 60]), min_size=4, max_size=4)
)
@settings(max_examples=200, deadline=None)
def test_parallels_agree_with_music21(pitches):
    from music21 import note, voiceLeading

    low1, low2, up1, up2 = pitches
    up1, up2 = up1 + 12, up2 + 12
    names = [note.Note(midi=p) for p in (up1, up2, low1, low2)]
    theirs = voiceLeading.VoiceLeadingQuartet(*names)
    before, after = np.array([up1, low1]), np.array([up2, low2])
    moved = (up2 - up1) * (low2 - low1) > 0  # music21 counts contrary motion, too
    fifths = theirs.parallelFifth() and moved
    octaves = theirs.parallelInterval("P1") or theirs.parallelInterval("P8")
    if (up1 - low1) % 12 == 0:
        assert voice_leading.parallels(before, after, 0) == int(octaves and moved)
    assert voice_leading.parallels(before, after, 7) == int(fifths)


def test_faults_by_hand():
    good = [[72, 67, 60, 48], [71, 67, 62, 55]]
    fifths = [[67, 64, 60, 48], [69, 65, 62, 53]]  # S and T move from G, C to A, D
    crossed = [[60, 64, 55, 48]]
    attacks = np.ones((5, 4), bool)
    found = voice_leading.faults(np.array(good + fifths + crossed), attacks)
    assert found["fifths"] == 1 and found["crossings"] == 1 and found["chords"] == 5
    assert voice_leading.faults(np.array(good), attacks[:2])["fifths"] == 0
    assert voice_leading.faults(np.array([[90, 60, 55, 48]]), attacks[:1])["range"] == 1
    with pytest.raises(ValueError, match="at least one chord"):
        voice_leading.rates([])
    group = [(np.array(good + fifths), attacks[:4]), (np.array(good), attacks[:2])]
    found = chorales.rates_with_intervals(group)
    assert found["parallels"].value == pytest.approx(100 / 6)
    assert found["parallels"].value == voice_leading.rates(group)["parallels"]
    assert found["parallels"].low == 0 and found["range"].high == 0


def test_a_planted_passage_is_found_in_another_key(pieces):
    corpus = [(p.pitches, p.attacks) for p in pieces[:10]]
    copying = voice_leading.Copying(corpus)
    rng, other = np.random.default_rng(0), pieces[12]
    noise = other.pitches + rng.integers(0, 3, other.pitches.shape)
    attacks = other.attacks.copy()
    noise[10:40] = pieces[4].pitches[5:35] + 2
    attacks[10:40] = pieces[4].attacks[5:35]
    length, start, piece, place = copying.longest(noise, attacks)
    assert 29 <= length <= 32 and piece == 4
    assert start - place == 5
    assert copying.longest(*corpus[3])[0] == len(corpus[3][0])


@pytest.mark.parametrize("rules", [False, True])
def test_random_logits_keep_the_grammar_and_the_rules(rules):
    rng = np.random.default_rng(1)

    def logits(ids):
        made = rng.normal(size=(len(ids), TOKENS.size))
        made[:, scores.END] = -4
        return made

    found = write(logits, TOKENS, 4, seed=2, rules=rules, length=160)
    rates = voice_leading.rates([(p.pitches, p.attacks) for p in found])
    assert all(len(p) > 5 for p in found)
    if rules:
        assert rates["range"] == 0 and rates["parallels"] < 1
    else:
        assert rates["crossings"] > 10
