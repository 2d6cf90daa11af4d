//! A terminal transcript (`*.console`) as text: commands, and the output below each.

use anyhow::{Result, bail, ensure};

/// One `$ command` of a transcript and the output below it.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub command: String,
    pub output: String,
}

/// A panic of the main thread ends with exit code 101; a traceback, the error that a Rust `main` returns, or a test
/// that pytest says has failed, with 1; all else with 0.
pub fn expected_code(output: &str) -> i32 {
    let begins = |starts: &[&str]| output.lines().any(|line| starts.iter().any(|start| line.starts_with(start)));
    if begins(&["thread 'main' panicked at "]) {
        return 101;
    }
    i32::from(begins(&["Traceback (most recent call last):", "Error: ", "FAILED "]))
}

/// Text before the first command is an error.
pub fn parse(text: &str) -> Result<Vec<Entry>> {
    let mut steps: Vec<Entry> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Entry { command: command.to_owned(), output: String::new() }),
            (None, Some(step)) => step.output.push_str(&format!("{line}\n")),
            (None, None) => bail!("line {}: a transcript begins with `$ command`", index + 1),
        }
    }
    ensure!(!steps.is_empty(), "no command in it");
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_in_an_error_is_expected_to_say_so_by_its_code() {
        assert_eq!(expected_code("thread 'main' panicked at a.rs:1:2:\n"), 101);
        assert_eq!(expected_code("FAILED test_a.py::test_b - no\n1 failed in 0.1s\n"), 1);
        assert_eq!(expected_code("1 passed in 0.1s\n"), 0);
    }

    #[test]
    fn text_before_the_first_command_is_refused() {
        assert!(parse("hello\n$ echo\n").is_err());
        assert!(parse("").is_err());
    }
}
