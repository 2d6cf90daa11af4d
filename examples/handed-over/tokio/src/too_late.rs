//! Configures the bridge's runtime after its first use: one way is ignored, the other fails.

use std::error::Error;
use std::thread;

use tokio::task::JoinError;

// ANCHOR: main
use pyo3_async_runtimes::tokio::{get_runtime, init, init_with_runtime};
use tokio::runtime::{Builder, Runtime};

fn main() -> Result<(), Box<dyn Error>> {
    // The first use builds the runtime with the settings so far.
    get_runtime().spawn(watch_stock());

    let mut builder = Builder::new_multi_thread();
    builder.enable_all().worker_threads(2).thread_name("kiosk");
    init(builder);
    println!(
        "after init, a worker is {:?}",
        get_runtime().block_on(worker())?
    );

    let runtime: &'static Runtime = Box::leak(Box::new(Runtime::new()?));
    println!("init_with_runtime returns {:?}", init_with_runtime(runtime));
    Ok(())
}
// ANCHOR_END: main

async fn watch_stock() {}

/// The name of the worker thread that runs a task.
async fn worker() -> Result<Option<String>, JoinError> {
    tokio::spawn(async { thread::current().name().map(str::to_owned) }).await
}
