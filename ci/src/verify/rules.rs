//! How captured output is compared where it is not the same twice: `NAME.rules.toml` beside `NAME.console`.
//!
//! ```toml
//! [[rule]]
//! lines = "unordered"           # they may come in any order
//!
//! [[rule]]
//! pattern = 'in ([0-9.]+)s'     # what matches in the capture and in the output counts as equal
//! at_most = 60                  # and its first group is a number, in both not above this one
//! ```

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use regex::Regex;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

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
    lines: Option<String>,
    #[serde(default, deserialize_with = "regex")]
    pattern: Option<Regex>,
    at_most: Option<f64>,
}

fn regex<'a, D: Deserializer<'a>>(pattern: D) -> Result<Option<Regex>, D::Error> {
    Regex::new(&String::deserialize(pattern)?).map(Some).map_err(D::Error::custom)
}

impl Rules {
    /// The rules beside a capture. Each must say something, and about what is there.
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
        let outputs = || entries.iter().map(|entry| entry.output.as_str());
        for Rule { lines, pattern, at_most } in &rules.rule {
            match (lines.as_deref(), pattern, at_most) {
                (Some("unordered"), None, None) | (None, Some(_), None) => {}
                (None, Some(pattern), Some(_)) if pattern.captures_len() > 1 => {}
                _ => {
                    bail!("a rule has `lines = \"unordered\"`, or `pattern`, or `pattern` with a group and `at_most`")
                }
            }
            if let Some(pattern) = pattern {
                // A capture that is still to be made shows nothing yet.
                let is_new = outputs().all(str::is_empty);
                let matches = outputs().any(|output| pattern.is_match(output));
                ensure!(is_new || matches, "nothing in the capture matches `{pattern}`");
            }
        }
        Ok(rules)
    }

    /// Compares what came with the capture; the error holds the difference.
    pub fn compare(&self, captured: &str, came: &str) -> Result<()> {
        let (mut expected, mut found) = (captured.to_owned(), came.to_owned());
        for (pattern, bound) in self.rule.iter().filter_map(|rule| Some((rule.pattern.as_ref()?, rule.at_most))) {
            within(pattern, bound, captured)?;
            within(pattern, bound, came)?;
            expected = pattern.replace_all(&expected, "‹as the rule says›").into_owned();
            found = pattern.replace_all(&found, "‹as the rule says›").into_owned();
        }
        if self.rule.iter().any(|rule| rule.lines.is_some()) {
            (expected, found) = (sorted(&expected), sorted(&found));
        }
        ensure!(expected == found, "{}", normalize::difference(&expected, &found));
        Ok(())
    }
}

/// Every number that the pattern finds is at most this, if there is a bound.
fn within(pattern: &Regex, bound: Option<f64>, text: &str) -> Result<()> {
    for found in pattern.captures_iter(text) {
        let (Some(bound), Some(number)) = (bound, found.get(1).map(|number| number.as_str())) else { continue };
        let number: f64 = number.parse().with_context(|| format!("`{number}` is not a number"))?;
        ensure!(number <= bound, "`{}`: {number} is more than {bound}", &found[0]);
    }
    Ok(())
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.into_iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(rules: &str, captured: &str, came: &str) -> Result<()> {
        let steps = crate::verify::transcript::parse(&format!("$ run\n{captured}"))?;
        Rules::parse(rules, &steps)?.compare(captured, came)
    }

    #[test]
    fn without_a_rule_output_is_compared_exactly() {
        let exact = Rules::default();
        assert!(exact.compare("a\n", "a\n").is_ok());
        assert!(exact.compare("a\nb\n", "b\na\n").is_err());
    }

    #[test]
    fn unordered_lines_may_change_places_and_nothing_else() {
        let rule = "[[rule]]\nlines = \"unordered\"";
        assert!(compare(rule, "a\nb\n", "b\na\n").is_ok());
        assert!(compare(rule, "a\nb\n", "b\nb\n").is_err());
        assert!(compare(rule, "a\nb\n", "b\n").is_err());
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
        assert!(compare("[[rule]]\ncommand = \"run\"\nlines = \"unordered\"", "a\n", "a\n").is_err());
        assert!(compare("[[rule]]\nat_most = 3", "a\n", "a\n").is_err());
        assert!(compare("[[rule]]\nlines = \"any\"", "a\n", "a\n").is_err());
    }
}
