    // The imports of those pages' files.
    use std::ffi::OsStr;
    use std::io;
    use std::path::{Path, PathBuf};

    use pyo3::create_exception;
    use pyo3::exceptions::{PyException, PyTypeError};
    use pyo3_async_runtimes::tokio::into_future;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpStream;

{{#include examples/await-coro/tokio/src/lib.rs:await_coro}}

{{#include examples/await-rust/tokio/src/lib.rs:ask}}

{{#include examples/cancel-from-python/tokio/src/lib.rs:query}}

{{#include examples/error-classes/tokio/src/lib.rs:classes}}

{{#include examples/error-classes/tokio/src/lib.rs:read}}

{{#include examples/panics/tokio/src/lib.rs:pick}}
