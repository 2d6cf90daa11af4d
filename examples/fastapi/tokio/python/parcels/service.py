import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from parcels import Carrier


# ANCHOR: lifespan
@asynccontextmanager
async def lifespan(app):
    async with Carrier("parcels.txt") as carrier:
        yield {"carrier": carrier}


app = FastAPI(lifespan=lifespan)


@app.post("/parcels/{item}")
async def book(item: str, request: Request):
    await request.state.carrier.book(item)
    return {"booked": item}
# ANCHOR_END: lifespan


# ANCHOR: sync
@app.post("/counter/{item}")
def book_at_the_counter(item: str, request: Request):
    request.state.carrier.book_sync(item)
    return {"booked": item}
# ANCHOR_END: sync


# ANCHOR: timeout
@app.get("/next")
async def next_booking(request: Request, seconds: float = 30):
    try:
        return await asyncio.wait_for(request.state.carrier.next_booking(), seconds)
    except asyncio.TimeoutError:
        raise HTTPException(504) from None
# ANCHOR_END: timeout


# ANCHOR: stream
async def lines(carrier):
    async with carrier.bookings() as bookings:
        async for item in bookings:
            yield f"{item}\n"


@app.get("/bookings")
async def bookings(request: Request):
    return StreamingResponse(lines(request.state.carrier), media_type="text/plain")
# ANCHOR_END: stream
