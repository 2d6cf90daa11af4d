import uvicorn
from till import Till
from till.stopping import send_sigterm

send_sigterm()


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope["state"], receive, send)
    else:
        await scope["state"]["till"].sell("coffee")
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


async def lifespan(state, receive, send):
    await receive()  # lifespan.startup
    async with Till("sales.txt") as state["till"]:
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown
    await send({"type": "lifespan.shutdown.complete"})


if __name__ == "__main__":
    uvicorn.run(app, port=0)
