import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI
from market import PriceList


@asynccontextmanager
async def lifespan(app):
    app.state.prices = PriceList()  # In each worker, after the fork.
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/{item}")
async def price(item: str):
    return await app.state.prices.price(item)


async def main():
    async with lifespan(app):
        print(await price("cake"))


if __name__ == "__main__":
    asyncio.run(main())
