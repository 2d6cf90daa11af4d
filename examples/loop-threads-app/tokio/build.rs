//! Lets the program find, at run time, the libpython it was built for.

fn main() {
    pyo3_build_config::add_libpython_rpath_link_args();
}
