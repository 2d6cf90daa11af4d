//! Blocks of several pages, pasted into the first module as a reader would: they build and work together.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::project;
use crate::sources;

/// The blocks as `{{#include FILE:ANCHOR}}`, the dependencies that their pages name, and the test.
const FOLDER: &str = "ci/mixed";
/// The name of the copy: the test imports it.
pub const NAME: &str = "mixed";
/// The last item of the module stays the last.
const INIT: &str = "    #[pymodule_init]\n";

/// Pastes the blocks into a copy of the first module, and their dependencies into its manifest.
pub fn paste(root: &Path, copy: &Path) -> Result<()> {
    let ours = |name: &str| project::read(&root.join(FOLDER).join(name));
    let library = copy.join("src/lib.rs");
    let module = project::read(&library)?;
    if module.matches(INIT).count() != 1 {
        bail!("{}: not one `{}`", library.display(), INIT.trim());
    }
    let blocks = resolved(root, &ours("blocks.rs")?)?;
    let mixed = module.replace(INIT, &format!("{blocks}\n{INIT}"));
    project::write_if_changed(&library, mixed.as_bytes())?;

    let manifest = copy.join("Cargo.toml");
    let text = project::read(&manifest)?;
    let (before, _) = text
        .split_once("[dependencies]\n")
        .with_context(|| format!("{}: no dependencies", manifest.display()))?;
    let text = format!("{before}[dependencies]\n{}", ours("dependencies.toml")?);
    project::write_if_changed(&manifest, text.as_bytes())?;
    let test = ours("test_mixed.py")?;
    project::write_if_changed(&copy.join("tests/test_mixed.py"), test.as_bytes())
}

/// The text with each include replaced by the lines that the page shows.
fn resolved(root: &Path, text: &str) -> Result<String> {
    text.lines()
        .map(|line| match include(line) {
            None => Ok(format!("{line}\n")),
            Some((file, anchor)) => sources::anchored(&project::read(&root.join(file))?, anchor)
                .map_err(|why| anyhow::anyhow!("{FOLDER}/blocks.rs: {file}: {why}")),
        })
        .collect()
}

fn include(line: &str) -> Option<(&str, &str)> {
    let inside = line.strip_prefix("{{#include ")?.strip_suffix("}}")?;
    inside.split_once(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_include_is_a_whole_line() {
        let line = "{{#include examples/a/tokio/src/lib.rs:ask}}";
        assert_eq!(include(line), Some(("examples/a/tokio/src/lib.rs", "ask")));
        assert_eq!(include("    use std::io;"), None);
    }
}
