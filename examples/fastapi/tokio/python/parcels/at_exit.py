import asyncio
import atexit

from fastapi import FastAPI
from parcels import Carrier

app = FastAPI()
carrier = Carrier("parcels.txt")


@atexit.register
def close():
    asyncio.run(carrier.close())


@app.post("/parcels/{item}")
async def book(item: str):
    await carrier.book(item)
    return {"booked": item}
