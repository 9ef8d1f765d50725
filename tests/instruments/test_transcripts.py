"""Each shipped driver holds its conversations, as its manual prints them, over a socket and over a serial line."""

from pathlib import Path

import pytest

from lims.errors import BadAnswer, Invalid
from lims.instruments.driverfile import load as load_driver
from lims.instruments.driverfile import shipped, shipped_files
from lims.instruments.transcript import load, rehearse

FOLDER = Path(__file__).parent / "transcripts"
NAMES = [path.stem for path in shipped_files()]
SERIAL = [name for name in NAMES if shipped(name).wire.baud is not None]


@pytest.mark.parametrize("name", NAMES)
def test_a_driver_holds_its_conversations_word_for_word_and_refuses_noise(name):
    assert rehearse(shipped(name), load(FOLDER / f"{name}.toml")) == []


@pytest.mark.parametrize("name", SERIAL)
def test_a_driver_of_a_serial_line_holds_them_over_a_pseudo_terminal(name):
    assert rehearse(shipped(name), load(FOLDER / f"{name}.toml"), serial_line=True) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_quantity_is_read_every_state_is_met_and_something_is_refused(name):
    driver, transcript = shipped(name), load(FOLDER / f"{name}.toml")
    assert transcript.driver == name
    assert {run.quantity for run in transcript.runs} == {quantity.name for quantity in driver.quantities}
    for quantity in driver.quantities:
        runs = [run for run in transcript.runs if run.quantity == quantity.name]
        shown = {word for run in runs for reading in run.readings for word in reading.expected.split()}
        assert {str(flag) for flag in quantity.states} <= shown, quantity.name
        assert quantity.dynamic is None or "dynamic" in shown, quantity.name
        assert sum(len(run.refused) for run in runs) >= 3, quantity.name
        assert quantity.valid is None or any(run.doubted for run in runs), quantity.name


def test_every_transcript_belongs_to_a_driver_and_every_driver_says_what_was_checked():
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(NAMES)
    for path in shipped_files():
        driver = load_driver(path)
        assert driver.id == path.stem
        assert driver.source
        assert any(word in driver.checked for word in ("checked", "compared", "un against", "eld against"))


def others(driver, transcript):
    """Every answer that a driver's conversations show to something that is not its quantity's question."""
    readback = {each.query for quantity in driver.quantities for each in quantity.readback}
    for run in transcript.runs:
        parts = [*transcript.opening, *run.setup, *run.start, *run.stop]
        parts += [part for shown in run.readings for part in shown.vouched]
        yield from (part.answered for part in parts if part.answered is not None and part.said not in readback)


@pytest.mark.parametrize("name", [name for name in NAMES if not shipped(name).kind])
def test_the_answer_to_another_question_is_never_a_number(name):
    """Identification, errors, status, state of the output: shifted by one, as after a late answer, all are refused."""
    driver = shipped(name)
    shown = set(others(driver, load(FOLDER / f"{name}.toml")))
    assert shown
    for quantity in driver.quantities:
        for answer in shown:
            with pytest.raises(BadAnswer):
                quantity.understand(answer, quantity.resolve({}))


TALK = (FOLDER / "fluke-1502a.toml").read_text(encoding="utf-8")
WRONG_TALK = {
    "another message": ('["T", "t:   25.587 C"', '["F", "t:   25.587 C"', "not 'F'"),
    "another value": ('C", "25.587"', 'C", "25.588"', "not '25.588'"),
    "a flag that does not come": ('C", "25.587"', 'C", "25.587 dynamic"', "not '25.587 dynamic'"),
    "an answer that is believed": ('refused = [\n', 'refused = [\n  "t:   25.587 C",\n', "taken for 25.587"),
    "another serial number": ('serial = "A1B203"', 'serial = "A1B204"', "registered is A1B204"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_TALK)
def test_a_deviation_is_told(case, tmp_path):
    old, new, told = WRONG_TALK[case]
    assert TALK.count(old) == 1
    path = tmp_path / "talk.toml"
    path.write_text(TALK.replace(old, new), encoding="utf-8")
    found = rehearse(shipped("fluke-1502a"), load(path))
    assert found
    assert told in " ".join(found)


@pytest.mark.parametrize(
    ("text", "place"),
    [("driver = 1", "driver"), ('opening = [["a", "b", "c"]]', "opening"), ('colour = "red"', "colour"), ("", "run")],
)
def test_a_wrong_transcript_is_refused_by_place(text, place, tmp_path):
    path = tmp_path / "talk.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid) as refusal:
        load(path)
    assert place in refusal.value.fields
