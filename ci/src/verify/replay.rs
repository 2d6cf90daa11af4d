//! Terminal transcripts (`*.console`): each command is run in the crate, its output compared.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::command::{self, Output};
use crate::run::normalize;
use crate::verify::captures::Capture;
use crate::verify::transcript::Entry;

/// Prepares the shell that is to run a command line.
pub type Environment<'a> = &'a dyn Fn(&str, &mut Command);

/// Runs one command in `folder` and returns its output as the guide shows it.
fn output(entry: &Entry, folder: &Path, environment: Environment) -> Result<String> {
    let ended = execute(&entry.command, folder, environment)?;
    let output = normalize::shown(&ended.text, folder, &entry.command);
    let expected = Entry::expected_code(&output);
    if ended.code != Some(expected) {
        bail!("`{}` ended with {:?}, not {expected}:\n{}", entry.command, ended.code, ended.text.trim_end());
    }
    Ok(output)
}

/// Runs every command of a transcript and compares: an error holds the difference.
pub fn verify(capture: &Capture, folder: &Path, environment: Environment) -> Result<()> {
    for entry in &capture.entries {
        let came = output(entry, folder, environment)?;
        capture
            .rules
            .compare(&entry.command, &entry.output, &came)
            .with_context(|| format!("`{}` printed something else", entry.command))?;
    }
    Ok(())
}

/// The transcript with the outputs of now; what the rules call equal stays as it is.
pub fn bless(capture: &Capture, folder: &Path, environment: Environment) -> Result<String> {
    let mut text = String::new();
    for entry in &capture.entries {
        let came = output(entry, folder, environment)?;
        let same = capture.rules.compare(&entry.command, &entry.output, &came).is_ok();
        let output = if same { &entry.output } else { &came };
        text.push_str(&format!("$ {}\n{output}", entry.command));
    }
    Ok(text)
}

fn execute(command: &str, folder: &Path, environment: Environment) -> Result<Output> {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder);
    environment(command, &mut shell);
    command::run(&mut shell).with_context(|| format!("in {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::rules::Rules;
    use crate::verify::transcript;

    fn check(text: &str) -> Result<()> {
        let capture =
            Capture { path: "a.console".into(), entries: transcript::parse(text)?, rules: Rules::default() };
        verify(&capture, Path::new("."), &|_, _| {})
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
