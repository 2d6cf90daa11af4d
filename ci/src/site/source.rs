//! Where the sources stand: the repository's address, if `git-repository-url` in `book.toml` gives one.

use crate::repo::Repo;

const CONFIG: &str = "book.toml";

pub struct Source(Option<String>);

impl Source {
    pub fn of(repo: &Repo) -> Self {
        let config: Option<toml::Table> = repo.text(CONFIG).and_then(|text| toml::from_str(text).ok());
        let url =
            config.as_ref().and_then(|config| config.get("output")?.get("html")?.get("git-repository-url")?.as_str());
        Self(url.map(|url| url.trim_end_matches('/').to_owned()))
    }

    /// The address of a file of the repository, as GitHub has them.
    pub fn file(&self, file: &str) -> Option<String> {
        self.0.as_ref().map(|url| format!("{url}/blob/HEAD/{file}"))
    }

    /// The same of a folder.
    pub fn folder(&self, folder: &str) -> Option<String> {
        self.0.as_ref().map(|url| format!("{url}/tree/HEAD/{folder}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    #[test]
    fn the_address_of_the_repository_is_one_setting() {
        let set = tree(&[(CONFIG, "[output.html]\ngit-repository-url = \"https://a.example/b/\"\n")]);
        let source = Source::of(&set);
        assert_eq!(source.file("a/b.rs").as_deref(), Some("https://a.example/b/blob/HEAD/a/b.rs"));
        assert_eq!(source.folder("a").as_deref(), Some("https://a.example/b/tree/HEAD/a"));
    }

    #[test]
    fn without_the_setting_there_is_no_address() {
        for repo in [tree(&[(CONFIG, "[output.html]\ntheme = \"a\"\n")]), tree(&[])] {
            assert_eq!(Source::of(&repo).file("a"), None);
        }
    }
}
