//! The captures of a crate (`*.console`), each a terminal transcript: which of them is compared on which Python, and
//! by which rules. Each command is run in the crate.
//!
//! `NAME.console` is for every Python, until `NAME.py3.14.console` takes its place from 3.14 on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::repo::files;
use crate::run::{command, normalize};
use crate::verify::rules::Rules;
use crate::verify::transcript::{self, Entry};

/// The shell for a command line.
type Shell<'a> = &'a dyn Fn(&str) -> Command;

/// One capture, as it is compared on the Python in use.
pub struct Capture {
    pub path: PathBuf,
    pub entries: Vec<Entry>,
    pub rules: Rules,
}

impl Capture {
    fn load(path: PathBuf) -> Result<Self> {
        let entries = transcript::parse(&files::read(&path)?).with_context(|| path.display().to_string())?;
        let rules = Rules::beside(&path, &entries)?;
        Ok(Self { path, entries, rules })
    }

    pub fn file(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The file for this output from Python 3.`minor` on.
    pub fn path_from(&self, minor: u32) -> PathBuf {
        let file = self.file();
        let name = file.split('.').next().unwrap_or_default();
        self.path.with_file_name(format!("{name}.py3.{minor}.console"))
    }

    pub fn commands(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.command.as_str())
    }

    /// Runs every command and compares: an error holds the difference.
    pub fn verify(&self, shell: Shell) -> Result<()> {
        for entry in &self.entries {
            let came = output(&entry.command, shell(&entry.command))?;
            let compared = self.rules.compare(&entry.output, &came);
            compared.with_context(|| format!("`{}` printed something else", entry.command))?;
        }
        Ok(())
    }

    /// The transcript with the outputs of now; what the rules call equal stays as it is.
    pub fn blessed(&self, shell: Shell) -> Result<String> {
        let mut text = String::new();
        for Entry { command, output: old, .. } in &self.entries {
            let came = output(command, shell(command))?;
            let same = self.rules.compare(old, &came).is_ok();
            text.push_str(&format!("$ {command}\n{}", if same { old } else { &came }));
        }
        Ok(text)
    }
}

/// What a command prints in its shell, as the guide shows it.
pub fn output(command: &str, mut shell: Command) -> Result<String> {
    let folder = shell.get_current_dir().unwrap_or(Path::new(".")).to_path_buf();
    let ended = command::run(&mut shell).with_context(|| format!("in {}", folder.display()))?;
    let output = normalize::shown(&ended.text, &folder, command);
    let expected = transcript::expected_code(&output);
    let (code, text) = (ended.code, ended.text.trim_end());
    ensure!(code == Some(expected), "`{command}` ended with {code:?}, not {expected}:\n{text}");
    Ok(output)
}

/// The captures beside a crate's manifest that count on Python 3.`minor`.
pub fn of(folder: &Path, minor: u32) -> Result<Vec<Capture>> {
    let mut versions: BTreeMap<String, BTreeMap<u32, PathBuf>> = BTreeMap::new();
    for path in beside(folder)? {
        let (name, from) = parts(&path)?;
        versions.entry(name).or_default().insert(from, path);
    }
    versions.into_values().map(|paths| choose(paths, minor)).collect()
}

/// All of them, by their paths.
pub fn beside(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = files::within(folder)?;
    files.retain(|file| file.components().count() == 1 && file.extension().is_some_and(|end| end == "console"));
    Ok(files.into_iter().map(|file| folder.join(file)).collect())
}

/// The capture `NAME` in a folder, for Python 3.`minor`.
pub fn named(folder: &Path, name: &str, minor: u32) -> Result<Capture> {
    let mut newer = (0..=minor).rev().map(|from| folder.join(format!("{name}.py3.{from}.console")));
    let path = newer.find(|path| path.is_file());
    Capture::load(path.unwrap_or_else(|| folder.join(format!("{name}.console"))))
}

/// The capture that counts, of those of one name by the version from which they do.
fn choose(paths: BTreeMap<u32, PathBuf>, minor: u32) -> Result<Capture> {
    let is_for_older = paths.contains_key(&0);
    let older = paths.range(..=minor).count();
    let mut all: Vec<Capture> = paths.into_values().map(Capture::load).collect::<Result<_>>()?;
    if let Some(other) = all.iter().find(|one| !one.commands().eq(all[0].commands())) {
        bail!("{}: its commands are not those of {}", other.path.display(), all[0].file());
    }
    ensure!(is_for_older, "{}: there is no capture for older Pythons", all[0].path.display());
    Ok(all.swap_remove(older - 1))
}

/// The name of a capture, and the minor version from which it counts: 0 without one.
pub fn parts(path: &Path) -> Result<(String, u32)> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let Some((name, version)) = stem.split_once('.') else {
        return Ok((stem.into_owned(), 0));
    };
    let minor = version.strip_prefix("py3.").and_then(|minor| minor.parse().ok());
    let minor = minor.with_context(|| format!("{}: not NAME.console or NAME.py3.14.console", path.display()))?;
    Ok((name.to_owned(), minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_counts_from_its_version_on() {
        let parts = |name: &str| parts(Path::new(name)).ok();
        assert_eq!(parts("x/install.console"), Some(("install".to_owned(), 0)));
        assert_eq!(parts("x/install.py3.14.console"), Some(("install".to_owned(), 14)));
        assert_eq!(parts("x/install.old.console"), None);
    }

    const HELLO: &str = "$ python3 a.py\nhello\n";

    /// The captures of a crate with these files, on Python 3.`minor`: a line for each with its file and its output.
    fn chosen(captures: &[(&str, &str)], minor: u32) -> Result<Vec<String>> {
        let folder = tempfile::tempdir().expect("a folder");
        for (file, text) in captures {
            files::write_if_changed(&folder.path().join(file), text.as_bytes()).expect("a file");
        }
        let captures = of(folder.path(), minor).map_err(|error| {
            let text = format!("{error:#}").replace(&format!("{}/", folder.path().display()), "");
            anyhow::Error::msg(text)
        })?;
        Ok(captures.iter().map(|one| format!("{}: {}", one.file(), one.entries[0].output.trim_end())).collect())
    }

    #[test]
    fn the_newest_capture_that_counts_is_compared() {
        let files = [
            ("a.console", HELLO),
            ("a.py3.9.console", "$ python3 a.py\nnine\n"),
            ("a.py3.14.console", "$ python3 a.py\nfourteen\n"),
            ("b.console", "$ python3 b.py\nb\n"),
            ("tests/c.console", "below"),
            ("a.py", ""),
        ];
        let on = |minor: u32| chosen(&files, minor).expect("captures").join(", ");
        assert_eq!(on(8), "a.console: hello, b.console: b");
        assert_eq!(on(13), "a.py3.9.console: nine, b.console: b");
        assert_eq!(on(14), "a.py3.14.console: fourteen, b.console: b");
        assert_eq!(on(15), on(14));
    }

    #[test]
    fn captures_of_one_name_have_the_same_commands_and_one_is_for_older_pythons() {
        let said = |files: &[(&str, &str)]| chosen(files, 14).expect_err("refused").to_string();
        assert_eq!(
            said(&[("a.console", HELLO), ("a.py3.14.console", "$ python3 b.py\n")]),
            "a.py3.14.console: its commands are not those of a.console"
        );
        assert_eq!(said(&[("a.py3.14.console", HELLO)]), "a.py3.14.console: there is no capture for older Pythons");
        assert_eq!(said(&[("a.old.console", HELLO)]), "a.old.console: not NAME.console or NAME.py3.14.console");
        assert_eq!(said(&[("a.console", "hello\n")]), "a.console: line 1: a transcript begins with `$ command`");
    }

    #[test]
    fn a_capture_is_found_by_its_name_and_tells_that_of_a_newer_one() {
        let folder = tempfile::tempdir().expect("a folder");
        for (file, text) in [("a.console", HELLO), ("a.py3.12.console", "$ python3 a.py\ntwelve\n")] {
            files::write_if_changed(&folder.path().join(file), text.as_bytes()).expect("a file");
        }
        let named = |minor: u32| named(folder.path(), "a", minor).expect("there");
        assert_eq!((named(11).file(), named(13).file()), ("a.console".to_owned(), "a.py3.12.console".to_owned()));
        assert_eq!(named(13).path_from(14), folder.path().join("a.py3.14.console"));
        assert_eq!(named(11).path_from(14), folder.path().join("a.py3.14.console"));
        let error = super::named(folder.path(), "b", 11).err().expect("not there");
        assert!(error.to_string().ends_with("b.console"), "{error}");
    }

    fn check(text: &str) -> Result<()> {
        let capture =
            Capture { path: "a.console".into(), entries: transcript::parse(text)?, rules: Rules::default() };
        capture.verify(&|line| {
            let mut shell = Command::new("sh");
            shell.args(["-c", line]).current_dir(".");
            shell
        })
    }

    #[test]
    fn a_transcript_that_is_true_passes() {
        check("$ echo one\none\n$ printf 'two\\n' && echo three\ntwo\nthree\n").expect("true");
    }

    #[test]
    fn another_output_fails_with_a_difference() {
        let error = format!("{:#}", check("$ echo one\ntwo\n").unwrap_err());
        assert!(error.contains("-two") && error.contains("+one"), "{error}");
    }

    #[test]
    fn another_exit_code_fails() {
        assert!(check("$ exit 1\n").is_err());
        let traceback = "Traceback (most recent call last):\nValueError: no\n";
        check(&format!("$ printf 'Traceback (most recent call last):\\nValueError: no\\n'; exit 1\n{traceback}"))
            .expect("true");
        assert!(
            check(&format!("$ printf 'Traceback (most recent call last):\\nValueError: no\\n'\n{traceback}"))
                .is_err()
        );
    }

    #[test]
    fn a_panic_of_the_main_thread_ends_with_101() {
        let panic = |thread: &str, code: u8| {
            let line = format!("thread '{thread}' panicked at src/main.rs:1:1:");
            check(&format!("$ echo \"{line}\"; exit {code}\n{line}\n"))
        };
        panic("main", 101).expect("true");
        assert!(panic("main", 0).is_err() && panic("main", 1).is_err());
        // The panic of another thread may be caught, and the program goes on.
        panic("worker", 0).expect("true");
    }
}
