"""The uplink against the strict server, and against servers that are none."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from lims.bench.uplink import Conflict, Rejected, Uplink
from lims.errors import BadAnswer, Invalid, NoAnswer, NotAllowed, NotFound
from lims.instruments.reading import GENESIS, as_json, seal
from lims.instruments.told import told
from tests.bench.conftest import TOKEN
from tests.instruments.test_reading import READING

KEY = READING.acquisition


@pytest.fixture
def uplink(bench):
    bench.start_server()
    bench.ask("/test/plan", acquisition=KEY, plan={})
    uplink = Uplink(bench.address, TOKEN, timeout_s=2)
    yield uplink
    uplink.close()


def test_the_same_readings_may_be_sent_again_and_others_in_their_place_may_not(uplink, bench):
    first = as_json(seal(GENESIS, READING))
    assert uplink.send(KEY, [first]) == [1]
    assert uplink.send(KEY, [first]) == [1]
    with pytest.raises(Conflict) as conflict:
        uplink.send(KEY, [{**first, "value": "9.0"}])
    assert conflict.value.seqs == [1]
    assert bench.acquisition(KEY)["readings"] == [first]


def test_what_the_server_knows_comes_back_with_the_orders(uplink):
    first = as_json(seal(GENESIS, READING))
    uplink.send(KEY, [first])
    (order,) = uplink.orders()
    assert (order.acquisition, order.command, order.received, order.head) == (KEY, "run", 1, first["hash"])
    uplink.report(KEY, state="complete", count=1, head=first["hash"], reason=())
    uplink.report(KEY, state="complete", count=1, head=first["hash"], reason=())
    assert uplink.orders() == []
    with pytest.raises(Conflict):
        uplink.report(KEY, state="failed", count=1, head=first["hash"], reason=(told(NoAnswer("x")),))


def test_each_refusal_is_told_apart(uplink, bench):
    with pytest.raises(NotFound):
        uplink.send(KEY[:-1] + "9", [])
    with pytest.raises(Rejected):
        uplink.send(KEY, [{"seq": 1}])
    stranger = Uplink(bench.address, "another-token")
    with pytest.raises(NotAllowed):
        stranger.orders()
    stranger.close()
    bench.kill("server")
    with pytest.raises(NoAnswer):
        uplink.orders()


@pytest.mark.parametrize("body", [b"<html>Log in to this network</html>", b'{"orders": [{"acquisition": 1}]}', b"[]"])
def test_an_answer_that_is_not_of_the_protocol_is_not_believed(body):
    server = socket.create_server(("127.0.0.1", 0))

    def answer():
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            connection.sendall(head % len(body) + body)

    thread = threading.Thread(target=answer)
    thread.start()
    uplink = Uplink(f"http://127.0.0.1:{server.getsockname()[1]}", TOKEN)
    with pytest.raises(BadAnswer):
        uplink.orders()
    uplink.close()
    thread.join()
    server.close()


@pytest.mark.parametrize(
    "server", ["http://lims.example", "ftp://127.0.0.1", "lims.example", "http://127.0.0.1.example"]
)
def test_a_token_does_not_cross_a_network_unencrypted(server):
    with pytest.raises(Invalid, match="https"):
        Uplink(server, TOKEN)


@pytest.mark.parametrize("body", [b"[1]", b'{"conflicts": null}', b'"no"', b"<html>"])
def test_a_strange_conflict_is_a_conflict_and_stops_nothing_else(body):
    class Strange(BaseHTTPRequestHandler):
        def do_PUT(self):
            self.answer()

        def do_POST(self):
            self.answer()

        def answer(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(409)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Strange)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    uplink = Uplink(f"http://127.0.0.1:{server.server_port}", TOKEN, timeout_s=2)
    try:
        with pytest.raises(Conflict) as conflict:
            uplink.send(KEY, [as_json(seal(GENESIS, READING))])
        assert conflict.value.seqs == []
    finally:
        uplink.close()
        server.shutdown()
        thread.join()
        server.server_close()
