//! `init` is a note for later: the first use of the runtime reads it, and no later one does.

use pyo3_async_runtimes::tokio::{get_runtime, init};
use tokio::runtime::Builder;

fn named(name: &str) -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder.thread_name(name);
    builder
}

fn worker() -> String {
    let name = get_runtime().spawn(async { std::thread::current().name().map(str::to_owned) });
    get_runtime()
        .block_on(name)
        .expect("a task that asks for a name cannot panic")
        .expect("a worker has a name")
}

#[test]
fn init_after_the_first_use_changes_nothing() {
    init(named("replaced"));
    init(named("first"));
    assert_eq!(worker(), "first");
    init(named("too-late"));
    assert_eq!(worker(), "first");
}
