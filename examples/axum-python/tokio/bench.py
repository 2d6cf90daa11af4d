"""Shows bench.json. With a number of rounds, it measures first; uvloop must be installed."""

import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

RESULTS = Path("bench.json")
CONNECTIONS, REQUESTS, MIXED = 32, 16_000, 10_000
HELLO = b"GET /hello/you HTTP/1.1\r\nhost: bench\r\n\r\n"


def load(address, requests):
    """Requests per second, if each connection sends one at a time."""
    clients = [socket.create_connection(address) for _ in range(CONNECTIONS)]
    start = time.perf_counter()
    for _ in range(requests // CONNECTIONS):
        for client in clients:
            client.sendall(HELLO)
        for client in clients:
            answer = b""
            while not answer.endswith(b"\r\n\r\nhello, you"):
                answer += client.recv(4096)
    speed = requests / (time.perf_counter() - start)
    for client in clients:
        client.close()
    return speed


def run(command, requests):
    """The speed, and the CPU time of the server."""
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    host, port = server.stdout.readline().strip().rpartition("/")[2].split(":")
    speed = load((host, int(port)), requests)
    server.send_signal(signal.SIGINT)
    used = os.wait4(server.pid, 0)[2]
    server.stdout.close()
    return speed, used.ru_utime + used.ru_stime


def measure(rounds):
    cargo = ["cargo", "build", "--release", "--message-format", "json"]
    built = subprocess.run(cargo, check=True, capture_output=True, text=True).stdout
    messages = (json.loads(line).get("executable") or "" for line in built.splitlines())
    server = next(path for path in messages if path.endswith("axum-python-tokio"))
    ways = {
        "streams on asyncio": [sys.executable, "streams.py", "asyncio"],
        "streams on uvloop": [sys.executable, "streams.py", "uvloop"],
        "axum on asyncio": [server, "app.py", "asyncio"],
        "axum on uvloop": [server, "app.py", "uvloop"],
    }
    speeds, times = {way: [] for way in ways}, {way: [] for way in ways}
    for _ in range(rounds):
        for way, command in ways.items():
            idle = run(command, 0)[1]
            speed, used = run(command, REQUESTS)
            speeds[way].append(round(speed))
            times[way].append(round((used - idle) / REQUESTS * 1e6, 1))
            print(way, speeds[way][-1], times[way][-1], flush=True)
    test = ["cargo", "test", "of_all_requests_none_is_lost", "--", "--nocapture"]
    mixed = {**os.environ, "REQUESTS": str(MIXED)}
    said = subprocess.run(test, check=True, capture_output=True, text=True, env=mixed)
    names = ("started", "finished", "cancelled")
    counts = {name: int(re.search(rf"{name} (\d+)", said.stdout)[1]) for name in names}
    return {
        "python": sys.version.split()[0],
        "requests a second": speeds,
        "microseconds of CPU a request": times,
        "mixed requests": {"sent": MIXED, **counts},
    }


def show(results):
    speeds, times = (
        {way: statistics.median(values) for way, values in results[what].items()}
        for what in ("requests a second", "microseconds of CPU a request")
    )
    print(f"{'pure Python on asyncio is 1':<30}{'speed':>8}{'CPU':>8}")
    for way in speeds:
        speed = speeds[way] / speeds["streams on asyncio"]
        used = times[way] / times["streams on asyncio"]
        print(f"{way:<30}{speed:>8.1f}{used:>8.1f}")
    for name, count in results["mixed requests"].items():
        print(f"{'mixed requests ' + name:<30}{count:>8}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        RESULTS.write_text(json.dumps(measure(int(sys.argv[1])), indent=1) + "\n")
    show(json.loads(RESULTS.read_text()))
