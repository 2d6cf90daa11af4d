//! What the site offers of an example crate: its folder as a zip, and each of its files as plain text.

use std::path::Path;

use anyhow::Result;

use crate::repo::{Repo, archive, files};

/// Writes `crates/NAME.zip` of every crate, and `examples/…/FILE.txt` of every file of them.
///
/// Servers call a `.rs` file anything but text; with `.txt` a browser shows it.
pub fn write(repo: &Repo, site: &Path) -> Result<()> {
    for example in &repo.crates {
        let zip = site.join("crates").join(archive::zip_name(&example.name()));
        files::write_if_changed(&zip, &archive::pack(repo, example)?)?;
        let folder = site.join("examples").join(example.name());
        for (file, content) in repo.below(&example.dir) {
            files::write_if_changed(&folder.join(format!("{file}.txt")), content)?;
        }
    }
    Ok(())
}
