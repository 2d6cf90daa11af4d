"""A server to try transactions on."""

import asyncio


class Server:
    """It answers each line, by default with `ok`, and records the lines for `until`."""

    async def __aenter__(self):
        self.came = asyncio.Queue()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.hangs_up = False
        self.says = "ok"
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error):
        self.server.close()

    async def serve(self, reader, writer):
        self.writer = writer
        while line := (await reader.readline()).decode().strip():
            self.came.put_nowait(line)
            self.answering = asyncio.ensure_future(self.answer())
        writer.close()
        self.came.put_nowait("closed")

    async def answer(self):
        await self.may_answer.wait()
        if self.hangs_up:
            self.writer.close()
        else:
            self.writer.write(f"{self.says}\n".encode())

    async def until(self, last):
        """The lines received, up to this one."""
        lines = []
        while last not in lines:
            lines.append(await asyncio.wait_for(self.came.get(), 20))
        return lines
