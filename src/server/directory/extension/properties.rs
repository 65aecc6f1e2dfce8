//! Whatever the extension answers.

use super::*;
use crate::server::auth::any_json;
use proptest::{collection::vec, prelude::*};

/// An entry that is nearly right.
fn entry() -> impl Strategy<Value = Value> {
    const NAMES: &[&str] = &["_id", "name", "description", "applicationId", "permissions", "nested", "roles"];
    vec((proptest::sample::select(NAMES), any_json()), 0..3).prop_map(|changes| {
        let mut entry = json!({ "_id": "1", "name": "n", "description": "d", "applicationId": "a", "permissions": ["p"],
            "nested": ["g"], "roles": ["r"] });
        for (name, value) in changes {
            entry[name] = value;
        }
        entry
    })
}

proptest! {
    #[test]
    fn each_entry_is_read_or_counted(entries in vec(prop_oneof![entry(), any_json()], 0..20)) {
        let mut dropped = 0;
        let roles = shape::each(&entries, &mut dropped, listed_role);
        prop_assert_eq!(roles.len() + dropped, entries.len());
        for listed in &roles {
            prop_assert!(!listed.role.name.trim().is_empty() && listed.role.name.chars().count() <= 256);
            prop_assert!(!listed.role.name.chars().any(char::is_control));
            let texts = [&listed.role.id, &listed.application].into_iter().chain(&listed.permissions);
            for id in texts {
                prop_assert!((1..=shape::LONGEST_ID).contains(&id.len()));
            }
            let description = listed.role.description.as_deref().unwrap_or_default();
            prop_assert!(description.chars().count() <= 1001 && !description.chars().any(char::is_control));
        }
        let mut dropped = 0;
        prop_assert_eq!(shape::each(&entries, &mut dropped, group).len() + dropped, entries.len());
    }

    #[test]
    fn any_answer_is_a_list_or_an_error_that_quotes_nothing(body in any_json(), marker in "[a-z]{12}") {
        for body in [body.clone(), json!({ "roles": body.clone(), "total": body.clone() }), json!({ marker.clone(): body })] {
            match shape::list(body.clone(), "roles") {
                Ok(list) => prop_assert!(body.is_array() || body["roles"].as_array() == Some(&list.entries)),
                Err(error) => prop_assert!(!error.contains(&marker)),
            }
        }
    }
}
