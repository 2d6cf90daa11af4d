//! `guide`: the command line, and the exit code.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Parser};

use guide_ci::check::{addresses, copies, sentences, stamps};
use guide_ci::measure::{bench, bench_guide, copies as copied, copy_out, matrix, stress, uvloop};
use guide_ci::repo::page::LANGUAGES;
use guide_ci::repo::today::Share;
use guide_ci::repo::{Repo, files};
use guide_ci::run::command;
use guide_ci::run::project::Project;
use guide_ci::verify::{Choice, bless, lint, verify_file};

/// Checks, tests and builds the guide. `ci/just` makes a machine ready for it and has a recipe for each command.
#[derive(Parser)]
#[command(name = "guide")]
enum Command {
    /// Build and run every example and every block of the pages.
    TestExamples(Choice),
    /// The Rust checks on another Markdown file.
    VerifyFile {
        file: String,
        /// What its blocks need: NAME@VERSION[:FEATURE,FEATURE] ...
        #[arg(long, num_args = 1..)]
        deps: Vec<String>,
    },
    /// Each crate's folder alone, without a lock file: builds and passes.
    TestAlone(Days),
    /// test-examples on every CPython from 3.9 to 3.15 that is here.
    TestMatrix {
        #[command(flatten)]
        wanted: matrix::Wanted,
        #[command(flatten)]
        days: Days,
    },
    /// The tests of every crate with uvloop's event loops.
    TestUvloop(Days),
    /// Exits of each native module, all clean, and the other long tests.
    Stress {
        /// How many exits of each program.
        exits: String,
        /// A topic, or a crate such as native-module/tokio; all without it.
        choice: Option<String>,
        /// On uvloop's event loops.
        #[arg(long)]
        uvloop: bool,
    },
    /// Measure what a crossing costs and write ci/bench.toml.
    Bench,
    /// The checks that need no build.
    Check,
    /// Format and lints of every workspace.
    Lint,
    /// Every link of the built site.
    Links,
    /// Plant each fault of ci/faults.toml, or those of a kind: every one must be caught.
    Prove {
        kind: Option<String>,
        /// Words of the fault's name.
        words: Vec<String>,
        #[command(flatten)]
        days: Days,
    },
    /// How long the checks and the site take.
    BenchGuide {
        /// Also from an empty target folder.
        #[arg(long)]
        cold: bool,
    },
    /// Rewrite the captured outputs, of one topic or all, with what comes now.
    Bless {
        topic: Option<String>,
        /// Keep the captures and write ones that count from this Python on.
        #[arg(long)]
        from_this_python: bool,
    },
    /// Add every page and section to the list of addresses that must stay.
    KeepLinks,
    /// How long the sentences of each page are, or which of one PAGE, such as start/first-app, are short.
    Sentences { page: Option<String> },
    /// Chinese sections whose English changed, with what changed.
    ZhStatus,
    /// Stamp a Chinese page, such as start/first-app, after it was looked at.
    ZhAccept { page: String },
    /// Leave the Chinese of a page, such as start/first-app, to somebody who writes it.
    ZhLater { page: String },
    /// Make a project of a reader's own from an example.
    Copy {
        example: String,
        folder: String,
        #[arg(long)]
        name: Option<String>,
    },
    /// Copy a module and a program as `copy` does: both build and pass.
    TestCopies { name: Option<String> },
    /// Write the files that are copies of others.
    Sync,
    /// Start an example from a rust-app or a native-module.
    NewExample { topic: String, variant: String, kind: String },
    /// Build the site of both languages.
    Build {
        /// With a PDF of each language.
        #[arg(long)]
        pdf: bool,
    },
    /// The site, with its PDFs, in headless Chromium.
    TestSite(Days),
    /// mdBook's preprocessor: the book comes on standard input.
    Preprocess {
        /// `supports RENDERER`, which mdBook asks first.
        question: Vec<String>,
    },
}

/// What is long may have its turn within some days.
#[derive(Args)]
struct Days {
    /// Only what has its turn today, of what takes this many days.
    #[arg(long, value_name = "DAYS", default_value = "1", hide_default_value = true, value_parser = Share::of_today)]
    share: Share,
}

fn main() -> ExitCode {
    match run(Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    command::end_all_on_ctrl_c()?;
    let root = files::root()?;
    let project = || Project::find(&root);
    let repo = || Repo::load(&root);
    match command {
        Command::TestExamples(choice) => guide_ci::verify::test_examples(project()?, &choice),
        Command::VerifyFile { file, deps } => verify_file::verify_file(&project()?, &file, &deps),
        Command::TestAlone(days) => copied::test_alone(&project()?, days.share),
        Command::TestMatrix { wanted, days } => matrix::test_matrix(&root, &wanted, days.share),
        Command::TestUvloop(days) => uvloop::test_uvloop(&project()?, days.share),
        Command::Stress { exits, choice, uvloop } => stress::stress(&project()?, &exits, choice.as_deref(), uvloop),
        Command::Bench => bench::bench(&project()?),
        Command::Check => guide_ci::check::check(&repo()?),
        Command::Lint => lint::lint(&project()?),
        Command::Links => guide_ci::site::links(&root),
        Command::Prove { kind, words, days } => {
            guide_ci::faults::prove(&project()?, kind.as_deref(), &words.join(" "), days.share)
        }
        Command::BenchGuide { cold } => bench_guide::bench_guide(&project()?, cold),
        Command::Bless { topic, from_this_python } => bless::bless(&project()?, topic.as_deref(), from_this_python),
        Command::KeepLinks => addresses::keep(&repo()?),
        Command::Sentences { page: Some(page) } => sentences::short_of(&repo()?, &page),
        Command::Sentences { page: None } => {
            sentences::report(&repo()?);
            Ok(())
        }
        Command::ZhStatus => stamps::print_status(&repo()?),
        Command::ZhAccept { page } => stamps::accept(&repo()?, &page),
        Command::ZhLater { page } => stamps::leave_for_later(&repo()?, &page),
        Command::Copy { example, folder, name } => copy_out::copy(&project()?, &example, &folder, name.as_deref()),
        Command::TestCopies { name } => copied::test_copies(&project()?, name.as_deref()),
        Command::Sync => copies::sync(&repo()?),
        Command::NewExample { topic, variant, kind } => copy_out::new_example(&project()?, &topic, &variant, &kind),
        Command::Build { pdf } => guide_ci::site::build(&repo()?, if pdf { &LANGUAGES } else { &[] }),
        Command::TestSite(days) => guide_ci::site::browser::test(&project()?, days.share),
        Command::Preprocess { question } => match question.first().map(String::as_str) {
            None => guide_ci::site::preprocess::preprocess(&repo()?),
            // All renderers are.
            Some("supports") => Ok(()),
            Some(other) => bail!("{other}: mdBook asks nothing but `supports`"),
        },
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parsed(words: &str) -> Option<Command> {
        let words = std::iter::once("guide").chain(words.split(' '));
        Command::try_parse_from(words).ok()
    }

    #[test]
    fn every_command_is_well_defined() {
        Command::command().debug_assert();
    }

    #[test]
    fn bless_takes_one_topic_and_its_flag_in_any_place_and_refuses_the_rest() {
        for words in ["bless a --from-this-python", "bless --from-this-python a"] {
            let Some(Command::Bless { topic, from_this_python }) = parsed(words) else {
                panic!("{words} is refused");
            };
            assert_eq!((topic.as_deref(), from_this_python), (Some("a"), true));
        }
        assert!(parsed("bless a b").is_none() && parsed("bless a --rewrite").is_none());
    }

    #[test]
    fn what_test_examples_cannot_do_is_refused() {
        assert!(parsed("test-examples a/tokio --only pytest --fresh").is_some());
        for words in ["--only pytest", "a --rust-blocks", "a b"] {
            assert!(parsed(&format!("test-examples {words}")).is_none(), "{words}");
        }
    }

    #[test]
    fn a_share_is_a_number_of_days() {
        for (words, all) in [("test-alone", true), ("test-alone --share 1", true), ("test-alone --share 3", false)] {
            let Some(Command::TestAlone(days)) = parsed(words) else {
                panic!("{words} is refused");
            };
            assert_eq!(days.share.is_all(), all, "{words}");
        }
        assert!(parsed("test-alone --share none").is_none() && parsed("test-alone --share 0").is_none());
    }
}
