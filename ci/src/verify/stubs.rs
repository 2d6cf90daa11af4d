//! Whether a module's stub says what the built module has.
//!
//! mypy reads typeshed for longer than it reads any stub of ours, so the crates of an environment share its cache. The
//! stub itself must not come from there: stubtest sees no parameters of a function that does.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::repo::files;
use crate::run::sandbox::Sandbox;

/// The stub passes mypy's stubtest, and a program that uses its types passes mypy.
pub fn check(sandbox: &Sandbox) -> Result<()> {
    let packages = &sandbox.example.packages;
    let (kept, config) = cache(sandbox, "stubtest")?;
    packages.iter().try_for_each(|name| forget(&kept, name))?;
    let modules: Vec<String> = packages.iter().map(|name| format!("{name}._native")).collect();
    let stubtest: Vec<&str> = ["-m", "mypy.stubtest"].into_iter().chain(modules.iter().map(String::as_str)).collect();
    let with_cache = [&stubtest[..], &["--mypy-config-file", &config]].concat();
    // It cannot compare what a class inherits from a stub of the cache, and fails: then it reads all anew.
    if !sandbox.run("python", &with_cache)?.success {
        sandbox.must("python", &stubtest)?;
    }
    // stubtest cannot see what a built-in function returns: a program that uses the types can.
    let consumer = "tests/typed_consumer.py";
    let is_there = sandbox.folder.join(consumer).is_file();
    ensure!(is_there, "{consumer}: missing; it must pass `mypy --strict` only while the stub is true");
    let (_, config) = cache(sandbox, "mypy")?;
    sandbox.must("python", &["-m", "mypy", "--config-file", &config, "--strict", consumer]).map(drop)
}

/// What mypy keeps for the crates of one environment: the folder, and the file of settings that names it. Each
/// program has its own, as another's settings make what is kept useless. A database could not forget one package.
fn cache(sandbox: &Sandbox, program: &str) -> Result<(PathBuf, String)> {
    let folder = sandbox.project.venvs.join(sandbox.example.environment()).join(program);
    let config = folder.with_extension("ini");
    let text = format!("[mypy]\nincremental = True\nsqlite_cache = False\ncache_dir = {}\n", folder.display());
    files::write_if_changed(&config, text.as_bytes())?;
    Ok((folder, config.display().to_string()))
}

/// Removes what is kept of a package, for each version of Python.
fn forget(cache: &Path, package: &str) -> Result<()> {
    for version in fs::read_dir(cache).into_iter().flatten() {
        let kept = version.context("cannot list mypy's cache")?.path().join(package);
        if kept.is_dir() {
            fs::remove_dir_all(&kept).with_context(|| format!("cannot remove {}", kept.display()))?;
        }
    }
    Ok(())
}
