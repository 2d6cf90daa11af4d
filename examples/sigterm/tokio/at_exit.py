import asyncio
import atexit

import uvicorn
from till import Till
from till.stopping import send_sigterm

send_sigterm()

till = Till("sales.txt")


@atexit.register
def close():
    asyncio.run(till.close())
    print("closed by atexit")


async def app(scope, receive, send):
    await till.sell("coffee")
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


if __name__ == "__main__":
    uvicorn.run(app, port=0, lifespan="off")
