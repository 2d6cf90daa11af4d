//! Drivers: the rest of the program for a Rust block that is none by itself.
//!
//! A block `rust,skt-NAME` stands in `tests/blocks/NAME.rs` where that has the comment `BLOCK`: in its own crate, or
//! in another variant of the topic.

use crate::repo::Repo;
use crate::repo::example::{DRIVERS, ExampleCrate};

const BLOCK: &str = "// BLOCK";
const NAMED: &str = "skt-";

/// The driver's name in the information string of a fence, if it has one.
pub fn named(info: &str) -> Option<&str> {
    let mut words = info.split(',').map(str::trim);
    words.find_map(|word| word.strip_prefix(NAMED))
}

/// The driver of this name for a block of a crate.
pub fn of<'a>(repo: &'a Repo, example: &ExampleCrate, name: &str) -> Option<&'a str> {
    let mut crates = std::iter::once(example).chain(repo.variants(example));
    crates.find_map(|one| repo.text(&format!("{}/{DRIVERS}{name}.rs", one.dir)))
}

/// Whether the block has exactly one place in it.
pub fn has_place(driver: &str) -> bool {
    driver.matches(BLOCK).count() == 1
}

/// The driver as skeptic's template: without what it says of itself, and with braces as `format!` reads them.
pub fn template(name: &str, driver: &str) -> String {
    let code = driver.lines().skip_while(|line| line.starts_with("//!") || line.is_empty());
    let code: String = code.map(|line| format!("{line}\n")).collect();
    let code = code.replace('{', "{{").replace('}', "}}").replace(BLOCK, "{}");
    format!("```rust,{NAMED}{name}\n{code}```\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    #[test]
    fn a_driver_is_that_of_the_crate_or_of_another_variant() {
        let repo = tree(&[
            ("examples/first/tokio/tests/blocks/a.rs", "tokio's"),
            ("examples/first/other/Cargo.toml", "[package]\nname = \"a\"\n"),
            ("examples/first/other/tests/blocks/b.rs", "its own"),
            ("examples/first/tokio/tests/blocks/b.rs", "tokio's"),
        ]);
        let other = repo.crate_named("first/other").expect("there");
        let name = |info| named(info).and_then(|name| of(&repo, other, name));
        assert_eq!(name("rust,skt-a"), Some("tokio's"));
        assert_eq!(name("rust,no_run,skt-b"), Some("its own"));
        assert_eq!(name("rust,skt-c"), None);
        assert_eq!(named("rust"), None);
    }

    #[test]
    fn a_template_has_a_place_for_the_block_and_doubled_braces() {
        let driver = "//! Runs it.\n\nmod a {\n    // BLOCK\n}\n\nfn main() {}\n";
        assert!(has_place(driver) && !has_place("fn main() {}\n"));
        assert_eq!(template("x", driver), "```rust,skt-x\nmod a {{\n    {}\n}}\n\nfn main() {{}}\n```\n\n");
    }
}
