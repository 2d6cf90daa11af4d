//! The words that the program puts into pages are there.

use std::path::Path;

use guide_ci::repo::words::Words;
use guide_ci::repo::{Repo, files};
use regex::Regex;

#[test]
fn every_word_that_the_program_asks_for_is_in_both_languages() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let repo = Repo::load(sources.parent().and_then(Path::parent).expect("the root")).expect("the guide");
    let words = Words::of(&repo, "zh").expect("both languages");
    let asked = Regex::new(r#"\.(?:text|say)\("(\w[\w-]*\.[\w-]+)"\)"#).expect("valid");
    let mut names = Vec::new();
    for file in files::within(&sources).expect("the sources") {
        let text = files::read(&sources.join(&file)).expect("a source");
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        names.extend(asked.captures_iter(product).map(|found| found[1].to_owned()));
    }
    assert!(names.len() > 20, "the pattern finds what is asked for: {names:?}");
    names.retain(|name| words.text(name).contains("is missing"));
    assert!(names.is_empty(), "book/words.toml lacks {names:?}");
}
