//! What `portico check` tells apart, each with its remedy.

use super::tenant::{EXTENSION, Tenant};
use portico::server::{
    auth::Outbound,
    check::Finding,
    directory::{DirectorySettings, DirectorySource, EXTENSION_READ_SCOPES, check},
};
use secrecy::SecretString;
use url::Url;

/// All findings, each as `ok` or `FAIL` and its text.
async fn findings(settings: &DirectorySettings) -> Vec<String> {
    let findings = check(settings, Outbound::new().unwrap()).await;
    findings
        .into_iter()
        .map(|Finding { what, outcome }| match outcome {
            Ok(text) => format!("ok {what}: {text}"),
            Err(text) => format!("FAIL {what}: {text}"),
        })
        .collect()
}

/// The one failure, which must name all of `words`.
async fn assert_failure(settings: &DirectorySettings, words: &[&str]) {
    let findings = findings(settings).await;
    let failures: Vec<_> = findings.iter().filter(|line| line.starts_with("FAIL")).collect();
    assert!(!failures.is_empty(), "no failure among {findings:#?}");
    for word in words {
        assert!(failures[0].contains(word), "{word:?} is not said in {failures:#?}");
    }
}

#[tokio::test]
async fn all_is_well() {
    let tenant = Tenant::start().await;
    let lines = findings(&tenant.management_settings()).await;
    assert_eq!(lines.len(), 5);
    assert!(lines.iter().all(|line| line.starts_with("ok ")), "{lines:#?}");
    assert!(
        lines[1].contains("reading and changing") && lines[2].contains("4 roles") && lines[3].contains("3 accounts"),
        "{lines:#?}"
    );
    let lines = findings(&tenant.extension_settings()).await;
    assert!(lines.iter().all(|line| line.starts_with("ok ")), "{lines:#?}");
    assert!(lines[2].contains("4 groups") && lines[2].contains("3 roles and 2 permissions"), "{lines:#?}");
    let lines = findings(&DirectorySettings::none()).await;
    assert!(lines.len() == 1 && lines[0].starts_with("ok directory: none"), "{lines:#?}");
}

#[tokio::test]
async fn a_wrong_audience() {
    let tenant = Tenant::start().await;
    // What a custom domain does: sign-in works there, but the API's audience is another one.
    tenant.remove_api(&tenant.management());
    assert_failure(&tenant.management_settings(), &["/api/v2/", "AUTH0_TENANT_DOMAIN"]).await;
}

#[tokio::test]
async fn an_extension_whose_api_is_not_enabled() {
    let tenant = Tenant::start().await;
    tenant.remove_api(EXTENSION);
    assert_failure(&tenant.extension_settings(), &["not enabled", "API Access"]).await;
}

#[tokio::test]
async fn a_client_without_a_grant() {
    let tenant = Tenant::start().await;
    tenant.grant(&tenant.management(), None);
    assert_failure(&tenant.management_settings(), &["not authorised", "Machine to Machine Applications"]).await;
    tenant.grant(EXTENSION, None);
    assert_failure(&tenant.extension_settings(), &["not authorised for urn:auth0-authz-api"]).await;
}

#[tokio::test]
async fn a_client_that_may_not_use_client_credentials() {
    let tenant = Tenant::start().await;
    tenant.allow_client_credentials(false);
    assert_failure(&tenant.management_settings(), &["client_credentials", "Grant Types"]).await;
}

#[tokio::test]
async fn a_wrong_secret() {
    let tenant = Tenant::start().await;
    let mut client = tenant.client();
    client.client_secret = SecretString::from("another");
    let settings = DirectorySettings { source: DirectorySource::Management(client), ..tenant.management_settings() };
    assert_failure(&settings, &["AUTH0_MANAGEMENT_CLIENT_SECRET"]).await;
}

#[tokio::test]
async fn a_missing_scope_whether_the_tenant_names_scopes_or_not() {
    let tenant = Tenant::start().await;
    tenant.grant(&tenant.management(), Some(&["read:users", "read:organizations", "read:role_members"]));
    tenant.grant(EXTENSION, Some(&["read:roles", "read:permissions"]));
    for named in [true, false] {
        tenant.name_scopes(named);
        assert_failure(&tenant.management_settings(), &["read:roles", "tick"]).await;
    }
    for named in [true, false] {
        tenant.name_scopes(named);
        assert_failure(&tenant.extension_settings(), &["read:groups", "tick"]).await;
    }
    tenant.grant(&tenant.management(), Some(&["read:users", "read:roles", "read:role_members"]));
    tenant.name_scopes(false);
    assert_failure(&tenant.management_settings(), &["read:organizations", "tick"]).await;
}

#[tokio::test]
async fn descriptions_do_not_need_the_management_api() {
    let tenant = Tenant::start().await;
    tenant.grant(&tenant.management(), None);
    let lines = findings(&tenant.extension_settings()).await;
    assert!(lines.iter().all(|line| line.starts_with("ok ")), "{lines:#?}");
    assert!(lines[3].contains("only administration") && lines[3].contains("not authorised"), "{lines:#?}");
}

#[tokio::test]
async fn scopes_that_are_too_many_or_only_for_reading_are_said() {
    let tenant = Tenant::start().await;
    tenant.grant(EXTENSION, Some(&[EXTENSION_READ_SCOPES, &["delete:groups", "update:configuration"]].concat()));
    let lines = findings(&tenant.extension_settings()).await;
    assert!(lines.iter().all(|line| line.starts_with("ok ")), "{lines:#?}");
    assert!(lines[1].contains("update:roles") && lines[1].contains("delete:groups update:configuration"), "{lines:#?}");
}

#[tokio::test]
async fn a_token_that_is_no_machines() {
    let tenant = Tenant::start().await;
    // The forum thread's 401: what reaches the extension is not a JWT for it.
    tenant.opaque_tokens(true);
    assert_failure(&tenant.extension_settings(), &["user's or an opaque token", "client_credentials"]).await;
    assert_failure(&tenant.management_settings(), &["user's or an opaque token", "client_credentials"]).await;
}

#[tokio::test]
async fn a_wrong_address() {
    let tenant = Tenant::start().await;
    let extension = |path: &str| {
        let url = Url::parse(&format!("{}{path}", tenant.client().tenant)).unwrap();
        DirectorySettings {
            source: DirectorySource::AuthorizationExtension { client: tenant.client(), url },
            ..tenant.extension_settings()
        }
    };
    for path in ["extension", "other/api", ""] {
        assert_failure(&extension(path), &["AUTHZ_EXTENSION_URL", "/api"]).await;
    }
    let mut client = tenant.client();
    client.tenant = client.tenant.join("elsewhere/").unwrap();
    let settings = DirectorySettings { source: DirectorySource::Management(client), ..tenant.management_settings() };
    assert_failure(&settings, &["AUTH0_TENANT_DOMAIN"]).await;
}

#[tokio::test]
async fn an_application_without_roles_of_its_own() {
    let tenant = Tenant::start().await;
    let mut client = tenant.client();
    client.application_id = "another".to_owned();
    let DirectorySource::AuthorizationExtension { url, .. } = tenant.extension_settings().source else {
        unreachable!()
    };
    let settings = DirectorySettings {
        source: DirectorySource::AuthorizationExtension { client, url },
        ..tenant.extension_settings()
    };
    assert_failure(&settings, &["none of the 4 roles", "AUTH0_CLIENT_ID"]).await;
}

#[tokio::test]
async fn a_directory_that_is_down() {
    let tenant = Tenant::start().await;
    let settings = tenant.management_settings();
    tenant.go_down().await;
    assert_failure(&settings, &["POST /oauth/token", "can reach the directory"]).await;
}

#[tokio::test]
async fn no_finding_shows_a_secret() {
    let tenant = Tenant::start().await;
    let mut lines = findings(&tenant.management_settings()).await;
    lines.extend(findings(&tenant.extension_settings()).await);
    tenant.opaque_tokens(true);
    lines.extend(findings(&tenant.extension_settings()).await);
    for secret in tenant.secrets() {
        assert!(lines.iter().all(|line| !line.contains(&secret)), "{lines:#?}");
    }
}
