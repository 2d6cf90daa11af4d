"""`mypy --strict` passes this file only while the stub says what the module does."""

from parked import count

lines: int = count("file.txt")
count(7)  # type: ignore[arg-type]
