from weather.running import run_notebook

run_notebook(
    """\
import asyncio
from weather import temperature

rome = temperature("Rome")
loop = asyncio.get_running_loop()""",
    "asyncio.run(rome)",
    "loop.run_until_complete(rome)",
    "await rome",
    'await asyncio.to_thread(asyncio.run, temperature("Oslo"))',
)
