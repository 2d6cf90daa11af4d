//! Output as the guide shows it: what differs between machines and Pythons is made equal.

use std::path::Path;

use similar::TextDiff;

use crate::repo::pattern::Pattern;

static PROGRESS: Pattern = Pattern::of(concat!(
    r"^\s*(Compiling|Finished|Running|Downloading|Downloaded|Updating|Locking|Adding|Blocking|Removing|Checking|Dirty|Fresh) .*$",
    r"|^(🍹|🐍|🔗|📦|✏️|📡|🎯|⚠️) .*$",
));
static MARKERS: Pattern = Pattern::of(r"^ +[~^][~^ ]*$");
static FRAME: Pattern = Pattern::of(r#"^  File "([^"]*)""#);
/// Where Python keeps its own modules and those that are installed.
static LIBRARY: Pattern = Pattern::of(r"/[^\s:'\[\]()]*/lib(?:64)?/python3\.\d+t?/(?:site-packages/)?");
/// What is replaced in each line, and by what.
static REPLACED: [(Pattern, &str); 4] = [
    (Pattern::of(r"\b0x[0-9a-fA-F]{6,}"), "0x..."),
    // The number of a thread that panicked, which newer compilers print.
    (Pattern::of(r"^(thread '.*') \(\d+\) (panicked at )"), "$1 $2"),
    // Where cargo keeps the sources of a dependency.
    (Pattern::of(r"(?:[A-Za-z]:)?[^\s`']*[/\\]registry[/\\]src[/\\][^/\\]+[/\\]"), ""),
    // A warning that no line of Python caused has the place that newer Pythons give it.
    (Pattern::of("^sys:1: "), "<sys>:0: "),
];

/// What stands for lines that are not the same on every machine.
const LEFT_OUT: &str = "...";

/// The output as the guide shows it. Beside what is replaced in each line, file names lose the crate's folder and
/// that of Python's library; the markers that newer Pythons draw under a line are left out; traceback frames outside
/// of the crate become one line of three dots, and so does progress, if the command line names cargo or maturin.
pub fn shown(text: &str, folder: &Path, command: &str) -> String {
    let builds = ["cargo", "maturin"].iter().any(|tool| command.contains(tool));
    let mut lines: Vec<String> = Vec::new();
    let mut outside = false;
    for line in without_folder(text, folder).lines() {
        let mut line = line.trim_end().to_owned();
        for (pattern, by) in &REPLACED {
            line = pattern.replace_all(&line, *by).into_owned();
        }
        if let Some(frame) = FRAME.captures(&line) {
            outside = frame[1].starts_with('<') || Path::new(&frame[1]).is_absolute();
        } else if !line.starts_with("    ") {
            outside = false;
        }
        line = LIBRARY.replace_all(&line, "").into_owned();
        if MARKERS.is_match(&line) && !lines.is_empty() {
            continue;
        }
        if outside || builds && PROGRESS.is_match(&line) {
            line = LEFT_OUT.to_owned();
        }
        if line != LEFT_OUT || lines.last().is_none_or(|last| last != LEFT_OUT) {
            lines.push(line);
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn without_folder(text: &str, folder: &Path) -> String {
    let mut text = text.to_owned();
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    for folder in [folder, &real] {
        for separator in ['/', '\\'] {
            text = text.replace(&format!("{}{separator}", folder.display()), "");
        }
    }
    text
}

/// Expected and actual text, line by line.
pub fn difference(expected: &str, came: &str) -> String {
    TextDiff::from_lines(expected, came).unified_diff().header("expected", "came").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &str = r#"   Compiling a v0.1.0 (/x/y)
    Finished `dev` profile in 0.1s
🛠 Installed sleeper-0.1.0
Traceback (most recent call last):
  File "/x/y/task.py", line 10, in <module>
    asyncio.run(main())
    ~~~~~~~~~~~^^^^^^^^
  File "/usr/lib/python3.13/asyncio/runners.py", line 190, in run
    return runner.run(main)
           ^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.13/asyncio/base_events.py", line 653, in run_until_complete
    return future.result()
  File "/x/y/task.py", line 7, in main
    await thing
TypeError: got <Future at 0x7f6bfee0a140>
"#;

    #[test]
    fn what_differs_between_machines_is_left_out() {
        let expected = r#"...
🛠 Installed sleeper-0.1.0
Traceback (most recent call last):
  File "task.py", line 10, in <module>
    asyncio.run(main())
...
  File "task.py", line 7, in main
    await thing
TypeError: got <Future at 0x...>
"#;
        assert_eq!(shown(RAW, Path::new("/x/y"), "cargo run"), expected);
    }

    #[test]
    fn a_panic_loses_the_number_of_its_thread() {
        let text = "\nthread 'main' (4711) panicked at src/main.rs:3:5:\nno\n";
        let expected = "\nthread 'main' panicked at src/main.rs:3:5:\nno\n";
        assert_eq!(shown(text, Path::new("/x/y"), ""), expected);
        assert_eq!(shown(expected, Path::new("/x/y"), ""), expected);
    }

    #[test]
    fn a_panic_in_a_dependency_loses_cargos_folder() {
        let text = "thread 'a' panicked at /home/x/.cargo/registry/src/host-0123/dep-1.0.0/src/b.rs:1:2:\n";
        let expected = "thread 'a' panicked at dep-1.0.0/src/b.rs:1:2:\n";
        assert_eq!(shown(text, Path::new("/x/y"), ""), expected);
    }

    #[test]
    fn a_file_of_python_loses_the_folder_of_its_library() {
        let text = "cb=[done() at /usr/lib/python3.11/asyncio/base_events.py:180]\n\
            /a/venv/lib/python3.13t/site-packages/plugin.py:576: in runtest\n/usr/lib64/python3.9/queue.py:1: in get\n";
        let expected = "cb=[done() at asyncio/base_events.py:180]\nplugin.py:576: in runtest\nqueue.py:1: in get\n";
        assert_eq!(shown(text, Path::new("/x/y"), ""), expected);
    }

    #[test]
    fn a_warning_from_nowhere_is_the_same_on_every_python() {
        let text = "sys:1: RuntimeWarning: no\n";
        assert_eq!(shown(text, Path::new("/x/y"), ""), "<sys>:0: RuntimeWarning: no\n");
    }

    #[test]
    fn other_output_stays_as_it_is() {
        let text = "one\n  two\n\n    four ^ spaces\n";
        assert_eq!(shown(text, Path::new("/x/y"), ""), text);
    }

    #[test]
    fn what_looks_like_cargos_progress_is_a_programs_own_where_cargo_does_not_run() {
        let text = "Finished in 3 s
";
        assert_eq!(shown(text, Path::new("/x/y"), "python3 a.py"), text);
        assert_eq!(
            shown(text, Path::new("/x/y"), "cargo run"),
            "...
"
        );
    }
}
