"""The seal: made with the laboratory's key, and broken by one changed byte."""

from __future__ import annotations

import hashlib
import io
import json
import stat
from datetime import timedelta

import pypdf
import pytest

from lims import clock
from lims.errors import Unavailable
from lims.reports import render, seal
from lims.reports.compose import compose
from lims.reports.content import canonical
from tests.reports.examples import APPROVAL, tiles


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> seal.Key:
    """A demonstration key."""
    return seal.demonstration_key(tmp_path_factory.mktemp("seal"))


@pytest.fixture(scope="module")
def pdf() -> bytes:
    """A report before its seal."""
    return render.pdf(json.loads(canonical(compose(tiles(2)))), APPROVAL)


@pytest.fixture(scope="module")
def sealed(key, pdf) -> bytes:
    """The same report, sealed."""
    return key.sign(pdf)


def test_a_sealed_report_is_genuine_under_its_own_authority(key, sealed):
    verdict = seal.verify(sealed, key.above)
    assert verdict.genuine
    assert "Demonstration laboratory" in verdict.signer


def test_it_is_not_trusted_under_another_authority(tmp_path, sealed):
    other = seal.demonstration_key(tmp_path)
    verdict = seal.verify(sealed, other.above)
    assert verdict.intact
    assert not verdict.trusted


def test_a_changed_byte_anywhere_in_the_document_breaks_it(key, pdf, sealed):
    for place in range(20, len(pdf), len(pdf) // 25):
        changed = bytearray(sealed)
        changed[place] ^= 1
        assert not seal.verify(bytes(changed), key.above).genuine, place


def test_something_added_at_the_end_breaks_it(key, sealed):
    assert not seal.verify(sealed + b"\n% more", key.above).genuine
    reader = pypdf.PdfReader(io.BytesIO(sealed))
    writer = pypdf.PdfWriter(reader, incremental=True)
    writer.add_metadata({"/Title": "Something else"})
    out = io.BytesIO()
    writer.write(out)
    assert not seal.verify(out.getvalue(), key.above).genuine


def test_the_document_below_the_seal_is_kept_byte_for_byte(pdf, sealed):
    assert sealed.startswith(pdf)
    assert hashlib.sha256(sealed).digest() != hashlib.sha256(pdf).digest()


def test_attachment_and_pdf_a_survive_the_seal(sealed):
    reader = pypdf.PdfReader(io.BytesIO(sealed))
    assert "report.json" in reader.attachments
    assert b"pdfaid:part" in reader.trailer["/Root"]["/Metadata"].get_data()


@pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.7\nnonsense", b"%PDF-1.7\n" + bytes(4000)])
def test_what_is_no_pdf_is_simply_not_signed(content, key):
    assert not seal.verify(content, key.above).signed


def test_an_unsealed_report_is_not_signed(pdf, key):
    assert not seal.verify(pdf, key.above).signed


def test_the_demonstration_key_is_made_once_and_only_we_can_read_it(tmp_path):
    first = seal.demonstration_key(tmp_path / "seal")
    again = seal.demonstration_key(tmp_path / "seal")
    assert first.certificate.dump() == again.certificate.dump()
    path = tmp_path / "seal" / seal.DEMONSTRATION_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [seal.DEMONSTRATION_FILE]


def test_without_a_key_nothing_is_sealed_outside_a_demonstration(tmp_path):
    with pytest.raises(Unavailable, match="LIMS_SEAL_KEY"):
        seal.open_key(path="", password="", folder=tmp_path, demonstration=False)
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_that_cannot_be_opened_is_named(tmp_path):
    broken = tmp_path / "key.p12"
    broken.write_bytes(b"no key")
    with pytest.raises(Unavailable, match=r"key\.p12"):
        seal.open_key(path=str(broken), password="x", folder=tmp_path, demonstration=True)


def test_an_expired_certificate_seals_nothing(key, pdf):
    with clock.at(clock.now() + timedelta(days=365 * 11)), pytest.raises(Unavailable, match="signing certificate"):
        key.sign(pdf)
