from aiohttp import web
from parcels import Carrier

CARRIER = web.AppKey("carrier", Carrier)


async def carrier(app):
    async with Carrier("parcels.txt") as app[CARRIER]:
        yield


async def book(request):
    item = request.match_info["item"]
    await request.app[CARRIER].book(item)
    return web.json_response({"booked": item})


async def next_booking(request):
    return web.json_response(await request.app[CARRIER].next_booking())


app = web.Application()
app.cleanup_ctx.append(carrier)
app.router.add_post("/parcels/{item}", book)
app.router.add_get("/next", next_booking)
