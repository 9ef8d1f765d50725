"""`lims instruments` as somebody who writes a driver file calls it."""

import subprocess
import sys
from pathlib import Path

from lims.instruments.driverfile import shipped_files
from tests.instruments.conftest import METER


def lims(*words):
    return subprocess.run([sys.executable, "-m", "lims", *words], capture_output=True, text=True, check=False)


def test_all_shipped_drivers_are_right():
    found = lims("instruments", "check", *map(str, shipped_files()))
    assert found.returncode == 0, found.stderr
    assert found.stdout.count("is right") == len(shipped_files())


def test_a_wrong_file_is_named_with_each_wrong_place(tmp_path):
    path = tmp_path / "meter.toml"
    path.write_bytes(METER.replace(b'unit = "V"', b'unit = "volte"').replace(b"version = 1", b"version = 0"))
    found = lims("instruments", "check", str(path), str(tmp_path / "missing.toml"))
    assert found.returncode == 1
    assert f"{path}: quantity[0].unit:" in found.stderr
    assert f"{path}: driver.version:" in found.stderr
    assert "missing.toml" in found.stderr
    assert "Traceback" not in found.stderr


def test_the_drivers_are_listed_with_their_quantities_and_units():
    found = lims("instruments", "drivers")
    assert found.returncode == 0
    assert (
        "keysight-34465a/3  Keysight Technologies 34465A: dc_voltage [V], resistance [ohm], dc_current [A]"
        in found.stdout
    )


FOLDER = Path(__file__).parents[1] / "instruments/transcripts"
SHIPPED = {path.stem: path for path in shipped_files()}


def test_a_driver_is_printed_with_settings_ranges_and_accuracy():
    found = lims("instruments", "check", str(SHIPPED["hp-34401a"]))
    assert found.returncode == 0, found.stderr
    for line in (
        "dc_voltage [V]",
        "range [V]: 0.1, 1, 10, 100, 1000; unless told 10",
        "range 10: -12 to 12, resolution 0.00001",
        "365 d, 18 to 28 °C: ±(0.000035 of reading + 0.000005 of 10), rectangular",
    ):
        assert line in found.stdout


def test_what_a_source_is_asked_besides_is_printed():
    found = lims("instruments", "check", str(SHIPPED["julabo-fp50"]))
    assert "does not tell its serial number" in found.stdout
    assert "set_point is read back by IN_SP_00, within 0.005" in found.stdout
    assert "counts when IN_MODE_05 is answered by 1" in found.stdout


def test_a_transcript_is_held_with_a_driver_over_a_socket_and_over_a_serial_line():
    for more in ([], ["--serial-line"]):
        talk = str(FOLDER / "mark-10-series-5.toml")
        found = lims("instruments", "check", str(SHIPPED["mark-10-series-5"]), "--transcript", talk, *more)
        assert found.returncode == 0, found.stderr
        assert "3 conversations held word for word, 14 answers refused" in found.stdout


def test_a_transcript_that_the_driver_does_not_hold_is_told_word_for_word(tmp_path):
    talk = tmp_path / "talk.toml"
    text = (FOLDER / "mark-10-series-5.toml").read_text(encoding="utf-8")
    talk.write_text(text.replace('["?C", "4.285 N", "4.285"]', '["?X", "4.285 N", "4.285"]'), encoding="utf-8")
    found = lims("instruments", "check", str(SHIPPED["mark-10-series-5"]), "--transcript", str(talk))
    assert found.returncode == 1
    assert "message 3 was '?C', not '?X'" in found.stderr
    assert "Traceback" not in found.stderr


def test_a_transcript_goes_with_one_driver(tmp_path):
    found = lims("instruments", "check", *map(str, shipped_files()), "--transcript", str(tmp_path / "missing.toml"))
    assert found.returncode == 2
    found = lims("instruments", "check", str(SHIPPED["fluke-1502a"]), "--transcript", str(tmp_path / "missing.toml"))
    assert found.returncode == 1
    assert "missing.toml" in found.stderr
    wrong = str(FOLDER / "mark-10-series-5.toml")
    found = lims("instruments", "check", str(SHIPPED["fluke-1502a"]), "--transcript", wrong)
    assert found.returncode == 1
    assert "the transcript is of mark-10-series-5, the driver is fluke-1502a" in found.stderr
