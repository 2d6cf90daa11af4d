import asyncio
import json
import platform
import subprocess
import sys
import time
from pathlib import Path

import courier

RESULTS = Path(courier.__file__).with_name("bench.json")
SMALL, LARGE = 200, 16 << 20
AT_A_TIME = 50

# A service in a process of its own: the path says how many bytes it sends.
SERVICE = """
import asyncio

async def answer(reader, writer):
    try:
        while True:
            size = int((await reader.readuntil(b"\\r\\n\\r\\n")).split()[1][1:])
            writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: %d\\r\\n\\r\\n" % size)
            for start in range(0, size, 1 << 20):
                writer.write(bytes(min(1 << 20, size - start)))
                await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        writer.close()

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


class PurePython:
    """The same in the standard library: connections that are kept, a head, a body in chunks."""

    def __init__(self, port):
        self.port, self.idle = port, []

    async def size_of(self, path):
        if self.idle:
            reader, writer = self.idle.pop()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"GET %s HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n" % path.encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:])
        left = size = int(headers["content-length"])
        while left:
            left -= len(await reader.read(left))
        self.idle.append((reader, writer))
        return size

    async def close(self):
        for _, writer in self.idle:
            writer.close()


class Courier:
    def __init__(self, port):
        self.session = courier.Session(f"http://127.0.0.1:{port}")
        self.close = self.session.close

    async def size_of(self, path):
        response = await self.session.get(path)
        if path == f"/{SMALL}":
            return len(await response.read())
        return sum([len(chunk) async for chunk in response])


async def one_after_the_other(client, requests):
    for _ in range(requests):
        assert await client.size_of(f"/{SMALL}") == SMALL


async def side_by_side(client, requests):
    share = requests // AT_A_TIME
    await asyncio.gather(*(one_after_the_other(client, share) for _ in range(AT_A_TIME)))


async def large_body(client, requests):
    for _ in range(max(1, requests // 100)):
        assert await client.size_of(f"/{LARGE}") == LARGE


async def cost_of(make_client, work, requests, port):
    """Seconds that pass, and those that the thread of the event loop computes."""
    client = make_client(port)
    await work(client, AT_A_TIME)
    started, computed = time.perf_counter(), time.thread_time()
    await work(client, requests)
    cost = time.perf_counter() - started, time.thread_time() - computed
    await client.close()
    return cost


async def measure(requests):
    service = subprocess.Popen([sys.executable, "-c", SERVICE], stdout=subprocess.PIPE)
    try:
        port = int(service.stdout.readline())
        rows = {}
        for work in (one_after_the_other, side_by_side, large_body):
            rounds = []
            for _ in range(5):
                pure = await cost_of(PurePython, work, requests, port)
                rust = await cost_of(Courier, work, requests, port)
                rounds.append([mine / other for mine, other in zip(rust, pure)])
            # The middle of five: a busy machine spoils one, not most.
            rows[work.__name__] = [sorted(column)[2] for column in zip(*rounds)]
        return rows
    finally:
        service.kill()
        service.communicate()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measured = asyncio.run(measure(int(sys.argv[1])))
        RESULTS.write_text(json.dumps({"python": platform.python_version(), "rows": measured}, indent=1) + "\n")
    results = json.loads(RESULTS.read_text())
    print(f"courier, as a multiple of pure Python {results['python']}")
    print(f"{'':<22}{'time':>8}{'time of the loop':>20}")
    for name, (passed, computed) in results["rows"].items():
        print(f"{name.replace('_', ' '):<22}{passed:>8.2f}{computed:>20.2f}")
