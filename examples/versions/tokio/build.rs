//! Tells the program which Python it is built for, and where to find its libpython at run time.

fn main() {
    pyo3_build_config::add_libpython_rpath_link_args();
    let python = pyo3_build_config::get();
    println!("cargo:rustc-env=BUILT_FOR={}", python.version());
}
