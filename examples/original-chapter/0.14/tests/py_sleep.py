import asyncio

from example import py_sleep

asyncio.run(py_sleep())
