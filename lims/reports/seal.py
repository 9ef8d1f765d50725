"""The one door to pyHanko: seals a report with the laboratory's key (PAdES), and tells whether a sealed file is whole.

The key is a PKCS#12 file. A demonstration makes its own authority and key on first need; anywhere else there is no
default, because a seal that anybody can make is none.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import parser
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from lims import clock
from lims.errors import Unavailable

FIELD = "Signature"
DEMONSTRATION_FILE = "demonstration.p12"
_YEARS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The laboratory's signing key with its certificate and those above it."""

    signer: signers.SimpleSigner
    certificate: asn1_x509.Certificate
    above: tuple[asn1_x509.Certificate, ...]

    def sign(self, pdf: bytes) -> bytes:
        """Return the PDF with an invisible certifying signature (PAdES B-B) that allows no change at all."""
        self.check(clock.now())
        metadata = signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
        )
        out = signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)),
            metadata,
            signer=self.signer,
            new_field_spec=SigFieldSpec(sig_field_name=FIELD),
        )
        return bytes(out.getbuffer())

    def check(self, at: datetime) -> None:
        """Raise Unavailable unless the certificate is valid at that moment."""
        if not self.certificate.not_valid_before <= at <= self.certificate.not_valid_after:
            raise Unavailable(
                "The laboratory's signing certificate is valid from %(begin)s to %(end)s: "
                "set LIMS_SEAL_KEY to a current one. The report is approved and waits for its seal.",
                begin=self.certificate.not_valid_before.date().isoformat(),
                end=self.certificate.not_valid_after.date().isoformat(),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a file's signature says about it."""

    signed: bool
    intact: bool
    trusted: bool
    signer: str
    at: datetime | None

    @property
    def genuine(self) -> bool:
        """Tell whether it is signed by whom we trust, and nothing in it was changed or added."""
        return self.signed and self.intact and self.trusted


_NOT_SIGNED = Verdict(signed=False, intact=False, trusted=False, signer="", at=None)


def open_key(*, path: str, password: str, folder: Path, demonstration: bool) -> Key:
    """Return the configured key, or in a demonstration the one made for it; Unavailable says what is missing."""
    if path:
        return load(Path(path), password)
    if demonstration:
        return demonstration_key(folder)
    raise Unavailable(
        "There is no signing key: set LIMS_SEAL_KEY to the laboratory's PKCS#12 file and LIMS_SEAL_PASSWORD to its "
        "password. The report is approved and waits for its seal."
    )


def load(path: Path, password: str) -> Key:
    """Return the key in a PKCS#12 file."""
    try:
        signer = signers.SimpleSigner.load_pkcs12_data(path.read_bytes(), [], password.encode() or None)
    except (OSError, ValueError) as error:
        raise Unavailable(
            "The signing key %(path)s can't be opened: check the file, its rights and LIMS_SEAL_PASSWORD.",
            path=str(path),
        ) from error
    certificate = signer.signing_cert
    if certificate is None:
        raise Unavailable("The signing key %(path)s holds no certificate: export both into it.", path=str(path))
    return Key(signer=signer, certificate=certificate, above=tuple(signer.cert_registry))


def demonstration_key(folder: Path) -> Key:
    """Return the demonstration's key, made with an authority of its own when it is missing; two makers are harmless."""
    path = folder / DEMONSTRATION_FILE
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f".{DEMONSTRATION_FILE}.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(_new_demonstration())
        try:
            path.hardlink_to(draft)  # the first one made counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return load(path, "")


def _new_demonstration() -> bytes:
    """Make an authority and a signing certificate below it; the authority's key is forgotten at once."""
    begin = clock.now().replace(microsecond=0) - timedelta(days=60)  # a demonstration begins in its past
    end = begin + timedelta(days=365 * _YEARS)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    signing_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("Demonstration authority (proves nothing)")
    authority = (
        _builder(authority_name, authority_name, authority_key.public_key(), begin, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    certificate = (
        _builder(_name("Demonstration laboratory"), authority_name, signing_key.public_key(), begin, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(signing_key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return pkcs12.serialize_key_and_certificates(
        b"demonstration", signing_key, certificate, [authority], serialization.NoEncryption()
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "TW"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def verify(pdf: bytes, roots: tuple[asn1_x509.Certificate, ...]) -> Verdict:
    """Tell whether the file carries one signature under these roots that covers all of it, unchanged."""
    try:
        signatures = list(PdfFileReader(io.BytesIO(pdf)).embedded_signatures)
        if len(signatures) != 1:
            return _NOT_SIGNED
        context = ValidationContext(trust_roots=list(roots), allow_fetching=False)
        status = validate_pdf_signature(signatures[0], context)
    except (PdfError, SignatureValidationError, ValueError, KeyError, IndexError, TypeError):
        return _NOT_SIGNED  # not a PDF, or one that was torn: whatever it is, it carries no seal of ours
    whole = (
        status.coverage == SignatureCoverageLevel.ENTIRE_FILE and status.modification_level == ModificationLevel.NONE
    )
    return Verdict(
        signed=True,
        intact=status.intact and status.valid and whole and not _padding(signatures[0].pkcs7_content).strip(b"\0"),
        trusted=status.trusted,
        signer=status.signing_cert.subject.human_friendly,
        at=status.signer_reported_dt,
    )


def _padding(contents: bytes) -> bytes:
    """Return what follows the signature in the place kept for it: only zeros, or somebody wrote there."""
    return contents[parser.peek(contents) :]
