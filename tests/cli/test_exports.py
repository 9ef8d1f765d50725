"""`lims instruments parse` as somebody who tries a parser on a file calls it."""

import json
import subprocess
import sys

HEADINGS = "sample,time,serial,value,unit\n"
GOOD = "S-1,2026-11-23T01:02:03Z,B1,1.50,V\n"


def lims(*words):
    return subprocess.run(
        [sys.executable, "-m", "lims", "instruments", *map(str, words)], capture_output=True, text=True, check=False
    )


def test_rows_are_printed_with_the_hash_of_the_file(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(HEADINGS + GOOD, "utf-8")
    found = lims("parse", "plain-table", path)
    assert found.returncode == 0, found.stderr
    assert "S-1  2026-11-23T01:02:03+00:00  B1  value 1.50 V" in found.stdout
    assert "1 rows, 0 faults" in found.stdout
    told = json.loads(lims("parse", "plain-table", path, "--json").stdout)
    assert told["rows"][0]["values"] == [
        {"quantity": "value", "value": "1.50", "unit": "V", "raw": "1.50", "flag": None}
    ]
    assert told["file_hash"] in found.stdout


def test_each_fault_is_named_by_line_and_column(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(HEADINGS + GOOD + GOOD.replace("1.50", "NaN"), "utf-8")
    found = lims("parse", "plain-table", path)
    assert found.returncode == 1
    assert f"{path}: line 3, value: NaN is no number" in found.stderr
    path.write_bytes(b"\x00\xff" * 100)
    found = lims("parse", "plain-table", path)
    assert (found.returncode, found.stdout) == (1, "")
    assert "Traceback" not in found.stderr


def test_parsers_are_listed_and_a_wrong_file_is_named_with_each_wrong_place(tmp_path):
    assert "plain-table-big5/1" in lims("parsers").stdout
    path = tmp_path / "wrong.toml"
    path.write_text('[parser]\nid = "x"\n', "utf-8")
    for found in (lims("parsers", path), lims("parse", path, path)):
        assert found.returncode == 1
        assert f"{path}: parser.version: This key is missing." in found.stderr
        assert f"{path}: file.encoding" in found.stderr
