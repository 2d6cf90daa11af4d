import asyncio
import json
from typing import Any, Union

from serving import Request, route


@route("GET", "/hello/{name}")
async def hello(request: Request) -> str:
    return f"hello, {request.params['name']}"


@route("POST", "/mean")
async def mean(request: Request) -> Union[dict[str, Any], tuple[int, dict[str, Any]]]:
    numbers = json.loads(request.body)
    if not isinstance(numbers, list):
        return 422, {"error": "not a list"}
    return {"mean": sum(numbers) / len(numbers)}


@route("GET", "/slow")
async def slow(request: Request) -> bytes:
    print("slow: started", flush=True)
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        print("slow: cancelled", flush=True)
        raise
    return b"an hour later"


@route("GET", "/loop")
async def loop(request: Request) -> str:
    return type(asyncio.get_running_loop()).__module__
