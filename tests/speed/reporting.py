"""One report: approved, rendered, sealed, stored; beside typst alone."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any

import typst
from sqlalchemy import select

from lims.reports import operations, queries, render, seal
from lims.reports.operations.issuing import approval_of
from lims.reports.records import Report
from lims.results import operations as results
from lims.samples.records import Line
from lims.store.db import transaction
from tests.results.laboratory import PASSWORD
from tests.speed import measuring
from tests.speed.place import Place
from tests.speed.timing import Row, Times, times, times_of_each

RUNS = 20
TARGET = 100.0


def rows(place: Place, runs: int = RUNS) -> Iterator[Row]:
    """Measure the parts of a report and the whole."""
    key = seal.demonstration_key(place.folder / "seal")
    drafts = [_draft(place) for _ in range(runs + 2)]
    with measuring.hashing_timed() as hashing:
        approved = times_of_each([partial(_approve, place, *draft) for draft in drafts])
    approving = Times(ms=tuple(whole - part for whole, part in zip(approved.ms, hashing[2:], strict=True)))
    sealed = times_of_each([partial(_seal, place, draft[0], key) for draft in drafts])
    with transaction(place.sessions) as session:
        report = session.get_one(Report, drafts[0][0])
        content, approval = json.loads(report.content), approval_of(report)
    count = itertools.count()  # each report another one: typst remembers what it has set
    typst_alone = times(lambda: _typst_alone(content, replace(approval, number=f"floor {next(count)}")), runs=runs)
    rendered = times(lambda: render.pdf(content, replace(approval, number=f"ours {next(count)}")), runs=runs)
    pdf = render.pdf(content, approval)
    signed = times(partial(key.sign, pdf), runs=runs)
    alone = "typst alone: same template and data, kept compiler"
    yield Row(work="render one report, PDF/A-3b with its data inside", ours=rendered.median, p95=rendered.p95,
              floor=typst_alone.median, floor_is=alone)  # fmt: skip
    yield Row(work="seal it (PAdES, ECDSA P-256)", ours=signed.median, p95=signed.p95)
    yield Row(work="render, seal and store it, with its audit event", ours=sealed.median, p95=sealed.p95,
              floor=typst_alone.median, floor_is=alone, target=TARGET)  # fmt: skip
    yield Row(work="approve it, argon2 apart", ours=approving.median, p95=approving.p95)
    yield Row(work="approve, render, seal and store: all of it, argon2 too", ours=approved.median + sealed.median,
              floor=typst_alone.median, floor_is=alone, target=TARGET)  # fmt: skip


def _draft(place: Place) -> tuple[int, int, str]:
    """Return a report of one reviewed weighing, ready to be signed, with what its page shows."""
    (line,) = measuring.weighing_lines(place, 1)
    measuring.enter_mass(place, line)
    with transaction(place.sessions) as session:
        results.submit(session, by=place.actors["technician"], line_id=line, seen_version=None, seen_hash=None)
    measuring.review(place, line, *measuring._as_shown(place, line))
    with transaction(place.sessions) as session:
        job_id = session.scalars(select(Line.job_id).where(Line.id == line)).one()
        by = place.actors["manager"]
        report_id = operations.draft(session, by=by, job_id=job_id, line_ids=[line], language="en")
        view = queries.report_view(session, by=by, report_id=report_id)
        return report_id, view.version, view.content_hash


def _approve(place: Place, report_id: int, version: int, content_hash: str) -> None:
    with transaction(place.sessions) as session:
        operations.approve(
            session, by=place.actors["manager"], report_id=report_id, seen_version=version, content_hash=content_hash,
            password=PASSWORD, base_url="https://lims.example.test",
        )  # fmt: skip


def _seal(place: Place, report_id: int, key: seal.Key) -> None:
    with transaction(place.sessions) as session:
        assert operations.render_and_seal(session, report_id=report_id, sign=key.sign)


@cache
def _kept() -> typst.Compiler:
    return typst.Compiler(font_paths=render._fonts(), ignore_system_fonts=True)


def _typst_alone(content: dict[str, Any], approval: render.Approval) -> bytes:
    """Compile the very template and data with a kept compiler and nothing around it but what makes its JSON."""
    sources: Any = _sources(content, approval)
    return bytes(_kept().compile(input=sources, format="pdf", pdf_standards=["a-3b"], timestamp=approval.at))


def _sources(content: dict[str, Any], approval: render.Approval) -> dict[str, bytes]:
    attached = {"report": render._public_facts(approval), "content": content}
    return {
        **render._templates(),
        "content.json": json.dumps(content, ensure_ascii=False).encode(),
        "seal.json": json.dumps(render._seal(content, approval), ensure_ascii=False).encode(),
        "report.json": json.dumps(attached, ensure_ascii=False, sort_keys=True, indent=1).encode(),
    }
