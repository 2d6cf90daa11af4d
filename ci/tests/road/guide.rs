//! A small guide in a temporary folder, and the program of this crate run in it, with the Python of this run, mdBook and
//! Cargo, and with stand-ins for what is slow: see `fixtures/road/bin`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

/// What a person or another check may have set, and what this test's own Cargo sets.
const NOT_OURS: [&str; 11] = [
    "CARGO_ENCODED_RUSTFLAGS",
    "CLEAN_EXITS",
    "GITHUB_ACTIONS",
    "GUIDE_FROM",
    "GUIDE_VENV",
    "PYTEST_ADDOPTS",
    "PYTHON",
    "PYTHONPATH",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "VIRTUAL_ENV",
];

/// How a command ended, and all that it printed: errors last.
pub struct Said {
    pub code: Option<i32>,
    pub text: String,
}

impl Said {
    /// It ended with this code, and printed these texts in this order.
    pub fn must(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.text);
        let mut rest = self.text.as_str();
        for text in texts {
            let Some((_, after)) = rest.split_once(text) else {
                panic!("no “{text}” at its place in:\n{}", self.text);
            };
            rest = after;
        }
    }

    pub fn lacks(&self, text: &str) {
        assert!(!self.text.contains(text), "“{text}” is in:\n{}", self.text);
    }

    /// The verdict in the line of a step: `ok`, `kept` or `FAILED`.
    pub fn verdict(&self, step: &str) -> &str {
        let line = self.text.lines().find(|line| line.starts_with('[') && line.ends_with(&format!("  {step}")));
        let words = line.and_then(|line| line.split_once("] "));
        words.map_or("none", |(_, rest)| rest.split(' ').next().unwrap_or_default())
    }
}

pub struct Guide {
    home: TempDir,
    /// What it is a copy of: its stand-ins stay there, as passes are of one Python in one place.
    first: Option<Arc<First>>,
}

/// A guide in which everything ran once.
pub struct First {
    pub guide: Guide,
    pub said: Said,
}

impl First {
    /// The one of the tests that run now. A static would never be removed from the disk.
    pub fn get() -> Arc<Self> {
        static FIRST: Mutex<Weak<First>> = Mutex::new(Weak::new());
        let mut held = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        held.upgrade().unwrap_or_else(|| {
            let guide = Guide::of_fixture();
            let first = Arc::new(Self { said: guide.run("test-examples"), guide });
            *held = Arc::downgrade(&first);
            first
        })
    }
}

impl Guide {
    fn of_fixture() -> Self {
        let ci = Path::new(env!("CARGO_MANIFEST_DIR"));
        let guide = Self { home: tempfile::tempdir().expect("a folder"), first: None };
        copy(&ci.join("tests/fixtures/road"), &guide.root());
        fs::rename(guide.root().join("bin"), guide.home.path().join("bin")).expect("moved");
        for (from, to) in
            [("../book/words.toml", "book/words.toml"), ("uvloop/sitecustomize.py", "ci/uvloop/sitecustomize.py")]
        {
            fs::copy(ci.join(from), guide.root().join(to)).expect("copied");
        }
        fs::create_dir(guide.home.path().join("tmp")).expect("a folder");
        guide.add_pythons();
        guide.git(&["init", "--quiet"]);
        guide.git(&["add", "."]);
        guide
    }

    /// A copy of the first guide, with its builds and its passes.
    pub fn copy() -> Self {
        let first = First::get();
        let home = tempfile::tempdir().expect("a folder");
        for name in ["guide", "target"] {
            copy(&first.guide.home.path().join(name), &home.path().join(name));
        }
        fs::create_dir(home.path().join("tmp")).expect("a folder");
        Self { home, first: Some(first) }
    }

    /// In its pyenv is a Python of another version, of which the newer patch works.
    fn add_pythons(&self) {
        for (patch, text) in [(2, "#!/bin/sh\nexit 1\n"), (10, "#!/bin/sh\n")] {
            let file = self.home.path().join(format!("pyenv/versions/3.{}.{patch}/bin/python3", other_minor()));
            fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            fs::write(&file, text).expect("written");
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("set");
        }
    }

    /// Where the stand-ins and pyenv are.
    pub fn tools(&self) -> &Path {
        self.first.as_ref().map_or(self.home.path(), |first| first.guide.home.path())
    }

    fn git(&self, words: &[&str]) {
        let status = Command::new("git").args(words).current_dir(self.root()).status();
        assert!(status.expect("git starts").success());
    }

    pub fn root(&self) -> PathBuf {
        self.home.path().join("guide")
    }

    /// The folder around it.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn run(&self, words: &str) -> Said {
        self.run_with(words, &[])
    }

    pub fn run_with(&self, words: &str, variables: &[(&str, &str)]) -> Said {
        let (home, python) = (self.home.path(), python());
        let bin = self.tools().join("bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        // Rustup's stand-in for each tool takes longer than the tool.
        let toolchain = Path::new(env!("CARGO")).parent().expect("a folder").to_owned();
        let tools = [bin.clone(), python.parent().expect("a folder").to_owned(), toolchain];
        let folders = tools.into_iter().chain(std::env::split_paths(&path));
        let without_pip = bin.join("python-without-pip");
        let mut command = Command::new(env!("CARGO_BIN_EXE_guide"));
        for name in NOT_OURS {
            command.env_remove(name);
        }
        command
            .args(words.split(' '))
            .current_dir(self.root())
            .env("PATH", std::env::join_paths(folders).expect("a path"))
            .env("PYO3_PYTHON", &without_pip)
            .env("CARGO_TARGET_DIR", home.join("target"))
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_INCREMENTAL", "0")
            // What passed is kept for one value of it.
            .env("PYENV_ROOT", self.tools().join("pyenv"))
            .env("TMPDIR", home.join("tmp"))
            // A module that is written twice in one second would be taken from its old bytecode.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("ROAD_GUIDE", env!("CARGO_BIN_EXE_guide"))
            .env("ROAD_PYTHON", &without_pip)
            .env("ROAD_VENV_PYTHON", python)
            .envs(variables.iter().copied());
        let output = command.output().expect("it starts");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Said { code: output.status.code(), text: text.concat() }
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub fn edit(&self, file: &str, find: &str, with: &str) {
        let old = self.read(file);
        assert!(old.contains(find), "{file}: no “{find}”");
        self.write(file, &old.replace(find, with));
    }
}

/// The Python of this run, in the virtual environment with the tools.
pub fn python() -> PathBuf {
    let python = std::env::var_os("PYO3_PYTHON");
    PathBuf::from(python.expect("PYO3_PYTHON is not set: start this through `ci/just check`"))
}

/// The `11` of its version.
pub fn minor() -> u32 {
    let output = Command::new(python()).args(["-c", "import sys; print(sys.version_info.minor)"]).output();
    let output = String::from_utf8(output.expect("it starts").stdout).expect("text");
    output.trim().parse().expect("a number")
}

/// That of the Python in its pyenv.
pub fn other_minor() -> u32 {
    if minor() == 13 { 12 } else { 13 }
}

/// With the times of the files, by which Cargo knows what is built.
fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-Rp").args([from, to]).status();
    assert!(status.expect("cp starts").success());
}
