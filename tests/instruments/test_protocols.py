"""Framed protocols: a broken frame of any kind is no answer; a driver names listed classes only, hashed with it."""

from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

import lims.instruments.protocols.konica_minolta as konica
from lims.errors import BadAnswer, Invalid
from lims.instruments import protocols
from lims.instruments.driverfile import load, shipped
from lims.instruments.protocols.konica_minolta import ReceptorLine, block_check
from lims.instruments.transport import Line
from tests.instruments.conftest import METER

SOUND = "\x0200021 10+12345+31275+32901\x0300"
RECEPTOR = b'kind = "python:lims.instruments.protocols.konica_minolta:ReceptorLine"'


@pytest.fixture
def line():
    line = object.__new__(ReceptorLine)  # frames are made and opened without a connection
    line.resource = "ASRL1::INSTR"
    return line


def test_the_block_check_is_that_of_the_makers_example(line):
    """CL-200A Communication Specifications: the frame of 00541 and three spaces ends with 13."""
    assert block_check("00541   ") == "13"
    assert line.wrap("00541   ") == "\x0200541   \x0313"


def test_a_sound_frame_gives_its_message(line):
    assert line.unwrap(SOUND) == "00021 10+12345+31275+32901"
    assert line.unwrap(line.wrap("0054    ")) == "0054    "


BROKEN = {
    "no STX": SOUND[1:],
    "no ETX": SOUND.replace("\x03", ""),
    "block check 7F": SOUND[:-2] + "7F",
    "block check 0,": SOUND[:-1],
    "block check ,": SOUND[:-2],
    "block check 000": SOUND + "0",
    "two frames in one": SOUND[:12] + SOUND,
    "block check 00\x02": SOUND + SOUND,
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_broken_frame_is_no_answer(reason, line):
    with pytest.raises(BadAnswer) as refusal:
        line.unwrap(BROKEN[reason])
    assert refusal.value.data["reason"].startswith(reason)
    assert "\x02" not in refusal.value.data["raw"]


@pytest.mark.parametrize("place", range(1, len(SOUND) - 3))
def test_one_changed_character_anywhere_in_the_message_is_seen(place, line):
    changed = SOUND[:place] + chr(ord(SOUND[place]) ^ 1) + SOUND[place + 1 :]
    with pytest.raises(BadAnswer):
        line.unwrap(changed)


def test_no_kind_means_lines_of_text():
    assert protocols.line_class("") is Line
    assert protocols.line_class(shipped("konica-minolta-cl-200a").kind) is ReceptorLine


@pytest.mark.parametrize(
    "kind",
    [
        "python:os:system",
        "python:lims.instruments.transport:Line",
        "python:lims.instruments.protocols.konica_minolta:block_check",
        "lims.instruments.protocols.konica_minolta:ReceptorLine",
        "python:lims.instruments.protocols.konica_minolta",
        "python:../evil:Line",
    ],
)
def test_only_listed_classes_are_loaded(kind):
    with pytest.raises(Invalid):
        protocols.line_class(kind)
    with pytest.raises(Invalid) as refusal:
        load(METER.replace(b"[driver]", b"[driver]\nkind = " + repr(kind).encode()))
    assert "driver.kind" in refusal.value.fields


def test_a_class_that_an_installed_package_offers_may_be_named(monkeypatch):
    target = "tests.instruments.test_protocols:Offered"
    offered = metadata.EntryPoint(name="offered", value=target, group=protocols.GROUP)
    monkeypatch.setattr(protocols.metadata, "entry_points", lambda group: [offered] if group == protocols.GROUP else [])
    monkeypatch.setattr(protocols, "import_module", lambda _: SimpleNamespace(Offered=Offered))
    assert protocols.line_class(f"python:{target}") is Offered
    monkeypatch.setattr(protocols, "import_module", lambda _: SimpleNamespace(Offered=dict))
    with pytest.raises(Invalid):
        protocols.line_class(f"python:{target}")


def test_an_offered_class_that_can_not_be_loaded_is_told(monkeypatch):
    offered = metadata.EntryPoint(name="offered", value="no_such_package.inner:Spoken", group=protocols.GROUP)
    monkeypatch.setattr(protocols.metadata, "entry_points", lambda group: [offered] if group else [])
    with pytest.raises(Invalid, match="can't be loaded"):
        protocols.line_class("python:no_such_package.inner:Spoken")
    with pytest.raises(Invalid) as refusal:
        load(METER.replace(b"[driver]", b'[driver]\nkind = "python:no_such_package.inner:Spoken"'))
    assert "can't be found" in str(refusal.value.fields["driver.kind"])


class Offered(Line):
    """What another package would offer."""


def test_a_driver_is_another_one_when_the_code_it_names_changes(monkeypatch, tmp_path):
    text = METER.replace(b"[driver]", b"[driver]\n" + RECEPTOR)
    before = load(text).hash
    assert before != load(METER).hash
    changed = tmp_path / "konica_minolta.py"
    changed.write_bytes(Path(konica.__file__).read_bytes() + b"# another line\n")
    spec = type("Spec", (), {"origin": str(changed)})
    monkeypatch.setattr(protocols.util, "find_spec", lambda _: spec)
    assert load(text).hash != before
