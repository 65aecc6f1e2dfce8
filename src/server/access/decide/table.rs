//! The whole decision for the built-in policy, written out by hand: every subset of the four roles,
//! without and with a second factor. It shares no code with what it checks.

use super::{decide, permissions_with_second_factor, permissions_without_second_factor, tests::Case};
use crate::model::Permission;

const ROLES: [&str; 4] = ["admin", "manager", "user", "viewer"];

/// Roles held; then level and permissions without a second factor; then the same with one.
/// A = admin, M = manager, U = user, V = viewer.
/// r = read, w = write, d = delete, o = write_own, t = manage_team, a = admin.
const TABLE: [(&str, &str, &str, &str, &str); 16] = [
    // held   without        with
    ("    ", "-", "      ", "-", "      "),
    ("   V", "viewer", "r     ", "viewer", "r     "),
    ("  U ", "user", "r  o  ", "user", "r  o  "),
    ("  UV", "user", "r  o  ", "user", "r  o  "),
    (" M  ", "-", "      ", "manager", "rw  t "),
    (" M V", "viewer", "r     ", "manager", "rw  t "),
    (" MU ", "user", "r  o  ", "manager", "rw ot "),
    (" MUV", "user", "r  o  ", "manager", "rw ot "),
    ("A   ", "-", "      ", "admin", "rwd  a"),
    ("A  V", "viewer", "r     ", "admin", "rwd  a"),
    ("A U ", "user", "r  o  ", "admin", "rwdo a"),
    ("A UV", "user", "r  o  ", "admin", "rwdo a"),
    ("AM  ", "-", "      ", "admin", "rwd ta"),
    ("AM V", "viewer", "r     ", "admin", "rwd ta"),
    ("AMU ", "user", "r  o  ", "admin", "rwdota"),
    ("AMUV", "user", "r  o  ", "admin", "rwdota"),
];

fn letters<'a>(permissions: impl IntoIterator<Item = &'a Permission>) -> String {
    let held: Vec<&str> = permissions.into_iter().map(|permission| permission.as_str()).collect();
    let letter = |(letter, name): (&'static str, &str)| if held.contains(&name) { letter } else { " " };
    [("r", "read"), ("w", "write"), ("d", "delete"), ("o", "write_own"), ("t", "manage_team"), ("a", "admin")]
        .map(letter)
        .concat()
}

#[test]
fn the_decision_is_that_of_the_table() {
    let mut seen = std::collections::HashSet::new();
    for (held, level_without, without, level_with, with) in TABLE {
        assert!(seen.insert(held), "{held:?} is in the table twice");
        let roles: Vec<&str> =
            ROLES.into_iter().zip(held.chars()).filter(|(_, letter)| *letter != ' ').map(|(role, _)| role).collect();
        for (second_factor, level, permissions) in [(false, level_without, without), (true, level_with, with)] {
            let mut case = Case::roles(&roles);
            if second_factor {
                case = case.second_factor("mfa");
            }
            let access = decide(&case.policy, &case.evidence());
            let told = format!("{held:?}, second factor: {second_factor}");

            assert_eq!(letters(access.permissions.iter().map(|grant| &grant.permission)), permissions, "{told}");
            let found_level = access.level.as_ref().map_or("-", |level| level.as_str());
            assert_eq!(found_level, level, "{told}");
            for permission in Permission::ALL {
                let letter = letters([&permission]).trim().to_owned();
                assert_eq!(access.allows(permission), permissions.contains(&letter), "{told}, {permission}");
            }

            let names: Vec<&str> = access.roles.iter().map(|role| role.name.as_str()).collect();
            assert_eq!(names, roles, "{told}: each role once, highest level first, withheld or not");
            let expected_withheld: Vec<&str> = if second_factor {
                vec![]
            } else {
                roles.iter().copied().filter(|role| matches!(*role, "admin" | "manager")).collect()
            };
            let found_withheld: Vec<&str> = access.withheld_roles().map(|role| role.name.as_str()).collect();
            assert_eq!(found_withheld, expected_withheld, "{told}");
            assert_eq!(access.second_factor_helps(), !expected_withheld.is_empty(), "{told}");

            // What is withheld is what the row's last column has besides.
            let all: String =
                with.chars().zip(permissions.chars()).map(|(with, now)| if now == ' ' { with } else { ' ' }).collect();
            assert_eq!(letters(access.withheld.iter().map(|grant| &grant.permission)), all, "{told}");

            // The sets for the database do not depend on the second factor of the moment.
            assert_eq!(letters(&permissions_without_second_factor(&case.policy, &case.evidence())), without, "{told}");
            assert_eq!(letters(&permissions_with_second_factor(&case.policy, &case.evidence())), with, "{told}");
        }
    }
    assert_eq!(seen.len(), 1 << ROLES.len());
}
