//! How captured output is compared where it is not the same twice: `NAME.rules.toml` beside `NAME.console`.
//!
//! ```toml
//! [[rule]]
//! command = "cargo test"        # the commands it is for, by a part of them; without it, all
//! lines = "unordered"           # or "prefix": what comes may go on after what the capture shows
//!
//! [[rule]]
//! pattern = 'in ([0-9.]+)s'     # what matches in the capture and in the output counts as equal
//! at_most = 60                  # and its first group is a number, in both not above this one
//! ```

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use regex::Regex;
use serde::Deserialize;

use crate::repo::files;
use crate::run::normalize;
use crate::verify::transcript::Entry;

/// The rules of one capture. Without a file there are none: its output is compared exactly.
#[derive(Default, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    rule: Vec<Rule>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Rule {
    #[serde(default)]
    command: String,
    lines: Option<Lines>,
    pattern: Option<Pattern>,
    at_most: Option<f64>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "kebab-case")]
enum Lines {
    Unordered,
    Prefix,
}

#[derive(Deserialize, Debug)]
#[serde(try_from = "String")]
struct Pattern(Regex);

impl TryFrom<String> for Pattern {
    type Error = regex::Error;
    fn try_from(pattern: String) -> Result<Self, regex::Error> {
        Regex::new(&pattern).map(Self)
    }
}

impl Rules {
    /// The rules beside a capture. Each must say something, and about a command that is there.
    pub fn beside(capture: &Path, entries: &[Entry]) -> Result<Self> {
        // `NAME.rules.toml` of `NAME.console`, and of `NAME.py3.14.console` too.
        let name = capture.file_name().unwrap_or_default().to_string_lossy();
        let path = capture.with_file_name(format!("{}.rules.toml", name.split('.').next().unwrap_or_default()));
        if !path.is_file() {
            return Ok(Self::default());
        }
        Self::parse(&files::read(&path)?, entries).with_context(|| path.display().to_string())
    }

    fn parse(text: &str, entries: &[Entry]) -> Result<Self> {
        let rules: Self = toml::from_str(text)?;
        for Rule { command, lines, pattern, at_most } in &rules.rule {
            match (lines, pattern, at_most) {
                (Some(_), None, None) | (None, Some(_), None) => {}
                (None, Some(Pattern(pattern)), Some(_)) if pattern.captures_len() > 1 => {}
                _ => bail!("a rule has `lines`, or `pattern`, or `pattern` with a group and `at_most`"),
            }
            let entries = entries.iter().filter(|entry| entry.command.contains(command));
            let outputs: Vec<&str> = entries.map(|entry| entry.output.as_str()).collect();
            ensure!(!outputs.is_empty(), "no command of the capture has `{command}`");
            if let Some(Pattern(pattern)) = pattern {
                // A capture that is still to be made shows nothing yet.
                let is_new = outputs.iter().all(|output| output.is_empty());
                let matches = outputs.iter().any(|output| pattern.is_match(output));
                ensure!(is_new || matches, "nothing in the capture matches `{pattern}`");
            }
        }
        Ok(rules)
    }

    /// Compares what came with the capture; the error holds the difference.
    pub fn compare(&self, command: &str, captured: &str, came: &str) -> Result<()> {
        let (mut expected, mut found) = (captured.to_owned(), came.to_owned());
        let rules = || self.rule.iter().filter(|rule| command.contains(&rule.command));
        for rule in rules() {
            let Some(Pattern(pattern)) = &rule.pattern else {
                continue;
            };
            if let Some(bound) = rule.at_most {
                within(pattern, bound, captured)?;
                within(pattern, bound, came)?;
            }
            expected = pattern.replace_all(&expected, "‹as the rule says›").into_owned();
            found = pattern.replace_all(&found, "‹as the rule says›").into_owned();
        }
        for lines in rules().filter_map(|rule| rule.lines.as_ref()) {
            match lines {
                Lines::Unordered => {
                    expected = sorted(&expected);
                    found = sorted(&found);
                }
                Lines::Prefix => found = joined(found.lines().take(expected.lines().count())),
            }
        }
        ensure!(expected == found, "{}", normalize::difference(&expected, &found));
        Ok(())
    }
}

/// Every number that the pattern finds is at most this.
fn within(pattern: &Regex, bound: f64, text: &str) -> Result<()> {
    for found in pattern.captures_iter(text) {
        let Some(number) = found.get(1).map(|number| number.as_str()) else { continue };
        let number: f64 = number.parse().with_context(|| format!("`{number}` is not a number"))?;
        ensure!(number <= bound, "`{}`: {number} is more than {bound}", &found[0]);
    }
    Ok(())
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    joined(lines)
}

fn joined<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    lines.into_iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(rules: &str, captured: &str, came: &str) -> Result<()> {
        let steps = crate::verify::transcript::parse(&format!("$ run\n{captured}"))?;
        Rules::parse(rules, &steps)?.compare("run", captured, came)
    }

    #[test]
    fn without_a_rule_output_is_compared_exactly() {
        let exact = Rules::default();
        assert!(exact.compare("run", "a\n", "a\n").is_ok());
        assert!(exact.compare("run", "a\nb\n", "b\na\n").is_err());
    }

    #[test]
    fn unordered_lines_may_change_places_and_nothing_else() {
        let rule = "[[rule]]\nlines = \"unordered\"";
        assert!(compare(rule, "a\nb\n", "b\na\n").is_ok());
        assert!(compare(rule, "a\nb\n", "b\nb\n").is_err());
        assert!(compare(rule, "a\nb\n", "b\n").is_err());
    }

    #[test]
    fn a_prefix_may_go_on_but_not_begin_otherwise() {
        let rule = "[[rule]]\nlines = \"prefix\"";
        assert!(compare(rule, "a\n", "a\nb\n").is_ok());
        assert!(compare(rule, "a\nb\n", "a\n").is_err());
        assert!(compare(rule, "a\n", "b\na\n").is_err());
    }

    #[test]
    fn a_pattern_excuses_what_it_matches_alone() {
        let rule = "[[rule]]\npattern = 'in [0-9.]+s'";
        assert!(compare(rule, "4 passed in 0.03s\n", "4 passed in 1.20s\n").is_ok());
        assert!(compare(rule, "4 passed in 0.03s\n", "3 passed in 0.03s\n").is_err());
    }

    #[test]
    fn a_number_is_at_most_the_bound() {
        let rule = "[[rule]]\npattern = 'took ([0-9]+) ms'\nat_most = 100";
        assert!(compare(rule, "took 7 ms\n", "took 99 ms\n").is_ok());
        let error = compare(rule, "took 7 ms\n", "took 101 ms\n").expect_err("too long");
        assert!(error.to_string().contains("101 is more than 100"), "{error}");
    }

    #[test]
    fn a_rule_that_excuses_nothing_is_refused() {
        assert!(compare("[[rule]]\npattern = 'x'", "a\n", "a\n").is_err());
        assert!(compare("[[rule]]\ncommand = \"other\"\nlines = \"prefix\"", "a\n", "a\n").is_err());
        assert!(compare("[[rule]]\nat_most = 3", "a\n", "a\n").is_err());
        assert!(compare("[[rule]]\nlines = \"any\"", "a\n", "a\n").is_err());
    }
}
