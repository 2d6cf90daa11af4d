//! Something in the tree that is not as it must be.

use std::fmt;

use anyhow::{Result, ensure};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// The file, from the root.
    pub file: String,
    /// From 1; `None` if it is about the whole file.
    pub line: Option<usize>,
    pub what: String,
}

impl Problem {
    pub fn new(file: impl Into<String>, what: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, what: what.into() }
    }

    pub fn at(file: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::new(file, what) }
    }

    /// As GitHub shows it beside the line; a message of several lines has `%0A` between them.
    pub fn annotation(&self) -> String {
        let line = self.line.map_or(String::new(), |line| format!(",line={line}"));
        let what = self.what.replace('%', "%25").replace('\n', "%0A");
        format!("::error file={}{line}::{what}", self.file)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let line = self.line.map_or(String::new(), |line| format!(":{line}"));
        write!(out, "{}{line}: {}", self.file, self.what)
    }
}

/// An error with all problems, a line each, if there are any. On GitHub each is shown beside its line as well.
pub fn none(problems: &[Problem]) -> Result<()> {
    if std::env::var_os("GITHUB_ACTIONS").is_some() {
        problems.iter().for_each(|problem| println!("{}", problem.annotation()));
    }
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    ensure!(problems.is_empty(), "{}", lines.join("\n"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_where_it_is_as_editors_and_github_like_it() {
        let problem = Problem::at("book/en/a.md", 7, "50% wrong\nsee below");
        assert_eq!(problem.to_string(), "book/en/a.md:7: 50% wrong\nsee below");
        assert_eq!(problem.annotation(), "::error file=book/en/a.md,line=7::50%25 wrong%0Asee below");
        let whole = Problem::new("book.toml", "lacks a line");
        assert_eq!(whole.to_string(), "book.toml: lacks a line");
        assert_eq!(whole.annotation(), "::error file=book.toml::lacks a line");
    }
}
