//! How many lines of Rust a crate may have, by its kind in `ci/crates.toml`.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use crate::repo::{ExampleCrate, Problem, Repo, anchors};

pub const TABLE: &str = "ci/crates.toml";
const CONCEPT: usize = 100;
const PROJECT: usize = 300;
const NOT_COUNTED: [&str; 2] = ["runtime.rs", "tests.rs"];

/// The crates that are no concepts, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kinds {
    pub instruments: BTreeMap<String, String>,
    projects: BTreeMap<String, String>,
}

/// Crates that are too large, and names of crates that are not there. An instrument may be of any size.
pub fn problems(repo: &Repo) -> Result<Vec<Problem>> {
    let Kinds { instruments, projects } = repo.table(TABLE)?;
    let mut problems = Vec::new();
    for example in repo.crates.iter().filter(|example| !instruments.contains_key(&example.name())) {
        let is_project = projects.contains_key(&example.name());
        let (kind, limit) = if is_project { ("project", PROJECT) } else { ("concept", CONCEPT) };
        let lines = lines(repo, example);
        if lines > limit {
            let what = format!("{lines} lines in src/, more than the {limit} of a {kind}");
            problems.push(Problem::new(&example.dir, what));
        }
    }
    for name in instruments.keys().chain(projects.keys()).filter(|name| repo.crate_named(name).is_none()) {
        problems.push(Problem::new(TABLE, format!("there is no examples/{name}")));
    }
    Ok(problems)
}

/// Every line of its Rust files in src/ counts, comments and blank lines too; not runtime.rs, which is the
/// same in each crate, nor tests, nor the anchors, which a reader never sees. Of a crate with several programs
/// the largest counts, with the files that are no program: each is shown for itself.
fn lines(repo: &Repo, example: &ExampleCrate) -> usize {
    let sources = repo.texts(example, &["rs"]).filter(|(file, _)| file.starts_with("src/"));
    let sources = sources.filter(|(file, _)| !NOT_COUNTED.contains(&file.rsplit('/').next().unwrap_or(file)));
    let is_program = |(file, _): &(&str, &str)| example.programs("path").any(|program| program == *file);
    let (programs, shared): (Vec<_>, Vec<_>) = sources.partition(is_program);
    let lines = |(_, text): &(&str, &str)| counted(text);
    programs.iter().map(lines).max().unwrap_or(0) + shared.iter().map(lines).sum::<usize>()
}

/// The lines before the unit tests, without the anchors.
fn counted(text: &str) -> usize {
    let product = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    product.lines().filter(|line| !anchors::is_anchor(line)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    const KINDS: &str =
        "instruments = { \"lab/tokio\" = \"measures\" }\nprojects = { \"server/tokio\" = \"a server\" }\n";

    #[test]
    fn each_kind_has_its_limit() {
        let manifest = "[package]\nname = \"a\"\n";
        let said = |name: &str, lines: usize| {
            let files = [
                (TABLE.to_owned(), KINDS.to_owned()),
                ("examples/lab/tokio/Cargo.toml".to_owned(), manifest.to_owned()),
                ("examples/server/tokio/Cargo.toml".to_owned(), manifest.to_owned()),
                (format!("examples/{name}/tokio/Cargo.toml"), manifest.to_owned()),
                (format!("examples/{name}/tokio/src/lib.rs"), "\n".repeat(lines)),
            ];
            let files: Vec<_> = files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
            let problems = problems(&tree(&files)).expect("a table");
            problems.iter().map(Problem::to_string).collect::<String>()
        };
        assert_eq!(said("small", 100), "");
        let small = "examples/small/tokio: 101 lines in src/, more than the 100 of a concept";
        assert_eq!(said("small", 101), small);
        assert_eq!(said("server", 300), "");
        let server = "examples/server/tokio: 301 lines in src/, more than the 300 of a project";
        assert_eq!(said("server", 301), server);
        assert_eq!(said("lab", 5000), "");
    }

    #[test]
    fn a_crate_that_is_not_there_has_no_kind() {
        let problems = problems(&tree(&[(TABLE, KINDS)])).expect("a table");
        let said: Vec<String> = problems.iter().map(Problem::to_string).collect();
        let there_is_no = |name| format!("{TABLE}: there is no examples/{name}/tokio");
        assert_eq!(said, ["lab", "server"].map(there_is_no));
    }

    #[test]
    fn tests_and_anchors_are_not_counted() {
        assert_eq!(counted("// ANCHOR: a\n1\n// ANCHOR_END: a\n\n#[cfg(test)]\nmod tests {\n}\n"), 1);
        assert_eq!(counted("1\n#[cfg(test)]\nmod tests;\n"), 3);
    }

    #[test]
    fn the_largest_program_counts_with_what_the_programs_share() {
        let manifest = "[package]\nname = \"a\"\n[[bin]]\nname = \"a\"\npath = \"src/a.rs\"\n[[bin]]\nname = \"b\"\npath = \"src/b.rs\"\n";
        let [of_a, of_b, shared] = [30, 40, 5].map(|lines| "\n".repeat(lines));
        let repo = tree(&[
            ("examples/a/tokio/Cargo.toml", manifest),
            ("examples/a/tokio/src/a.rs", &of_a),
            ("examples/a/tokio/src/b.rs", &of_b),
            ("examples/a/tokio/src/shared.rs", &shared),
        ]);
        let example = repo.crate_named("a/tokio").expect("there");
        assert_eq!(lines(&repo, example), 45);
    }
}
