//! Terminal transcripts (`*.console`): each command is run in the crate, its output compared.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use similar::TextDiff;

use crate::rules::Rules;
use crate::run::{self, Ended};

/// Prepares the shell that is to run a command line.
pub type Environment<'a> = &'a dyn Fn(&str, &mut Command);

/// One `$ command` of a transcript and the output below it.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// The line of the command in its file, from 1.
    pub line: usize,
    pub command: String,
    pub output: String,
}

impl Step {
    /// A panic of the main thread ends with exit code 101; a traceback, or the error that a Rust
    /// `main` returns, with 1; all else with 0.
    fn expected_code(output: &str) -> i32 {
        if output
            .lines()
            .any(|line| line.starts_with("thread 'main' panicked at "))
        {
            return 101;
        }
        let failed = output.lines().any(|line| {
            line.starts_with("Traceback (most recent call last):") || line.starts_with("Error: ")
        });
        i32::from(failed)
    }
}

/// The steps of a transcript. Text before the first command is an error.
pub fn parse(text: &str) -> Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step {
                line: index + 1,
                command: command.to_owned(),
                output: String::new(),
            }),
            (None, Some(step)) => step.output.push_str(&format!("{line}\n")),
            (None, None) => bail!("line {}: a transcript begins with `$ command`", index + 1),
        }
    }
    if steps.is_empty() {
        bail!("no command in it");
    }
    Ok(steps)
}

/// Runs one command in `folder` and returns its output as the guide shows it.
pub fn output(step: &Step, folder: &Path, environment: Environment) -> Result<String> {
    let ended = execute(&step.command, folder, environment)?;
    let output = run::shown(&ended.text, folder);
    let expected = Step::expected_code(&output);
    if ended.code != Some(expected) {
        bail!(
            "`{}` ended with {:?}, not {expected}:\n{}",
            step.command,
            ended.code,
            ended.text.trim_end()
        );
    }
    Ok(output)
}

/// Runs every command of a transcript and compares: an error holds the difference.
pub fn verify(
    steps: &[Step],
    rules: &Rules,
    folder: &Path,
    environment: Environment,
) -> Result<()> {
    for step in steps {
        let came = output(step, folder, environment)?;
        rules
            .compare(&step.command, &step.output, &came)
            .with_context(|| format!("`{}` printed something else", step.command))?;
    }
    Ok(())
}

/// The transcript with the outputs of now; what the rules call equal stays as it is.
pub fn bless(
    steps: &[Step],
    rules: &Rules,
    folder: &Path,
    environment: Environment,
) -> Result<String> {
    let mut text = String::new();
    for step in steps {
        let came = output(step, folder, environment)?;
        let same = rules.compare(&step.command, &step.output, &came).is_ok();
        let output = if same { &step.output } else { &came };
        text.push_str(&format!("$ {}\n{output}", step.command));
    }
    Ok(text)
}

/// Expected and actual text, line by line.
pub fn difference(expected: &str, came: &str) -> String {
    TextDiff::from_lines(expected, came)
        .unified_diff()
        .header("expected", "came")
        .to_string()
}

fn execute(command: &str, folder: &Path, environment: Environment) -> Result<Ended> {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder);
    environment(command, &mut shell);
    run::run(&mut shell).with_context(|| format!("in {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<()> {
        verify(&parse(text)?, &Rules::default(), Path::new("."), &|_, _| {})
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
        check(&format!(
            "$ printf 'Traceback (most recent call last):\\nValueError: no\\n'; exit 1\n{traceback}"
        ))
        .expect("true");
        assert!(
            check(&format!(
                "$ printf 'Traceback (most recent call last):\\nValueError: no\\n'\n{traceback}"
            ))
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

    #[test]
    fn text_before_the_first_command_is_refused() {
        assert!(parse("hello\n$ echo\n").is_err());
        assert!(parse("").is_err());
    }
}
