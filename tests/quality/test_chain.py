"""The chain of traceability: from a reading to the standard, through our own certificates, with each gap named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lims.errors import NotFound
from lims.instruments import operations as instruments
from lims.instruments.operations import NewCertificate, NewInstrument, NewPoint
from lims.people.rights import Actor, Role, grants_of
from lims.quality import queries
from lims.quality.chain import Gap, Link, Node
from tests.quality.weighings import lines, reported, reviewed, taken, weigh
from tests.results.laboratory import MONDAY


def links(node: Node) -> list[Link]:
    """The links from the top down, along the first of each."""
    return [node.link, *(links(node.below[0]) if node.below else [])]


def calibrated(bureau, number: str, certificate: str, **more) -> int:
    """Register a balance with one accepted certificate."""
    new = NewInstrument(
        number=number, laboratory_id=bureau.laboratory, name={"en": number}, kind="balance", maker="Kern", model="PES",
        serial=number,
    )  # fmt: skip
    row = instruments.register_instrument(bureau.session, by=bureau.manager, instrument=new)
    bureau.instruments[number] = row.id
    points = [NewPoint(quantity="mass", unit="g", indication=at, correction=0.01, U=0.02) for at in (0.0, 2000.0)]
    given = {
        "number": certificate, "issued_by": "Metrology Institute", "calibrated_on": MONDAY.date() - timedelta(days=1),
        "valid_until": MONDAY.date() + timedelta(days=300), "points": points,
    } | more  # fmt: skip
    made = instruments.enter_certificate(
        bureau.session, by=bureau.manager, instrument_id=row.id, certificate=NewCertificate(**given)
    )
    instruments.accept_certificate(bureau.session, by=bureau.manager, certificate_id=made.id, seen_version=made.version)
    return row.id


def test_a_chain_ends_at_what_the_certificate_says_that_it_is_traceable_to(bureau):
    first, _second, _twice = lines(bureau)
    calibrated(bureau, "BAL-5", "MI-55", accreditation="TAF 0001", traceability={"en": "the kilogram of the NML"})
    weigh(bureau, first, instrument="BAL-5")
    chain = queries.chain_of_line(bureau.session, first, by=bureau.technician)
    assert links(chain) == [Link.READINGS, Link.INSTRUMENT, Link.CERTIFICATE, Link.LABORATORY, Link.STANDARD]
    assert list(chain.gaps()) == []
    laboratory = chain.below[0].below[0].below[0]
    assert (laboratory.name, laboratory.about) == ("Metrology Institute", ("TAF 0001",))


def test_a_laboratory_that_says_nothing_is_a_gap(bureau):
    first, _second, _twice = lines(bureau)
    weigh(bureau, first)
    chain = queries.chain_of_line(bureau.session, first, by=bureau.technician)
    assert list(chain.gaps()) == [Gap.UNSAID]


def test_our_own_certificate_leads_on_to_our_standard(bureau):
    first, second, twice = lines(bureau)
    calibrated(bureau, "BAL-5", "MI-55", traceability={"en": "the kilogram of the NML"})
    weigh(bureau, first, instrument="BAL-5")
    reported(bureau, reviewed(bureau, first), "TN-2026-000070-0")
    calibrated(bureau, "BAL-6", "TN-2026-000070-0")
    weigh(bureau, second, instrument="BAL-6")
    taken(bureau, twice, reviewed(bureau, second))
    chain = queries.chain_of_line(bureau.session, twice, by=bureau.technician)
    down = [Link.INSTRUMENT, Link.CERTIFICATE]
    assert links(chain) == [
        Link.READINGS, Link.RESULT, *down, Link.REPORT, *down, Link.LABORATORY, Link.STANDARD,
    ]  # fmt: skip
    assert list(chain.gaps()) == []


def test_a_circle_ends_and_is_told(bureau):
    first, _second, _twice = lines(bureau)
    calibrated(bureau, "BAL-5", "TN-2026-000071-0")
    weigh(bureau, first, instrument="BAL-5")
    reported(bureau, reviewed(bureau, first), "TN-2026-000071-0")
    chain = queries.chain_of_line(bureau.session, first, by=bureau.technician)
    assert list(chain.gaps()) == [Gap.CIRCLE]


def test_equipment_of_another_place_is_not_named_and_a_line_of_another_place_not_shown(bureau):
    first, _second, _twice = lines(bureau)
    weigh(bureau, first)
    stranger = Actor(person_id=1, label="x", grants=grants_of(Role.MANAGER, branch_id=bureau.branch + 1))
    with pytest.raises(NotFound):
        queries.chain_of_line(bureau.session, first, by=stranger)
    with pytest.raises(NotFound):
        queries.chain_of_reading(bureau.session, 2**40, by=stranger)
