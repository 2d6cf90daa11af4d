//! Fails: a route awaits a coroutine on a thread of axum, which belongs to no event loop.

use std::future::IntoFuture;

use axum::{Router, routing::get};
use pyo3::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

// ANCHOR: route
async fn nap() -> String {
    let nap = Python::attach(|py| {
        let nap = py.import("asyncio")?.call_method1("sleep", (1, "slept"))?;
        pyo3_async_runtimes::tokio::into_future(nap)
    });
    match nap {
        Ok(nap) => format!("{:?}", nap.await),
        Err(error) => error.to_string(),
    }
}

#[pyo3_async_runtimes::tokio::main]
async fn main() -> PyResult<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut client = TcpStream::connect(listener.local_addr()?).await?;
    let server = axum::serve(listener, Router::new().route("/nap", get(nap)));
    tokio::spawn(server.into_future());

    client.write_all(b"GET /nap HTTP/1.0\r\n\r\n").await?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await?;
    println!("{}", answer.lines().last().unwrap_or(""));
    Ok(())
}
// ANCHOR_END: route
