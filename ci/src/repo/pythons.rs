//! The Pythons that an example crate builds for, as its `requires-python` says.

use std::fmt;

use anyhow::{Context, Result, bail};

/// `>=3.9` or `>=3.9,<3.13`: what installers read, and what the checks go by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pythons {
    from: u32,
    /// The first minor version for which the crate does not build, if there is one.
    pub below: Option<u32>,
}

impl Pythons {
    pub fn parse(text: &str) -> Result<Self> {
        let minor = |text: &str| text.parse::<u32>().ok();
        let (from, below) = text.split_once(',').map_or((text, None), |(from, below)| (from, Some(below)));
        let from = from.strip_prefix(">=3.").and_then(minor);
        let below = below.map(|below| below.strip_prefix("<3.").and_then(minor));
        match (from, below) {
            (Some(from), None) => Ok(Self { from, below: None }),
            (Some(from), Some(Some(below))) if from < below => Ok(Self { from, below: Some(below) }),
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
        match self.below {
            Some(below) => write!(out, "3.{}–3.{}", self.from, below - 1),
            None => write!(out, "3.{}+", self.from),
        }
    }
}

/// The `13` of `3.13.0`.
pub fn minor_of(version: &str) -> Result<u32> {
    let minor = version.split('.').nth(1);
    let minor = minor.and_then(|minor| minor.parse().ok());
    minor.with_context(|| format!("{version}: not a Python version"))
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
    fn another_form_is_refused() {
        for text in ["3.9", ">=3.9,!=3.11", ">=3.12,<3.12", ">=3.9,<4"] {
            assert!(Pythons::parse(text).is_err(), "{text}");
        }
    }
}
