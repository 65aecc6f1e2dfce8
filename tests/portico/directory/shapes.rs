//! Answers of every wrong shape, pages without end, and sizes beyond all measure.

use super::{
    catalogue, is_available,
    tenant::{Fault, Tenant, directory, guid},
};
use portico::server::directory::{DirectoryError, UserQuery};
use serde_json::{Value, json};

const CALLS: &[&str] = &[
    "GET /roles",
    "GET /roles/{id}/permissions",
    "GET /users/{id}/roles",
    "GET /users/{id}/permissions",
    "GET /users/{id}/organizations",
    "GET /groups",
    "GET /permissions",
    "GET /users/{id}/groups/calculate",
    "GET /users/{id}/roles/calculate",
    "POST /oauth/token",
];

#[tokio::test]
async fn what_is_not_json_breaks_nothing() {
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (content_type, text) in [
        ("application/json", ""),
        ("application/json", "{"),
        ("application/json", "{\"roles\":[{\"id\":\"rol_1\""),
        ("application/json", nested.as_str()),
        ("application/json", "\u{feff}{}"),
        ("text/html", "<!doctype html><title>Sign in</title>"),
        ("application/octet-stream", "\u{0}\u{1}"),
    ] {
        let tenant = Tenant::start().await;
        for call in CALLS {
            tenant.plan(call, usize::MAX, Fault::Text(200, content_type, text.to_owned()));
        }
        for settings in [tenant.management_settings(), tenant.extension_settings()] {
            let directory = directory(&settings);
            let (catalogue, memberships) = directory.look("auth0|ada").await;
            for error in [catalogue.error, memberships.error] {
                assert!(
                    matches!(error, Some(DirectoryError::Malformed { .. } | DirectoryError::WrongBaseUrl { .. })),
                    "{content_type} {error:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn json_of_the_wrong_type_breaks_nothing() {
    for answer in [
        json!(null),
        json!(7),
        json!("roles"),
        json!({}),
        json!({ "roles": 7, "groups": "x", "permissions": {} }),
        json!(true),
    ] {
        let tenant = Tenant::start().await;
        for call in CALLS.iter().filter(|call| **call != "POST /oauth/token") {
            tenant.plan(call, usize::MAX, Fault::Json(200, answer.clone()));
        }
        for settings in [tenant.management_settings(), tenant.extension_settings()] {
            let (catalogue, memberships) = directory(&settings).look("auth0|ada").await;
            for error in [catalogue.error, memberships.error] {
                assert!(matches!(error, Some(DirectoryError::Malformed { .. })), "{answer} {error:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_answer_of_the_wrong_form_is_refused() {
    let tenant = Tenant::start().await;
    for answer in [
        json!({}),
        json!({ "access_token": 7, "token_type": "Bearer" }),
        json!({ "access_token": "a b", "token_type": "Bearer" }),
    ] {
        tenant.behave();
        tenant.plan("POST /oauth/token", usize::MAX, Fault::Json(200, answer.clone()));
        let outcome = directory(&tenant.management_settings()).user("auth0|ada").await;
        assert!(
            matches!(outcome, Err(DirectoryError::Malformed { call: "POST /oauth/token", .. })),
            "{answer} {outcome:?}"
        );
    }
}

#[tokio::test]
async fn entries_of_the_wrong_form_are_left_out_and_counted() {
    let tenant = Tenant::start().await;
    tenant.plan(
        "GET /roles",
        usize::MAX,
        Fault::Bent(|answer| {
            let roles = answer["roles"].as_array_mut().unwrap();
            roles.extend([
                json!(7),
                json!({ "id": "rol_x" }),
                json!({ "id": 7, "name": "x" }),
                json!({ "id": "rol_y", "name": { "$ne": null } }),
                json!({ "id": "rol_z", "name": "z".repeat(4096) }),
                json!({ "id": "rol_q", "name": "quiet", "description": ["none"] }),
            ]);
            answer["total"] = json!(10);
        }),
    );
    let catalogue = catalogue(&directory(&tenant.management_settings())).await;
    assert_eq!(catalogue.dropped, 5);
    assert_eq!(catalogue.roles().count(), 5);
    assert_eq!(catalogue.role("quiet").unwrap().role.description, None);
}

#[tokio::test]
async fn hostile_texts_arrive_as_texts() {
    let tenant = Tenant::start().await;
    let hostile = "<script>alert(1)</script> \u{202e}مدير 😀";
    tenant.change(|data| {
        data.groups[0]["name"] = json!(hostile);
        data.groups[0]["description"] = json!(format!("{hostile}\u{0}\n{}", "x".repeat(5000)));
    });
    let catalogue = catalogue(&directory(&tenant.extension_settings())).await;
    let description = catalogue.group(hostile).unwrap().group.description.clone().unwrap();
    assert!(description.starts_with(hostile) && description.ends_with('…'));
    assert!(description.chars().count() <= 1001 && !description.chars().any(char::is_control));
}

fn many_roles(count: usize) -> Vec<Value> {
    (0..count)
        .map(|n| json!({ "id": format!("rol_{n:04}"), "name": format!("role {n:04}"), "description": "One of many" }))
        .collect()
}

#[tokio::test]
async fn lists_are_read_to_their_end() {
    for (count, most_per_page, pages) in
        [(0, 100, 1), (1, 100, 1), (100, 100, 1), (101, 100, 2), (250, 100, 3), (250, 50, 5)]
    {
        let tenant = Tenant::start().await;
        tenant.most_per_page(most_per_page);
        tenant.change(|data| data.roles = many_roles(count));
        assert_eq!(directory(&tenant.management_settings()).roles().await.unwrap().len(), count);
        assert_eq!(tenant.count("GET /roles"), pages, "{count} by {most_per_page}");
    }
}

#[tokio::test]
async fn lists_without_an_end_are_cut() {
    let tenant = Tenant::start().await;
    tenant.change(|data| data.roles = many_roles(1500));
    let directory = directory(&tenant.management_settings());
    assert_eq!(directory.roles().await.unwrap().len(), 1000);
    assert_eq!(tenant.count("GET /roles"), 10);
    // Always the first page, and a total that is never reached: each role still comes once.
    tenant.plan(
        "GET /roles",
        usize::MAX,
        Fault::Bent(|answer| {
            answer["roles"] = json!([{ "id": "rol_1", "name": "again" }]);
            answer["total"] = json!(u64::MAX);
        }),
    );
    assert_eq!(directory.roles().await.unwrap().len(), 1);
    assert_eq!(tenant.count("GET /roles"), 20);
    let looked = directory.catalogue().await;
    assert!(is_available(&looked) && looked.value.unwrap().partial, "and it says that it is not all");
}

#[tokio::test]
async fn a_bare_array_is_a_list_as_well() {
    let tenant = Tenant::start().await;
    tenant.plan("GET /roles", 1, Fault::Bent(|answer| *answer = answer["roles"].take()));
    assert_eq!(directory(&tenant.management_settings()).roles().await.unwrap().len(), 4);
}

#[tokio::test]
async fn an_answer_beyond_all_measure_is_not_read() {
    let tenant = Tenant::start().await;
    tenant.plan(
        "GET /groups",
        usize::MAX,
        Fault::Text(200, "application/json", format!("[{}1]", "1,".repeat(3 << 20))),
    );
    let looked = directory(&tenant.extension_settings()).catalogue().await;
    assert!(matches!(looked.error, Some(DirectoryError::Malformed { call: "GET /groups", .. })), "{:?}", looked.error);
    tenant.behave();
    // 20,000 members of a group are not: that is a megabyte.
    tenant.change(|data| {
        data.groups[0]["members"] = (0..20_000).map(|n| json!(format!("auth0|{n:024}-{n:016}"))).collect()
    });
    assert!(is_available(&directory(&tenant.extension_settings()).catalogue().await));
}

#[tokio::test]
async fn an_account_of_somebody_else_is_refused() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    tenant.plan("GET /users/{id}", 1, Fault::Bent(|answer| answer["user_id"] = json!("auth0|eve")));
    assert!(matches!(directory.user("auth0|ada").await, Err(DirectoryError::Malformed { .. })));
    tenant.plan("GET /users", 1, Fault::Bent(|answer| answer["users"][0]["user_id"] = json!(7)));
    let page = directory.users(&UserQuery { text: String::new(), page: 0, per_page: 50 }).await.unwrap();
    assert_eq!((page.accounts.len(), page.total, page.dropped), (2, 3, 1));
}

#[tokio::test]
async fn ids_that_point_nowhere_are_passed_over() {
    let tenant = Tenant::start().await;
    tenant.change(|data| {
        data.groups[2]["roles"] = json!([guid(11), guid(99), guid(14)]);
        data.groups[2]["nested"] = json!([guid(98)]);
        data.extension_roles[0]["permissions"] = json!([guid(21), guid(97), guid(23)]);
    });
    let catalogue = catalogue(&directory(&tenant.extension_settings())).await;
    let backend = catalogue.group("backend").unwrap();
    assert_eq!(
        (backend.roles.iter().map(String::as_str).collect::<Vec<_>>(), backend.nested.len()),
        (vec!["manager"], 0)
    );
    assert_eq!(catalogue.role("manager").unwrap().permissions.iter().collect::<Vec<_>>(), ["read:reports"]);
}
