//! `book/exempt.toml`: what is not verified in the usual way, and why.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exempt {
    /// Files whose blocks are compiled but not run.
    pub no_run: BTreeMap<String, String>,
    /// Topics whose crates cannot run on Windows.
    pub not_on_windows: BTreeMap<String, String>,
}

impl Exempt {
    pub fn runs_here(&self, topic: &str) -> bool {
        !cfg!(windows) || !self.not_on_windows.contains_key(topic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_run_on_windows_runs_elsewhere() {
        let exempt: Exempt = toml::from_str("[not_on_windows]\nforks = \"Windows has no fork\"\n").expect("a table");
        assert_eq!(exempt.runs_here("forks"), !cfg!(windows));
        assert!(exempt.runs_here("signals") && Exempt::default().runs_here("forks"));
        assert!(exempt.no_run.is_empty());
        assert!(toml::from_str::<Exempt>("[not_on_linux]\n").is_err());
    }
}
