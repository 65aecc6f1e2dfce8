//! `docs/security.md` names tests as what shows its claims: it must name all that are here, and none that is not.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn document() -> String {
    read("docs/security.md")
}

/// The tests in a file, by name.
fn tests_in(source: &str) -> impl Iterator<Item = &str> {
    let after_attribute = source.split("#[tokio::test").skip(1).chain(source.split("#[test]").skip(1));
    after_attribute.filter_map(|rest| Some(rest.split_once("fn ")?.1.split_once('(')?.0))
}

/// The text between backticks, line by line.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn the_table_has_every_certification_test_and_no_other() {
    let here = root().join("tests/portico/certification");
    let mut tests = BTreeSet::new();
    for file in fs::read_dir(here).expect("this folder") {
        let path = file.expect("a file").path();
        let module = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        if module != "table" {
            let source = read(&path);
            tests.extend(tests_in(&source).map(|test| format!("certification::{module}::{test}")));
        }
    }
    assert!(tests.len() >= 38, "the tests are found: {tests:#?}");
    let document = document();
    let tables = document.split("\n## ").find(|part| part.starts_with("Certification tests")).expect("the chapter");
    let mut named = BTreeSet::new();
    for row in tables.lines().filter(|line| line.starts_with("| ") && line.contains("`certification::")) {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, provider, portico, test] = cells.as_slice() else { panic!("four cells: {row}") };
        let (name, test) = (name.trim_matches('`'), test.trim_matches('`'));
        assert!(!provider.is_empty() && !portico.is_empty(), "{row}");
        assert_eq!(test.rsplit("::").next(), Some(name.replace('-', "_").as_str()), "the test has the row's name");
        assert!(named.insert(test.to_owned()), "a row twice: {row}");
    }
    assert_eq!(named, tests, "the table of docs/security.md and the tests");
}

#[test]
fn whatever_the_document_points_at_exists() {
    let document = document();
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let mut missing = Vec::new();
    let (mut files, mut tests) = (0, 0);
    for span in code_spans(&document) {
        let segments: Vec<_> = span.split("::").collect();
        if segments.len() > 1 && segments.iter().all(|segment| is_word(segment)) {
            tests += 1;
            let (test, modules) = segments.split_last().expect("there are some");
            let file: PathBuf = ["tests", "portico"].iter().chain(modules).collect();
            let source = fs::read_to_string(root().join(file.with_extension("rs"))).unwrap_or_default();
            if !tests_in(&source).any(|name| name == *test) {
                missing.push(span.to_owned());
            }
        } else if span.contains('/') && Path::new(span).extension().is_some_and(|end| end == "rs" || end == "ts") {
            files += 1;
            if !root().join(span).is_file() {
                missing.push(span.to_owned());
            }
        }
    }
    assert!(tests > 60 && files > 10, "{tests} tests and {files} files are found");
    assert!(missing.is_empty(), "there is no {missing:#?}");
}
