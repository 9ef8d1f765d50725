"""Each shipped driver says what its manual says, and believes nothing else; wrong driver files are refused by name."""

import tomllib
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from lims.errors import Invalid, NotFound
from lims.instruments.driverfile import load, shipped, shipped_files
from tests.instruments.conftest import METER, capture_of


def test_a_number_that_the_range_can_not_show_is_flagged():
    quantity = shipped("keysight-34465a").quantity("dc_voltage")
    settings = quantity.resolve({"range": "1"})
    assert quantity.understand("+1.10000000E+00", settings).flags == frozenset()
    assert quantity.understand("+1.30000000E+00", settings).flags == {"implausible"}


NUMBERS = [
    (r"(?P<value>\d+) mV", "1e-3", "12345 mV", "12.345"),
    (r"(?P<value>[+-]\d{4})(?P<exponent>\d)", "1e-4", "+12345", "12340"),
    (r"(?P<sign>-)? *(?P<value>\d+\.\d+)", "1", "-   0.120", "-0.120"),
    (r"(?P<sign>-)? *(?P<value>\d+\.\d+)", "1", "    0.120", "0.120"),
    (r"(?P<value>\d+)(?:E(?P<exponent>-?\d+))?", "1", "25E-3", "0.025"),
]


@pytest.mark.parametrize(("parse", "scale", "answer", "value"), NUMBERS)
def test_sign_scale_and_exponent_make_the_number_with_its_digits(parse, scale, answer, value):
    text = METER.replace(rb"parse = '(?P<value>-?\d+\.\d+)'", f"parse = '{parse}'\nscale = {scale}".encode())
    quantity = load(text).quantity("voltage")
    assert quantity.understand(answer, {}).value == value


@pytest.mark.parametrize(
    ("sent", "said", "taken"),
    [
        ("55.5", "55.50", True),
        ("55.504", "55.50\r", True),
        ("55.51", "55.50", False),
        ("-20", "-20.00", True),
        ("-20", "20.00", False),
        ("55.5", "", False),
        ("55.5", "55.50 C", False),
        ("55.5", "-08 INVALID COMMAND", False),
    ],
)
def test_a_setting_is_read_back_as_a_number_within_its_limit(sent, said, taken):
    readback = shipped("julabo-fp50").quantity("controlled_temperature").readback[0]
    assert readback.says(said, sent) is taken


def test_a_model_that_does_not_tell_its_serial_number_marks_each_reading():
    text = METER.replace(b"(?P<serial>[^,]+)", b"[^,]+").replace(b"[driver]", b"[driver]\ntells_serial = false")
    quantity = load(text).quantity("voltage")
    assert quantity.understand("1.0", {}).flags == {"serial_not_told"}
    assert quantity.understand("9.9E37", {}).flags == {"serial_not_told", "overload"}
    with pytest.raises(Invalid) as refusal:  # it can't both tell it and not
        load(METER.replace(b"[driver]", b"[driver]\ntells_serial = false"))
    assert "identify" in refusal.value.fields


def test_only_listed_settings_are_ever_sent():
    quantity = shipped("keysight-34465a").quantity("dc_voltage")
    assert quantity.resolve({}) == {"range": "10", "nplc": "10"}
    for chosen in ({"range": "10;*RST"}, {"range": "20"}, {"speed": "1"}):
        with pytest.raises(Invalid):
            quantity.resolve(chosen)


def test_the_hash_is_that_of_the_file_and_the_name_can_not_leave_the_folder():
    path = shipped_files()[0]
    assert load(path).hash == sha256(path.read_bytes()).hexdigest()
    for name in ("no-such-driver", "../driver", "/etc/passwd"):
        with pytest.raises(NotFound):
            shipped(name)


HASHES = tomllib.loads((Path(__file__).parent / "driver-hashes.toml").read_text(encoding="utf-8"))


def complaint(driver, hashes):
    """Say what is wrong with the version of a shipped driver; None when it is the one that was recorded."""
    if driver.name not in hashes:
        return f"{driver.name} is not recorded in driver-hashes.toml"
    return None if hashes[driver.name] == driver.hash else f"{driver.name} has changed: it needs a new version"


@pytest.mark.parametrize("path", shipped_files(), ids=lambda path: path.stem)
def test_a_shipped_driver_is_the_one_that_its_version_names(path):
    assert complaint(load(path), HASHES) is None


def test_a_change_of_a_driver_under_the_same_version_is_noticed():
    content = next(path for path in shipped_files() if path.stem == "hp-34401a").read_bytes()
    changed = load(content.replace(b"of_reading = 35e-6", b"of_reading = 36e-6"))
    assert "needs a new version" in complaint(changed, HASHES)
    assert "not recorded" in complaint(load(content.replace(b"version = 3", b"version = 999")), HASHES)
    assert complaint(load(content.replace(b"\n", b"\n\n", 1)), HASHES) is not None  # even a blank line


def test_every_recorded_driver_is_still_shipped():
    assert {name.split("/")[0] for name in HASHES} == {path.stem for path in shipped_files()}


def test_a_reading_names_driver_version_and_hash(session):
    reading = next(iter(capture_of(session)))
    driver = session.station.driver
    assert (reading.driver, reading.driver_hash) == ("example-meter/1", sha256(METER).hexdigest())
    assert (driver.name, driver.hash) == (reading.driver, reading.driver_hash)


WRONG = {
    "driver.colour": (b'model = "Meter"', b'model = "Meter"\ncolour = "red"'),
    "driver.version": (b"version = 1", b"version = 0"),
    "driver.source": (b'source = "tests/instruments/peer.py"', b""),
    "io.timeout_ms": (b"timeout_ms = 200", b'timeout_ms = "fast"'),
    "identify": (b"(?P<serial>[^,]+)", b"[^,]+"),
    "identify[0].match": (b"Example,", b"Example,("),
    "quantity[0].unit": (b'unit = "V"', b'unit = "volte"'),
    "quantity[0].parse": (b"(?P<value>-?", b"(-?"),
    "quantity[0].setup": (b'query = "READ?"', b'query = "READ? {range}"'),
    "quantity[0].states.broken": (b"[quantity.states]", b'[quantity.states]\nbroken = "x"'),
    "driver.kind": (b'model = "Meter"', b'model = "Meter"\nkind = "python:os:system"'),
    "io.acknowledge": (b"timeout_ms = 200", b'timeout_ms = 200\nacknowledge = "("'),
    "io.pause_ms": (b"timeout_ms = 200", b"timeout_ms = 200\npause_ms = -1"),
    "quantity[0].scale": (b'query = "READ?"', b'query = "READ?"\nscale = 0'),
    "quantity[0].valid.match": (b"[quantity.states]", b'[quantity.valid]\nquery = "OK?"\n[quantity.states]'),
    "quantity[0].setup ": (
        b"[quantity.states]",
        b'[quantity.valid]\nquery = "OK? {x}"\nmatch = "1"\n[quantity.states]',
    ),
    "quantity[0].readback[0].setting": (
        b"[quantity.states]",
        b'[[quantity.readback]]\nsetting = "sp"\nquery = "SP?"\nmatch = "(?P<value>1)"\n[quantity.states]',
    ),
    "quantity[0].readback[0].match": (
        b"[quantity.states]",
        b'[[quantity.readback]]\nsetting = "sp"\nquery = "SP?"\nmatch = "1"\nwithin = 0.1\n[quantity.states]',
    ),
    "quantity[0].name": (b'name = "voltage"', b'name = "DC Voltage"'),
}


@pytest.mark.parametrize(("place", "change"), WRONG.items())
def test_a_wrong_driver_file_is_refused_with_the_place(place, change):
    old, new = change
    assert METER.count(old) == 1
    with pytest.raises(Invalid) as refusal:
        load(METER.replace(old, new))
    assert place.strip() in refusal.value.fields
    assert place.strip() in str(refusal.value)


def test_everything_that_is_wrong_is_named_at_once():
    text = METER.replace(b'unit = "V"', b'unit = "volte"').replace(b"version = 1", b"version = 0")
    with pytest.raises(Invalid) as refusal:
        load(text)
    assert {"quantity[0].unit", "driver.version"} <= set(refusal.value.fields)


def test_the_example_of_the_reference_is_a_right_driver_file():
    page = (Path(__file__).parents[2] / "docs/reference/driver-file.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    driver = load(example.encode())
    assert driver.quantity("dc_voltage").ranges[0].accuracy[0].of_reading == Decimal("35e-6")


def test_the_reference_lists_every_shipped_driver_with_its_quantities():
    page = (Path(__file__).parents[2] / "docs/reference/drivers.md").read_text(encoding="utf-8")
    rows = {cells[1].strip(" `"): cells[3].strip() for line in page.splitlines() if len(cells := line.split("|")) == 9}
    for path in shipped_files():
        assert rows[path.stem] == ", ".join(quantity.name for quantity in load(path).quantities)
    assert len(rows) == len(shipped_files()) + 2  # head and rule
