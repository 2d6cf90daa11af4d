//! Makes the module part of a program; Python charges in a carrier's trace, and is told of the span that ends.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(TRACE_CONTEXT_DRIVER, None, None))
}

const TRACE_CONTEXT_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

trace, caller = 0x0123456789abcdef0123456789abcdef, 0x0123456789abcdef
carriers, spans = [], []

async def charge(order, carrier):
    assert order == 7
    carriers.append(carrier['traceparent'].split('-'))

async def main():
    _native.install(lambda *span: spans.append(span))
    try:
        _native.install()
    except RuntimeError as error:
        assert 'already been set' in str(error), error
    else:
        raise AssertionError('a second subscriber was accepted')
    carrier = {'traceparent': f'00-{trace:032x}-{caller:016x}-01'}
    assert await _native.ship(7, charge, carrier) is None
    [pack, ship] = spans
    (name, ids, parent, (start, end), attributes, error) = ship
    assert (name, ids[0], parent, start <= end, error) == ('ship', trace, (caller, True), True, None)
    assert (pack[0], pack[1][0], pack[2]) == ('pack', trace, (ids[1], False)), pack
    assert carriers == [['00', f'{trace:032x}', f'{ids[1]:016x}', '01']], carriers
    assert attributes['order'] == 7, attributes

asyncio.run(main())
";
