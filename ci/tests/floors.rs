//! Imports go down the floors of `src/`, and no files import each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use guide_ci::repo::files;
use regex::Regex;

/// From the top down.
const FLOORS: [&str; 8] = ["faults", "site", "measure", "verify", "check", "run", "results", "repo"];

/// What each file imports, by `FLOOR/FILE`; a floor itself is its `mod`.
type Arrows = BTreeMap<String, BTreeSet<String>>;

fn arrows() -> Arrows {
    static USE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"crate::((?:\w+::)*)(\{[^;]*\}|\w+)").expect("valid"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let all: BTreeSet<String> = files::within(&source)
        .expect("the sources")
        .iter()
        .map(|file| files::slashed(file).trim_end_matches(".rs").to_owned())
        .filter(|name| name.contains('/'))
        .collect();
    let mut arrows = Arrows::new();
    for name in &all {
        let text = files::read(&source.join(format!("{name}.rs"))).expect("a source");
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut imports = BTreeSet::new();
        for found in USE.captures_iter(product) {
            let names = found[2].trim_matches(['{', '}']).split(',').map(str::trim);
            for last in names {
                let path = format!("{}{last}", &found[1]).replace("::", "/");
                imports.extend(file_of(&path, &all));
            }
        }
        imports.remove(name);
        arrows.insert(name.clone(), imports);
    }
    arrows
}

/// The file that holds what a path such as `repo/page/Page` names; texts of other crates name none.
fn file_of(path: &str, all: &BTreeSet<String>) -> Option<String> {
    Path::new(path).ancestors().find_map(|path| {
        let name = files::slashed(path);
        let names = [name.clone(), format!("{name}/mod")];
        names.into_iter().find(|file| all.contains(file))
    })
}

fn floor(file: &str) -> usize {
    let folder = file.split('/').next().unwrap_or_default();
    let found = FLOORS.iter().position(|floor| *floor == folder);
    found.unwrap_or_else(|| panic!("{folder}: no floor"))
}

#[test]
fn imports_go_down_only() {
    let mut upward = Vec::new();
    for (file, imports) in arrows() {
        for import in imports {
            if floor(&import) < floor(&file) {
                upward.push(format!("{file} imports {import}"));
            }
        }
    }
    assert!(upward.is_empty(), "{}", upward.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut arrows = arrows();
    // A file whose imports are all gone is in no circle; what is left at the end is.
    loop {
        let free: Vec<String> = arrows
            .iter()
            .filter(|(_, imports)| imports.iter().all(|import| !arrows.contains_key(import)))
            .map(|(file, _)| file.clone())
            .collect();
        if free.is_empty() {
            break;
        }
        free.iter().for_each(|file| drop(arrows.remove(file)));
    }
    let left: Vec<&String> = arrows.keys().collect();
    assert!(left.is_empty(), "circles through {left:?}");
}
