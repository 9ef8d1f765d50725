"""What was seen, from the bench to the review: told of all pieces at once, kept as raw data, judged by the method."""

from __future__ import annotations

import json

import pytest

from lims.errors import Invalid
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.freezing import Stored, recompute
from lims.results.operations import LineEntry
from lims.results.queries.faults import result_faults
from lims.results.records import Reading, Result
from tests.results.laboratory import PASSWORD, authorise, offer

BENDING = {
    "title": {"en": "Bending"},
    "inputs": {"d": {"unit": "mm"}},
    "bindings": {"d": {"from": "entry"}},
    "outputs": {"D": {"unit": "mm", "expression": "d", "title": {"en": "Diameter"}}},
    "characteristics": {
        "bend": {
            "kind": "class", "title": {"en": "Bend test"}, "values": ["sound", "cracked"], "acceptable": ["sound"],
            "of": 3, "pass_if": "all", "titles": {"sound": {"en": "no crack", "zh_Hant_TW": "無裂紋"}},
        },
        "colour": {"kind": "text", "title": {"en": "Colour"}},
    },
}  # fmt: skip


@pytest.fixture
def line_id(bureau) -> int:
    offer(bureau, "bending", BENDING)
    for who in (bureau.technician, bureau.reviewer):
        authorise(bureau, who)
    return bureau.job("bending")[0]


def seen(*values: str, input: str = "bend") -> Entered:
    return Entered(input=input, values=values, unit="")


DIAMETER = Entered(input="d", values=("12.5",), unit="mm")


def enter(bureau, line_id, *entries, why="", by=None):
    return operations.enter_readings(
        bureau.session, by=by or bureau.technician, line_id=line_id, entries=entries, why=why
    )


def work(bureau, line_id):
    return queries.line_work(bureau.session, by=bureau.technician, line_id=line_id)


def test_what_was_seen_is_in_the_frozen_result_and_judged(bureau, line_id) -> None:
    (shared,) = work(bureau, line_id).points
    assert [(one.required.name, one.lacks) for one in shared.inputs] == [("d", 1), ("bend", 3), ("colour", 1)]
    enter(bureau, line_id, DIAMETER)
    assert work(bureau, line_id).result is None
    enter(bureau, line_id, seen("sound", "cracked", "sound"), seen("grey, a little rust", input="colour"))

    result = work(bureau, line_id).result
    bend = result.answer["characteristics"]["bend"]
    assert (bend["observed"], bend["acceptable"], bend["outcome"]) == (["sound", "cracked", "sound"], 2, "fail")
    assert result.answer["characteristics"]["colour"]["value"] == "grey, a little rust"
    assert result.answer["characteristics"]["colour"]["outcome"] is None
    assert result.outcome == "fail"
    assert len(result.reading_ids) == 5


def test_it_is_raw_data_told_again_only_with_a_reason(bureau, line_id) -> None:
    enter(bureau, line_id, DIAMETER, seen("sound", "sound", "sound"), seen("grey", input="colour"))
    with pytest.raises(Invalid, match="would take the place"):
        enter(bureau, line_id, seen("sound", "sound", "cracked"))
    enter(bureau, line_id, seen("sound", "sound", "cracked"), why="the third piece under the lens")

    found = work(bureau, line_id)
    assert (found.result.number, found.result.outcome) == (2, "fail")
    assert bureau.session.query(Reading).filter_by(line_id=line_id, input="bend").count() == 6
    assert result_faults(bureau.session, ids=[found.result.id]) == []


@pytest.mark.parametrize(
    ("entry", "field", "said"),
    [
        (seen("sound", "sound", "split"), "bend.2", "'split' is not one of the allowed values"),
        (seen("sound", "sound"), "bend.2", "3 are wanted, 2 are given"),
        (seen("sound", "sound", "sound", "sound"), "bend.0", "3 are wanted, 4 are given"),
        (Entered(input="bend", values=("sound", "sound"), places=(0, 2), unit=""), "bend.1", "3 are wanted"),
        (seen("x" * 1001, input="colour"), "colour.0", "1 to 1000 characters"),
    ],
)
def test_what_can_t_be_used_is_told_at_its_piece(bureau, line_id, entry, field, said) -> None:
    with pytest.raises(Invalid) as refused:
        enter(bureau, line_id, entry)
    assert said in str(refused.value.fields[field])
    assert work(bureau, line_id).basis.readings == ()


def test_many_lines_in_one_call(bureau) -> None:
    offer(bureau, "bending", BENDING)
    authorise(bureau, bureau.technician)
    first, second = bureau.job("bending", items=2)
    good = [DIAMETER, seen("sound", "sound", "sound"), seen("grey", input="colour")]
    given = [LineEntry(line_id=first, entries=good), LineEntry(line_id=second, entries=[seen("soft", "soft", "soft")])]
    answers = operations.enter_lines(bureau.session, by=bureau.technician, given=given)

    assert answers[first].outcome == "pass"
    assert isinstance(answers[second], Invalid)


def test_a_stored_result_whose_observations_are_not_the_raw_ones_is_found(bureau, line_id) -> None:
    enter(bureau, line_id, DIAMETER, seen("sound", "sound", "sound"), seen("grey", input="colour"))
    row = bureau.session.get(Result, work(bureau, line_id).result.id)
    raw = queries.faults._readings(bureau.session, [row])
    assert recompute(Stored(row.filled, row.evaluation, row.statements, [raw[one] for one in row.reading_ids])).same

    forged = json.loads(row.filled)
    forged["characteristics"]["colour"]["observed"] = ["red"]
    found = recompute(Stored(json.dumps(forged), row.evaluation, row.statements, [raw[one] for one in row.reading_ids]))
    assert "readings of colour" in found.differences


def test_whoever_looked_does_not_review(bureau, line_id) -> None:
    enter(bureau, line_id, DIAMETER, seen("sound", "sound", "sound"), seen("grey", input="colour"))
    found = work(bureau, line_id)
    operations.submit(
        bureau.session, by=bureau.technician, line_id=line_id, seen_version=found.line.version,
        seen_hash=found.result.content_hash,
    )  # fmt: skip
    page = queries.review_page(bureau.session, by=bureau.reviewer, line_id=line_id)
    assert page.refusal is None
    operations.review(
        bureau.session, by=bureau.reviewer, line_id=line_id, seen_version=page.work.line.version,
        seen_hash=page.shown, password=PASSWORD,
    )  # fmt: skip
    assert work(bureau, line_id).line.state == "reviewed"


def test_a_line_of_nothing_but_characteristics_has_a_result(bureau) -> None:
    visual = {"title": {"en": "Visual inspection"}, "characteristics": {"crazing": {"kind": "presence", "of": 5,
        "acceptable": ["absent"], "pass_if": 4}}}  # fmt: skip
    offer(bureau, "visual", visual)
    authorise(bureau, bureau.technician)
    (line_id,) = bureau.job("visual")
    enter(bureau, line_id, seen("absent", "absent", "present", "absent", "absent", input="crazing"))

    result = work(bureau, line_id).result
    assert (result.summary, result.outcome) == ("4 × absent, 1 × present", "pass")
