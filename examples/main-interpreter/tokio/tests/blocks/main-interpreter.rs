//! Makes the module part of a program, whose sub-interpreter cannot import it, and whose main interpreter can.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(MAIN_INTERPRETER_DRIVER, None, None))
}

const MAIN_INTERPRETER_DRIVER: &std::ffi::CStr = c"
import asyncio, ipaddress, os, sys

if sys.version_info >= (3, 13):
    from _interpreters import create, destroy, exec as run
    legacy = create('legacy')
else:
    from _xxsubinterpreters import create, destroy, run_string as run
    legacy = create(isolated=False)

read, write = os.pipe()
run(legacy, f'''
import os
try:
    import _native
except ImportError as error:
    os.write({write}, str(error).encode())
''')
destroy(legacy)
os.close(write)
said = os.read(read, 1000).decode()
assert said == f'strict_resolver works in the main interpreter only, not in sub-interpreter 1', said

import _native

async def main():
    return await _native.resolve('127.0.0.1')

assert asyncio.run(main()) == ipaddress.IPv4Address('127.0.0.1')
";
