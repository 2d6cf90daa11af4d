# Without `just`: ci/just RECIPE installs it and every other tool, then runs the recipe.
set windows-shell := ["sh", "-c"]

# The program behind the recipes is built apart from the examples, whose Python may change.
guide_target := env("CARGO_TARGET_DIR", "target") / "guide"
guide := guide_target / "debug/guide" + if os_family() == "windows" { ".exe" } else { "" }
# The first build takes minutes, of which cargo shows the progress; the later ones say nothing.
quiet := if path_exists(guide) == "true" { "--quiet" } else { "" }

# Builds here are verified, not debugged: without debug information they take less time, and share what is the same.
export CARGO_PROFILE_DEV_DEBUG := "0"

[private]
default:
    @just --justfile {{justfile()}} --list --unsorted

# build both languages with the search index, serve them and open the guide
open *ARGUMENTS: build
    @python ci/serve.py {{ARGUMENTS}}

# build the site of both languages into target/site
build: _guide
    @{{guide}} build

# build the site with a PDF of each language, which needs Node and Chromium
pdf: _guide
    @npm --prefix ci/site ci --silent
    @{{guide}} build --pdf

# build and run every example and every block of the pages, or those of one TOPIC or crate; --fresh also what is kept
test-examples *CHOICE: _guide
    @{{guide}} test-examples {{CHOICE}}

# the Rust checks on another Markdown FILE, with `--deps NAME@VERSION[:FEATURE,FEATURE] ...`
[positional-arguments]
verify-file FILE *OPTIONS: _guide
    @{{guide}} verify-file "$@"

# each crate's folder alone, copied to an empty place, without a lock file: builds and passes
test-alone *SHARE: _guide
    @{{guide}} test-alone {{SHARE}}

# test-examples on every CPython from 3.9 to 3.15, or on those named 3.N, 3.Nt without the GIL; one elsewhere as VERSION=COMMAND; `--topic TOPIC` and `--only STEP` first: that part
[positional-arguments]
test-matrix *OTHERS: _guide
    @{{guide}} test-matrix "$@"

# the tests of every crate with uvloop's event loops in the place of asyncio's
test-uvloop *SHARE: _guide
    @{{guide}} test-uvloop {{SHARE}}

# exits of each native module, or of one TOPIC or crate, all clean, and the other long tests (`--uvloop`: on its loops)
stress EXITS="200" *CHOICE: _guide
    @{{guide}} stress {{EXITS}} {{CHOICE}}

# measure what a crossing costs, in one run of some minutes, and write ci/bench.toml
bench: _guide
    @{{guide}} bench

# the quick ones: format, lints, tests of the checks, pages, editions, links
check: _guide
    @{{guide}} check
    @{{guide}} lint
    @CARGO_TARGET_DIR={{guide_target}} cargo test --quiet --package guide-ci
    @{{guide}} build
    @{{guide}} links

# the built site in headless Chromium: search, language switch, tabs, keyboard, accessibility
test-site *SHARE: _guide
    @npm --prefix ci/site ci --silent
    @{{guide}} test-site {{SHARE}}

# plant each fault of ci/faults.toml in a copy, or those of a KIND, with WORDS in their name: every one must be caught
[positional-arguments]
prove *KIND_AND_WORDS: _guide
    @{{guide}} prove "$@"

# how long the checks and the site take, and how both grow with the pages; --cold takes 20 minutes more
bench-guide *COLD: _guide
    @{{guide}} bench-guide {{COLD}}

# rewrite the captured outputs (of one topic or crate) with what comes now
bless *TOPIC: _guide
    @{{guide}} bless {{TOPIC}}

# add every page and section to the list of addresses that must stay
keep-links: _guide
    @{{guide}} keep-links

# how long the sentences of each page are, or which of one PAGE (such as start/first-app) are short
sentences *PAGE: _guide
    @{{guide}} sentences {{PAGE}}

# Chinese sections whose English changed, with what changed
zh-status: _guide
    @{{guide}} zh-status

# stamp the Chinese PAGE (such as start/first-app) after looking at it again
zh-accept PAGE: _guide
    @{{guide}} zh-accept {{PAGE}}

# leave the Chinese of a PAGE (such as start/first-app) to somebody who writes it: the checks pass, zh-status lists it
zh-later PAGE: _guide
    @{{guide}} zh-later {{PAGE}}

# make a project of your own in FOLDER from an EXAMPLE such as native-module/tokio, with `--name NAME`
[positional-arguments]
copy EXAMPLE FOLDER *NAME: _guide
    @GUIDE_FROM='{{invocation_directory_native()}}' {{guide}} copy "$@"

# copy a module and a program as `copy` does (or only NAME): both build and pass, and so do blocks of five pages in one module
test-copies *NAME: _guide
    @{{guide}} test-copies {{NAME}}

# write the files that are copies of others, by ci/copies.toml
sync: _guide
    @{{guide}} sync

# start examples/TOPIC/VARIANT from a rust-app or a native-module
new-example TOPIC VARIANT="tokio" KIND="rust-app": _guide
    @{{guide}} new-example {{TOPIC}} {{VARIANT}} {{KIND}}

_guide:
    @CARGO_TARGET_DIR={{guide_target}} cargo build {{quiet}} --package guide-ci
