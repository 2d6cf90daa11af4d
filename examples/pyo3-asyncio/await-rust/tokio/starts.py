import asyncio
import inspect
import socket

from asker import _native, ask


async def main():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        coroutine = ask(port, "which day is it?")
        print("the coroutine:", inspect.getcoroutinestate(coroutine))
        coroutine.close()

        future = _native.ask(port, "which day is it?")
        # From here to the await, this thread is blocked: its loop runs nothing.
        connection, _ = server.accept()
        with connection, connection.makefile("rw") as lines:
            print("the future has asked:", lines.readline().strip())
            print("Sunday", file=lines)
    print("now the await:", await future)


asyncio.run(main())
