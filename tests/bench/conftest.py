"""A laboratory of two processes, the strict protocol server and the agent; each may be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import httpx
import pytest

TOKEN = "bench-token-of-the-test"
HERE = Path(__file__).parent

BENCH_FILE = """
[[instrument]]
resource = "TCPIP0::192.0.2.11::5025::SOCKET"
driver = "keysight-34465a"
serial = "MY60001001"
backend = "demonstration.yaml@sim"

[[instrument]]
resource = "ASRL1::INSTR"
driver = "mettler-toledo-mt-sics"
serial = "B234567890"
backend = "demonstration.yaml@sim"
"""


class Bench:
    """Starts, kills and asks the two."""

    def __init__(self, folder, bench_file=BENCH_FILE):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.processes = {}
        (folder / "bench.toml").write_text(bench_file)
        (folder / "token").write_text(TOKEN)
        (folder / "token").chmod(0o600)

    def start_server(self):
        command = [sys.executable, str(HERE / "protocol_server.py"), str(self.port), str(self.folder / "server.json")]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.processes["server"] = process
        assert process.stdout.readline() == "ready\n"

    def start_agent(self, largest_file_kb=None):
        command = [sys.executable, "-m", "lims", "agent", "run", "--server", self.address, "--bench", "test"]
        command += ["--token-file", "token", "--spool", "spool", "--bench-file", "bench.toml"]
        log = (self.folder / "agent.log").open("a")
        if largest_file_kb is not None:  # the nearest to a full disk that needs no rights
            command = ["bash", "-c", f'ulimit -f {largest_file_kb}; exec "$@"', "agent", *command]
        self.processes["agent"] = subprocess.Popen(command, cwd=self.folder, stderr=log, env=os.environ.copy())
        log.close()

    def kill(self, name, number=signal.SIGKILL):
        process = self.processes.pop(name)
        process.send_signal(number)
        status = process.wait(timeout=30)
        if process.stdout:
            process.stdout.close()
        return status

    def ask(self, path, **body):
        return httpx.post(self.address + path, json=body, timeout=10).raise_for_status().json()

    def plan(self, **changes):
        key = str(uuid.uuid4())
        plan = {
            "instrument": "DMM-01",
            "driver": "keysight-34465a",
            "serial": "MY60001001",
            "quantity": "dc_voltage",
            "settings": {"range": "10"},
            "readings": 20,
            "interval_s": 0.1,
            "simulate": {"value": 10, "sd": 0.00001},
            **changes,
        }
        self.ask("/test/plan", acquisition=key, plan=plan)
        return key

    def acquisition(self, key):
        return self.ask("/test/look")["acquisitions"][key]

    def until(self, key, condition, timeout=30):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            found = self.acquisition(key)
            if condition(found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"it did not happen in {timeout} s: {found['end']} {len(found['readings'])} {self.log()}")

    def until_end(self, key, timeout=40):
        return self.until(key, lambda found: found["end"] is not None, timeout)

    def log(self):
        return (self.folder / "agent.log").read_text()[-4000:]

    def close(self):
        for name in list(self.processes):
            self.kill(name)


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    yield bench
    bench.close()
