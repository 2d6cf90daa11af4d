import asyncio


async def py_sleep(seconds):
    await asyncio.sleep(seconds)
    return f"Python slept for {seconds} s"
