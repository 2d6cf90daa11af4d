from weather.running import run_notebook

run_notebook(
    """\
import asyncio
from weather import lowest, temperature, temperature_sync""",
    'await temperature("Oslo")',
    'await asyncio.gather(temperature("Oslo"), temperature("Quito"), temperature("Rome"))',
    'observation = asyncio.create_task(lowest("Rome", 0.5))',
    "await observation",
    'temperature_sync("Quito")',
)
