//! A crate as a zip, as the site offers it.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::repo::{ExampleCrate, Repo};

/// The zip's file name: `native-module-tokio.zip`. It holds one folder of that name.
pub fn zip_name(example: &str) -> String {
    format!("{}.zip", example.replace('/', "-"))
}

/// The crate's folder as a zip. The same sources make the same bytes.
pub fn pack(repo: &Repo, example: &ExampleCrate) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let name = zip_name(&example.name());
    let folder = name.trim_end_matches(".zip");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (file, content) in repo.files_of(example) {
        zip.start_file(format!("{folder}/{file}"), options).with_context(|| format!("cannot add {file}"))?;
        zip.write_all(content).context("cannot write the zip")?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::files;
    use crate::repo::tests::tree;

    #[test]
    fn a_crate_comes_out_of_its_zip_as_it_was_without_the_drivers() {
        let repo = tree(&[
            ("examples/pyo3-asyncio/older/tokio/src/main.rs", "fn main() {}\n"),
            ("examples/pyo3-asyncio/older/tokio/tests/a.rs", "// a\n"),
            ("examples/pyo3-asyncio/older/tokio/tests/blocks/older.rs", "// BLOCK\n"),
        ]);
        let example = repo.crate_named("pyo3-asyncio/older/tokio").expect("there");
        let packed = pack(&repo, example).expect("a zip");
        assert_eq!(packed, pack(&repo, example).expect("a zip"), "the same sources make the same bytes");
        let place = tempfile::tempdir().expect("a folder");
        let folder = unpack(&packed, example, place.path()).expect("its files");
        assert_eq!(folder, place.path().join("pyo3-asyncio-older-tokio"));
        let all: Vec<String> = files::within(&folder).expect("it").iter().map(|file| files::slashed(file)).collect();
        assert_eq!(all, ["Cargo.toml", "src/main.rs", "tests/a.rs"]);
        assert_eq!(files::read(&folder.join("src/main.rs")).expect("text"), "fn main() {}\n");
    }

    #[test]
    fn what_is_no_zip_is_an_error_with_the_name_of_the_crate() {
        let repo = tree(&[]);
        let place = tempfile::tempdir().expect("a folder");
        let error = unpack(b"no zip", &repo.crates[0], place.path()).expect_err("refused");
        assert_eq!(error.to_string(), "cannot unpack the zip of first/tokio");
    }
}
