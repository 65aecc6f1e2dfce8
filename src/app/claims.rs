//! Claims and metadata, made ready to be read by people.
//!
//! What a sign-in service sends is any JSON: deep, long, empty, or written by somebody who wishes
//! harm. Here it becomes a small tree of bounded size; nothing is interpreted, everything is text.

use super::format::{count, label};
use serde_json::{Map, Value};

/// Longer texts than this are folded, in characters.
const FOLD_AFTER: usize = 240;
/// What is seen of a folded text, in characters.
const PREVIEW: usize = 96;
/// Longer names than this are cut, in characters.
const LONGEST_NAME: usize = 80;
/// Values nested deeper than this are shown as JSON.
const DEEPEST: usize = 4;
/// Lists and groups of fields show this many entries; the raw JSON has them all.
const MOST_ENTRIES: usize = 100;

/// A claim: its name and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The name in plain words.
    pub label: String,
    /// The name as it came, where it says more than the label.
    pub name: Option<String>,
    /// The value.
    pub value: ClaimValue,
}

/// A value, by the way it is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimValue {
    /// `null`, an empty text, an empty list or an empty object.
    Nothing,
    /// A text of reasonable length, a number, or yes or no.
    Text(String),
    /// A text too long to be shown at once.
    Long(LongText),
    /// A list of short texts.
    Tags(Vec<String>, Rest),
    /// Any other list.
    List(Vec<ClaimValue>, Rest),
    /// An object.
    Fields(Vec<Claim>, Rest),
}

/// A text that is shown folded.
#[derive(Clone, Debug, PartialEq)]
pub struct LongText {
    /// How it begins.
    pub preview: String,
    /// All of it.
    pub text: String,
    /// How long it is, in words.
    pub length: String,
}

/// How many entries were left out.
pub type Rest = usize;

/// All claims of an object, in the order in which they stand there.
pub fn read(claims: &Map<String, Value>) -> Vec<Claim> {
    claims.iter().map(|(name, value)| read_claim(name, value, 0)).collect()
}

/// The claims whose name is an URL, which is how an organisation adds its own, and all the others.
pub fn read_namespaced_and_others(claims: &Map<String, Value>) -> (Vec<Claim>, Vec<Claim>) {
    claims.iter().map(|(name, value)| (name.contains("://"), read_claim(name, value, 0))).fold(
        (Vec::new(), Vec::new()),
        |(mut namespaced, mut others), (is_namespaced, claim)| {
            if is_namespaced { &mut namespaced } else { &mut others }.push(claim);
            (namespaced, others)
        },
    )
}

fn read_claim(name: &str, value: &Value, depth: usize) -> Claim {
    let name = cut(name, LONGEST_NAME);
    let label = label(&name);
    let says_more = name.contains("://");
    Claim { label, name: says_more.then_some(name), value: read_value(value, depth) }
}

fn read_value(value: &Value, depth: usize) -> ClaimValue {
    match value {
        Value::Null => ClaimValue::Nothing,
        Value::Bool(true) => ClaimValue::Text("Yes".into()),
        Value::Bool(false) => ClaimValue::Text("No".into()),
        Value::Number(number) => ClaimValue::Text(number.to_string()),
        Value::String(text) => read_text(text),
        Value::Array(list) if list.is_empty() => ClaimValue::Nothing,
        Value::Object(fields) if fields.is_empty() => ClaimValue::Nothing,
        Value::Array(_) | Value::Object(_) if depth >= DEEPEST => read_text(&value.to_string()),
        Value::Array(list) => read_list(list, depth),
        Value::Object(fields) => ClaimValue::Fields(
            fields.iter().take(MOST_ENTRIES).map(|(name, value)| read_claim(name, value, depth + 1)).collect(),
            fields.len().saturating_sub(MOST_ENTRIES),
        ),
    }
}

/// A text: as it is, folded, or nothing.
pub fn read_text(text: &str) -> ClaimValue {
    if text.trim().is_empty() {
        return ClaimValue::Nothing;
    }
    match text.char_indices().nth(FOLD_AFTER) {
        None => ClaimValue::Text(text.to_owned()),
        Some(_) => ClaimValue::Long(LongText {
            preview: cut(text, PREVIEW),
            text: text.to_owned(),
            length: format!("{} characters", count(text.chars().count())),
        }),
    }
}

fn read_list(list: &[Value], depth: usize) -> ClaimValue {
    let rest = list.len().saturating_sub(MOST_ENTRIES);
    let values: Vec<_> = list.iter().take(MOST_ENTRIES).map(|value| read_value(value, depth + 1)).collect();
    let is_short = |value: &ClaimValue| matches!(value, ClaimValue::Text(text) if text.len() <= LONGEST_NAME);
    if !values.iter().all(is_short) {
        return ClaimValue::List(values, rest);
    }
    let tags = values.into_iter().filter_map(|value| match value {
        ClaimValue::Text(text) => Some(text),
        _ => None,
    });
    ClaimValue::Tags(tags.collect(), rest)
}

/// The first `length` characters, with an ellipsis when there are more.
fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        None => text.to_owned(),
        // A character begins at `end`.
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(json: Value) -> ClaimValue {
        read_value(&json, 0)
    }

    fn text(text: &str) -> ClaimValue {
        ClaimValue::Text(text.into())
    }

    #[test]
    fn simple_values_become_words() {
        assert_eq!(value(json!(true)), text("Yes"));
        assert_eq!(value(json!(false)), text("No"));
        assert_eq!(value(json!(12.5)), text("12.5"));
        assert_eq!(value(json!("<b>")), text("<b>"));
        for nothing in [json!(null), json!(""), json!("  "), json!([]), json!({})] {
            assert_eq!(value(nothing), ClaimValue::Nothing);
        }
    }

    #[test]
    fn a_list_of_short_texts_becomes_tags_and_any_other_a_list() {
        assert_eq!(value(json!(["a", 7])), ClaimValue::Tags(vec!["a".into(), "7".into()], 0));
        assert_eq!(
            value(json!(["a", null, { "name": "b" }])),
            ClaimValue::List(
                vec![
                    text("a"),
                    ClaimValue::Nothing,
                    ClaimValue::Fields(vec![Claim { label: "Name".into(), name: None, value: text("b") }], 0)
                ],
                0
            )
        );
    }

    #[test]
    fn a_long_text_is_folded_between_characters() {
        let ClaimValue::Long(long) = value(json!("مرحبا ".repeat(1000))) else { panic!("not folded") };
        assert_eq!(long.preview.chars().count(), PREVIEW + 1);
        assert!(long.preview.ends_with('…'));
        assert_eq!(long.length, "6,000 characters");
        assert_eq!(long.text.chars().count(), 6000);
        assert_eq!(value(json!("a".repeat(FOLD_AFTER))), text(&"a".repeat(FOLD_AFTER)));
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let mut deep = json!("end");
        for _ in 0..100 {
            deep = json!({ "a": deep });
        }
        let mut levels = 0;
        let mut at = value(deep);
        while let ClaimValue::Fields(fields, _) = at {
            levels += 1;
            at = fields.into_iter().next().unwrap().value;
        }
        assert_eq!(levels, DEEPEST);
        assert!(matches!(at, ClaimValue::Long(long) if long.text.starts_with(r#"{"a":{"a""#)));

        let ClaimValue::Tags(tags, rest) = value(json!(vec!["a"; MOST_ENTRIES + 5])) else { panic!("no tags") };
        assert_eq!((tags.len(), rest), (MOST_ENTRIES, 5));
    }

    #[test]
    fn names_that_are_urls_stand_apart_and_keep_the_whole_name() {
        let claims = json!({ "https://portico.example/roles": ["admin"], "groups": ["a"] });
        let (namespaced, others) = read_namespaced_and_others(claims.as_object().unwrap());
        assert_eq!(namespaced[0].label, "Roles");
        assert_eq!(namespaced[0].name.as_deref(), Some("https://portico.example/roles"));
        assert_eq!((others[0].label.as_str(), &others[0].name), ("Groups", &None));
    }

    #[test]
    fn a_name_of_any_length_is_cut() {
        let claims = json!({ "x".repeat(5000): 1 });
        assert_eq!(read(claims.as_object().unwrap())[0].label.chars().count(), LONGEST_NAME + 1);
    }
}
