//! The checks of the guide, its tests and its site. The program behind the recipes of the justfile is `main.rs`.
//!
//! Each folder is a floor, and imports go down only: `faults`, `site`, `measure`, `verify`, `check`, `run`,
//! `results`, `repo`. To follow a block from Markdown to its verdict, read `ci/README.md`.

pub mod check;
pub mod faults;
pub mod measure;
pub mod repo;
pub mod results;
pub mod run;
pub mod site;
pub mod verify;
