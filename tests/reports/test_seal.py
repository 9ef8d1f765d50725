"""The seal: made with the laboratory's key, and broken by one changed byte."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import stat
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.sign import signers

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


def _rsa_file(path: Path) -> Path:
    """A key file as an agency gives it: RSA, with the authority above it."""
    begin = clock.now().replace(microsecond=0) - timedelta(days=1)
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Agency", "Laboratory 實驗室")]
    issued = [
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(names[0])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=100))
        .add_extension(x509.BasicConstraints(ca=name is names[0], path_length=None), critical=True)
        .sign(keys[0], hashes.SHA256())
        for name, key in zip(names, keys, strict=True)
    ]
    content = pkcs12.serialize_key_and_certificates(
        b"seal", keys[1], issued[1], [issued[0]], serialization.BestAvailableEncryption(b"secret")
    )
    path.write_bytes(content)
    return path


def test_a_key_file_of_rsa_seals_too(tmp_path, pdf):
    agency = seal.load(_rsa_file(tmp_path / "agency.p12"), "secret")
    verdict = seal.verify(agency.sign(pdf), agency.above)
    assert verdict.intact
    assert "實驗室" in verdict.signer


@pytest.mark.parametrize("kind", ["elliptic curve", "rsa"])
def test_our_quick_signer_writes_the_very_bytes_of_the_librarys_own(tmp_path, kind, key):
    ours = key.signer if kind != "rsa" else seal.load(_rsa_file(tmp_path / "agency.p12"), "secret").signer
    plain = signers.SimpleSigner(
        signing_cert=ours.signing_cert, signing_key=ours.signing_key, cert_registry=ours.cert_registry
    )
    digest = hashlib.sha256(b"a report").digest()
    first, second = (
        asyncio.run(signer.async_sign(digest, "sha256", use_pades=True))["content"] for signer in (ours, plain)
    )
    (own,), (theirs,) = first["signer_infos"], second["signer_infos"]
    assert own["signed_attrs"].dump() == theirs["signed_attrs"].dump()
    for field in ("version", "sid", "digest_algorithm", "signature_algorithm"):
        assert own[field].dump() == theirs[field].dump(), field
    for field in ("version", "digest_algorithms", "encap_content_info", "certificates"):
        assert first[field].dump() == second[field].dump(), field
