"""`mypy --strict` passes this file only while the stub says what the module does."""

from runtime_mistakes import _native


async def one() -> int:
    return 1


async def main() -> None:
    await _native.sleep("Smol", 1)
    await _native.panics("Smol")
    await _native.tokio_on_smol()
    await _native.tokio_on_smol_compat()
    ones: tuple[int, int] = await _native.twice("Smol", one)
    ones = await _native.twice_in_a_task(one, scoped=True)
    for what, thread, holds_the_gil in _native.calls():
        print(what.upper(), thread is None, holds_the_gil)
    ran: bool = _native.runs_without_the_gil("Smol", 1)
    _native.block(1).release()
    _native.smol_on_tokio("localhost", 25)
    await _native.sleep(1)  # type: ignore[call-arg, arg-type]
    print(ones, ran)
