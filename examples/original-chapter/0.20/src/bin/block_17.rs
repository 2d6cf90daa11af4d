//! An async Rust function: block 17 of the chapter.
#![allow(unused)]

async fn rust_sleep() {
    async_std::task::sleep(std::time::Duration::from_secs(1)).await;
}

fn main() {}
