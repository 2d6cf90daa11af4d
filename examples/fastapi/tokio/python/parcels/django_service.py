from contextlib import asynccontextmanager

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import JsonResponse
from django.urls import path
from parcels import Carrier
from starlette.applications import Starlette
from starlette.routing import Mount

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"])


async def book(request, item):
    await request.scope["state"]["carrier"].book(item)
    return JsonResponse({"booked": item})


async def next_booking(request):
    item = await request.scope["state"]["carrier"].next_booking()
    return JsonResponse(item, safe=False)


urlpatterns = [path("parcels/<item>", book), path("next", next_booking)]


@asynccontextmanager
async def lifespan(app):
    async with Carrier("parcels.txt") as carrier:
        yield {"carrier": carrier}


django = get_asgi_application()
app = Starlette(lifespan=lifespan, routes=[Mount("/", django)])
