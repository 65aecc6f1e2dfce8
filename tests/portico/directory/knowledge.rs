//! What the directory knows, and what it costs to ask it.

use super::{
    catalogue, eventually, group, is_available, role,
    tenant::{Fault, Tenant, directory, guid},
};
use portico::{
    model::directory::{Availability, Source},
    server::directory::{DirectoryError, DirectorySettings, Tuning},
};
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

#[tokio::test]
async fn the_management_api_describes_roles_and_permissions() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    let catalogue = catalogue(&directory).await;
    let admin = catalogue.role("admin").unwrap();
    assert_eq!(
        (admin.role.id.as_str(), admin.role.description.as_deref()),
        ("rol_admin", Some("Looks after everything"))
    );
    assert_eq!(admin.permissions.iter().collect::<Vec<_>>(), ["read", "write"]);
    let read = catalogue.permission("read").unwrap();
    assert_eq!(
        (read.description.as_deref(), read.api.as_deref()),
        (Some("See all records"), Some("https://api.example/"))
    );
    assert_eq!(
        catalogue.roles().map(|entry| entry.role.name.as_str()).collect::<Vec<_>>(),
        ["admin", "manager", "user", "viewer"]
    );
    assert!(catalogue.role("Admin").is_none() && catalogue.group("staff").is_none());
    assert_eq!(catalogue.dropped, 0);
}

#[tokio::test]
async fn the_management_api_says_what_a_person_has_and_why() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    let looked = directory.memberships("auth0|ada").await;
    assert!(is_available(&looked));
    let ada = looked.value.unwrap();
    assert_eq!(ada.roles.iter().map(|held| held.entry.name.as_str()).collect::<Vec<_>>(), ["manager", "user"]);
    assert!(ada.roles.iter().all(|held| held.sources == [Source::Direct]));
    let sources = |name: &str| ada.permissions.iter().find(|held| held.entry.name == name).unwrap().sources.clone();
    assert_eq!(sources("read"), [role("manager"), role("user")]);
    assert_eq!(sources("write"), [role("manager")]);
    assert_eq!(sources("delete"), [Source::Direct]);
    assert_eq!(
        (ada.organizations[0].name.as_str(), ada.organizations[0].display_name.as_deref()),
        ("acme", Some("Acme Ltd"))
    );
}

#[tokio::test]
async fn the_extension_describes_groups_and_this_applications_roles() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.extension_settings());
    let catalogue = catalogue(&directory).await;
    let staff = catalogue.group("staff").unwrap();
    assert_eq!(staff.group.description.as_deref(), Some("Everybody who works here"));
    assert_eq!(staff.nested.iter().collect::<Vec<_>>(), ["engineering"]);
    assert_eq!(staff.roles.iter().collect::<Vec<_>>(), ["user"]);
    assert_eq!(catalogue.parents_of("backend").collect::<Vec<_>>(), ["engineering"]);
    let manager = catalogue.role("manager").unwrap();
    assert_eq!(manager.role.description.as_deref(), Some("Leads a team"), "not that of the other application");
    assert_eq!(manager.permissions.iter().collect::<Vec<_>>(), ["read:reports", "write:reports"]);
    assert_eq!(catalogue.permission("read:reports").unwrap().description.as_deref(), Some("Read reports"));
    assert_eq!((catalogue.roles().count(), catalogue.permissions().count(), catalogue.groups().count()), (3, 2, 4));
}

#[tokio::test]
async fn the_extension_says_through_which_groups_a_person_has_what() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.extension_settings());
    let ada = directory.memberships("auth0|ada").await.value.unwrap();
    let groups: Vec<_> = ada.groups.iter().map(|held| (held.entry.name.as_str(), held.sources.clone())).collect();
    assert_eq!(
        groups,
        [
            ("staff", vec![group("engineering")]),
            ("engineering", vec![group("backend")]),
            ("backend", vec![Source::Direct])
        ]
    );
    assert_eq!(ada.groups[1].entry.description.as_deref(), Some("Those who build"));
    let roles: Vec<_> = ada.roles.iter().map(|held| (held.entry.name.as_str(), held.sources.clone())).collect();
    assert_eq!(roles, [("manager", vec![group("backend")]), ("user", vec![group("staff")])]);
    let permissions: Vec<_> =
        ada.permissions.iter().map(|held| (held.entry.name.as_str(), held.sources.clone())).collect();
    assert_eq!(
        permissions,
        [("read:reports", vec![role("manager"), role("user")]), ("write:reports", vec![role("manager")])]
    );
    let bob = directory.memberships("auth0|bob").await.value.unwrap();
    assert_eq!(
        bob.roles.iter().map(|held| held.sources.clone()).collect::<Vec<_>>(),
        [vec![group("staff")], vec![Source::Direct]]
    );
}

#[tokio::test]
async fn groups_that_lie_in_each_other_are_no_trap() {
    let tenant = Tenant::start().await;
    tenant.change(|data| {
        data.groups[2]["nested"] = json!([guid(1), guid(3)]);
    });
    let directory = directory(&tenant.extension_settings());
    let ada = directory.memberships("auth0|ada").await.value.unwrap();
    assert_eq!(ada.groups.len(), 3);
    let backend = ada.groups.iter().find(|held| held.entry.name == "backend").unwrap();
    assert_eq!(backend.sources, [group("staff")]);
}

#[tokio::test]
async fn a_thousand_profile_views_cost_a_handful_of_calls() {
    let tenant = Tenant::start().await;
    let both = [(tenant.management_settings(), 4 + 5), (tenant.extension_settings(), 3 + 2 + 1)];
    for (settings, expected) in both {
        let before = tenant.calls().len();
        let directory = directory(&settings);
        // All at once on a cold cache, the worst case; then one after the other.
        let views = futures::future::join_all((0..500).map(|_| directory.look("auth0|ada"))).await;
        assert!(views.iter().all(|(catalogue, memberships)| is_available(catalogue) && is_available(memberships)));
        for _ in 0..500 {
            let (catalogue, memberships) = directory.look("auth0|ada").await;
            assert!(catalogue.value.unwrap().role("manager").is_some() && !memberships.value.unwrap().roles.is_empty());
        }
        let calls: Vec<_> = tenant.calls().into_iter().skip(before).map(|call| call.name).collect();
        assert_eq!(calls.len(), expected, "{calls:?}");
        assert_eq!(calls.iter().filter(|name| *name == "POST /oauth/token").count(), 1);
    }
}

#[tokio::test]
async fn a_thousand_people_cost_no_more_where_only_descriptions_are_shown() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    for _ in 0..1000 {
        assert!(is_available(&directory.catalogue().await));
    }
    assert_eq!(tenant.calls().len(), 6);
}

#[tokio::test]
async fn it_can_be_read_before_the_first_page_asks() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    directory.warm().await;
    eventually("the catalogue to be read", || async { tenant.count("GET /roles/{id}/permissions") == 4 }).await;
    assert!(is_available(&directory.catalogue().await));
    assert_eq!(tenant.count("GET /roles"), 1);
}

#[tokio::test]
async fn a_stale_catalogue_is_shown_while_one_refresh_runs() {
    let tenant = Tenant::start().await;
    let mut settings = tenant.management_settings();
    settings.tuning.cache_life = Duration::ZERO;
    let directory = directory(&settings);
    let gate = Arc::new(Semaphore::new(1));
    tenant.plan("GET /roles", usize::MAX, Fault::Held(Arc::clone(&gate)));
    let first = directory.catalogue().await.value.unwrap();
    assert!(!first.partial);
    tenant.change(|data| data.roles[0]["description"] = json!("Looks after all of it"));
    let start = Instant::now();
    for _ in 0..100 {
        let looked = directory.catalogue().await;
        assert!(is_available(&looked));
        assert_eq!(
            looked.value.unwrap().role("admin").unwrap().role.description,
            first.role("admin").unwrap().role.description
        );
    }
    assert!(start.elapsed() < Duration::from_secs(20), "nobody waited for the refresh");
    eventually("the refresh to ask", || async { tenant.count("GET /roles") > 1 }).await;
    assert_eq!(tenant.count("GET /roles"), 2, "one refresh at a time");
    gate.add_permits(1000);
    eventually("the new description", || async {
        let looked = directory.catalogue().await.value.unwrap();
        looked.role("admin").unwrap().role.description.as_deref() == Some("Looks after all of it")
    })
    .await;
}

#[tokio::test]
async fn a_look_again_asks_again() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    assert_eq!(directory.memberships("auth0|bob").await.value.unwrap().roles.len(), 1);
    tenant.change(|data| data.account_roles.clear());
    assert_eq!(directory.memberships("auth0|bob").await.value.unwrap().roles.len(), 1, "kept for ten minutes");
    directory.forget("auth0|bob").await;
    assert_eq!(directory.memberships("auth0|bob").await.value.unwrap().roles.len(), 0);
}

#[tokio::test]
async fn somebody_the_tenant_does_not_know_has_nothing() {
    let tenant = Tenant::start().await;
    for settings in [tenant.management_settings(), tenant.extension_settings()] {
        let directory = directory(&settings);
        for subject in ["auth0|nobody", "..", "x\n\u{0}"] {
            let looked = directory.memberships(subject).await;
            if subject == ".." {
                // No address leads there, so nobody is asked.
                continue;
            }
            let memberships = looked.value.unwrap();
            assert!(
                memberships.roles.is_empty() && memberships.permissions.is_empty() && memberships.groups.is_empty()
            );
        }
    }
}

#[tokio::test]
async fn a_missing_scope_hides_its_part_and_nothing_else() {
    let tenant = Tenant::start().await;
    tenant.grant(&tenant.management(), Some(&["read:users", "read:roles", "read:role_members"]));
    let looked = directory(&tenant.management_settings()).memberships("auth0|ada").await;
    assert_eq!((looked.value.as_ref().unwrap().roles.len(), looked.value.unwrap().organizations.len()), (2, 0));
    tenant.grant(super::tenant::EXTENSION, Some(&["read:groups"]));
    let looked = directory(&tenant.extension_settings()).catalogue().await;
    let catalogue = looked.value.unwrap();
    assert!(catalogue.partial && catalogue.group("staff").is_some() && catalogue.role("manager").is_none());
    assert_eq!(tenant.count("GET /permissions"), 1, "a refusal is not tried again");
    tenant.grant(super::tenant::EXTENSION, Some(&[]));
    let looked = directory(&tenant.extension_settings()).catalogue().await;
    assert!(matches!(looked.error, Some(DirectoryError::MissingScope { .. })), "{:?}", looked.error);
}

#[tokio::test]
async fn without_a_directory_nothing_is_asked_and_nothing_is_missing() {
    let settings = DirectorySettings::none();
    let directory = directory(&settings);
    directory.warm().await;
    directory.forget("auth0|ada").await;
    let (catalogue, memberships) = directory.look("auth0|ada").await;
    assert_eq!((catalogue.availability, memberships.availability), (Availability::Off, Availability::Off));
    assert!(catalogue.value.is_none() && catalogue.error.is_none());
    assert_eq!(directory.roles().await, Err(DirectoryError::Off));
    assert_eq!(settings.tuning.patience, Duration::from_secs(1));
    assert_eq!(Tuning::for_rate(2.try_into().unwrap()).cache_life, Duration::from_secs(600));
}
