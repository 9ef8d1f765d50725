"""Every result is checked by the Monte Carlo method after it was made; its review waits for that, but not for ever."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import select, text

from lims.errors import Refused
from lims.methods.montecarlo import simulate
from lims.methods.records import MethodVersion
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.operations import LineEntry, Seen
from lims.results.records import Result, Simulation
from lims.results.states import Gate
from lims.store import audit, jobs
from tests.results.laboratory import PASSWORD, authorise, offer
from tests.results.test_observations import seen

pytestmark = pytest.mark.usefixtures("checked_later")


def measured(bureau, count: int = 1) -> list[int]:
    """Lines of the one-balance weighing with all their numbers."""
    lines = bureau.job("weighing", items=count)
    mass = Entered(
        input="m", values=("100.10", "100.12", "100.14"), unit="g", instrument_id=bureau.instruments["BAL-1"]
    )
    room = Entered(input="room", values=("20",), unit="degC")
    given = [LineEntry(line_id=line_id, entries=[mass, room]) for line_id in lines]
    operations.enter_lines(bureau.session, by=bureau.technician, given=given)
    return lines


def submitted(bureau, count: int = 1) -> list[int]:
    lines = measured(bureau, count)
    seen_ = [Seen(line_id=line_id, version=None, hash=None) for line_id in lines]
    assert operations.submit_lines(bureau.session, by=bureau.technician, seen=seen_) == {}
    return lines


def page(bureau, line_id):
    return queries.review_page(bureau.session, by=bureau.reviewer, line_id=line_id)


def sign(bureau, line_id):
    shown = page(bureau, line_id)
    return operations.review(
        bureau.session, by=bureau.reviewer, line_id=line_id, seen_version=shown.work.line.version,
        seen_hash=shown.shown, password=PASSWORD,
    )  # fmt: skip


def waiting(session) -> list[dict]:
    query = text("SELECT args FROM procrastinate_jobs WHERE task_name = 'results.simulate' ORDER BY id")
    return [row.args for row in session.execute(query)]


def result_of(bureau, line_id) -> Result:
    return bureau.session.scalars(select(Result).where(Result.line_id == line_id)).one()


def test_the_check_is_asked_for_with_the_result_ten_at_a_time(bureau) -> None:
    lines = measured(bureau, 12)
    ids = [result_of(bureau, line_id).id for line_id in lines]

    assert [args["result_ids"] for args in waiting(bureau.session)[-2:]] == [ids[:10], ids[10:]]


def test_the_review_waits_for_the_check_and_shows_what_came_out(bureau) -> None:
    (line_id,) = submitted(bureau)
    with pytest.raises(Refused) as refused:
        sign(bureau, line_id)
    assert refused.value.rule == Gate.MONTE_CARLO
    before = page(bureau, line_id)
    assert before.unchecked
    assert before.waiting.status == "todo"

    operations.simulate(bureau.session, result_ids=[before.result.id], trials=20_000)
    after = page(bureau, line_id)
    assert (after.refusal, after.unchecked) == (None, False)
    assert after.shown != before.shown
    found = after.result.simulation
    row = result_of(bureau, line_id)
    again = simulate(json.loads(row.filled), trials=20_000, seed=int(row.content_hash[:8], 16))
    assert found.answer["outputs"]["M"] == again.outputs["M"].as_json()
    assert (found.trials, found.validated) == (20_000, again.outputs["M"].gum_validated)
    assert len(found.answer["densities"]["M"]["height"]) == 60
    sign(bureau, line_id)
    bureau.session.commit()
    assert [event.action for event in audit.time_line(bureau.session, "result", row.id)] == ["simulate", "evaluate"]


def test_the_same_result_has_the_same_trials_and_is_checked_once(bureau) -> None:
    (line_id,) = measured(bureau)
    row = result_of(bureau, line_id)
    for again in (False, False, True):
        operations.simulate(bureau.session, result_ids=[row.id], trials=1000, again=again)

    kept = bureau.session.scalars(select(Simulation).where(Simulation.result_id == row.id)).all()
    assert len(kept) == 2
    assert kept[0].content_hash == kept[1].content_hash
    assert kept[0].seed == int(row.content_hash[:8], 16)


def test_an_edition_that_states_its_own_number_of_trials_has_them(bureau) -> None:
    first = bureau.session.scalars(
        select(MethodVersion).where(MethodVersion.method_id == bureau.methods["weighing"])
    ).one()
    same = ("method_id", "standard", "document", "document_hash", "state")
    first.in_force_until = date(2025, 1, 1)
    bureau.session.add(
        MethodVersion(
            **{name: getattr(first, name) for name in same}, edition="2", trials=3000, in_force_from=date(2025, 1, 1)
        )
    )
    (line_id,) = measured(bureau)
    row = result_of(bureau, line_id)
    operations.simulate(bureau.session, result_ids=[row.id], trials=1000)

    assert bureau.session.scalars(select(Simulation.trials).where(Simulation.result_id == row.id)).all() == [3000]


def test_several_results_are_reviewed_together_but_for_those_that_wait(bureau) -> None:
    first, second = submitted(bureau, 2)
    operations.simulate(bureau.session, result_ids=[result_of(bureau, first).id], trials=1000)
    rows = {
        row.line.id: row for row in queries.review_preview(bureau.session, by=bureau.reviewer, line_ids={first, second})
    }
    assert rows[first].refusal is None
    assert rows[second].refusal.rule == Gate.MONTE_CARLO
    together = [Seen(line_id=key, version=row.line.version, hash=row.shown) for key, row in rows.items()]
    done = operations.review_lines(bureau.session, by=bureau.reviewer, seen=together, password=PASSWORD)
    assert (done.line_ids, set(done.refused)) == ((first,), {second})


def test_a_lost_job_is_asked_for_again_and_the_gate_can_be_overridden_with_a_reason(bureau) -> None:
    (line_id,) = submitted(bureau)
    result_id = result_of(bureau, line_id).id
    bureau.session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'results.simulate'"))
    assert page(bureau, line_id).waiting is None
    operations.ask_again(bureau.session, by=bureau.reviewer, result_id=result_id)
    operations.ask_again(bureau.session, by=bureau.reviewer, result_id=result_id)
    assert waiting(bureau.session) == [{"result_ids": [result_id], "again": True}]
    assert jobs.about(bureau.session, "results.simulate", "result_ids", result_id).status == "todo"
    assert jobs.about(bureau.session, "results.simulate", "result_ids", result_id + 1) is None

    operations.override_gate(
        bureau.session, by=bureau.manager, line_id=line_id, gate=Gate.MONTE_CARLO, reason="the worker is down",
        password=PASSWORD,
    )  # fmt: skip
    sign(bureau, line_id)
    assert [one.reason for one in page(bureau, line_id).work.overrides] == ["the worker is down"]


def test_a_result_without_quantities_has_nothing_to_check_and_is_not_held_up(bureau) -> None:
    offer(bureau, "looked at", {"title": {"en": "Look"}, "characteristics": {"c": {"kind": "text"}}})
    authorise(bureau, bureau.technician)
    (line_id,) = bureau.job("looked at")
    operations.enter_readings(bureau.session, by=bureau.technician, line_id=line_id, entries=[seen("red", input="c")])
    row = result_of(bureau, line_id)
    operations.simulate(bureau.session, result_ids=[row.id], trials=1000)
    found = queries.result_view(bureau.session, by=bureau.technician, result_id=row.id).simulation
    assert (found.validated, found.trials) == (None, 0)
