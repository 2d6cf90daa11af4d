//! One language of the guide: a folder of `book/`, and the same folder of the site.

use anyhow::Result;

use crate::repo::{Repo, page, words::Words};

pub const LANGUAGES: [&str; 2] = page::LANGUAGES;
pub const THEME: &str = "book/theme";
const CONFIG: &str = "book.toml";

pub struct Edition {
    /// The name of both folders.
    pub language: &'static str,
    pub words: Words,
    /// The address of the repository, if it is set.
    pub repository: Option<String>,
    /// Where the site will stand, with a slash at its end.
    pub url: String,
}

impl Edition {
    /// All editions of a site that will stand at `url`.
    pub fn all(repo: &Repo, url: &str) -> Result<Vec<Self>> {
        let of = |language| {
            let words = Words::of(repo, language)?;
            Ok(Self { language, words, repository: repository(repo), url: url.to_owned() })
        };
        LANGUAGES.into_iter().map(of).collect()
    }
}

/// The repository's address, if `git-repository-url` in `book.toml` gives one: files are below `/blob/HEAD/` there, and
/// folders below `/tree/HEAD/`.
pub fn repository(repo: &Repo) -> Option<String> {
    let config: toml::Table = toml::from_str(repo.text(CONFIG)?).ok()?;
    let url = config.get("output")?.get("html")?.get("git-repository-url")?.as_str()?;
    Some(url.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    #[test]
    fn the_address_of_the_repository_is_one_setting() {
        let of = |config: &str| repository(&tree(&[(CONFIG, config)]));
        let set = of("[output.html]\ngit-repository-url = \"https://a.example/b/\"\n");
        assert_eq!(set.as_deref(), Some("https://a.example/b"));
        assert_eq!(of("[output.html]\ntheme = \"a\"\n").or_else(|| repository(&tree(&[]))), None);
    }
}
