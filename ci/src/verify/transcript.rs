//! A terminal transcript (`*.console`) as text: commands, and the output below each.

use anyhow::{Result, bail};

/// One `$ command` of a transcript and the output below it.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The line of the command in its file, from 1.
    pub line: usize,
    pub command: String,
    pub output: String,
}

impl Entry {
    /// A panic of the main thread ends with exit code 101; a traceback, or the error that a Rust
    /// `main` returns, with 1; all else with 0.
    pub fn expected_code(output: &str) -> i32 {
        if output.lines().any(|line| line.starts_with("thread 'main' panicked at ")) {
            return 101;
        }
        let failed = output
            .lines()
            .any(|line| line.starts_with("Traceback (most recent call last):") || line.starts_with("Error: "));
        i32::from(failed)
    }
}

/// The steps of a transcript. Text before the first command is an error.
pub fn parse(text: &str) -> Result<Vec<Entry>> {
    let mut steps: Vec<Entry> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => {
                steps.push(Entry { line: index + 1, command: command.to_owned(), output: String::new() })
            }
            (None, Some(step)) => step.output.push_str(&format!("{line}\n")),
            (None, None) => bail!("line {}: a transcript begins with `$ command`", index + 1),
        }
    }
    if steps.is_empty() {
        bail!("no command in it");
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_before_the_first_command_is_refused() {
        assert!(parse("hello\n$ echo\n").is_err());
        assert!(parse("").is_err());
    }
}
