"""The bridge of pyo3-asyncio 0.20, for `python -m crossing.bench` to measure."""
