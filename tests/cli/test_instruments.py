"""`lims instruments` as somebody who writes a driver file calls it."""

import subprocess
import sys

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
    assert "keysight-34465a/1  Keysight Technologies 34465A: dc_voltage [V]" in found.stdout
