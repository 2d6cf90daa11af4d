from contextlib import asynccontextmanager

from parcels import Carrier
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route


@asynccontextmanager
async def lifespan(app):
    async with Carrier("parcels.txt") as carrier:
        yield {"carrier": carrier}


async def book(request):
    item = request.path_params["item"]
    await request.state.carrier.book(item)
    return JSONResponse({"booked": item})


async def lines(carrier):
    async with carrier.bookings() as bookings:
        async for item in bookings:
            yield f"{item}\n"


async def bookings(request):
    return StreamingResponse(lines(request.state.carrier), media_type="text/plain")


routes = [Route("/parcels/{item}", book, methods=["POST"]), Route("/bookings", bookings)]
app = Starlette(lifespan=lifespan, routes=routes)
