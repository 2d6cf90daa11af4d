//! Makes a test of every Rust block in the Markdown file that `GUIDE_SNIPPETS` names.

fn main() {
    println!("cargo:rerun-if-env-changed=GUIDE_SNIPPETS");
    match std::env::var("GUIDE_SNIPPETS") {
        Ok(page) => skeptic::generate_doc_tests(&[page]),
        // Built by itself, for lints: there is nothing to test, but the file must be there.
        Err(_) => {
            let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
            std::fs::write(format!("{out}/skeptic-tests.rs"), "").expect("OUT_DIR can be written to");
        }
    }
}
