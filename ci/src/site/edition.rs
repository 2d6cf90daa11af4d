//! One language of the guide: a folder of `book/`, and the same folder of the site.

use anyhow::Result;

use crate::repo::words::Words;
use crate::repo::{Repo, page};
use crate::site::blocks::Labels;
use crate::site::source::Source;

pub const LANGUAGES: [&str; 2] = page::LANGUAGES;
pub const THEME: &str = "book/theme";

/// mdBook's titles of alerts.
const ALERTS: [&str; 5] = ["Note", "Tip", "Important", "Warning", "Caution"];

pub struct Edition {
    /// The name of both folders.
    pub language: &'static str,
    /// What differs from `book.toml`, as mdBook's environment variables.
    pub settings: Vec<(&'static str, String)>,
    /// The theme's list of mdBook's own words and their translations, if the language is not mdBook's.
    pub words: Option<&'static str>,
    /// mdBook's titles of alerts and what the reader sees instead.
    pub alerts: Vec<(&'static str, String)>,
    pub labels: Labels,
    /// What the link to the PDF says.
    pub pdf: String,
    /// The book's title.
    pub title: String,
    /// What the link to the repository is called, where there is one.
    pub repository: String,
    /// Where the site will stand, with a slash at its end.
    pub url: String,
}

impl Edition {
    /// All editions of a site that will stand at `url`.
    pub fn all(repo: &Repo, url: &str) -> Result<Vec<Self>> {
        LANGUAGES.iter().map(|language| Self::of(repo, language, url)).collect()
    }

    fn of(repo: &Repo, language: &'static str, url: &str) -> Result<Self> {
        let words = Words::of(repo, language)?;
        let alert = |title: &'static str| (title, words.text(&format!("alert.{}", title.to_lowercase())));
        let settings = [
            ("MDBOOK_BOOK__SRC", format!("book/{language}")),
            ("MDBOOK_BOOK__LANGUAGE", words.text("site.language")),
            ("MDBOOK_BOOK__TITLE", words.text("site.title")),
            ("MDBOOK_BOOK__DESCRIPTION", words.text("site.description")),
        ];
        Ok(Self {
            language,
            settings: settings.to_vec(),
            words: (language != "en").then_some("chrome.zh.txt"),
            alerts: ALERTS.map(alert).to_vec(),
            labels: Labels::of(&words, Source::of(repo)),
            pdf: words.text("site.pdf"),
            title: words.text("site.title"),
            repository: words.text("site.repository"),
            url: url.to_owned(),
        })
    }
}
