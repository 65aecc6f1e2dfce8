//! What administrators do through the directory.

use super::{
    role,
    tenant::{Fault, Tenant, directory, guid},
};
use portico::{
    model::directory::Source,
    server::directory::{DirectoryError, UserQuery},
};
use serde_json::{Value, json};

fn object(json: Value) -> serde_json::Map<String, Value> {
    json.as_object().unwrap().clone()
}

#[tokio::test]
async fn an_account_is_found_by_its_id_whatever_is_in_it() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    let ada = directory.user("auth0|ada").await.unwrap();
    assert_eq!((ada.name.as_deref(), ada.email_verified, ada.logins_count), (Some("Ada"), true, 3));
    assert_eq!(ada.created_at.unwrap().to_rfc3339(), "2026-01-02T03:04:05.678+00:00");
    assert_eq!(ada.app_metadata["authorization"]["groups"][0], "staff");
    assert_eq!(tenant.last("GET /users/{id}").path, "/api/v2/users/auth0%7Cada");
    assert_eq!(directory.user("samlp|okta|zoë/../x?#%").await.unwrap().name.as_deref(), Some("Zoe"));
    assert_eq!(tenant.last("GET /users/{id}").path, "/api/v2/users/samlp%7Cokta%7Czo%C3%AB%2F..%2Fx%3F%23%25");
}

#[tokio::test]
async fn an_account_that_is_not_there_is_not_found() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    let outcome = directory.user("auth0|nobody").await;
    assert_eq!(outcome, Err(DirectoryError::NotFound("GET /users/{id}")));
    let calls = tenant.calls().len();
    for id in ["", ".", "..", &"x".repeat(513)] {
        assert_eq!(directory.user(id).await, Err(DirectoryError::NotFound("GET /users/{id}")));
    }
    assert_eq!(tenant.calls().len(), calls, "no call is made for what can be no id");
}

#[tokio::test]
async fn metadata_is_merged_as_auth0_does() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    let change = object(json!({ "language": "de", "theme": null }));
    let ada = directory.update_user_metadata("auth0|ada", &change).await.unwrap();
    assert_eq!(Value::Object(ada.user_metadata), json!({ "language": "de" }));
    assert_eq!(tenant.last("PATCH /users/{id}").body, json!({ "user_metadata": { "language": "de", "theme": null } }));
    let change = object(json!({ "authorization": { "roles": ["user"] } }));
    let ada = directory.update_app_metadata("auth0|ada", &change).await.unwrap();
    // The first level is merged, what lies below is replaced.
    assert_eq!(Value::Object(ada.app_metadata), json!({ "plan": "pro", "authorization": { "roles": ["user"] } }));
    assert_eq!(directory.user("auth0|ada").await.unwrap().user_metadata["language"], "de");
}

#[tokio::test]
async fn changes_that_make_no_sense_are_not_sent() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    let empty = serde_json::Map::new();
    let large = object(json!({ "text": "x".repeat(64 << 10) }));
    for outcome in [
        directory.update_user_metadata("auth0|ada", &empty).await.err(),
        directory.update_app_metadata("auth0|ada", &large).await.err(),
        directory.assign_roles("auth0|ada", &[]).await.err(),
        directory.remove_roles("auth0|ada", &["rol_1", ""]).await.err(),
        directory.assign_roles("auth0|ada", &vec!["rol_1"; 51]).await.err(),
        directory.users(&UserQuery { text: String::new(), page: 10, per_page: 100 }).await.err(),
    ] {
        assert!(matches!(outcome, Some(DirectoryError::Senseless(_))), "{outcome:?}");
    }
    assert!(tenant.calls().is_empty());
}

#[tokio::test]
async fn a_role_given_shows_at_once_and_one_taken_does_not() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    let names = |memberships: &portico::model::directory::Memberships| {
        memberships.roles.iter().map(|held| held.entry.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&directory.memberships("auth0|bob").await.value.unwrap()), ["viewer"]);
    directory.assign_roles("auth0|bob", &["rol_admin", "rol_user"]).await.unwrap();
    assert_eq!(tenant.last("POST /users/{id}/roles").body, json!({ "roles": ["rol_admin", "rol_user"] }));
    assert_eq!(names(&directory.memberships("auth0|bob").await.value.unwrap()), ["admin", "user", "viewer"]);
    directory.remove_roles("auth0|bob", &["rol_admin"]).await.unwrap();
    assert_eq!(tenant.last("DELETE /users/{id}/roles").body, json!({ "roles": ["rol_admin"] }));
    assert_eq!(names(&directory.memberships("auth0|bob").await.value.unwrap()), ["user", "viewer"]);
    let roles = directory.roles_of("auth0|bob").await.unwrap();
    assert_eq!(roles.iter().map(|role| role.id.as_str()).collect::<Vec<_>>(), ["rol_user", "rol_viewer"]);
}

#[tokio::test]
async fn the_extensions_roles_are_given_and_taken_there() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.extension_settings());
    let manager = guid(11);
    directory.assign_roles("auth0|bob", &[&manager]).await.unwrap();
    assert_eq!(tenant.last("PATCH /users/{id}/roles").body, json!([manager]));
    let names =
        |roles: Vec<portico::model::directory::Role>| roles.into_iter().map(|role| role.name).collect::<Vec<_>>();
    assert_eq!(names(directory.roles_of("auth0|bob").await.unwrap()), ["manager", "viewer"]);
    directory.remove_roles("auth0|bob", &[&manager]).await.unwrap();
    assert_eq!(names(directory.roles_of("auth0|bob").await.unwrap()), ["viewer"]);
    assert_eq!(names(directory.roles_of("auth0|ada").await.unwrap()), ["user"], "only her own, of this application");
    assert_eq!(names(directory.roles().await.unwrap()), ["manager", "user", "viewer"]);
    assert_eq!(
        directory.user("auth0|ada").await.unwrap().name.as_deref(),
        Some("Ada"),
        "accounts come from the Management API"
    );
}

#[tokio::test]
async fn permissions_are_listed_of_a_role_and_of_a_person() {
    let tenant = Tenant::start().await;
    let management = directory(&tenant.management_settings());
    let names = |permissions: Vec<portico::model::directory::Permission>| {
        permissions.into_iter().map(|permission| permission.name).collect::<Vec<_>>()
    };
    assert_eq!(names(management.permissions_of_role("rol_admin").await.unwrap()), ["read", "write"]);
    assert_eq!(
        management.permissions_of_role("rol_x").await,
        Err(DirectoryError::NotFound("GET /roles/{id}/permissions"))
    );
    let held = management.permissions_of("auth0|ada").await.unwrap();
    assert_eq!((held[0].entry.name.as_str(), &held[0].sources[..]), ("delete", &[Source::Direct][..]));
    assert_eq!(management.organizations_of("auth0|ada").await.unwrap()[0].id, "org_1");
    let extension = directory(&tenant.extension_settings());
    assert_eq!(names(extension.permissions_of_role(&guid(11)).await.unwrap()), ["read:reports", "write:reports"]);
    assert!(
        matches!(extension.permissions_of_role(&guid(14)).await, Err(DirectoryError::NotFound(_))),
        "of another application"
    );
    let held = extension.permissions_of("auth0|ada").await.unwrap();
    assert_eq!((held[1].entry.name.as_str(), &held[1].sources[..]), ("write:reports", &[role("manager")][..]));
}

#[tokio::test]
async fn accounts_are_searched_for_by_text_that_is_never_syntax() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    let query = UserQuery { text: "*) OR app_metadata.plan:\"pro\"".to_owned(), page: 0, per_page: 2 };
    let page = directory.users(&query).await.unwrap();
    assert_eq!((page.accounts.len(), page.total), (2, 3));
    let sent = tenant.last("GET /users").query;
    assert_eq!(
        (sent["search_engine"].as_str(), sent["per_page"].as_str(), sent["page"].as_str()),
        (Some("v3"), Some("2"), Some("0"))
    );
    assert!(
        sent["q"].as_str().unwrap().starts_with(r#"email:\*\)\ OR\ app_metadata.plan\:\"pro\"* OR name:"#),
        "{}",
        sent["q"]
    );
    directory.users(&UserQuery { text: "  ".to_owned(), page: 0, per_page: 100 }).await.unwrap();
    assert!(tenant.last("GET /users").query.get("q").is_none());
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_repeated_without_harm() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    tenant.plan("POST /users/{id}/roles", 2, Fault::unavailable());
    directory.assign_roles("auth0|bob", &["rol_admin"]).await.unwrap();
    assert_eq!(tenant.count("POST /users/{id}/roles"), 3);
    assert_eq!(directory.roles_of("auth0|bob").await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_the_directory_refuses_is_said_in_its_words() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    let body = json!({ "statusCode": 400, "error": "Bad Request", "message": "Payload validation error: 'roles' is wrong", "errorCode": "invalid_body" });
    tenant.plan("POST /users/{id}/roles", 1, Fault::Json(400, body));
    let error = directory.assign_roles("auth0|bob", &["rol_admin"]).await.unwrap_err();
    assert!(error.to_string().contains("Payload validation error: 'roles' is wrong"), "{error}");
    assert_eq!(error.problem(), portico::model::ProblemKind::BadRequest);
}
