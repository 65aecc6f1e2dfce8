//! Whatever is sent: nothing panics, nothing grows without end, and what was made here reads back. The same for
//! tokens, cookies and the directory's answers is beside the sources of each.
//!
//! `PROPTEST_CASES` says how many times each is tried, `PROPTEST_RNG_SEED` with which inputs.

use crate::support::secret;
use portico::{
    model::ReturnTo,
    server::{
        access::{
            ClaimSet, RoleClaims,
            claims::{self, MAX_ENTRIES},
        },
        auth::Transaction,
        secrets::{Keyring, Purpose},
        session::SessionId,
    },
};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, sync::LazyLock};
use url::Url;

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| Keyring::new(&[secret().into()]).expect("a good secret"));

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z]{0,8}(,[a-z]{0,8}){0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 16, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map("[a-z]{0,8}|roles|groups|permissions", inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Claims in which roles and groups may be in any of the places where they are looked for.
fn any_claims() -> impl Strategy<Value = Map<String, Value>> {
    let name = "https://[a-z]{1,4}/(roles|groups|permissions)|roles|groups|permissions|authorization|[a-z:/]{0,12}";
    btree_map(name, any_json(), 0..8).prop_map(|claims| claims.into_iter().collect())
}

proptest! {
    #[test]
    fn a_return_address_stays_on_this_origin(text in prop_oneof![
        any::<String>(),
        "(/|//|\\\\|%2[fF]|%5[cC]|%25|\\.|\\.\\.|@|:|[a-z]|\\?|#|https:){0,12}",
        "/[ -~]{0,40}",
    ]) {
        let base = Url::parse("https://portal.example/callback").expect("an address");
        if let Some(taken) = ReturnTo::parse(&text) {
            prop_assert_eq!(taken.as_str(), &text);
            let url = base.join(&text).expect("an address");
            prop_assert_eq!(url.origin(), base.origin(), "{}", text);
            prop_assert!(text.len() <= ReturnTo::MAX_LENGTH && text.is_ascii());
            let first = url.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
            prop_assert!(!["login", "logout", "callback"].contains(&first));
            prop_assert_eq!(ReturnTo::parse(taken.as_str()), Some(taken));
        }
        let fallback = ReturnTo::parse_or_fallback(Some(&text));
        prop_assert!(fallback.as_str().starts_with('/') && !fallback.as_str().starts_with("//"));
    }

    #[test]
    fn a_session_cookie_reads_back_or_is_nobodys(text in prop_oneof![any::<String>(), "[A-Za-z0-9_-]{40,46}", "[ -~]{43}"]) {
        if let Some(id) = SessionId::parse(&text) {
            prop_assert_eq!(id.to_cookie(), text);
        }
    }

    #[test]
    fn an_attempts_cookie_opens_as_it_was_and_under_its_own_name_alone(
        connection in proptest::option::of("[a-z0-9-]{1,20}"),
        max_age in any::<Option<u32>>(),
        at in any::<proptest::sample::Index>(),
        other in "[a-z.]{1,20}",
    ) {
        let attempt = Transaction::start(&ReturnTo::default(), connection, None, false).with_max_age(max_age);
        let sealed = attempt.seal(&KEYRING, "name").expect("it can be written");
        let opened = Transaction::open(&KEYRING, "name", &sealed).expect("it is ours");
        prop_assert!(opened.has_state(&attempt.state));
        prop_assert_eq!((opened.nonce, opened.connection, opened.max_age), (attempt.nonce, attempt.connection, attempt.max_age));
        prop_assert!(other == "name" || Transaction::open(&KEYRING, &other, &sealed).is_none());
        let at = at.index(sealed.len() - 1);
        let mut forged = sealed.into_bytes();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        prop_assert!(Transaction::open(&KEYRING, "name", str::from_utf8(&forged).expect("ASCII")).is_none());
    }

    #[test]
    fn what_nobody_sealed_does_not_open(bytes in vec(any::<u8>(), 0..300), text in any::<String>()) {
        prop_assert!(KEYRING.open(Purpose::KeptForm, b"place", &bytes).is_none());
        prop_assert!(Transaction::open(&KEYRING, "name", &text).is_none());
    }

    #[test]
    fn any_claims_give_a_bounded_number_of_sound_names(
        namespaced in any_claims(), app_metadata in any_claims(), user_metadata in any_claims(), trusting in any::<bool>(),
    ) {
        let settings = RoleClaims { from_user_metadata: trusting, ..RoleClaims::default() };
        let set = ClaimSet { claims: &namespaced, app_metadata: &app_metadata, user_metadata: &user_metadata };
        let found = claims::read(&set, &settings);
        for entries in [&found.roles, &found.groups, &found.permissions] {
            prop_assert!(entries.len() <= MAX_ENTRIES);
            let names: BTreeSet<_> = entries.iter().map(|entry| &entry.name).collect();
            prop_assert_eq!(names.len(), entries.len(), "each once");
            for entry in entries {
                prop_assert!(!entry.name.is_empty() && !entry.sources.is_empty());
                prop_assert!(!entry.name.chars().any(char::is_control));
            }
        }
        prop_assert!(!found.roles.is_empty(), "there is a default");
        prop_assert_eq!(found, claims::read(&set, &settings), "the same again");
    }
}
