import asyncio


class Shop:
    def __init__(self):
        self.steps = []
        self.ordered, self.may_pay, self.left = (asyncio.Event() for _ in range(3))

    async def buy(self):
        self.steps.append("ordered")
        self.ordered.set()
        try:
            await self.may_pay.wait()
            self.steps.append("paid")
        except asyncio.CancelledError:
            self.steps.append("cancelled")
            raise
        finally:
            self.left.set()

    async def has_ordered(self):
        await self.ordered.wait()

    async def settle(self):
        self.may_pay.set()
        await self.left.wait()
        return ", ".join(self.steps)


async def open_shop():
    return Shop()
