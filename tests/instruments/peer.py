"""A meter on a TCP port that can misbehave: python peer.py; it prints its port and takes orders on standard input.

READ? is answered with 1, 2, 3 ... while it behaves. What a reader must never take for a reading is negative or no
number. Orders (one line each, answered "done"): good | silent | late SECONDS | garbage | half | close | wrong | early |
overload | serial TEXT. An order other than serial holds for the next READ? only, then it behaves again;
`silent for ever` holds on. `asked` is answered with the number of READ? so far.
"""

import socket
import sys
import threading
import time

state = {"mode": "good", "serial": "S-1", "count": 0, "asked": 0}
lock = threading.Lock()


def respond(connection):
    """Answer one READ? as ordered."""
    with lock:
        mode, *more = state["mode"].split(" ", 1)
        if more != ["for ever"]:
            state["mode"] = "good"
        state["asked"] += 1
    if mode == "late":
        time.sleep(float(more[0]))
        connection.sendall(b"-1.0\n")
    elif mode == "garbage":
        connection.sendall(b"\xff\xfe\x00\x81\n")
    elif mode == "half":
        connection.sendall(b"-2.")
        connection.close()
    elif mode == "close":
        connection.close()
    elif mode == "wrong":
        connection.sendall(b"Example,Meter,S-1,1.0\n")
    elif mode == "early":
        connection.sendall(b"3.5\n-4.0\n")
    elif mode == "overload":
        connection.sendall(b"9.9E37\n")
    elif mode == "good":
        with lock:
            state["count"] += 1
            answer = f"{state['count']}.0\n"
        connection.sendall(answer.encode())


def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    pending = b""
    try:
        while True:
            received = connection.recv(4096)
            if not received:
                return
            pending += received
            while b"\n" in pending:
                line, pending = pending.split(b"\n", 1)
                if line == b"*IDN?":
                    connection.sendall(f"Example,Meter,{state['serial']},1.0\n".encode())
                elif line == b"READ?":
                    respond(connection)
    except OSError:
        pass  # the reader went away


def listen(server):
    while True:
        connection, _ = server.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=listen, args=(listening,), daemon=True).start()
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    for order in sys.stdin:
        with lock:
            word, _, rest = order.strip().partition(" ")
            if word == "serial":
                state["serial"] = rest
            elif word == "asked":
                pass
            else:
                state["mode"] = order.strip()
            told = f"{state['asked']}\n" if word == "asked" else "done\n"
        sys.stdout.write(told)
        sys.stdout.flush()
