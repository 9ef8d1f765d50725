"""The way from a bench to the server: outbound HTTP with the bench's token; every call may be repeated."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from lims import clock
from lims.errors import BadAnswer, Invalid, LimsError, NoAnswer, NotAllowed, NotFound, Stale
from lims.instruments.told import Told

LARGEST_BATCH = 200
LOOPBACK = ("127.0.0.1", "localhost", "::1")
COMMANDS = ("run", "pause", "stop", "abort")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the server wants of an acquisition, and how much of it it has."""

    acquisition: str
    command: str
    plan: Mapping[str, Any]
    received: int
    head: str


class Conflict(Stale):
    """The server has something else under the same number; `seqs` names the readings."""

    def __init__(self, id: str, /, seqs: Sequence[int], **data: object) -> None:
        super().__init__(id, **data)
        self.seqs = list(seqs)


class Rejected(BadAnswer):
    """The server will never take this as it is."""


class Uplink:
    """Calls of the bench protocol.

    The address must be https, or http on this computer (Invalid). Every method raises NoAnswer when the server is not
    there, NotAllowed when it does not take the token, and BadAnswer when it says something that is not in the protocol.
    """

    def __init__(self, server: str, token: str, *, timeout_s: float = 5.0) -> None:
        _refuse_open_air(server)
        self._client = httpx.Client(
            base_url=server.rstrip("/") + "/api/v1/bench",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=timeout_s,
        )

    def hello(self, body: Mapping[str, Any]) -> int:
        """Say that the bench is there and with what; returns server clock minus bench clock in milliseconds."""
        asked = clock.now()
        answer = self._call("POST", "/hello", body)
        middle = asked + (clock.now() - asked) / 2
        try:
            return round((datetime.fromisoformat(str(answer["server_time"])) - middle).total_seconds() * 1000)
        except (KeyError, ValueError, TypeError) as error:
            raise _strange("/hello") from error

    def orders(self) -> list[Order]:
        """Return what is wanted of this bench."""
        answer = self._call("GET", "/orders")
        try:
            orders = [
                Order(
                    acquisition=str(each["acquisition"]),
                    command=str(each["command"]),
                    plan=dict(each["plan"]),
                    received=int(each["received"]),
                    head=str(each["head"]),
                )
                for each in answer["orders"]
            ]
        except (KeyError, ValueError, TypeError) as error:
            raise _strange("/orders") from error
        if any(order.command not in COMMANDS for order in orders):
            raise _strange("/orders")
        return orders

    def send(self, acquisition: str, readings: Sequence[Mapping[str, Any]]) -> list[int]:
        """Send readings; returns the numbers of those that the server has stored.

        Raises
        ------
        Conflict
            When the server has another reading under one of the numbers; nothing of the batch was stored.
        NotFound
            When it does not know the acquisition.
        """
        path = f"/acquisitions/{acquisition}/readings"
        answer = self._call("POST", path, {"readings": list(readings)})
        found = answer.get("acknowledged")
        if not isinstance(found, list) or not all(isinstance(seq, int) for seq in found):
            raise _strange(path)
        return found

    def report(self, acquisition: str, *, state: str, count: int, head: str, reason: Sequence[Told]) -> None:
        """Tell the state of an acquisition; raises like `send`."""
        body = {"state": state, "count": count, "head": head, "reason": list(reason)}
        self._call("POST", f"/acquisitions/{acquisition}/state", body)

    def send_file(self, serial: str, parser: str, name: str, content: bytes) -> int:
        """Send a file that an instrument wrote, known by its serial number; returns the number it has on the server.

        Raises
        ------
        NotFound
            When no such instrument is on this bench.
        Rejected
            When there is no such parser, or the file is not what it describes.
        """
        body = {"serial": serial, "parser": parser, "name": name, "content": b64encode(content).decode("ascii")}
        found = self._call("POST", "/files", body).get("id")
        if not isinstance(found, int):
            raise _strange("/files")
        return found

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise NoAnswer("The server does not answer: %(reason)s.", reason=type(error).__name__) from error
        if response.is_success:
            return _object(response, path)
        raise _refusal(response, path)


def _refuse_open_air(server: str) -> None:
    """A token may not cross a network unencrypted."""
    address = httpx.URL(server)
    if address.scheme != "https" and not (address.scheme == "http" and address.host in LOOPBACK):
        raise Invalid("The address %(server)s must begin with https:// (http only to this computer).", server=server)


def _object(response: httpx.Response, path: str) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError as error:
        raise _strange(path) from error
    if not isinstance(answer, dict):
        raise _strange(path)
    return answer


def _refusal(response: httpx.Response, path: str) -> LimsError:
    status = response.status_code
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    problem = problem if isinstance(problem, dict) else {}
    detail = str(problem.get("detail") or problem.get("title") or "")
    if status in {401, 403}:
        return NotAllowed("The server does not take the token of this bench: %(detail)s", detail=detail)
    if status == 404:
        return NotFound("The server does not know %(path)s: %(detail)s", path=path, detail=detail)
    if status == 409:
        listed = problem.get("conflicts")
        seqs = [seq for seq in listed if isinstance(seq, int)] if isinstance(listed, list) else []
        return Conflict("The server has something else at %(path)s: %(detail)s", seqs, path=path, detail=detail)
    if status >= 500 or status in {408, 425, 429}:
        return NoAnswer("The server can't answer now (%(status)s).", status=status)
    return Rejected("The server refuses %(path)s (%(status)s): %(detail)s", path=path, status=status, detail=detail)


def _strange(path: str) -> BadAnswer:
    return BadAnswer("The server answers %(path)s with something that is not in the bench protocol.", path=path)
