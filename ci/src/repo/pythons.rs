//! The Pythons that an example crate builds for, as its `requires-python` says.

use std::fmt;

use anyhow::{Context, Result, bail};

use crate::repo::pattern::Pattern;

static REQUIRES: Pattern = Pattern::of(r"^>=3\.([0-9]+)(?:,<3\.([0-9]+))?$");

/// `>=3.9` or `>=3.9,<3.13`: what installers read, and what the checks go by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pythons {
    from: u32,
    /// The first minor version for which the crate does not build, if there is one.
    pub below: Option<u32>,
}

impl Pythons {
    pub fn parse(text: &str) -> Result<Self> {
        let minor = |group: usize| REQUIRES.captures(text)?.get(group)?.as_str().parse::<u32>().ok();
        match (minor(1), minor(2)) {
            (Some(from), below) if below.is_none_or(|below| from < below) => Ok(Self { from, below }),
            _ => bail!("requires-python = \"{text}\": write it as \">=3.9\" or \">=3.9,<3.13\""),
        }
    }

    pub fn hold(self, minor: u32) -> bool {
        self.from <= minor && self.below.is_none_or(|below| minor < below)
    }
}

/// As a page shows it: `3.9–3.12`, or `3.9+` where no version is known to be too new.
impl fmt::Display for Pythons {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let last = self.below.map_or("+".to_owned(), |below| format!("–3.{}", below - 1));
        write!(out, "3.{}{last}", self.from)
    }
}

/// A Python as it is called on the command line: `3.13`, or `3.13t` for the build without the GIL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Release {
    pub minor: u32,
    pub is_free_threaded: bool,
}

impl Release {
    /// That of a version such as `3.13`, `3.13.5` or `3.13.5t`.
    pub fn of(version: &str) -> Result<Self> {
        let minor =
            version.strip_suffix('t').unwrap_or(version).split('.').nth(1).and_then(|minor| minor.parse().ok());
        let minor = minor.with_context(|| format!("{version}: not a Python version"))?;
        Ok(Self { minor, is_free_threaded: version.ends_with('t') })
    }
}

impl fmt::Display for Release {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "3.{}{}", self.minor, if self.is_free_threaded { "t" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_decide_which_python_fits() {
        let some = Pythons::parse(">=3.9,<3.12").expect("bounds");
        let fit: Vec<u32> = (7..=15).filter(|minor| some.hold(*minor)).collect();
        assert_eq!(fit, [9, 10, 11]);
        assert_eq!(some.to_string(), "3.9–3.11");
        let all = Pythons::parse(">=3.9").expect("a bound");
        assert!(all.hold(15) && !all.hold(8));
        assert_eq!(all.to_string(), "3.9+");
    }

    #[test]
    fn a_build_without_the_gil_is_another_python_right_after_the_one_with_it() {
        let mut names = ["3.14", "3.13t", "3.9", "3.13"].map(|name| Release::of(name).expect("a release"));
        names.sort();
        assert_eq!(names.map(|release| release.to_string()), ["3.9", "3.13", "3.13t", "3.14"]);
        assert_eq!(Release::of("3.13.5t").expect("a version"), names[2]);
        assert!(Release::of("3.t").is_err() && Release::of("3").is_err());
    }

    #[test]
    fn another_form_is_refused() {
        for text in ["3.9", ">=3.9,!=3.11", ">=3.12,<3.12", ">=3.9,<4"] {
            assert!(Pythons::parse(text).is_err(), "{text}");
        }
    }
}
