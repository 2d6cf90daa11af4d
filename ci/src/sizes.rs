//! How many lines of Rust a crate may have, by its kind in `ci/crates.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use regex::Regex;
use serde::Deserialize;

use crate::project::{self, ExampleCrate};
use crate::{sources, workshop};

const TABLE: &str = "ci/crates.toml";
const CONCEPT: usize = 100;
const PROJECT: usize = 300;
const NOT_COUNTED: [&str; 2] = ["runtime.rs", "tests.rs"];

/// The crates that are no concepts, and those that are still larger than their kind allows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    instruments: BTreeMap<String, String>,
    projects: BTreeMap<String, String>,
    #[serde(default)]
    ceilings: BTreeMap<String, Ceiling>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ceiling {
    lines: usize,
    #[serde(rename = "why")]
    _why: String,
}

impl Sizes {
    pub fn load(root: &Path) -> Result<Self> {
        toml::from_str(&project::read(&root.join(TABLE))?)
            .with_context(|| format!("{TABLE} is malformed"))
    }

    /// Why the crate is an instrument, if it is one.
    pub fn instrument(&self, name: &str) -> Option<&str> {
        self.instruments.get(name).map(String::as_str)
    }

    /// What its kind is called and allows; an instrument may be of any size.
    fn kind(&self, name: &str) -> Option<(&'static str, usize)> {
        if self.instruments.contains_key(name) {
            None
        } else if self.projects.contains_key(name) {
            Some(("project", PROJECT))
        } else {
            Some(("concept", CONCEPT))
        }
    }

    fn problem(&self, name: &str, lines: usize) -> Option<String> {
        let kind = self.kind(name);
        let limit = kind.map_or(usize::MAX, |(_, limit)| limit);
        let lower = || {
            format!("{TABLE}: {name} has {lines} lines in src/: `ci/just sync` lowers its ceiling")
        };
        match self.ceilings.get(name) {
            Some(ceiling) if lines > ceiling.lines => Some(format!(
                "examples/{name}: {lines} lines in src/, more than its ceiling of {}, which only goes down",
                ceiling.lines
            )),
            Some(ceiling) => (lines < ceiling.lines || lines <= limit).then(lower),
            None => kind.filter(|_| lines > limit).map(|(kind, _)| {
                format!("examples/{name}: {lines} lines in src/, more than the {limit} of a {kind}")
            }),
        }
    }
}

/// Crates that are too large, ceilings that are too high, and names of crates that are not there.
pub fn problems(root: &Path, crates: &[ExampleCrate]) -> Result<Vec<String>> {
    let sizes = Sizes::load(root)?;
    let mut problems = Vec::new();
    for example in crates {
        problems.extend(sizes.problem(&example.name(), lines(example)?));
    }
    let ceilings = sizes.ceilings.keys();
    let names = sizes
        .instruments
        .keys()
        .chain(sizes.projects.keys())
        .chain(ceilings);
    for name in names {
        if !crates.iter().any(|example| example.name() == *name) {
            problems.push(format!("{TABLE}: there is no examples/{name}"));
        }
    }
    Ok(problems)
}

/// Every line of its Rust files in src/ counts, comments and blank lines too; not runtime.rs, which is the
/// same in each crate, nor tests, nor the anchors, which a reader never sees. Of a crate with several programs
/// the largest counts, with the files that are no program: each is shown for itself.
fn lines(example: &ExampleCrate) -> Result<usize> {
    let programs = example.program_files()?;
    let (mut shared, mut largest) = (0, 0);
    for file in workshop::sources(&example.folder.join("src"))? {
        let rust = file.extension().is_some_and(|end| end == "rs");
        if !rust || NOT_COUNTED.iter().any(|name| file.ends_with(name)) {
            continue;
        }
        let file = Path::new("src").join(file);
        let lines = counted(&project::read(&example.folder.join(&file))?);
        if programs.contains(&file) {
            largest = largest.max(lines);
        } else {
            shared += lines;
        }
    }
    Ok(shared + largest)
}

/// The lines before the unit tests, without the anchors.
fn counted(text: &str) -> usize {
    let product = text.split("\n#[cfg(test)]\nmod tests {").next();
    let lines = product.unwrap_or_default().lines();
    lines.filter(|line| !sources::is_anchor(line)).count()
}

/// Lowers every ceiling to what its crate has now, and takes out those that no crate needs any more.
pub fn lower(root: &Path) -> Result<()> {
    let sizes = Sizes::load(root)?;
    let mut text = project::read(&root.join(TABLE))?;
    for example in project::crates(root)? {
        let name = example.name();
        let Some(ceiling) = sizes.ceilings.get(&name) else {
            continue;
        };
        let lines = lines(&example)?;
        let limit = sizes.kind(&name).map_or(usize::MAX, |(_, limit)| limit);
        let row = Regex::new(&format!(r#"(?m)^("{name}" = \{{ lines = )\d+(.*)\n"#))
            .context("names of crates make a pattern")?;
        let new = if lines <= limit {
            ""
        } else {
            "${1}NUMBER${2}\n"
        };
        if lines < ceiling.lines || lines <= limit {
            let new = new.replace("NUMBER", &lines.to_string());
            text = row.replace(&text, new.as_str()).into_owned();
            println!(
                "{TABLE}: {name} has {lines} lines, no longer {}",
                ceiling.lines
            );
        }
    }
    project::write_if_changed(&root.join(TABLE), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes() -> Sizes {
        toml::from_str(
            "instruments = { \"lab/tokio\" = \"measures\" }\nprojects = { \"server/tokio\" = \"a server\" }\n\
             [ceilings]\n\"large/tokio\" = { lines = 150, why = \"two ideas\" }\n",
        )
        .expect("a table")
    }

    #[test]
    fn each_kind_has_its_limit() {
        let said = |name, lines| sizes().problem(name, lines).unwrap_or_default();
        assert_eq!(said("small/tokio", 100), "");
        assert_eq!(
            said("small/tokio", 101),
            "examples/small/tokio: 101 lines in src/, more than the 100 of a concept"
        );
        assert_eq!(said("server/tokio", 300), "");
        assert_eq!(
            said("server/tokio", 301),
            "examples/server/tokio: 301 lines in src/, more than the 300 of a project"
        );
        assert_eq!(said("lab/tokio", 5000), "");
    }

    #[test]
    fn a_ceiling_only_goes_down() {
        let said = |lines| sizes().problem("large/tokio", lines).unwrap_or_default();
        assert_eq!(said(150), "");
        assert!(said(151).contains("more than its ceiling of 150, which only goes down"));
        assert!(said(149).contains("large/tokio has 149 lines in src/: `ci/just sync` lowers"));
        assert!(said(100).contains("`ci/just sync` lowers"));
    }

    #[test]
    fn tests_and_anchors_are_not_counted() {
        assert_eq!(
            counted("// ANCHOR: a\n1\n// ANCHOR_END: a\n\n#[cfg(test)]\nmod tests {\n}\n"),
            1
        );
        assert_eq!(counted("1\n#[cfg(test)]\nmod tests;\n"), 3);
    }

    #[test]
    fn the_largest_program_counts_with_what_the_programs_share() {
        let root = std::env::temp_dir().join(format!("guide-programs-{}", std::process::id()));
        let manifest = "[[bin]]\nname = \"a\"\npath = \"src/a.rs\"\n[[bin]]\nname = \"b\"\npath = \"src/b.rs\"\n";
        let files = [
            ("Cargo.toml", manifest.to_owned()),
            ("src/a.rs", "\n".repeat(30)),
            ("src/b.rs", "\n".repeat(40)),
            ("src/shared.rs", "\n".repeat(5)),
        ];
        for (file, text) in files {
            let file = root.join("examples/a/tokio").join(file);
            project::write_if_changed(&file, text.as_bytes()).expect("a file");
        }
        let other = root.join("examples/pyo3-asyncio/c/tokio/Cargo.toml");
        project::write_if_changed(&other, b"").expect("a file");
        let crates = project::crates(&root).expect("two crates");
        let example = crates.iter().find(|example| example.topic == "a");
        assert_eq!(lines(example.expect("there")).expect("counted"), 45);
        std::fs::remove_dir_all(root).expect("its folder");
    }

    #[test]
    fn sync_lowers_a_ceiling_and_takes_out_another() {
        let root = std::env::temp_dir().join(format!("guide-sizes-{}", std::process::id()));
        let table = "instruments = {}\nprojects = {}\n\n[ceilings]\n\
             \"a/tokio\" = { lines = 200, why = \"one\" }\n\"b/tokio\" = { lines = 200, why = \"two\" }\n";
        let files = [
            (TABLE, table.to_owned()),
            ("examples/a/tokio/src/lib.rs", "\n".repeat(120)),
            ("examples/a/tokio/src/runtime.rs", "\n".repeat(90)),
            ("examples/a/tokio/Cargo.toml", String::new()),
            ("examples/b/tokio/src/lib.rs", "\n".repeat(100)),
            ("examples/b/tokio/Cargo.toml", String::new()),
            ("examples/pyo3-asyncio/c/tokio/Cargo.toml", String::new()),
        ];
        for (file, text) in files {
            project::write_if_changed(&root.join(file), text.as_bytes()).expect("a file");
        }
        lower(&root).expect("writes");
        let text = project::read(&root.join(TABLE)).expect("there");
        assert!(
            text.ends_with("[ceilings]\n\"a/tokio\" = { lines = 120, why = \"one\" }\n"),
            "{text}"
        );
        std::fs::remove_dir_all(root).expect("its folder");
    }
}
