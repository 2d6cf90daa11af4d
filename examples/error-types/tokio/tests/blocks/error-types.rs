//! Makes the module part of a program; each answer of the bank ends in its class, and a cancellation stays one.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(ERROR_TYPES_DRIVER, None, None))
}

const ERROR_TYPES_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def bank(card, cents):
    if card == 'gone':
        raise OSError('gone')
    if card == 'cancelled':
        raise asyncio.CancelledError('enough')
    return card, 30.0

async def ended(card):
    try:
        return await _native.charge(bank, card, 300)
    except BaseException as error:
        return error

async def main():
    assert await ended('approved') == 300
    unknown = await ended('unknown_card')
    assert type(unknown) is _native.UnknownCard and str(unknown) == 'no card unknown_card', unknown
    declined = await ended('over_limit')
    assert type(declined) is _native.Declined and declined.retry_after == 30.0, declined
    gone = await ended('gone')
    assert type(gone) is _native.NoAnswer and type(gone.__cause__) is OSError, gone
    cancelled = await ended('cancelled')
    assert type(cancelled) is asyncio.CancelledError and cancelled.args == ('enough',), cancelled

asyncio.run(main())
";
