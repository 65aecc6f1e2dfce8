use super::*;
use serde_json::json;

struct Said {
    claims: Map<String, Value>,
    app_metadata: Map<String, Value>,
    user_metadata: Map<String, Value>,
}

fn said(claims: Value, app_metadata: Value, user_metadata: Value) -> Said {
    let map = |value| serde_json::from_value(value).expect("an object");
    Said { claims: map(claims), app_metadata: map(app_metadata), user_metadata: map(user_metadata) }
}

impl Said {
    fn read(&self, settings: &RoleClaims) -> Found {
        let set =
            ClaimSet { claims: &self.claims, app_metadata: &self.app_metadata, user_metadata: &self.user_metadata };
        read(&set, settings)
    }
}

fn no_default() -> RoleClaims {
    RoleClaims { default_role: None, ..RoleClaims::default() }
}

fn claim(name: &str) -> Source {
    Source::Claim(name.to_owned())
}

fn names(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.name.as_str()).collect()
}

fn dropped(reasons: &[(DropReason, usize)]) -> Dropped {
    Dropped { count: reasons.iter().map(|(_, count)| count).sum(), reasons: reasons.iter().copied().collect() }
}

#[test]
fn the_legacy_rules_three_copies_become_one_list_that_knows_all_of_them() {
    let found = said(
        json!({
            "https://portico.example/groups": ["Platform", "engineering", "Everyone"],
            "groups": ["Everyone", "Platform"],
            "authorization": {"groups": ["Platform", "Platform", "Finance"]},
        }),
        json!({"authorization": {"groups": ["Platform"]}, "groups": ["not read from here"]}),
        json!({"groups": ["nor from here"], "authorization": {"groups": ["nor here"]}}),
    )
    .read(&no_default());
    let namespaced = claim("https://portico.example/groups");
    assert_eq!(
        found.groups,
        [
            Entry { name: "engineering".into(), sources: vec![namespaced.clone()] },
            Entry { name: "Everyone".into(), sources: vec![namespaced.clone(), claim("groups")] },
            Entry { name: "Finance".into(), sources: vec![claim("authorization.groups")] },
            Entry {
                name: "Platform".into(),
                sources: vec![
                    namespaced,
                    claim("groups"),
                    claim("authorization.groups"),
                    Source::AppMetadata("authorization.groups".into()),
                ],
            },
        ]
    );
    assert!(found.dropped.is_empty());
}

#[test]
fn each_place_for_roles_is_read_alone_and_as_a_string_or_a_list() {
    let places: [(Value, Value, Source); 5] = [
        (json!({"https://a.example/x/roles": "$"}), json!({}), claim("https://a.example/x/roles")),
        (json!({"roles": "$"}), json!({}), claim("roles")),
        (json!({"authorization": {"roles": "$"}}), json!({}), claim("authorization.roles")),
        (json!({}), json!({"roles": "$"}), Source::AppMetadata("roles".into())),
        (json!({}), json!({"authorization": {"roles": "$"}}), Source::AppMetadata("authorization.roles".into())),
    ];
    for (claims, app_metadata, source) in places {
        for value in [r#""admin""#, r#"["admin"]"#, r#"["admin", "admin"]"#] {
            let fill = |place: &Value| serde_json::from_str(&place.to_string().replace(r#""$""#, value)).unwrap();
            let found = said(fill(&claims), fill(&app_metadata), json!({})).read(&no_default());
            assert_eq!(found.roles, [Entry { name: "admin".into(), sources: vec![source.clone()] }], "{value}");
        }
    }
}

#[test]
fn a_string_is_one_name_whatever_it_holds() {
    let found = said(json!({"roles": "admin,viewer manager"}), json!({}), json!({})).read(&no_default());
    assert_eq!(names(&found.roles), ["admin,viewer manager"]);
}

#[test]
fn user_metadata_gives_roles_only_to_those_who_opted_in() {
    let mallory = said(json!({}), json!({}), json!({"roles": ["admin"]}));
    assert_eq!(mallory.read(&no_default()).roles, []);
    let opted_in = RoleClaims { from_user_metadata: true, ..no_default() };
    assert_eq!(
        mallory.read(&opted_in).roles,
        [Entry { name: "admin".into(), sources: vec![Source::UserMetadata("roles".into())] }]
    );
    assert!(!RoleClaims::default().from_user_metadata);
}

#[test]
fn configured_claims_are_read_in_place_of_all_namespaced_ones() {
    let person = said(
        json!({"https://a.example/roles": ["a"], "https://b.example/roles": ["b"], "job": "c", "roles": ["d"]}),
        json!({}),
        json!({}),
    );
    assert_eq!(names(&person.read(&no_default()).roles), ["a", "b", "d"]);
    let settings = |configured: &[&str]| RoleClaims {
        namespaced: Some(configured.iter().map(|name| name.to_string()).collect()),
        ..no_default()
    };
    assert_eq!(names(&person.read(&settings(&["https://b.example/roles", "job", "none"])).roles), ["b", "c", "d"]);
    assert_eq!(names(&person.read(&settings(&[])).roles), ["d"]);
    let twice = person.read(&settings(&["roles", "roles"]));
    assert_eq!(twice.roles[0].sources, [claim("roles")], "a claim that is configured and read anyway counts once");
}

#[test]
fn only_https_names_that_end_in_the_kind_are_namespaced() {
    for name in ["https://a/roles", "https://a.example/b/c/roles", "https://a.example//roles"] {
        assert!(is_namespaced(name, "roles"), "{name}");
    }
    for name in [
        "roles",
        "/roles",
        "https://roles",
        "https:///roles",
        "https:////roles",
        "http://a.example/roles",
        "https://a.example/roles/",
        "https://a.example/Roles",
        "https://a.example/userroles",
        "HTTPS://a.example/roles",
        "https://a.example/role",
        "https://a.example/ro\u{200B}les",
        "https://\u{202E}/roles",
        "https://a\n/roles",
        "",
    ] {
        assert!(!is_namespaced(name, "roles"), "{name:?}");
    }
    assert!(!is_namespaced(&format!("https://{}/roles", "a".repeat(4096)), "roles"));
}

#[test]
fn the_default_role_is_for_those_without_any() {
    let default = vec![Entry { name: "user".into(), sources: vec![Source::Default] }];
    let settings = RoleClaims::default();
    for nothing in [json!({}), json!({"roles": []}), json!({"roles": null}), json!({"roles": [7, "\u{0}"]})] {
        assert_eq!(said(nothing, json!({}), json!({})).read(&settings).roles, default);
    }
    let null = said(json!({"roles": null, "authorization": null}), json!({"roles": null}), json!({})).read(&settings);
    assert!(null.dropped.is_empty(), "null is nothing, and nothing is dropped");
    let auditor = said(json!({"roles": "auditor"}), json!({}), json!({})).read(&settings);
    assert_eq!(names(&auditor.roles), ["auditor"], "a role the policy may not know is a role still");
}

#[test]
fn permissions_in_claims_are_listed_with_their_places() {
    let found = said(
        json!({"permissions": ["read", "read:reports"], "authorization": {"permissions": ["read"]}}),
        json!({"authorization": {"permissions": "admin"}, "permissions": ["not read"]}),
        json!({"permissions": ["not read"]}),
    )
    .read(&no_default());
    assert_eq!(names(&found.permissions), ["admin", "read", "read:reports"]);
    assert_eq!(found.permissions[1].sources, [claim("permissions"), claim("authorization.permissions")]);
}

#[test]
fn the_order_is_the_same_however_the_lists_are_ordered() {
    let letters = ["b", "A", "a", "C", "B", "ä", "c"];
    let first = said(json!({"groups": letters}), json!({}), json!({})).read(&no_default());
    assert_eq!(names(&first.groups), ["A", "a", "B", "b", "C", "c", "ä"]);
    let mut turned = letters;
    for _ in 0..letters.len() {
        turned.rotate_left(1);
        assert_eq!(said(json!({"groups": turned}), json!({}), json!({})).read(&no_default()).groups, first.groups);
    }
}

#[test]
fn hostile_shapes_are_counted_and_never_become_names() {
    let long = "a".repeat(4096);
    let hostile = json!([
        7, 1.5, true, null, {"name": "admin"}, ["admin"], [[["admin"]]], "", &long, "ad\u{0}min", "admin\n",
        "ad\u{200B}min", "\u{202E}nimda", " admin", "admin ", "viewer",
    ]);
    let found = said(json!({"roles": hostile}), json!({}), json!({})).read(&no_default());
    assert_eq!(names(&found.roles), ["viewer"], "nothing was trimmed or cleaned into `admin`");
    let expected = dropped(&[
        (DropReason::NotText, 7),
        (DropReason::Name(NameFault::Empty), 1),
        (DropReason::Name(NameFault::TooLong), 1),
        (DropReason::Name(NameFault::Control), 2),
        (DropReason::Name(NameFault::Bidi), 1),
        (DropReason::Name(NameFault::Invisible), 1),
        (DropReason::Name(NameFault::OuterSpace), 2),
    ]);
    assert_eq!(found.dropped, expected);
    assert_eq!(
        found.dropped.to_string(),
        "15 dropped: 7 not text, 1 whose name is empty, 1 whose name is longer than 256 characters, \
         2 whose name has a control character, 1 whose name has a character that turns the direction of text, \
         1 whose name has an invisible character, 2 whose name begins or ends with a space"
    );
}

#[test]
fn every_shape_in_every_place_is_survived() {
    let shapes = [
        json!(null),
        json!(true),
        json!(-1e308),
        json!(""),
        json!("x"),
        json!([]),
        json!({}),
        json!({"roles": {"groups": ["x"]}}),
        json!([[], {}, null, ["x"]]),
        json!({"0": "x"}),
        (0..100).fold(json!("x"), |inner, _| json!([inner])),
        (0..100).fold(json!("x"), |inner, _| json!({"roles": inner})),
    ];
    for shape in &shapes {
        for other in &shapes {
            let claims = json!({
                "https://a.example/roles": shape, "https://a.example/groups": other, "roles": other, "groups": shape,
                "permissions": shape, "authorization": other,
            });
            let metadata =
                json!({"roles": shape, "authorization": {"roles": other, "groups": shape, "permissions": other}});
            let opted_in = RoleClaims { from_user_metadata: true, ..no_default() };
            let found = said(claims, metadata.clone(), metadata).read(&opted_in);
            for entry in found.roles.iter().chain(&found.groups).chain(&found.permissions) {
                assert_eq!(entry.name, "x");
            }
            assert_eq!(found.dropped.is_empty(), found.dropped.reasons.is_empty());
        }
    }
}

#[test]
fn ten_thousand_entries_are_bounded_and_repeats_cost_nothing() {
    let many: Vec<String> = (0..10_000).map(|number| format!("g{number:05}")).collect();
    let found =
        said(json!({"groups": many, "authorization": {"groups": many}}), json!({}), json!({})).read(&no_default());
    assert_eq!(found.groups.len(), MAX_ENTRIES);
    assert_eq!(found.groups[0].sources, [claim("groups"), claim("authorization.groups")]);
    assert_eq!(found.dropped, dropped(&[(DropReason::TooMany, 2 * (10_000 - MAX_ENTRIES))]));

    let repeats = said(json!({"groups": vec!["same"; 10_000]}), json!({}), json!({})).read(&no_default());
    assert_eq!(names(&repeats.groups), ["same"]);
    assert_eq!(repeats.groups[0].sources.len(), 1);
    assert!(repeats.dropped.is_empty());
}

#[test]
fn ten_thousand_namespaced_claims_are_bounded_too() {
    let claims: Map<_, _> =
        (0..10_000).map(|number| (format!("https://{number:05}.example/roles"), json!("admin"))).collect();
    let found = said(Value::Object(claims), json!({}), json!({})).read(&no_default());
    assert_eq!(found.roles[0].sources.len(), MAX_NAMESPACED);
    assert_eq!(found.roles[0].sources[0], claim("https://00000.example/roles"));
    assert_eq!(found.dropped, dropped(&[(DropReason::TooMany, 10_000 - MAX_NAMESPACED)]));
}

#[test]
fn a_tokens_permissions_are_read_with_the_same_care() {
    let token = said(
        json!({"permissions": ["write", "read", "write", 7, "\u{202E}"], "scope": "delete"}),
        json!({}),
        json!({}),
    );
    let (names, lost) = token_permissions(&token.claims);
    assert_eq!(names, ["read", "write"]);
    assert_eq!(lost, dropped(&[(DropReason::NotText, 1), (DropReason::Name(NameFault::Bidi), 1)]));
    assert_eq!(token_permissions(&Map::new()), (vec![], Dropped::default()));
}
