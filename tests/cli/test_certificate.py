"""`lims instruments certificate` as somebody who got a certificate's file calls it."""

import json
import subprocess
import sys

import pytest

from lims.cli.certificate import certificate
from tests.instruments.dcc_documents import BEFORE, document


def test_a_dcc_is_told_in_words_and_as_json_and_nothing_is_stored(tmp_path):
    path = tmp_path / "certificate.xml"
    path.write_bytes(document(before=BEFORE))
    words = [sys.executable, "-m", "lims", "instruments", "certificate", str(path), "--quantity", "dc_voltage=V"]
    told = subprocess.run(words, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "number: K-2026-5" in told.stdout
    assert "Keysight 34465A; serial MY-77" in told.stdout
    assert "dc_voltage\tV\t-\tas left\t1.002\t-0.002\t0.0005\t2\t-" in told.stdout


def test_json_has_decimal_text(tmp_path, capsys):
    path = tmp_path / "certificate.xml"
    path.write_bytes(document())
    assert certificate([str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["signature"], told["points"][2]["correction"]) == ("DCC", "none", "0.002")


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"%PDF-1.7", "A PDF is for people"), (b"indication,error\nx,1", "points.0")]
)
def test_a_file_that_cant_be_taken_is_status_1(tmp_path, capsys, content, sentence):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert certificate([str(path)]) == 1
    assert sentence in capsys.readouterr().err
