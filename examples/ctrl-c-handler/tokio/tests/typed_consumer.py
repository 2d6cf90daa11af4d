"""`mypy --strict` passes this file only while the stub says what the module does."""

from ctrl_c_handler import seen, watch_ctrl_c


def main() -> int:
    watch_ctrl_c()
    times: int = seen()
    watch_ctrl_c(times)  # type: ignore[call-arg]
    return times
