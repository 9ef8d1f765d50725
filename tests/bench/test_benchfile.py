"""The bench file is checked before the agent starts."""

import pytest

from lims.bench.benchfile import read
from lims.errors import Invalid
from tests.instruments.conftest import METER

GOOD = """
[[instrument]]
resource = "GPIB0::22::INSTR"
driver = "keysight-34465a"
serial = "MY1"
"""


def written(tmp_path, text):
    path = tmp_path / "bench.toml"
    path.write_text(text)
    return path


def test_an_instrument_is_real_unless_the_file_says_otherwise(tmp_path):
    (station,) = read(written(tmp_path, GOOD)).stations
    assert (station.backend, station.driver.id, station.serial) == ("@py", "keysight-34465a", "MY1")


def test_a_driver_of_the_laboratory_lies_beside_the_bench_file(tmp_path):
    (tmp_path / "meter.toml").write_bytes(METER)
    (station,) = read(written(tmp_path, GOOD.replace("keysight-34465a", "meter.toml"))).stations
    assert station.driver.id == "example-meter"


FOLDER = GOOD + '[[folder]]\npath = "exports"\nserial = "B1"\nparser = "plain-table"\npattern = "*.csv"\n'


def test_folders_lie_beside_the_bench_file_unless_their_path_is_whole(tmp_path):
    (folder,) = read(written(tmp_path, FOLDER)).folders
    assert (folder.path, folder.pattern, folder.serial) == (tmp_path / "exports", "*.csv", "B1")
    (folder,) = read(written(tmp_path, FOLDER.replace('"exports"', '"/srv/exports"'))).folders
    assert str(folder.path) == "/srv/exports"


LISTEN = GOOD + '[[listen]]\nport = 4001\nserial = "SN-77"\nparser = "titrator"\n'


def test_an_analyser_calls_at_a_port_or_on_a_line(tmp_path):
    (caller,) = read(written(tmp_path, LISTEN)).callers
    assert (caller.port, caller.line, caller.serial) == (4001, None, "SN-77")
    (caller,) = read(written(tmp_path, LISTEN.replace("port = 4001", 'line = "/dev/ttyS0"'))).callers
    assert (caller.line, caller.baud) == ("/dev/ttyS0", 9600)


WRONG = {
    "listen[0]": LISTEN + 'line = "/dev/ttyS0"\n',
    "listen[0].port": LISTEN.replace("4001", "70000"),
    "listen[0].parser": LISTEN.replace('parser = "titrator"\n', ""),
    "folder[0].serial": FOLDER.replace('serial = "B1"', ""),
    "folder[0].pattern": FOLDER.replace("*.csv", "../*.csv"),
    "folder[0].colour": FOLDER + 'colour = "red"\n',
    "instrument[0].serial": GOOD.replace('serial = "MY1"', ""),
    "instrument[0].colour": GOOD + 'colour = "red"\n',
    "instrument[0].baud": GOOD + 'baud = "9600"\n',
    "instrument[0]": GOOD.replace("GPIB0::22::INSTR", "nowhere"),
    "instrument": GOOD + GOOD,
    "bench": GOOD.replace("[[instrument]]", "[bench]\n[[instrument]]"),
}


@pytest.mark.parametrize(("place", "text"), WRONG.items())
def test_a_wrong_bench_file_is_refused_with_the_place(tmp_path, place, text):
    with pytest.raises(Invalid) as refusal:
        read(written(tmp_path, text))
    assert place in refusal.value.fields


def test_an_unknown_driver_and_a_file_that_is_none_are_refused(tmp_path):
    with pytest.raises(Invalid):
        read(written(tmp_path, GOOD.replace("keysight-34465a", "nobody-knows")))
    with pytest.raises(Invalid):
        read(written(tmp_path, "not toml ["))
    with pytest.raises(Invalid):
        read(tmp_path / "missing.toml")
