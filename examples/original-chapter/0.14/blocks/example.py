# Block 11 of the chapter.
async def py_sleep():
    await asyncio.sleep(1)
