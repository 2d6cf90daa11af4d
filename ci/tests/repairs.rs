//! What `guide` rewrites by itself, in the small guide on the disk: afterwards its checks find nothing.

use std::path::Path;
use std::process::Command;

use guide_ci::repo::files;

struct SmallGuide(tempfile::TempDir);

impl SmallGuide {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mini = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mini");
        files::copy(&mini, folder.path()).expect("the small guide");
        let guide = Self(folder);
        guide.is_sound();
        guide
    }

    fn is_sound(&self) {
        let sound = "6 pages: includes, editions, stamps and Chinese text are in order\n".to_owned();
        assert_eq!(self.guide("check"), Ok(sound));
    }

    fn read(&self, file: &str) -> String {
        files::read(&self.0.path().join(file)).expect("there")
    }

    fn edit(&self, file: &str, old: &str, new: &str) {
        let text = self.read(file);
        assert_eq!(text.matches(old).count(), 1, "{file}: {old}");
        files::write_if_changed(&self.0.path().join(file), text.replace(old, new).as_bytes()).expect("there");
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("GITHUB_ACTIONS")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .expect("it starts");
        let [said, complaint] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("text"));
        if output.status.success() { Ok(said) } else { Err(complaint) }
    }

    /// What a command prints, or the error that it ends with.
    fn guide(&self, command: &str) -> Result<String, String> {
        self.run(env!("CARGO_BIN_EXE_guide"), &command.split(' ').collect::<Vec<_>>())
    }

    /// What `check` complains of.
    fn complaint(&self) -> String {
        self.guide("check").expect_err("something is wrong")
    }

    fn commit(&self, message: &str) {
        self.run("git", &["add", "--all"]).expect("a change");
        let author = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
        self.run("git", &[&author[..], &["commit", "--quiet", "-m", message]].concat()).expect("a commit");
    }
}

#[test]
fn sync_writes_the_copies_that_differ() {
    let guide = SmallGuide::new();
    let original = guide.read("examples/greet/tokio/src/runtime.rs");
    guide.edit("examples/wave/tokio/src/runtime.rs", &original, "// Another.\n");
    assert!(guide.complaint().contains("wave/tokio/src/runtime.rs: differs from its original"));
    let said = guide.guide("sync").expect("a table in order");
    assert!(said.starts_with("wrote examples/wave/tokio/src/runtime.rs\n"), "{said}");
    assert!(said.ends_with(" copies, 1 of them written\n"), "{said}");
    assert_eq!(guide.read("examples/wave/tokio/src/runtime.rs"), original);
    guide.is_sound();
    assert!(guide.guide("sync").is_ok_and(|said| said.ends_with(" copies, 0 of them written\n")));
}

#[test]
fn sync_complains_of_a_row_for_nothing_after_it_has_written_the_rest() {
    let guide = SmallGuide::new();
    guide.edit("ci/copies.toml", "\"src/runtime.rs\"", "\"src/lost.rs\"");
    let said = guide.guide("sync").expect_err("a row for nothing");
    assert_eq!(said, "ci/copies.toml: nothing is a copy of src/lost.rs of examples/greet/tokio\n");
}

#[test]
fn keep_links_adds_what_is_new_and_takes_nothing_away() {
    let guide = SmallGuide::new();
    for language in ["en", "zh"] {
        guide.edit(&format!("book/{language}/start/other.md"), "{#other}", "{#another}");
        guide.edit(&format!("book/{language}/start/hello.md"), "{#hello}", "{#hi}");
    }
    let list = guide.read("book/permanent.txt");
    assert!(
        guide.complaint().contains("book/permanent.txt: lacks start/hello.html#hi: `ci/just keep-links` adds it")
    );
    assert_eq!(guide.guide("keep-links"), Ok("book/permanent.txt: 2 added\n".to_owned()));
    let kept = guide.read("book/permanent.txt");
    assert!(list.lines().all(|old| kept.lines().any(|line| line == old)), "{kept}");
    assert_eq!(kept.lines().count(), list.lines().count() + 2);
    assert!(kept.lines().is_sorted());
    let gone = "start/other.html#other was published and is gone: it needs a line in [output.html.redirect]";
    assert!(guide.complaint().contains(gone));
    assert_eq!(guide.guide("keep-links"), Ok("book/permanent.txt: 0 added\n".to_owned()));
}

#[test]
fn zh_accept_stamps_a_page_that_was_looked_at() {
    let guide = SmallGuide::new();
    guide.edit("book/en/start/hello.md", "> Text.", "> Other text.");
    guide.edit("book/zh/start/hello.md", "> 文字。", "> 别的文字。");
    assert!(guide.complaint().contains("#hello: its English section has changed since"));
    let accepted = "book/zh/start/hello.md: 2 sections accepted\n".to_owned();
    assert_eq!(guide.guide("zh-accept start/hello"), Ok(accepted.clone()));
    guide.is_sound();
    let text = guide.read("book/zh/start/hello.md");
    assert_eq!(guide.guide("zh-accept start/hello.md"), Ok(accepted));
    assert_eq!(guide.read("book/zh/start/hello.md"), text);
}

#[test]
fn zh_accept_refuses_a_page_or_a_section_that_is_not_there() {
    let guide = SmallGuide::new();
    let said = guide.guide("zh-accept start/lost").expect_err("no page");
    assert_eq!(said, "book/en/start/lost.md: no such page (write it like start/first-app)\n");
    guide.edit("book/zh/start/hello.md", "{#tested-by}", "{#tests}");
    let text = guide.read("book/zh/start/hello.md");
    let said = guide.guide("zh-accept start/hello").expect_err("no section");
    assert!(said.starts_with("book/zh/start/hello.md:") && said.ends_with("has no section #tests\n"), "{said}");
    assert_eq!(guide.read("book/zh/start/hello.md"), text);
}

#[test]
fn zh_later_leaves_a_new_page_to_somebody_who_writes_chinese() {
    let guide = SmallGuide::new();
    let page = guide.0.path().join("book/en/start/new.md");
    files::write_if_changed(&page, b"# New {#new}\n\nText.\n").expect("a page");
    let said = guide.guide("zh-later start/new").expect("a page");
    assert_eq!(
        said,
        "book/zh/start/new.md: 1 section to be written in Chinese\n\
         book/zh/SUMMARY.md: list it there as in book/en/SUMMARY.md\n"
    );
    let chinese = guide.read("book/zh/start/new.md");
    assert!(chinese.starts_with("# New {#new}\n<!-- en: ") && chinese.contains(", to do since new -->\n\nText.\n"));
}

#[test]
fn zh_status_shows_what_has_changed_since_the_stamp() {
    let guide = SmallGuide::new();
    guide.run("git", &["init", "--quiet"]).expect("a repository");
    guide.commit("First");
    assert!(guide.guide("zh-status").is_ok_and(|said| said.starts_with("0 of ")));
    guide.edit("book/en/start/other.md", "{#other}\n\nText.", "{#other}\n\nOther text.");
    guide.commit("Second");
    let said = guide.guide("zh-status").expect("a history");
    let (before, after) = said.split_once("@@").expect("a difference");
    assert_eq!(before, "book/zh/start/other.md:1 #other\n--- English at the stamp\n+++ English now\n");
    assert!(after.contains("\n-Text.\n+Other text.\n"), "{said}");
    assert!(said.contains("\n1 of ") && said.ends_with(" Chinese sections are to be written\n"), "{said}");

    let stamp = guide.read("book/zh/start/other.md").lines().nth(1).expect("a stamp").to_owned();
    guide.edit("book/zh/start/other.md", &stamp, "<!-- en: 0 -->");
    let said = guide.guide("zh-status").expect("a history");
    assert!(said.contains("(no committed English text has this stamp)\n# Other {#other}\n\nOther text.\n"), "{said}");
}

#[test]
fn outside_of_a_guide_nothing_is_done() {
    let guide = SmallGuide::new();
    std::fs::remove_file(guide.0.path().join("book.toml")).expect("there");
    assert!(guide.complaint().ends_with(": not inside the guide's repository (no book.toml)\n"));
}

#[test]
fn mdbook_asks_which_renderers_are_supported_and_nothing_else() {
    let guide = SmallGuide::new();
    assert_eq!(guide.guide("preprocess supports html"), Ok(String::new()));
    let said = guide.guide("preprocess html").expect_err("no question");
    assert_eq!(said, "html: mdBook asks nothing but `supports`\n");
}
