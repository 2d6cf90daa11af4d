//! The mdBook preprocessor: puts into the pages what nobody should type.
//!
//! `ci/README.md` has a table of the directives. Each page ends with a paragraph from the last whole run, of which
//! `{{status}}` is the page.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use mdbook_preprocessor::book::{Book, Chapter};

use crate::check::compile_fail;
use crate::repo::messages::{self, Places};
use crate::repo::{Bridge, Pattern, Repo, files::slashed, page, terms::Terms, words::Words};
use crate::results;
use crate::results::figures::{Figures, Plot};
use crate::results::matrix::{MATRIX, Matrix};
use crate::results::stress::{STRESS, StressResults};
use crate::results::whole_runs::{WHOLE_RUNS, WholeRuns};
use crate::site::status::Status;
use crate::site::{downloads, error_messages, llms, plot};

static DIRECTIVE: Pattern = Pattern::of(
    r"\{\{(version|pythons|matrix|builds|status|stress|whole-runs|terms|error-messages)(?::([\w./-]+))?\}\}",
);

/// Reads mdBook's `[context, book]` from standard input and prints the book with all of it put in.
pub fn preprocess(repo: &Repo) -> Result<()> {
    let (context, mut book) = mdbook_preprocessor::parse_input(std::io::stdin())?;
    let html = context.renderer == "html";
    let source = &context.config.book.src;
    let language = source.file_name().and_then(|name| name.to_str());
    let language = language.context("mdBook did not say which language it builds")?;
    let said = Words::of(repo, language)?;
    let plot = html.then_some(plot::plot as Plot);
    let directives = Directives {
        repo,
        locked: locked(repo)?,
        builds: compile_fail::outcomes(repo),
        status: Status::of(repo, language, &said),
        figures: Figures::of(repo, language, plot)?,
        messages: OnceCell::new(),
        said,
        language,
        source: html.then(|| source.clone()),
    };
    directives.put_into(&mut book)?;
    serde_json::to_writer(std::io::stdout(), &book).context("cannot give mdBook its book back")
}

/// The versions of all workspaces; a name of another one than the root stands after its folder.
fn locked(repo: &Repo) -> Result<BTreeMap<String, Vec<String>>> {
    let own = repo.crates.iter().filter(|example| example.is_workspace);
    let mut prefixes = vec![(String::new(), Bridge::Current.lock())];
    prefixes.push(("pyo3-asyncio/".to_owned(), Bridge::Pyo3Asyncio.lock()));
    prefixes.extend(own.map(|example| (format!("{}/", example.name()), example.lock())));
    let locks = repo.locks()?;
    let mut locked = BTreeMap::new();
    for (prefix, lock) in prefixes {
        let versions = locks[&lock].versions();
        locked.extend(versions.into_iter().map(|(name, versions)| (format!("{prefix}{name}"), versions)));
    }
    Ok(locked)
}

struct Directives<'a> {
    repo: &'a Repo,
    language: &'a str,
    locked: BTreeMap<String, Vec<String>>,
    builds: BTreeMap<String, String>,
    /// The error messages of the language: each kind is one directive.
    messages: OnceCell<BTreeMap<String, Places>>,
    said: Words,
    status: Status<'a>,
    figures: Figures,
    /// The folder of the pages, if the site is built: then each block is told the file that it shows.
    source: Option<PathBuf>,
}

impl Directives<'_> {
    fn put_into(&self, book: &mut Book) -> Result<()> {
        let mut result = Ok(());
        book.for_each_chapter_mut(|chapter| {
            if result.is_ok() {
                result = self.put_into_chapter(chapter);
            }
        });
        result
    }

    /// Replaces the directives of a chapter, and adds the paragraph to its end.
    fn put_into_chapter(&self, chapter: &mut Chapter) -> Result<()> {
        let Some(path) = &chapter.path else { return Ok(()) };
        let mut text = self.replaced(&chapter.content).with_context(|| path.display().to_string())?;
        if let Some(source) = &self.source {
            let page = source.join(path);
            text = page::with_files(&text, page.parent().unwrap_or(source));
        }
        let name = slashed(path);
        if let Some(page) = self.repo.pages_in(self.language).find(|page| page.name == name) {
            text = downloads::linked(self.repo, page, &text);
        }
        chapter.content = text + &self.status.paragraph(&name);
        Ok(())
    }

    fn replaced(&self, text: &str) -> Result<String> {
        let replaced = results::try_replaced(&DIRECTIVE, text, |found| {
            let about = found.get(2).map(|about| about.as_str());
            self.value(&found[1], about).with_context(|| found[0].to_owned())
        })?;
        self.figures.replaced(&replaced)
    }

    fn value(&self, directive: &str, about: Option<&str>) -> Result<String> {
        match (directive, about) {
            ("version", Some(package)) => match self.locked.get(package).map(Vec::as_slice) {
                Some([version]) => Ok(version.clone()),
                Some(_) => bail!("Cargo.lock has several versions of it"),
                None => bail!("Cargo.lock has no such package"),
            },
            ("pythons", Some(name)) => {
                let pythons = self.repo.crate_named(name).and_then(|example| example.pythons);
                Ok(pythons.context("that crate has no requires-python")?.to_string())
            }
            ("pythons", None) => Ok(self.repo.table::<Matrix>(MATRIX)?.versions(&self.said).join(", ")),
            ("builds", Some(program)) => self.builds.get(program).cloned().context("there is no such program"),
            ("matrix", None) => Ok(self.repo.table::<Matrix>(MATRIX)?.table(self.repo, &self.said)),
            ("status", None) => Ok(self.status.tables()),
            ("stress", None) => self.repo.table::<StressResults>(STRESS)?.table(self.repo, &self.said),
            ("whole-runs", None) => Ok(self.repo.table::<WholeRuns>(WHOLE_RUNS)?.table(&self.said)),
            ("terms", None) => Ok(Terms::of(self.repo)?.table(self.language, &self.said)),
            ("error-messages", Some(kind)) => self.error_messages(kind),
            _ => bail!("there is no such directive"),
        }
    }

    fn error_messages(&self, kind: &str) -> Result<String> {
        let mut pages = llms::in_reading_order(self.repo);
        pages.retain(|page| page.language == self.language);
        let shown = self.messages.get_or_init(|| messages::shown(self.repo, &pages));
        error_messages::list(self.repo, (&pages, shown), &self.said, kind, self.source.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::tests::tree;

    /// A crate for some Pythons, and the Python on which all passed.
    fn repo() -> Repo {
        tree(&[
            ("examples/a/0.14/Cargo.toml", "[package]\nname = \"a\"\nmetadata.requires-python = \">=3.9,<3.12\"\n"),
            (MATRIX, "[[python]]\nversion = \"3.9.18\"\ndate = \"\"\nsources = \"\"\nsteps = 0\n[python.crates]\n"),
        ])
    }

    fn words(repo: &Repo) -> Directives<'_> {
        let locked = BTreeMap::from([
            ("pyo3".to_owned(), vec!["0.30.1".to_owned()]),
            ("rand".to_owned(), vec!["0.8.0".to_owned(), "0.9.0".to_owned()]),
        ]);
        Directives {
            repo,
            language: "en",
            locked,
            builds: BTreeMap::from([("a/0.14/b".to_owned(), "E0425".to_owned())]),
            messages: OnceCell::new(),
            status: Status::of(repo, "en", &Words::default()),
            figures: Figures::default(),
            said: Words::default(),
            source: None,
        }
    }

    #[test]
    fn versions_are_replaced_in_every_chapter() {
        let chapter = |text: &str| Chapter::new("A", text.to_owned(), "start/a.md", Vec::new());
        let mut parent = chapter("pyo3 {{version:pyo3}} on {{pythons}}");
        parent.sub_items.push(chapter("{{version:pyo3}}").into());
        let mut book = Book::new_with_items(vec![parent.into()]);
        words(&repo()).put_into(&mut book).expect("known");
        let first_lines: Vec<_> = book.chapters().filter_map(|chapter| chapter.content.lines().next()).collect();
        assert_eq!(first_lines, ["pyo3 0.30.1 on 3.9.18", "0.30.1"]);
    }

    #[test]
    fn an_error_names_the_page_and_the_directive() {
        let chapter = Chapter::new("A", "{{version:tokyo}}".to_owned(), "start/a.md", Vec::new());
        let mut book = Book::new_with_items(vec![chapter.into()]);
        let error = words(&repo()).put_into(&mut book).expect_err("unknown");
        assert_eq!(format!("{error:#}"), "start/a.md: {{version:tokyo}}: Cargo.lock has no such package");
    }

    #[test]
    fn an_unknown_or_ambiguous_package_is_an_error() {
        assert!(words(&repo()).replaced("{{version:tokyo}}").is_err());
        assert!(words(&repo()).replaced("{{version:rand}}").is_err());
        assert!(words(&repo()).replaced("{{pythons:b/0.14}}").is_err());
    }

    #[test]
    fn what_a_crate_says_of_itself_is_replaced() {
        let text = words(&repo()).replaced("on {{pythons:a/0.14}}").expect("known");
        assert_eq!(text, "on 3.9–3.11");
        let text = words(&repo()).replaced("{{builds:a/0.14/b}}").expect("known");
        assert_eq!(text, "E0425");
        assert!(words(&repo()).replaced("{{builds:a/0.14/c}}").is_err());
    }
}
