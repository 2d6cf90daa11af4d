//! An edit that makes a file wrong.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// `find` and `with`, or `write`, or `remove`. A `*` in the path may stand for every variant of a topic.
#[derive(Deserialize)]
pub struct Edit {
    pub file: String,
    find: Option<String>,
    with: Option<String>,
    write: Option<String>,
    #[serde(default)]
    remove: bool,
}

impl Edit {
    /// What the file holds afterwards; nothing, if it is gone.
    pub fn text(&self, old: Option<&str>) -> Result<Option<String>> {
        let there = || old.with_context(|| format!("{}: no such file, or no text", self.file));
        match (&self.find, &self.with, &self.write, self.remove) {
            (Some(find), Some(with), None, false) => {
                let old = there()?;
                ensure!(old.contains(find.as_str()), "{}: does not hold “{find}”", self.file);
                Ok(Some(old.replacen(find, with, 1)))
            }
            (None, None, Some(text), false) => Ok(Some(text.clone())),
            (None, None, None, true) => there().map(|_| None),
            _ => bail!("{}: an edit has `find` and `with`, or `write`, or `remove`", self.file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(rest: &str) -> Edit {
        toml::from_str(&format!("file = \"a\"\n{rest}")).expect("an edit")
    }

    #[test]
    fn each_kind_of_edit_does_its_own() {
        let replaced = edit("find = \"b\"\nwith = \"c\"").text(Some("abb"));
        assert_eq!(replaced.expect("there").as_deref(), Some("acb"));
        assert_eq!(edit("write = \"d\"").text(None).expect("new").as_deref(), Some("d"));
        assert_eq!(edit("remove = true").text(Some("a")).expect("there"), None);
    }

    #[test]
    fn what_cannot_be_done_is_an_error() {
        for (rest, old) in [
            ("find = \"b\"\nwith = \"c\"", Some("a")),
            ("find = \"b\"\nwith = \"c\"", None),
            ("find = \"b\"", Some("b")),
            ("write = \"b\"\nremove = true", Some("b")),
            ("remove = true", None),
        ] {
            assert!(edit(rest).text(old).is_err(), "{rest}");
        }
    }
}
