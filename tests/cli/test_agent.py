"""`lims agent` as a person at a bench calls it."""

import subprocess
import sys

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
