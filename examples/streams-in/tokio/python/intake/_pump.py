import asyncio

# How many items go to Rust before the loop runs other tasks.
IN_A_ROW = 100


class Pump:
    """Sends items to Rust, in a task of the loop, and then closes their source."""

    def __init__(self, items, sink):
        self.items, self.sink = items, sink
        self.closing = False

    def start(self):
        self.task = asyncio.ensure_future(self.run())
        self.task.add_done_callback(self.done)

    def stop(self):
        # A cancel would stop the closing half-way.
        if not self.closing:
            self.task.cancel()

    async def run(self):
        in_a_row = 0
        try:
            async for item in self.items:
                sent = self.sink.send(item)
                in_a_row += 1
                if not isinstance(sent, bool):
                    sent = await sent
                    in_a_row = 0
                elif in_a_row == IN_A_ROW:
                    await asyncio.sleep(0)
                    in_a_row = 0
                if not sent:
                    break
        finally:
            self.closing = True
            # Only generators have it.
            if hasattr(self.items, "aclose"):
                await self.items.aclose()

    def done(self, task):
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if not self.sink.end(error) and isinstance(error, Exception):
            context = {"message": "Rust no longer waits for this error", "exception": error}
            task.get_loop().call_exception_handler(context)
