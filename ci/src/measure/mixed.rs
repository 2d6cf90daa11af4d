//! Blocks of several pages, pasted into the first module as a reader would: they build and work together.

use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};

use crate::repo::{Pattern, anchors, files};
use crate::results;

/// The blocks as `{{#include FILE:ANCHOR}}`, the dependencies that their pages name, and the test.
const FOLDER: &str = "ci/mixed";
/// The name of the copy: the test imports it.
pub const NAME: &str = "mixed";
/// The last item of the module stays the last.
const INIT: &str = "    #[pymodule_init]\n";

static INCLUDE: Pattern = Pattern::of(r"(?m)^\{\{#include ([^:]+):(.+)\}\}\n");

/// Pastes the blocks into a copy of the first module, and their dependencies into its manifest.
pub fn paste(root: &Path, copy: &Path) -> Result<()> {
    let ours = |name: &str| files::read(&root.join(FOLDER).join(name));
    let library = copy.join("src/lib.rs");
    let module = files::read(&library)?;
    ensure!(module.matches(INIT).count() == 1, "{}: not one `{}`", library.display(), INIT.trim());
    let blocks = resolved(root, &ours("blocks.rs")?)?;
    let mixed = module.replace(INIT, &format!("{blocks}\n{INIT}"));
    files::write_if_changed(&library, mixed.as_bytes())?;

    let manifest = copy.join("Cargo.toml");
    let text = files::read(&manifest)?;
    let (before, _) =
        text.split_once("[dependencies]\n").with_context(|| format!("{}: no dependencies", manifest.display()))?;
    let text = format!("{before}[dependencies]\n{}", ours("dependencies.toml")?);
    files::write_if_changed(&manifest, text.as_bytes())?;
    let test = ours("test_mixed.py")?;
    files::write_if_changed(&copy.join("tests/test_mixed.py"), test.as_bytes())
}

/// The text with each include replaced by the lines that the page shows.
fn resolved(root: &Path, text: &str) -> Result<String> {
    results::try_replaced(&INCLUDE, text, |found| {
        let (file, anchor) = (&found[1], &found[2]);
        anchors::anchored(&files::read(&root.join(file))?, anchor)
            .map_err(|why| anyhow!("{FOLDER}/blocks.rs: {file}: {why}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tests::add;

    #[test]
    fn an_include_is_a_whole_line() {
        let found = INCLUDE.captures("{{#include examples/a/tokio/src/lib.rs:ask}}\n").expect("an include");
        assert_eq!((&found[1], &found[2]), ("examples/a/tokio/src/lib.rs", "ask"));
        assert!(!INCLUDE.is_match("    use std::io;\n    {{#include a.rs:b}}\n"));
    }

    const MODULE: &str = "#[pymodule]\nmod a {\n    #[pymodule_init]\n    fn init() {}\n}\n";

    /// The copy after blocks were pasted into a module with this library.
    fn pasted(library: &str, manifest: &str, blocks: &str) -> Result<[String; 3]> {
        let place = tempfile::tempdir()?;
        let (root, copy) = (place.path().join("root"), place.path().join("copy"));
        add(&root, "ci/mixed/blocks.rs", blocks);
        add(&root, "ci/mixed/dependencies.toml", "tokio = \"1\"\n");
        add(&root, "ci/mixed/test_mixed.py", "import mixed\n");
        add(&root, "examples/b/tokio/src/lib.rs", "use c;\n// ANCHOR: ask\nfn ask() {}\n// ANCHOR_END: ask\n");
        add(&copy, "src/lib.rs", library);
        add(&copy, "Cargo.toml", manifest);
        paste(&root, &copy)?;
        let files = ["src/lib.rs", "Cargo.toml", "tests/test_mixed.py"].map(|file| files::read(&copy.join(file)));
        let [library, manifest, test] = files;
        Ok([library?, manifest?, test?])
    }

    #[test]
    fn blocks_stand_above_the_last_item_and_their_dependencies_in_the_manifest() {
        let manifest = "[package]\nname = \"a\"\n\n[dependencies]\npyo3 = \"0.30\"\n";
        let blocks = "// From the page.\n{{#include examples/b/tokio/src/lib.rs:ask}}\n";
        let [library, manifest, test] = pasted(MODULE, manifest, blocks).expect("a copy");
        assert_eq!(
            library,
            "#[pymodule]\nmod a {\n// From the page.\nfn ask() {}\n\n    #[pymodule_init]\n    fn init() {}\n}\n"
        );
        assert_eq!(manifest, "[package]\nname = \"a\"\n\n[dependencies]\ntokio = \"1\"\n");
        assert_eq!(test, "import mixed\n");
    }

    #[test]
    fn what_cannot_be_pasted_is_an_error() {
        let manifest = "[dependencies]\n";
        let said =
            |library: &str, manifest: &str, blocks: &str| pasted(library, manifest, blocks).unwrap_err().to_string();
        assert!(said("mod a {}\n", manifest, "").ends_with("src/lib.rs: not one `#[pymodule_init]`"));
        assert!(said(MODULE, "[package]\n", "").ends_with("Cargo.toml: no dependencies"));
        let lost = said(MODULE, manifest, "{{#include examples/b/tokio/src/lib.rs:lost}}\n");
        assert!(lost.starts_with("ci/mixed/blocks.rs: examples/b/tokio/src/lib.rs: "), "{lost}");
        let gone = said(MODULE, manifest, "{{#include examples/b/tokio/src/gone.rs:ask}}\n");
        assert!(gone.starts_with("cannot read ") && gone.ends_with("gone.rs"), "{gone}");
    }
}
