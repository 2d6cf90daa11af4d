import asyncio
import os
import socket
import threading
import time

import wrong_thread

os.environ["TOKIO_WORKER_THREADS"] = "1"


async def repeat(step, times):
    while True:
        times.append(await step())


def serve(server, turns, results):
    """Takes a second for each answer, and prints what ran meanwhile."""
    while True:
        connection, _ = server.accept()
        time.sleep(0.1)
        before = len(turns), len(results)
        time.sleep(1)
        print(f"{len(turns) - before[0]} loop iterations, {len(results) - before[1]} other results")
        connection.sendall(b"tea\nmilk\n")
        connection.close()


async def main():
    turns, results = [], []
    server = socket.create_server(("127.0.0.1", 0))
    address = "127.0.0.1:%d" % server.getsockname()[1]
    others = repeat(lambda: wrong_thread.price("tea"), results)
    for work in (lambda: serve(server, turns, results), lambda: asyncio.run(others)):
        threading.Thread(target=work, daemon=True).start()
    turning = asyncio.create_task(repeat(lambda: asyncio.sleep(0.001), turns))
    for place in (wrong_thread.on_loop, wrong_thread.in_future, wrong_thread.on_blocking_thread):
        await asyncio.sleep(0.1)
        print(f"{place.__name__}: ", end="", flush=True)
        await place(address)
    turning.cancel()


asyncio.run(main())
