//! The search index, which Pagefind makes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};

use crate::run::command::text_of;

/// Makes the search index. A machine that cannot have Pagefind gets a site that says that search is off.
pub fn index(root: &Path, site: &Path) -> Result<()> {
    let pagefind = match pagefind(root) {
        Ok(program) => program,
        Err(reason) => {
            println!("search is off: {reason:#}");
            return Ok(());
        }
    };
    let output = Command::new(&pagefind)
        .args(["--quiet", "--exclude-selectors", ".boring", "--site"])
        .arg(site)
        .output()
        .with_context(|| format!("starting {}", pagefind.display()))?;
    ensure!(output.status.success(), "Pagefind could not index the site:\n{}", text_of(&output));
    drop_unused_interface(&site.join("pagefind"))
}

/// Pagefind writes three user interfaces beside the index; search.js is ours.
fn drop_unused_interface(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.contains("-ui.") || name.starts_with("pagefind-highlight") {
            fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}

pub const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };
pub const NO_NPM: &str = "npm was not found; install Node.js 20 or newer (https://nodejs.org), then try again";

/// The program that makes the index, installed if it is not there yet. The error is one line for the reader.
///
/// ci/site/package.json names Pagefind's package of each platform that builds the guide, all of one version: npm
/// installs the one that fits.
fn pagefind(root: &Path) -> Result<PathBuf> {
    let folder = root.join("ci/site");
    if !installed(&folder) {
        install(&folder)?;
    }
    let packages = fs::read_dir(folder.join("node_modules/@pagefind")).into_iter().flatten().flatten();
    let program = format!("bin/pagefind_extended{}", env::consts::EXE_SUFFIX);
    packages
        .map(|package| package.path().join(&program))
        .find(|path| path.is_file())
        .with_context(|| format!("Pagefind has no package for {}-{}", env::consts::OS, env::consts::ARCH))
}

/// npm writes the hidden lock file last.
fn installed(folder: &Path) -> bool {
    let changed = |name: &str| folder.join(name).metadata().and_then(|metadata| metadata.modified()).ok();
    let done = changed("node_modules/.package-lock.json");
    done.is_some() && done >= changed("package-lock.json")
}

fn install(folder: &Path) -> Result<()> {
    let mut npm = Command::new(NPM);
    // npm's own patience with a dead network is many minutes; the guide is of use without search.
    npm.args(["ci", "--omit=dev", "--loglevel=error", "--fetch-retries=1", "--fetch-timeout=60000"]);
    let npm = npm.current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(running) = npm.spawn() else {
        bail!("{NO_NPM}");
    };
    println!("installing Pagefind, which makes the search index");
    let output = running.wait_with_output().context("waiting for npm")?;
    let log = text_of(&output);
    let reason = log
        .lines()
        .map(|line| line.trim_start_matches("npm error").trim())
        .find(|line| !line.is_empty() && !line.starts_with("code "));
    ensure!(output.status.success(), "`npm ci` in ci/site failed: {}", reason.unwrap_or("no message"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::files;

    fn add(folder: &Path, file: &str) {
        files::write_if_changed(&folder.join(file), file.as_bytes()).expect("a file");
    }

    #[test]
    fn the_interfaces_of_pagefind_are_dropped_and_its_index_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let all =
            ["pagefind.js", "pagefind-ui.js", "pagefind-modular-ui.css", "pagefind-highlight.js", "pagefind.zh.pf"];
        all.iter().for_each(|file| add(folder.path(), file));
        drop_unused_interface(folder.path()).expect("its files");
        let left: Vec<String> =
            files::within(folder.path()).expect("it").iter().map(|file| files::slashed(file)).collect();
        assert_eq!(left, ["pagefind.js", "pagefind.zh.pf"]);
        let error = drop_unused_interface(&folder.path().join("lost")).expect_err("no folder");
        assert!(error.to_string().starts_with("reading "), "{error}");
    }

    #[test]
    fn what_npm_ended_after_the_lock_file_changed_is_installed() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(!installed(folder.path()));
        add(folder.path(), "package-lock.json");
        assert!(!installed(folder.path()));
        add(folder.path(), "node_modules/.package-lock.json");
        let set = |file: &str, seconds: u64| {
            let file = fs::File::options().write(true).open(folder.path().join(file)).expect("there");
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            file.set_modified(time).expect("it is ours");
        };
        set("package-lock.json", 1000);
        set("node_modules/.package-lock.json", 1000);
        assert!(installed(folder.path()));
        set("package-lock.json", 1001);
        assert!(!installed(folder.path()));
    }

    /// A root where npm has installed this program as Pagefind.
    #[cfg(unix)]
    fn with_pagefind(program: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        add(root.path(), "ci/site/package-lock.json");
        let bin = root.path().join("ci/site/node_modules/@pagefind/here/bin");
        fs::create_dir_all(&bin).expect("a folder");
        std::os::unix::fs::symlink(program, bin.join("pagefind_extended")).expect("a link");
        add(root.path(), "ci/site/node_modules/@pagefind/other/readme.md");
        add(root.path(), "ci/site/node_modules/.package-lock.json");
        root
    }

    #[cfg(unix)]
    #[test]
    fn the_package_that_has_the_program_makes_the_index() {
        let root = with_pagefind("/usr/bin/true");
        let found = pagefind(root.path()).expect("installed");
        assert!(found.ends_with("@pagefind/here/bin/pagefind_extended"), "{}", found.display());
        add(root.path(), "target/site/pagefind/pagefind-ui.css");
        let site = root.path().join("target/site");
        index(root.path(), &site).expect("it ends well");
        assert!(!site.join("pagefind/pagefind-ui.css").exists());
    }

    #[cfg(unix)]
    #[test]
    fn an_index_that_cannot_be_made_is_an_error() {
        let root = with_pagefind("/usr/bin/false");
        let error = index(root.path(), root.path()).expect_err("it fails");
        assert!(error.to_string().starts_with("Pagefind could not index the site:\n"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn without_a_package_for_this_machine_search_is_off() {
        let root = with_pagefind("/usr/bin/true");
        fs::remove_dir_all(root.path().join("ci/site/node_modules/@pagefind/here")).expect("its folder");
        let error = pagefind(root.path()).expect_err("none");
        assert!(error.to_string().starts_with("Pagefind has no package for "), "{error}");
        index(root.path(), root.path()).expect("a site without search");
    }
}
