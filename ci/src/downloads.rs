//! What the site offers of an example crate: its folder as a zip, and each of its files as plain text.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::project::{self, ExampleCrate};
use crate::workshop;

/// The zip's file name: `native-module-tokio.zip`. It holds one folder of that name.
pub fn zip_name(example: &str) -> String {
    format!("{}.zip", example.replace('/', "-"))
}

/// Writes `crates/NAME.zip` of every crate, and `examples/…/FILE.txt` of every file of them.
///
/// Servers call a `.rs` file anything but text; with `.txt` a browser shows it.
pub fn write(crates: &[ExampleCrate], site: &Path) -> Result<()> {
    for example in crates {
        let archive = site.join("crates").join(zip_name(&example.name()));
        project::write_if_changed(&archive, &pack(example)?)?;
        for file in workshop::sources(&example.folder)? {
            let content = fs::read(example.folder.join(&file))
                .with_context(|| format!("cannot read {}", file.display()))?;
            let name = format!("{}.txt", project::slashed(&file));
            let target = site.join("examples").join(example.name()).join(name);
            project::write_if_changed(&target, &content)?;
        }
    }
    Ok(())
}

/// The crate's folder as a zip. The same sources make the same bytes.
pub fn pack(example: &ExampleCrate) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let name = zip_name(&example.name());
    let folder = name.trim_end_matches(".zip");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for file in workshop::sources(&example.folder)? {
        let content = fs::read(example.folder.join(&file))
            .with_context(|| format!("cannot read {}", file.display()))?;
        zip.start_file(format!("{folder}/{}", project::slashed(&file)), options)
            .with_context(|| format!("cannot add {}", file.display()))?;
        zip.write_all(&content).context("cannot write the zip")?;
    }
    Ok(zip.finish().context("cannot end the zip")?.into_inner())
}

/// Unpacks such a zip and returns the folder it holds.
pub fn unpack(archive: &[u8], example: &ExampleCrate, place: &Path) -> Result<PathBuf> {
    ZipArchive::new(Cursor::new(archive))
        .and_then(|mut zip| zip.extract(place))
        .with_context(|| format!("cannot unpack the zip of {}", example.name()))?;
    Ok(place.join(zip_name(&example.name()).trim_end_matches(".zip")))
}
