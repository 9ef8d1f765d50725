"""`lims agent` as a person at a bench calls it."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from lims.bench.spool import Spool
from tests.instruments.test_reading import READING

BENCH = """
[[instrument]]
resource = "ASRL1::INSTR"
driver = "mettler-toledo-mt-sics"
serial = "{serial}"
backend = "demonstration.yaml@sim"
"""


def lims(*words, cwd):
    return subprocess.run([sys.executable, "-m", "lims", *words], cwd=cwd, capture_output=True, text=True, check=False)


def test_identify_names_each_instrument_and_fails_for_a_wrong_one(tmp_path):
    (tmp_path / "good.toml").write_text(BENCH.format(serial="B234567890"))
    (tmp_path / "other.toml").write_text(BENCH.format(serial="B000000000"))
    good = lims("agent", "identify", "good.toml", cwd=tmp_path)
    assert good.returncode == 0
    assert "ready" in good.stdout
    assert "B234567890" in good.stdout
    other = lims("agent", "identify", "other.toml", cwd=tmp_path)
    assert other.returncode == 1
    assert "refused" in other.stdout
    assert "registered is B000000000" in other.stdout


def test_a_token_that_others_can_read_is_refused(tmp_path):
    (tmp_path / "bench.toml").write_text(BENCH.format(serial="B234567890"))
    (tmp_path / "token").write_text("secret-token")
    (tmp_path / "token").chmod(0o644)
    words = ["agent", "run", "--server", "http://127.0.0.1:1", "--bench", "b", "--spool", "spool"]
    found = lims(*words, "--token-file", "token", "--bench-file", "bench.toml", cwd=tmp_path)
    assert found.returncode == 1
    assert "chmod 600" in found.stderr
    assert "secret-token" not in found.stderr + found.stdout


def test_a_wrong_bench_file_is_said_in_one_line_each(tmp_path):
    (tmp_path / "bench.toml").write_text(BENCH.format(serial="B234567890") + "colour = 1\n")
    found = lims("agent", "identify", "bench.toml", cwd=tmp_path)
    assert found.returncode == 1
    assert "instrument[0].colour: This key is not known." in found.stderr
    assert "Traceback" not in found.stderr


def test_the_program_of_a_bench_loads_neither_a_database_nor_a_web_framework(tmp_path):
    program = (
        "import sys\n"
        "import lims.bench.agent, lims.bench.bank, lims.bench.benchfile, lims.bench.spool, lims.bench.uplink\n"
        "import lims.cli.agent, lims.instruments.simulated\n"
        "print(sorted({'flask', 'sqlalchemy', 'psycopg', 'psycopg_pool', 'alembic'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("resources", "count"),
    [
        (("TCPIP0::192.0.2.11::5025::SOCKET", "ASRL1::INSTR"), 2),
        pytest.param((), 7, marks=pytest.mark.slow),  # all that the backend finds by itself
    ],
)
def test_scan_writes_a_bench_file_of_what_it_knows(tmp_path, resources, count):
    found = lims("agent", "scan", *resources, "--backend", "demonstration.yaml@sim", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert 'driver = "keysight-34465a"\nserial = "MY60001001"' in found.stdout
    assert 'driver = "mettler-toledo-mt-sics"\nserial = "B234567890"' in found.stdout
    (tmp_path / "bench.toml").write_text(found.stdout)
    identified = lims("agent", "identify", "bench.toml", cwd=tmp_path)
    assert identified.returncode == 0, identified.stdout
    assert identified.stdout.count("ready") == found.stdout.count("[[instrument]]") >= count


def test_scan_says_why_it_does_not_know_a_resource(tmp_path):
    found = lims("agent", "scan", "TCPIP::127.0.0.1::1::SOCKET", cwd=tmp_path)
    assert found.returncode == 1
    assert found.stdout.startswith("# TCPIP0::127.0.0.1::1::SOCKET: ")


def test_selftest_tries_spool_and_instruments_and_stores_nothing(tmp_path):
    (tmp_path / "bench.toml").write_text(BENCH.format(serial="B234567890"))
    found = lims("agent", "selftest", "--bench-file", "bench.toml", "--spool", "spool", cwd=tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "good  spool spool: a reading is on the disk after" in found.stdout
    assert "good  ASRL1::INSTR: " in found.stdout
    assert lims("agent", "replay", "spool", cwd=tmp_path).stdout == ""
    (tmp_path / "bench.toml").write_text(BENCH.format(serial="B000000000"))
    (tmp_path / "token").write_text("a-token")
    (tmp_path / "token").chmod(0o600)
    server = ["--server", "http://127.0.0.1:1", "--token-file", "token"]
    bad = lims("agent", "selftest", "--bench-file", "bench.toml", *server, cwd=tmp_path)
    assert bad.returncode == 1
    assert "BAD   server: The server does not answer" in bad.stdout
    assert "registered is B000000000" in bad.stdout


def test_replay_gives_the_readings_of_a_run_and_has_them_sent_again(tmp_path):
    spool = Spool(tmp_path / "spool")
    spool.begin(READING.acquisition, {"readings": 2})
    for seq in (1, 2):
        spool.append(replace(READING, seq=seq))
    spool.acknowledge(READING.acquisition, [1, 2])
    spool.end(READING.acquisition, "complete", ())
    spool.reported(READING.acquisition)
    spool.close()
    listed = lims("agent", "replay", "spool", cwd=tmp_path)
    assert listed.stdout == f"{READING.acquisition}  2 readings, 2 sent  complete\n"
    found = lims("agent", "replay", "spool", READING.acquisition, "--again", cwd=tmp_path)
    assert [json.loads(line)["seq"] for line in found.stdout.splitlines()] == [1, 2]
    spool = Spool(tmp_path / "spool")
    assert [body["seq"] for body in spool.to_send(10)[1]] == [1, 2]
    spool.close()
    nowhere = lims("agent", "replay", "elsewhere", cwd=tmp_path)
    assert nowhere.returncode == 1
    assert "There is no spool in elsewhere." in nowhere.stderr
