//! The program runs the Python it was built for, and two versions of pyo3 cannot be in one program.

use std::process::{Command, Output};

fn run(command: &mut Command) -> Output {
    command.output().expect("the command starts")
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_versions-tokio"))
}

#[test]
fn the_program_runs_the_python_it_was_built_for() {
    let output = run(&mut program());
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "runs the Python it was built for: true",
            "is CPython: true",
            "the bridge awaits it: True"
        ],
        "{output:?}"
    );
}

#[test]
fn cargo_refuses_a_pyo3_of_another_minor_version_than_the_bridge() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/mixed");
    let output = run(Command::new("cargo").arg("metadata").current_dir(folder));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{output:?}");
    assert!(
        error.contains("Only one package in the dependency graph may specify the same links value"),
        "{error}"
    );
}

#[cfg(target_os = "linux")]
mod standard_library {
    use std::fs::{self, File, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Another installation of the same Python version, whose standard library is empty: its folder of programs.
    fn another_python(prefix: &Path) -> PathBuf {
        let programs = prefix.join("bin");
        fs::create_dir_all(&programs).expect("a folder");
        let python = programs.join("python3");
        File::create(&python).expect("a file");
        fs::set_permissions(&python, Permissions::from_mode(0o755)).expect("a program");
        // By this file Python recognizes a standard library.
        let library = prefix
            .join("lib")
            .join(concat!("python", env!("BUILT_FOR")));
        fs::create_dir_all(&library).expect("a folder");
        File::create(library.join("os.py")).expect("a file");
        programs
    }

    /// Where the Python of the build is installed.
    fn prefix_of_the_build() -> String {
        let python = std::env::var("PYO3_PYTHON").unwrap_or("python3".to_owned());
        let output = run(Command::new(python).args(["-c", "import sys; print(sys.base_prefix)"]));
        String::from_utf8(output.stdout)
            .expect("UTF-8")
            .trim()
            .to_owned()
    }

    #[test]
    fn it_is_that_of_the_first_python3_on_path_unless_pythonhome_names_another() {
        let place = std::env::temp_dir().join(format!("versions-{}", std::process::id()));
        let path = another_python(&place);

        let elsewhere = run(program().env("PATH", &path).env_remove("PYTHONHOME"));
        let told = run(program()
            .env("PATH", &path)
            .env("PYTHONHOME", prefix_of_the_build()));

        fs::remove_dir_all(&place).expect("its own folder");
        let error = String::from_utf8_lossy(&elsewhere.stderr);
        assert!(!elsewhere.status.success(), "{elsewhere:?}");
        assert!(error.contains("No module named 'encodings'"), "{error}");
        assert!(told.status.success(), "{told:?}");
    }
}
