//! What the attribute of a runtime stands for: block 21 of the chapter.

use tokio::runtime::Runtime;

fn main() {
    async fn _main_impl() {}
    Runtime::new().block_on(_main_impl());
}
