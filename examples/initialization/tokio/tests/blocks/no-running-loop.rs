//! The program ends with that error.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

mod shown {
    // BLOCK

    pub fn start() -> PyResult<()> {
        main()
    }
}

fn main() {
    let error = shown::start().expect_err("no event loop runs");
    assert_eq!(error.to_string(), "RuntimeError: no running event loop");
}
