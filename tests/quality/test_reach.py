"""What an instrument's error reaches: readings, results by every way, reports and who has them; nothing is left out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from lims import clock
from lims.instruments import operations as instruments
from lims.instruments.operations import NewCertificate, NewInstrument, NewPoint
from lims.people.rights import Actor, Role, grants_of
from lims.quality import queries
from lims.quality.queries.reach import statement
from lims.quality.reached import Way, doubt_of
from lims.store import audit
from tests.quality.weighings import lines, reported, reviewed, taken, weigh
from tests.results.laboratory import MONDAY, certify


def quality(bureau) -> Actor:
    """Somebody who looks after quality in the whole bureau."""
    person = bureau.actor("quality", Role.QUALITY)
    return Actor(person_id=person.person_id, label="quality", grants=grants_of(Role.QUALITY))


def reach(bureau, by=None, number="BAL-1", since=MONDAY - timedelta(days=1), until=None):
    return queries.reach(
        bureau.session, by=by or quality(bureau), instrument_id=bureau.instruments[number], since=since, until=until
    )


def ways(found) -> set[tuple[int, Way]]:
    return {(row.line_id, row.way) for row in found.rows}


def test_results_are_reached_by_reading_and_by_taking(bureau):
    first, second, twice = lines(bureau)
    weigh(bureau, first)
    weigh(bureau, second)
    result = reviewed(bureau, first)
    double = taken(bureau, twice, result)
    found = reach(bureau)
    assert ways(found) == {(first, Way.READ), (second, Way.READ), (twice, Way.TAKEN)}
    by_line = {row.line_id: row for row in found.rows}
    assert found.result_ids == tuple(sorted((result, double, by_line[second].result_id)))
    assert len(by_line[second].reading_ids) == 1
    assert by_line[twice].through == by_line[first].line_number
    assert found.reading_count == 2


def test_what_was_read_before_the_last_good_check_or_after_the_end_is_not_in_it(bureau):
    first, _second, _twice = lines(bureau)
    weigh(bureau, first)
    reviewed(bureau, first)
    assert reach(bureau, since=MONDAY + timedelta(minutes=1)).rows == ()
    assert reach(bureau, since=None, until=MONDAY).rows == ()
    assert len(reach(bureau, since=None).rows) == 1
    assert reach(bureau, number="DMM-1").rows == ()


def test_readings_that_are_in_no_result_yet_are_named(bureau):
    (line_id,) = bureau.job("weighing")  # asks for three
    weigh(bureau, line_id)
    (row,) = reach(bureau).rows
    assert (row.line_id, row.result_id, len(row.reading_ids)) == (line_id, None, 1)


def test_an_instrument_that_we_calibrated_with_it_carries_the_error_on(bureau):
    first, second, twice = lines(bureau)
    weigh(bureau, first)
    result = reviewed(bureau, first)
    reported(bureau, result, "TN-2026-000077-1")
    new = NewInstrument(
        number="BAL-9", laboratory_id=bureau.laboratory, name={"en": "Balance 9"}, kind="balance", maker="Kern",
        model="PES", serial="9",
    )  # fmt: skip
    row = instruments.register_instrument(bureau.session, by=bureau.manager, instrument=new)
    bureau.instruments["BAL-9"] = row.id
    points = [NewPoint(quantity="mass", unit="g", indication=at, correction=0.01, U=0.02) for at in (0.0, 2000.0)]
    made = instruments.enter_certificate(
        bureau.session, by=bureau.manager, instrument_id=row.id,
        certificate=NewCertificate(
            number="TN-2026-000077-1", issued_by="We", calibrated_on=MONDAY.date(),
            valid_until=MONDAY.date() + timedelta(days=300), points=points,
        ),
    )  # fmt: skip
    instruments.accept_certificate(bureau.session, by=bureau.manager, certificate_id=made.id, seen_version=made.version)
    weigh(bureau, second, instrument="BAL-9")
    onward = reviewed(bureau, second)
    double = taken(bureau, twice, onward)

    found = reach(bureau)
    assert ways(found) == {(first, Way.READ), (second, Way.CALIBRATED), (twice, Way.TAKEN)}
    assert set(found.result_ids) == {result, onward, double}
    by_line = {one.line_id: one for one in found.rows}
    assert by_line[second].through == "BAL-9 (TN-2026-000077-1)"
    assert len(by_line[second].reading_ids) == 1


def test_reports_name_the_client_and_who_took_the_file(bureau):

    first, _second, _twice = lines(bureau)
    weigh(bureau, first)
    report_id = reported(bureau, reviewed(bureau, first), "TN-2026-000078-0")
    audit.record(
        bureau.session, by=bureau.clerk, thing="report", thing_id=report_id, action="read file",
        branch_id=bureau.branch, new={"hash": "0"},
    )  # fmt: skip
    bureau.session.flush()
    bureau.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    (report,) = reach(bureau).reports()
    assert (report.number, report.state, report.client) == ("TN-2026-000078-0", "issued", {"en": "Fair Meters Ltd"})


def test_who_may_not_know_the_client_sees_the_code_and_other_branches_are_only_counted(bureau):
    first, second, _twice = lines(bureau)
    weigh(bureau, first)
    weigh(bureau, second)
    reported(bureau, reviewed(bureau, first), "TN-2026-000079-9")
    blind = reach(bureau, by=bureau.technician)
    assert {row.client for row in blind.rows} == {None}
    assert {row.client_code for row in blind.rows} == {"C001"}
    (report,) = blind.reports()
    assert (report.client, report.recipients) == (None, ())

    stranger = Actor(person_id=1, label="x", grants=grants_of(Role.MANAGER, branch_id=bureau.branch + 1))
    found = reach(bureau, by=stranger)
    assert found.rows == ()
    assert found.elsewhere == 2


def test_the_time_in_doubt_runs_from_the_last_good_proof_to_the_next(bureau):
    session, key = bureau.session, bureau.instruments["BAL-1"]
    for days, passed in ((-20, True), (-10, False)):
        instruments.record_check(
            session, by=bureau.technician, instrument_id=key, at=MONDAY + timedelta(days=days), passed=passed, note="E2"
        )
    doubt = doubt_of(queries.proofs(session, key))
    assert doubt.since.at == MONDAY + timedelta(days=-20)
    assert doubt.found.at == MONDAY + timedelta(days=-10)
    assert doubt.until is None
    certify(bureau, "BAL-1", "mass", MONDAY.date() + timedelta(days=363))  # calibrated two days ago
    doubt = doubt_of(queries.proofs(session, key))
    assert doubt.until.what == "calibration"
    said = doubt_of(queries.proofs(session, key), found_at=clock.now())
    assert (said.found, said.since.what) == (None, "calibration")


def plan_of(bureau, **more) -> str:
    query = statement(quality(bureau), instrument_id=bureau.instruments["BAL-1"], since=MONDAY, **more)
    words = query.compile(bureau.session.get_bind(), compile_kwargs={"literal_binds": True})
    return "\n".join(bureau.session.scalars(text(f"EXPLAIN {words}".replace(":", r"\:"))))


@pytest.mark.slow
def test_with_100_000_readings_every_step_goes_by_an_index(bureau):
    first, _second, _twice = lines(bureau)
    weigh(bureau, first)
    reviewed(bureau, first)
    bureau.session.execute(
        text(
            "INSERT INTO reading (line_id, input, source, seq, value, unit, at, instrument_id, flags, counts, replaces,"
            " body, previous_hash, hash) SELECT :line, 'm', 'typed', n, '1', 'g', :at, :other, '[]', true, true, '{}',"
            " '', '' FROM generate_series(1, 100000) n"
        ),
        {"line": first, "at": MONDAY - timedelta(days=3), "other": bureau.instruments["PHO-1"]},
    )
    bureau.session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    plan = plan_of(bureau)
    assert "Seq Scan on reading" not in plan, plan
    assert "ix_reading_instrument_id_at" in plan
    assert len(reach(bureau).rows) == 1
