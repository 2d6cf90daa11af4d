//! Lets the program find, at run time, the libpython it was built for.

fn main() {
    let python = pyo3_build_config::get();
    // Windows finds its libraries by PATH: it has no rpath.
    if let (Some(folder), Ok(_)) = (&python.lib_dir, std::env::var("CARGO_CFG_UNIX")) {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
