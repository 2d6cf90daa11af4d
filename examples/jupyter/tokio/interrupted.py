from weather.running import run_notebook

run_notebook(
    """\
from weather import lowest, temperature
from weather.notebook import wake_on_interrupt

wake_on_interrupt()""",
    'await lowest("Rome", 3600)',
    'await temperature("Rome")',
    timeout=30,
)
