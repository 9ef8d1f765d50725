"""Each shipped driver says what its manual says, and believes nothing else; wrong driver files are refused by name."""

from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from lims.errors import Invalid, NotFound
from lims.instruments.driverfile import load, shipped, shipped_files
from tests.instruments.conftest import METER


def test_a_number_that_the_range_can_not_show_is_flagged():
    quantity = shipped("keysight-34465a").quantity("dc_voltage")
    settings = quantity.resolve({"range": "1"})
    assert quantity.understand("+1.10000000E+00", settings).flags == frozenset()
    assert quantity.understand("+1.30000000E+00", settings).flags == {"implausible"}


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
    "quantity[0].name": (b'name = "voltage"', b'name = "DC Voltage"'),
}


@pytest.mark.parametrize(("place", "change"), WRONG.items())
def test_a_wrong_driver_file_is_refused_with_the_place(place, change):
    old, new = change
    assert METER.count(old) == 1
    with pytest.raises(Invalid) as refusal:
        load(METER.replace(old, new))
    assert place in refusal.value.fields
    assert place in str(refusal.value)


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
