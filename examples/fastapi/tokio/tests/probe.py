"""The app that a page shows, with paths for what the tests want to know."""

from asking import Asking
from fastapi import BackgroundTasks, Request
from fastapi.responses import StreamingResponse
from parcels.service import app as shown
from parcels.service import book


@shown.get("/naive")
async def naive(request: Request):
    return StreamingResponse(request.state.carrier.bookings(), media_type="text/plain")


@shown.get("/background")
async def background(request: Request, background: BackgroundTasks):
    bookings = request.state.carrier.bookings()
    background.add_task(bookings.aclose)
    return StreamingResponse(bookings, background=background)


@shown.get("/large")
async def large(request: Request):
    """Each line is too large for the buffers of the connection."""

    async def lines():
        async with request.state.carrier.bookings() as bookings:
            async for item in bookings:
                yield item * 10_000_000

    return StreamingResponse(lines())


@shown.post("/when-read/{item}")
async def when_read(item: str, request: Request):
    await request.body()
    return await book(item, request)


app = Asking(shown)
