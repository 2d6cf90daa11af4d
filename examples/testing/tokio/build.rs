//! Lets the test programs find, at run time, the libpython they were built for.

fn main() {
    pyo3_build_config::add_libpython_rpath_link_args();
}
