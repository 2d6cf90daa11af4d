//! Whether a module's stub says what the built module has.
//!
//! mypy reads typeshed for longer than it reads any stub of ours, so the crates of an environment share its cache. The
//! stub itself must not come from there: stubtest sees no parameters of a function that does.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::repo::files;
use crate::run::sandbox::Sandbox;

/// The stub passes mypy's stubtest, and a program that uses its types passes mypy.
pub fn check(sandbox: &Sandbox) -> Result<()> {
    let packages = &sandbox.example.packages;
    let cache = Cache::of(sandbox, "stubtest")?;
    packages.iter().try_for_each(|name| cache.forget(name))?;
    let modules: Vec<String> = packages.iter().map(|name| format!("{name}._native")).collect();
    let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
    let stubtest = ["-m", "mypy.stubtest"];
    let settings = ["--mypy-config-file", &cache.config];
    let with_cache = [&stubtest[..], &settings, &modules].concat();
    // It cannot compare what a class inherits from a stub of the cache, and fails: then it reads all anew.
    if !sandbox.run("python", &with_cache)?.success {
        sandbox.must("python", &[&stubtest[..], &modules].concat())?;
    }
    // stubtest cannot see what a built-in function returns: a program that uses the types can.
    let consumer = "tests/typed_consumer.py";
    if !sandbox.folder.join(consumer).is_file() {
        bail!("{consumer}: missing; it must pass `mypy --strict` only while the stub is true");
    }
    let cache = Cache::of(sandbox, "mypy")?;
    let arguments = ["-m", "mypy", "--config-file", &cache.config, "--strict", consumer];
    sandbox.must("python", &arguments).map(drop)
}

/// What mypy keeps for the crates of one environment.
struct Cache {
    folder: PathBuf,
    /// The settings that name the folder. A database cannot forget one package.
    config: String,
}

impl Cache {
    /// Of each program, as another's settings make what is kept useless.
    fn of(sandbox: &Sandbox, program: &str) -> Result<Self> {
        let folder = sandbox.venv()?.join(program);
        let config = folder.with_extension("ini");
        let text = format!("[mypy]\nincremental = True\nsqlite_cache = False\ncache_dir = {}\n", folder.display());
        files::write_if_changed(&config, text.as_bytes())?;
        Ok(Self { folder, config: config.display().to_string() })
    }

    /// Removes what is kept of a package, for each version of Python.
    fn forget(&self, package: &str) -> Result<()> {
        let Ok(versions) = fs::read_dir(&self.folder) else {
            return Ok(());
        };
        for version in versions {
            let kept = version.context("cannot list mypy's cache")?.path().join(package);
            if kept.is_dir() {
                fs::remove_dir_all(&kept).with_context(|| format!("cannot remove {}", kept.display()))?;
            }
        }
        Ok(())
    }
}
