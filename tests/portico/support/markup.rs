//! What others have said stays text on our pages.

use super::Page;

/// Reads the page as a browser does, tag by tag, and checks that nothing said has become markup.
///
/// # Panics
/// When something has.
#[track_caller]
pub fn assert_harmless(page: &Page) {
    let csp = page.header("content-security-policy").expect("a page has a policy");
    let mut rest = page.body.as_str();
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = &comment[comment.find("-->").expect("comments end")..];
            continue;
        }
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let (name, attributes, after) = tag(rest);
        rest = after;
        for (attribute, value) in &attributes {
            assert!(!attribute.starts_with("on"), "<{name} {attribute}={value:?}> runs a script");
            let value = value.trim_start().to_ascii_lowercase();
            // What stands in a field leads nowhere.
            let leads = attribute != "value";
            assert!(!(leads && value.starts_with("javascript:")), "<{name} {attribute}={value:?}> runs a script");
        }
        if name == "script" {
            let end = rest.find("</script").expect("scripts end");
            let (script, after) = rest.split_at(end);
            rest = after;
            let nonce = attributes.iter().find(|(attribute, _)| attribute == "nonce").map(|(_, nonce)| nonce.as_str());
            assert!(
                nonce.is_some_and(|nonce| csp.contains(&format!("'nonce-{nonce}'"))),
                "a script that is not ours: {script}"
            );
            assert!(!script.contains("alert("), "something said is in a script: {script}");
        }
        assert!(
            name != "img" || !attributes.contains(&("src".to_owned(), "x".to_owned())),
            "something said has become a picture"
        );
    }
}

/// The tag's name, its attributes, and what follows it.
fn tag(text: &str) -> (String, Vec<(String, String)>, &str) {
    let is_end = |c: char| c.is_whitespace() || c == '>' || c == '/';
    let (name, mut rest) = text.split_at(text.find(is_end).expect("tags end"));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return (name.to_ascii_lowercase(), attributes, after);
        }
        let (attribute, after) = rest.split_at(rest.find(|c| is_end(c) || c == '=').expect("tags end"));
        rest = after;
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            (value, rest) = match quote {
                Some(quote) => after[1..].split_once(quote).expect("quotes end"),
                None => after.split_at(after.find(is_end).expect("tags end")),
            };
        }
        attributes.push((attribute.to_ascii_lowercase(), value.to_owned()));
    }
}

#[test]
fn the_reader_of_pages_sees_what_a_browser_sees() {
    let (name, attributes, rest) = tag(r#"IMG src=x title="a > b" hidden onerror='alert(1)'/>text"#);
    let expected = [("src", "x"), ("title", "a > b"), ("hidden", ""), ("onerror", "alert(1)")];
    assert_eq!((name.as_str(), rest), ("img", "text"));
    assert!(attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(expected), "{attributes:?}");
}
