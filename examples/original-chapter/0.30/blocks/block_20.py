from example import call_rust_sleep

async def rust_sleep():
    await call_rust_sleep()
