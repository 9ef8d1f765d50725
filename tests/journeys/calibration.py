"""The steps of a voltmeter's calibration over the JSON interface, each by whose work it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lims.demo.accounts import PASSWORD
from tests.journeys.caller import Caller

POINTS = {"-10 V": "-10.002", "-5 V": "-5.001", "0 V": "0.000", "5 V": "5.002", "10 V": "10.005"}
"""What the client's meter indicated at each."""
ROOM = {"theta_room": ("23.1", "degC"), "rh_room": ("51", "percent")}
"""The room, as read from the wall."""
REVIEWED = {"capability": True, "method_agreed": True, "conformity_asked": True, "decision_rule_agreed": True}


def register(clerk: Caller, *labels: str, services: Iterable[str] = ("S-ELE-01",)) -> dict[str, Any]:
    """Register, confirm and receive a job in one call."""
    items = [
        {"label": label, "description": "Digital voltmeter 數位電壓表", "lines": [{"service": one} for one in services]}
        for label in labels
    ]
    job: dict[str, Any] = clerk.post(
        "/jobs", branch="N", client="C-1004", items=items, report_language="en", request_review=REVIEWED, confirm=True,
        receipt={"place": "Shelf E3"},
    )  # fmt: skip
    return job


def inputs(technician: Caller, line_id: int) -> dict[tuple[str, str | None], dict[str, Any]]:
    """Return what the line needs, by input and point."""
    work = technician.get(f"/lines/{line_id}/work")
    return {
        (one["required"]["name"], one["required"]["point"]): one for point in work["points"] for one in point["inputs"]
    }


def order(technician: Caller, line_id: int, point: str, **more: Any) -> str:
    """Order readings of the source by the first multimeter that is free; return the acquisition's id."""
    choices = inputs(technician, line_id)["V_ref", point]["choices"]
    free = next(one["id"] for one in choices if one["free"])
    scene = {"value": float(point.split(maxsplit=1)[0]), "sd": 2e-6, "drift": 0.0}
    made = technician.post(
        f"/lines/{line_id}/acquisitions", input="V_ref", point=point, instrument_id=free, simulate=scene, **more
    )
    return str(made["run"]["id"])


def ended(progress: Any) -> bool:
    """Tell whether a run is over."""
    return progress["run"]["state"] in {"complete", "failed", "aborted"}


def type_indications(technician: Caller, line_id: int) -> None:
    """Type what the client's meter indicated, at all points, and the room's conditions in one call."""
    entries = [{"input": "V_ind", "point": point, "values": [shown], "unit": "V"} for point, shown in POINTS.items()]
    entries += [{"input": name, "values": [shown], "unit": unit} for name, (shown, unit) in ROOM.items()]
    technician.post(f"/lines/{line_id}/readings", entries=entries)


def submit(technician: Caller, line_id: int) -> dict[str, Any]:
    """Submit the result that stands there; return it."""
    work = technician.get(f"/lines/{line_id}/work")
    assert work["current"], work["problem"]
    result: dict[str, Any] = next(one for one in work["results"] if one["reported"])
    technician.post(
        f"/lines/{line_id}/submit", seen_version=work["line"]["version"], content_hash=result["content_hash"]
    )
    return result


def review(reviewer: Caller, line_id: int) -> None:
    """Sign as reviewed what is shown, once the worker has checked it by the Monte Carlo method."""
    page = reviewer.until(f"/lines/{line_id}/review", lambda shown: shown["result"]["simulation"] is not None)
    assert page["refusal"] is None
    reviewer.post(
        f"/lines/{line_id}/review", seen_version=page["work"]["line"]["version"], shown=page["shown"], password=PASSWORD
    )


def issue(manager: Caller, report: dict[str, Any]) -> dict[str, Any]:
    """Approve a draft, have it issued as soon as it is sealed, and wait for that."""
    path = f"/reports/{report['id']}"
    manager.post(
        f"{path}/approve", seen_version=report["version"], content_hash=report["content_hash"], password=PASSWORD,
        issue=True,
    )  # fmt: skip
    found: dict[str, Any] = manager.until(path, lambda one: one["state"] == "issued")
    return found
