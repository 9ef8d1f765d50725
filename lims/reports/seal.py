"""The one door to pyHanko: seals a report with the laboratory's key (PAdES), and tells whether a sealed file is whole.

The key is a PKCS#12 file. A demonstration makes its own authority and key on first need; anywhere else there is no
default, because a seal that anybody can make is none.
"""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, parser, tsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.attributes import CMSAttributeProvider, SignedAttributeProviderSpec, SigningCertificateV2Provider
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import as_signing_certificate_v2
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from lims import clock
from lims.errors import Unavailable
from lims.reports.demonstration_key import new_pkcs12

FIELD = "Signature"
DEMONSTRATION_FILE = "demonstration.p12"


class _Reference(SigningCertificateV2Provider):
    """Which certificate signs, written once per key."""

    def __init__(self, signing_cert: asn1_x509.Certificate) -> None:
        super().__init__(signing_cert)
        self._der = as_signing_certificate_v2(signing_cert).dump()

    async def build_attr_value(self, dry_run: bool = False) -> tsp.SigningCertificateV2:  # noqa: ARG002 - its signature
        return tsp.SigningCertificateV2.load(self._der)


class _PadesAttributes(SignedAttributeProviderSpec):
    """What PAdES B-B signs beside the digest and the kind of content: which certificate signs, nothing else."""

    def __init__(self, signing_cert: asn1_x509.Certificate) -> None:
        self._reference = _Reference(signing_cert)

    def signed_attr_providers(self, data_digest: bytes, digest_algorithm: str) -> Iterable[CMSAttributeProvider]:  # noqa: ARG002
        return [self._reference]


class Signer(signers.SimpleSigner):
    """pyHanko's signer, ten times as fast: asn1crypto encodes what was put together anew each time it is asked for
    it, at every level, and what was read only once; so each part is read back as soon as it stands. The same bytes.
    """

    async def signed_attrs(self, *given: Any, **more: Any) -> cms.CMSAttributes:
        return cms.CMSAttributes.load((await super().signed_attrs(*given, **more)).dump())

    def signer_info(self, *given: Any, **more: Any) -> cms.SignerInfo:
        return cms.SignerInfo.load(super().signer_info(*given, **more).dump())

    def get_signature_mechanism_for_digest(self, digest_algorithm: str | None) -> algos.SignedDigestAlgorithm:
        found = super().get_signature_mechanism_for_digest(digest_algorithm)
        return algos.SignedDigestAlgorithm.load(found.dump())


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The laboratory's signing key with its certificate and those above it; `room` is what a signature takes."""

    signer: Signer
    certificate: asn1_x509.Certificate
    above: tuple[asn1_x509.Certificate, ...]
    room: int

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
            bytes_reserved=self.room,
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
        found = signers.SimpleSigner.load_pkcs12_data(path.read_bytes(), [], password.encode() or None)
    except (OSError, ValueError) as error:
        raise Unavailable(
            "The signing key %(path)s can't be opened: check the file, its rights and LIMS_SEAL_PASSWORD.",
            path=str(path),
        ) from error
    certificate = found.signing_cert
    if certificate is None:
        raise Unavailable("The signing key %(path)s holds no certificate: export both into it.", path=str(path))
    signer = Signer(signing_cert=certificate, signing_key=found.signing_key, cert_registry=found.cert_registry)
    signer.signed_attr_prov_spec = _PadesAttributes(certificate)
    return Key(signer=signer, certificate=certificate, above=tuple(found.cert_registry), room=_room(signer))


def _room(signer: Signer) -> int:
    """Return the hexadecimal digits to keep for a signature: half as much again as one takes. It is always even."""
    trial = asyncio.run(signer.async_sign(bytes(32), "sha256", dry_run=True, use_pades=True))
    return 2 * (len(trial.dump()) * 3 // 2)


def demonstration_key(folder: Path) -> Key:
    """Return the demonstration's key, made with an authority of its own when it is missing; two makers are harmless."""
    path = folder / DEMONSTRATION_FILE
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f".{DEMONSTRATION_FILE}.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(new_pkcs12())
        try:
            path.hardlink_to(draft)  # the first one made counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return load(path, "")


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
