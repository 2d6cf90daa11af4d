//! A regular expression that is fixed, as a static.

use std::ops::Deref;
use std::sync::OnceLock;

use regex::Regex;

/// Compiled when it is first used.
pub struct Pattern {
    text: &'static str,
    regex: OnceLock<Regex>,
}

/// A Chinese character.
pub static HAN: Pattern = Pattern::of(r"\p{Han}");

impl Pattern {
    pub const fn of(text: &'static str) -> Self {
        Self { text, regex: OnceLock::new() }
    }
}

impl Deref for Pattern {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        self.regex.get_or_init(|| Regex::new(self.text).expect("a static pattern is valid"))
    }
}
