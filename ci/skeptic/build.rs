//! Makes a test of every Rust block in the folder that `GUIDE_SNIPPETS` names.

fn main() {
    println!("cargo:rerun-if-env-changed=GUIDE_SNIPPETS");
    let pages = std::env::var("GUIDE_SNIPPETS").map_or_else(
        |_| Vec::new(),
        |folder| skeptic::markdown_files_of_directory(&folder),
    );
    if pages.is_empty() {
        let out = std::path::Path::new(&std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"))
            .join("skeptic-tests.rs");
        std::fs::write(out, "").expect("OUT_DIR can be written to");
    }
    skeptic::generate_doc_tests(&pages);
}
