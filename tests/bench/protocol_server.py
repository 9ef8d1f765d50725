"""A small server of the bench protocol, strict to the letter: python protocol_server.py PORT STORE.

It keeps what it accepted in STORE (JSON, rewritten and synced at each change), so that it can be killed and started
again. `/test/...` is for the test that plays the laboratory: it sets orders and asks what arrived.
"""

import json
import os
import re
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lims.errors import Invalid
from lims.instruments.reading import GENESIS, check, from_json

TOKEN = "bench-token-of-the-test"
ENDS = {"complete", "failed", "aborted"}
ORDER = {"acquisition", "command", "plan", "received", "head"}
INSTRUMENT = {"resource", "driver", "driver_hash", "serial", "idn", "status", "fault"}


class RefusedError(Exception):
    def __init__(self, status, title, **more):
        super().__init__(title)
        self.status, self.problem = status, {"type": "about:blank", "title": title, "status": status, **more}


def is_sentence(one):
    """As the protocol has it: {"id": text with %(name)s places, "data": the texts for its places}."""
    if set(one) != {"id", "data"} or not all(isinstance(text, str) for text in (one["id"], *one["data"].values())):
        return False
    return set(re.findall(r"%\((\w+)\)s", one["id"])) == set(one["data"])


class Laboratory:
    """The state of the server; one lock, one file."""

    def __init__(self, store):
        self.store, self.lock = store, threading.Lock()
        self.data = json.loads(store.read_text()) if store.exists() else {"acquisitions": {}, "hellos": []}

    def save(self):
        scratch = self.store.with_suffix(".new")
        with scratch.open("w") as file:
            json.dump(self.data, file)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(self.store)

    def hello(self, body):
        if self.data.get("refuses_hello"):
            raise RefusedError(422, "this hello is not understood")
        need = {"agent_version", "instruments"}
        if not need <= set(body) or any(set(each) != INSTRUMENT for each in body["instruments"]):
            raise RefusedError(422, "not a hello")
        faults = [*(each["fault"] for each in body["instruments"]), body["spool"]["fault"]]
        if not all(is_sentence(one) for one in faults if one is not None):
            raise RefusedError(422, "not a sentence")
        self.data["hellos"] = [*self.data["hellos"][-19:], body]
        return {"bench": "test", "server_time": datetime.now(UTC).isoformat()}

    def orders(self):
        found = []
        for key, each in self.data["acquisitions"].items():
            if each["end"] is None:
                head = each["readings"][-1]["hash"] if each["readings"] else GENESIS
                order = {
                    "acquisition": key,
                    "command": each["command"],
                    "plan": each["plan"],
                    "received": len(each["readings"]),
                    "head": head,
                }
                assert set(order) == ORDER
                found.append(order)
        return {"orders": found}

    def one(self, key):
        if key not in self.data["acquisitions"]:
            raise RefusedError(404, "unknown acquisition")
        return self.data["acquisitions"][key]

    def readings(self, key, body):
        mine = self.one(key)
        sent = body.get("readings")
        if set(body) != {"readings"} or not isinstance(sent, list) or len(sent) > 200:
            raise RefusedError(422, "not a batch of readings")
        stored, acknowledged = list(mine["readings"]), []
        for each in sent:
            try:
                sealed = from_json(each)
            except Invalid as error:
                raise RefusedError(422, str(error)) from error
            if sealed.reading.acquisition != key:
                raise RefusedError(422, "another acquisition")
            if each["fault"] is not None and not is_sentence(each["fault"]):
                raise RefusedError(422, "not a sentence")
            seq = sealed.reading.seq
            if seq <= len(stored):
                if stored[seq - 1] != each:
                    raise RefusedError(409, "differs from the stored reading", conflicts=[seq])
            elif seq == len(stored) + 1:
                try:
                    check(sealed, stored[-1]["hash"] if stored else GENESIS)
                except Invalid as error:
                    raise RefusedError(409, str(error), conflicts=[seq]) from error
                stored.append(each)
            else:
                continue
            acknowledged.append(seq)
        if len(stored) > len(mine["readings"]):
            mine["arrived"] += [time.time()] * (len(stored) - len(mine["readings"]))
            mine["readings"] = stored
        return {"acknowledged": acknowledged, "received": len(stored)}

    def state(self, key, body):
        mine = self.one(key)
        if set(body) != {"state", "count", "head", "reason"}:
            raise RefusedError(422, "not a state")
        if not isinstance(body["reason"], list) or not all(is_sentence(one) for one in body["reason"]):
            raise RefusedError(422, "not a reason")
        if body["state"] in ENDS:
            head = mine["readings"][-1]["hash"] if mine["readings"] else GENESIS
            if (body["count"], body["head"]) != (len(mine["readings"]), head):
                raise RefusedError(409, "the end does not fit what arrived")
            if mine["end"] not in (None, body):
                raise RefusedError(409, "ended otherwise before")
            mine["end"] = body
        elif body["state"] not in {"running", "paused"}:
            raise RefusedError(422, "no such state")
        mine["states"].append(body["state"])
        return {}

    def play(self, path, body):
        """What only the test asks for."""
        if path == "/test/plan":
            new = {"command": "run", "plan": body["plan"], "readings": [], "arrived": [], "end": None, "states": []}
            self.data["acquisitions"].setdefault(body["acquisition"], new)
        elif path == "/test/change":
            self.one(body.pop("acquisition")).update(body)
        elif path == "/test/refuse-hello":
            self.data["refuses_hello"] = body["refuses"]
        elif path == "/test/drop":
            self.data["acquisitions"].pop(body["acquisition"], None)
        return self.data


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    laboratory = None

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status < 400 else "application/problem+json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def handle_call(self, body):
        laboratory, path = self.laboratory, self.path.removeprefix("/api/v1/bench")
        with laboratory.lock:
            if self.path.startswith("/test/"):
                found = laboratory.play(self.path, body)
                laboratory.save()
                return found
            if not self.path.startswith("/api/v1/bench"):
                raise RefusedError(404, "no such address")
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                raise RefusedError(401, "no such token")
            if (self.command, path) == ("GET", "/orders"):
                return laboratory.orders()
            if (self.command, path) == ("POST", "/hello"):
                found = laboratory.hello(body)
            else:
                _, word, key, what = path.split("/")
                if self.command != "POST" or word != "acquisitions" or what not in {"readings", "state"}:
                    raise RefusedError(404, "no such address")
                found = getattr(laboratory, what)(key, body)
            laboratory.save()
            return found

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            self.answer(200, self.handle_call(body))
        except RefusedError as refusal:
            self.answer(refusal.status, refusal.problem)

    def do_GET(self):
        try:
            self.answer(200, self.handle_call({}))
        except RefusedError as refusal:
            self.answer(refusal.status, refusal.problem)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    Handler.laboratory = Laboratory(Path(sys.argv[2]))
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.daemon_threads = True
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve_forever()
