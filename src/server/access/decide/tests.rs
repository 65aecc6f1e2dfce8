use super::*;
use crate::{
    model::{Group, Source},
    server::access::claims::{ClaimSet, RoleClaims, read},
};
use serde_json::{Map, Value, json};

/// One decision to be taken.
pub(super) struct Case {
    pub(super) policy: Policy,
    found: Found,
    token_permissions: Vec<String>,
    permissions_from_token: bool,
    second_factor: Option<SecondFactor>,
    directory: Option<DirectoryView>,
}

impl Case {
    pub(super) fn roles(roles: &[&str]) -> Self {
        Self::claims(json!({ "roles": roles }))
    }

    fn claims(claims: Value) -> Self {
        let claims: Map<String, Value> = serde_json::from_value(claims).unwrap();
        let nothing = Map::new();
        let set = ClaimSet { claims: &claims, app_metadata: &nothing, user_metadata: &nothing };
        Self {
            policy: Policy::built_in(),
            found: read(&set, &RoleClaims { default_role: None, ..RoleClaims::default() }),
            token_permissions: vec![],
            permissions_from_token: false,
            second_factor: None,
            directory: None,
        }
    }

    pub(super) fn second_factor(self, method: &str) -> Self {
        let at = DateTime::UNIX_EPOCH;
        Self { second_factor: Some(SecondFactor { method: method.into(), at }), ..self }
    }

    fn token(self, permissions: &[&str], count: bool) -> Self {
        let token_permissions = permissions.iter().map(|name| name.to_string()).collect();
        Self { token_permissions, permissions_from_token: count, ..self }
    }

    fn directory(self, directory: DirectoryView) -> Self {
        Self { directory: Some(directory), ..self }
    }

    pub(super) fn evidence(&self) -> Evidence<'_> {
        Evidence {
            found: &self.found,
            token_permissions: &self.token_permissions,
            permissions_from_token: self.permissions_from_token,
            second_factor: self.second_factor.as_ref(),
            directory: self.directory.as_ref(),
            as_of: DateTime::from_timestamp(1_900_000_000, 0).unwrap(),
        }
    }

    fn decide(&self) -> Access {
        decide(&self.policy, &self.evidence())
    }
}

/// A directory in which each group stands inside the others named after it.
fn nesting(groups: &[(&str, &[&str])]) -> DirectoryView {
    let info =
        |inside: &[&str]| GroupInfo { description: None, inside: inside.iter().map(|name| name.to_string()).collect() };
    DirectoryView {
        groups: groups.iter().map(|(name, inside)| (name.to_string(), info(inside))).collect(),
        ..DirectoryView::default()
    }
}

fn nested(path: &[&str]) -> Reason {
    Reason::Nested(path.iter().map(|name| name.to_string()).collect())
}

fn in_claim(name: &str) -> Reason {
    Reason::Found(Source::Claim(name.into()))
}

fn role(name: &str) -> Reason {
    Reason::Role(name.into())
}

fn why(grants: &[Grant]) -> Vec<(&str, &[Reason])> {
    grants.iter().map(|grant| (grant.permission.as_str(), grant.why.as_slice())).collect()
}

fn group<'a>(access: &'a Access, name: &str) -> &'a Group {
    let mut named = access.groups.iter().filter(|group| group.name == name);
    let group = named.next().unwrap_or_else(|| panic!("{name} is not there"));
    assert!(named.next().is_none(), "{name} is there twice");
    group
}

#[test]
fn every_permission_knows_every_reason() {
    let access =
        Case::roles(&["viewer", "manager", "user"]).second_factor("otp").token(&["read", "delete"], true).decide();
    assert_eq!(
        why(&access.permissions),
        [
            ("read", &[role("manager"), role("user"), role("viewer"), Reason::AccessToken][..]),
            ("write", &[role("manager")]),
            ("delete", &[Reason::AccessToken]),
            ("write_own", &[role("user")]),
            ("manage_team", &[role("manager")]),
        ]
    );
    assert_eq!(access.withheld, []);
    assert_eq!(access.second_factor.unwrap().method, "otp");
    assert_eq!(access.as_of.timestamp(), 1_900_000_000);
}

#[test]
fn a_withheld_role_is_shown_with_the_reason_and_gives_nothing() {
    let access = Case::roles(&["admin", "viewer"]).decide();
    let admin = &access.roles[0];
    assert_eq!((admin.name.as_str(), admin.withheld), ("admin", Some(Withheld::NeedsSecondFactor)));
    assert_eq!(admin.why, [in_claim("roles")]);
    assert_eq!(admin.gives, [Permission::Read, Permission::Write, Permission::Delete, Permission::Admin]);
    assert_eq!(access.level, Some(AccessLevel::of_role("viewer")));
    assert_eq!(why(&access.permissions), [("read", &[role("viewer")][..])]);
    let more = [role("admin")];
    assert_eq!(why(&access.withheld), [("write", &more[..]), ("delete", &more), ("admin", &more)]);
}

#[test]
fn a_method_the_policy_does_not_count_is_no_second_factor() {
    let access = Case::roles(&["admin"]).second_factor("pwd").decide();
    assert_eq!(access.second_factor, None);
    assert_eq!(access.permissions, []);
    assert!(access.second_factor_helps());
}

/// Every subset of the six permissions in the token, of the four roles, with and without the setting
/// and the second factor: the rule said again in one line.
#[test]
fn a_tokens_permission_needs_what_the_roles_need() {
    let all_roles = ["admin", "manager", "user", "viewer"];
    for in_roles in 0..16_usize {
        let roles: Vec<&str> = (0..4).filter(|bit| in_roles >> bit & 1 == 1).map(|bit| all_roles[bit]).collect();
        let from_roles = |second_factor: bool, name: &str| {
            roles.iter().any(|role| match *role {
                "admin" => second_factor && ["read", "write", "delete", "admin"].contains(&name),
                "manager" => second_factor && ["read", "write", "manage_team"].contains(&name),
                "user" => ["read", "write_own"].contains(&name),
                _ => name == "read",
            })
        };
        for in_token in 0..64_usize {
            let token: Vec<&str> = Permission::ALL
                .iter()
                .enumerate()
                .filter(|(bit, _)| in_token >> bit & 1 == 1)
                .map(|(_, p)| p.as_str())
                .collect();
            for (counts, second_factor) in [(false, false), (false, true), (true, false), (true, true)] {
                let mut case = Case::roles(&roles).token(&token, counts);
                if second_factor {
                    case = case.second_factor("mfa");
                }
                let access = case.decide();
                for permission in Permission::ALL {
                    let name = permission.as_str();
                    let from_token = counts && token.contains(&name);
                    let now = from_roles(second_factor, name)
                        || from_token && (second_factor || ["read", "write_own"].contains(&name));
                    let later = from_roles(true, name) || from_token;
                    let told = format!(
                        "{name}: roles {roles:?}, token {token:?} counts {counts}, second factor {second_factor}"
                    );
                    assert_eq!(access.allows(permission), now, "{told}");
                    assert_eq!(
                        access.withheld.iter().any(|grant| grant.permission == permission),
                        later && !now,
                        "{told}"
                    );
                    let listed = access.listed.iter().any(|listed| listed.name == name);
                    assert_eq!(listed, token.contains(&name) && !later, "{told}");
                }
            }
        }
    }
}

#[test]
fn names_that_grant_nothing_are_listed_with_their_places() {
    let access = Case::claims(json!({
        "roles": ["viewer"], "permissions": ["read", "write", "read:reports"], "authorization": {"permissions": ["write"]},
    }))
    .token(&["READ", "read:reports", "toString", "ad\u{200B}min", ""], true)
    .decide();
    assert_eq!(why(&access.permissions), [("read", &[role("viewer")][..])], "a claim is no reason for a permission");
    let listed: Vec<_> = access.listed.iter().map(|listed| (listed.name.as_str(), listed.why.as_slice())).collect();
    assert_eq!(
        listed,
        [
            ("READ", &[Reason::AccessToken][..]),
            ("read:reports", &[in_claim("permissions"), Reason::AccessToken]),
            ("toString", &[Reason::AccessToken]),
            ("write", &[in_claim("permissions"), in_claim("authorization.permissions")]),
        ]
    );
}

#[test]
fn roles_the_policy_does_not_know_give_nothing_and_look_alikes_are_such() {
    // The second is spelt with a Cyrillic letter, the third with a capital.
    let access = Case::roles(&["auditor", "аdmin", "Admin", "viewer"]).second_factor("mfa").decide();
    let names: Vec<_> = access.roles.iter().map(|role| (role.name.as_str(), role.gives.len())).collect();
    assert_eq!(names, [("viewer", 1), ("Admin", 0), ("auditor", 0), ("аdmin", 0)]);
    assert_eq!(why(&access.permissions), [("read", &[role("viewer")][..])]);
    assert_eq!(access.level, Some(AccessLevel::of_role("viewer")));
}

#[test]
fn a_role_outside_the_levels_gives_its_permissions_and_no_level() {
    let policy = Policy::from_toml(
        "levels = [\"boss\"]\n[roles]\nclerk = [\"write\"]\nboss = [\"read\"]\nauditor = [\"delete\"]\n\
         [second_factor]\nroles = [\"auditor\"]\nmethods = [\"hwk\"]\n",
    )
    .unwrap();
    let case = Case { policy, ..Case::roles(&["auditor", "boss", "clerk"]) };
    let access = case.decide();
    let names: Vec<&str> = access.roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, ["boss", "clerk", "auditor"], "levels first, then as in the file");
    assert_eq!(why(&access.permissions), [("read", &[role("boss")][..]), ("write", &[role("clerk")])]);
    assert_eq!(Case { found: Case::roles(&["clerk"]).found, ..case }.decide().level, None);
}

#[test]
fn the_directory_describes_and_explains_and_grants_nothing() {
    let mut directory = nesting(&[("Engineering", &[])]);
    directory.groups.get_mut("Engineering").unwrap().description = Some("Builds\nthe product".into());
    let info = |description: &str, groups: &[&str]| RoleInfo {
        description: Some(description.into()),
        groups: groups.iter().map(|name| name.to_string()).collect(),
    };
    directory.roles.insert("user".into(), info("Works with records", &["Engineering", "Finance"]));
    directory.roles.insert("admin".into(), info("Everything", &["Engineering"]));
    directory.permissions.insert("read".into(), "Read records".into());
    directory.permissions.insert("read:reports".into(), "Read reports".into());
    let access = Case::claims(json!({"roles": "user", "groups": "Engineering", "permissions": "read:reports"}))
        .directory(directory)
        .decide();
    assert_eq!(access.roles.len(), 1, "a role that the directory alone knows of is not given");
    assert_eq!(access.roles[0].description.as_deref(), Some("Works with records"));
    assert_eq!(access.roles[0].why, [in_claim("roles"), Reason::Group("Engineering".into())]);
    assert_eq!(access.groups[0].description.as_deref(), Some("Builds the product"));
    assert_eq!(access.permissions[0].description.as_deref(), Some("Read records"));
    assert_eq!(access.permissions[1].description, None);
    assert_eq!(access.listed[0].description.as_deref(), Some("Read reports"));

    let without = Case::claims(json!({"roles": "user", "groups": "Engineering"})).decide();
    assert_eq!(why(&without.permissions), why(&access.permissions), "access is the same when the directory is down");
}

#[test]
fn groups_around_a_group_say_which_way_leads_to_them() {
    let directory =
        nesting(&[("Platform", &["Engineering"]), ("Engineering", &["Everyone"]), ("Finance", &["Everyone"])]);
    let access = Case::claims(json!({"groups": ["Platform", "Finance"]})).directory(directory).decide();
    let names: Vec<&str> = access.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["Engineering", "Everyone", "Finance", "Platform"]);
    assert_eq!(group(&access, "Platform").why, [in_claim("groups")]);
    assert_eq!(group(&access, "Engineering").why, [nested(&["Platform", "Engineering"])]);
    let ways = [nested(&["Finance", "Everyone"]), nested(&["Platform", "Engineering", "Everyone"])];
    assert_eq!(group(&access, "Everyone").why, ways);
    assert!(group(&access, "Platform").is_claimed() && !group(&access, "Everyone").is_claimed());
    assert_eq!(
        group(&access, "Engineering").why[0].sentence(),
        "You are a member of “Platform”, which is inside “Engineering”."
    );
}

#[test]
fn claims_that_hold_the_groups_around_as_well_are_told_from_the_innermost() {
    let directory = DirectoryView {
        member_of: vec!["Platform".into(), "Everyone".into(), "\u{202E}".into(), "Guests".into()],
        ..nesting(&[("Platform", &["Engineering"]), ("Engineering", &["Everyone"])])
    };
    let access = Case::claims(json!({"groups": ["Everyone", "Engineering", "Platform"]})).directory(directory).decide();
    assert_eq!(access.groups.len(), 4);
    assert_eq!(
        group(&access, "Everyone").why,
        [in_claim("groups"), Reason::Directory, nested(&["Platform", "Engineering", "Everyone"])]
    );
    assert_eq!(group(&access, "Engineering").why, [in_claim("groups"), nested(&["Platform", "Engineering"])]);
    assert_eq!(group(&access, "Guests").why, [Reason::Directory]);
}

#[test]
fn nesting_in_circles_ends() {
    let circle = nesting(&[("a", &["b", "a"]), ("b", &["c"]), ("c", &["a"])]);
    let access = Case::claims(json!({"groups": "a"})).directory(circle.clone()).decide();
    assert_eq!(group(&access, "c").why, [nested(&["a", "b", "c"])]);
    assert_eq!(group(&access, "a").why, [in_claim("groups")]);
    let both = Case::claims(json!({"groups": ["a", "b"]})).directory(circle).decide();
    assert_eq!(group(&both, "a").why, [in_claim("groups"), nested(&["b", "c", "a"])]);
    assert_eq!(group(&both, "b").why, [in_claim("groups"), nested(&["a", "b"])]);
}

#[test]
fn a_hostile_directory_is_bounded() {
    let names: Vec<String> = (0..5_000).map(|number| format!("g{number:04}")).collect();
    let info = |inside: &[String]| GroupInfo { description: Some("x".repeat(100_000)), inside: inside.to_vec() };
    let chain = names
        .iter()
        .enumerate()
        .map(|(place, name)| (name.clone(), info(&names[place + 1..names.len().min(place + 2)])));
    let deep = DirectoryView { groups: chain.collect(), ..DirectoryView::default() };
    let access = Case::claims(json!({"groups": "g0000"})).directory(deep).decide();
    assert_eq!(access.groups.len(), 1 + 10, "the group itself and ten steps");

    let everything = names.iter().map(|name| (name.clone(), info(&names[..100])));
    let hostile = ["\u{202E}x".to_owned(), " admin".into(), "y".repeat(4096)];
    let wide = DirectoryView {
        groups: everything.chain([("me".into(), info(&hostile))]).collect(),
        member_of: hostile.iter().chain(&names).cloned().collect(),
        ..DirectoryView::default()
    };
    let many: Vec<&String> = names[4_000..].iter().collect();
    let access = Case::claims(json!({ "groups": many })).directory(wide.clone()).decide();
    assert_eq!(access.groups.len(), 512, "256 from the claims, 256 from the directory");
    for group in &access.groups {
        assert!(names.contains(&group.name) && group.why.len() <= 6, "{}", group.name);
        assert_eq!(group.description.as_ref().unwrap().chars().count(), names::MAX_DESCRIPTION_CHARS);
    }
    let alone = DirectoryView { member_of: vec![], ..wide };
    assert_eq!(Case::claims(json!({"groups": "me"})).directory(alone).decide().groups.len(), 1);
}

#[test]
fn a_wide_directory_is_bounded_too() {
    let names: Vec<String> = (0..256).map(|number| format!("g{number:03}")).collect();
    let around =
        |name: &String, count: usize| -> Vec<String> { (0..count).map(|place| format!("{name}/{place}")).collect() };
    let wide = |count: usize| DirectoryView {
        groups: names
            .iter()
            .map(|name| (name.clone(), GroupInfo { inside: around(name, count), description: None }))
            .collect(),
        ..DirectoryView::default()
    };
    let one = Case::claims(json!({"groups": "g000"})).directory(wide(100)).decide();
    assert_eq!(one.groups.len(), 1 + 32, "the group itself and 32 around it");
    let all = Case::claims(json!({ "groups": names })).directory(wide(2)).decide();
    assert_eq!(all.groups.len(), 512, "256 groups, and 256 of the 512 around them");
}

#[test]
fn nothing_at_all_is_no_access() {
    let access = Case::claims(json!({})).decide();
    assert_eq!((access.level, access.roles.len(), access.groups.len(), access.listed.len()), (None, 0, 0, 0));
    assert_eq!((access.permissions.len(), access.withheld.len(), access.second_factor), (0, 0, None));
}
