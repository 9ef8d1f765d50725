"""Small digital calibration certificates of our own making, and the folder of the samples of others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]


def folder_of_samples() -> Path:
    """Where schema and samples of the PTB lie; they are not ours, so they are not in this repository.

    A folder that DCC_FOLDER names, as .ci/run does where it finds one, must be there.
    """
    named = os.environ.get("DCC_FOLDER")
    folder = Path(named or HERE.parent / "shared" / "reference" / "dcc") / "samples"
    if not folder.is_dir():
        assert not named, f"DCC_FOLDER names {named}, which has no samples"
        pytest.skip("the samples of the PTB are not here; DCC_FOLDER names their folder")
    return folder


def quantity(types: str, inner: str, name: str = "") -> str:
    """A quantity of reference types."""
    named = f'<dcc:name><dcc:content lang="en">{name or types}</dcc:content></dcc:name>'
    return f'<dcc:quantity refType="{types}">{named}{inner}</dcc:quantity>'


def numbers(values: str, unit: str, uncertainty: str = "", k: str = "2") -> str:
    """A list of numbers in one unit, perhaps with expanded uncertainties."""
    expanded = (
        f"<si:expandedUncXMLList><si:uncertaintyXMLList>{uncertainty}</si:uncertaintyXMLList>"
        f"<si:coverageFactorXMLList>{k}</si:coverageFactorXMLList>"
        "<si:coverageProbabilityXMLList>0.95</si:coverageProbabilityXMLList></si:expandedUncXMLList>"
        if uncertainty
        else ""
    )
    return (
        f"<si:realListXMLList><si:valueXMLList>{values}</si:valueXMLList><si:unitXMLList>{unit}</si:unitXMLList>"
        f"{expanded}</si:realListXMLList>"
    )


SHOWN = quantity("basic_measuredValue", numbers("1.002 5.001 9.998", r"\volt"), "Shown")
TRUE = quantity("basic_referenceValue", numbers("1.000 5.000 10.000", r"\volt"), "Applied")
WRONG = quantity("basic_measurementError", numbers("2 1 -2", r"\milli\volt", "0.5 0.6 0.8"), "Deviation")
TABLE = SHOWN + TRUE + WRONG


def result(inner: str, types: str = "xx_result", title: str = "Direct voltage") -> str:
    """A result with one list of quantities."""
    return (
        f'<dcc:result refType="{types}"><dcc:name><dcc:content lang="en">{title}</dcc:content></dcc:name>'
        f"<dcc:data><dcc:list>{inner}</dcc:list></dcc:data></dcc:result>"
    )


def document(
    results: str = "",
    *,
    version: str = "3.2.1",
    serial: str = "MY-77",
    before: str = "",
    number: str = "K-2026-5",
    more: str = "",
) -> bytes:
    """A certificate of a multimeter by a laboratory that does not exist."""
    results = results or result(TABLE)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- written for these tests -->
<dcc:digitalCalibrationCertificate xmlns:dcc="https://ptb.de/dcc" xmlns:si="https://ptb.de/si"
  schemaVersion="{version}">
 <dcc:administrativeData>
  <dcc:coreData>
   <dcc:uniqueIdentifier>{number}</dcc:uniqueIdentifier>
   <dcc:beginPerformanceDate>2026-03-02</dcc:beginPerformanceDate>
   <dcc:endPerformanceDate>2026-03-03</dcc:endPerformanceDate>
  </dcc:coreData>
  <dcc:items><dcc:item>
   <dcc:name><dcc:content lang="zh">電表</dcc:content><dcc:content lang="en">Multimeter</dcc:content></dcc:name>
   <dcc:manufacturer><dcc:name><dcc:content>Keysight</dcc:content></dcc:name></dcc:manufacturer>
   <dcc:model>34465A</dcc:model>
   <dcc:identifications>
    <dcc:identification><dcc:issuer>customer</dcc:issuer><dcc:value>DMM-1</dcc:value></dcc:identification>
    <dcc:identification><dcc:issuer>manufacturer</dcc:issuer><dcc:value>{serial}</dcc:value></dcc:identification>
   </dcc:identifications>
  </dcc:item></dcc:items>
  <dcc:calibrationLaboratory>
   <dcc:calibrationLaboratoryCode>TAF 0000</dcc:calibrationLaboratoryCode>
   <dcc:contact><dcc:name><dcc:content>Voltage House</dcc:content></dcc:name></dcc:contact>
  </dcc:calibrationLaboratory>
  <dcc:statements>
   <dcc:statement refType="basic_recalibration"><dcc:date>2027-03-02</dcc:date></dcc:statement>
  </dcc:statements>
 </dcc:administrativeData>
 <dcc:measurementResults><dcc:measurementResult>
  <dcc:influenceConditions>
   <dcc:influenceCondition refType="basic_temperature">
    <dcc:name><dcc:content>Room</dcc:content></dcc:name>
    <dcc:data><dcc:quantity><si:real><si:value>23.1</si:value><si:unit>\\degreecelsius</si:unit></si:real></dcc:quantity></dcc:data>
   </dcc:influenceCondition>{before}
  </dcc:influenceConditions>
  <dcc:results>{results}</dcc:results>
 </dcc:measurementResult></dcc:measurementResults>{more}
</dcc:digitalCalibrationCertificate>
""".encode()


BEFORE = (
    '<dcc:influenceCondition refType="basic_adjustment"><dcc:name><dcc:content>Adjustment</dcc:content></dcc:name>'
    "<dcc:status>beforeAdjustment</dcc:status><dcc:data><dcc:list>"
    + quantity("basic_measuredValue", numbers("1.02 10.11", r"\volt"))
    + quantity("basic_measurementError", numbers("0.02 0.11", r"\volt", "0.01"))
    + "</dcc:list></dcc:data></dcc:influenceCondition>"
)
