use super::*;
use std::fs;

fn faults(text: &str) -> Vec<String> {
    match Policy::from_toml(text) {
        Ok(policy) => panic!("no fault was found: {policy:?}"),
        Err(PolicyFaults(faults)) => faults.iter().map(ToString::to_string).collect(),
    }
}

/// The built-in policy with one part of it replaced.
fn changed(from: &str, to: &str) -> String {
    assert_eq!(BUILT_IN.matches(from).count(), 1, "{from:?}");
    BUILT_IN.replacen(from, to, 1)
}

/// The line of the built-in policy that begins with `start`, counted from 1.
fn line(start: &str) -> usize {
    BUILT_IN.lines().position(|line| line.starts_with(start)).expect("there is such a line") + 1
}

#[test]
fn the_built_in_policy_is_the_seeds() {
    use Permission::{Admin, Delete, ManageTeam, Read, Write, WriteOwn};
    let policy = Policy::built_in();
    let rules: Vec<_> = policy
        .roles()
        .iter()
        .map(|rule| (rule.name.as_str(), rule.permissions.clone(), rule.needs_second_factor))
        .collect();
    assert_eq!(
        rules,
        [
            ("admin", [Read, Write, Delete, Admin].into(), true),
            ("manager", [Read, Write, ManageTeam].into(), true),
            ("user", [Read, WriteOwn].into(), false),
            ("viewer", [Read].into(), false),
        ]
    );
    assert_eq!(policy.levels(), ["admin", "manager", "user", "viewer"]);
    assert_eq!(policy.methods(), ["mfa", "otp", "sms", "totp", "hwk", "swk", "fido"]);
    assert!(policy.is_second_factor("mfa") && !policy.is_second_factor("pwd") && !policy.is_second_factor("MFA"));
    assert_eq!(policy.role("user").unwrap().permissions, [Read, WriteOwn].into());
    assert_eq!(policy.role("User"), None);
}

#[test]
fn the_comments_tell_each_permission_as_the_program_does() {
    for permission in Permission::ALL {
        let wanted = format!("#   {permission:<12} ");
        let told = BUILT_IN.lines().find_map(|line| line.strip_prefix(&wanted));
        assert!(told.is_some(), "{permission} is not explained");
    }
}

#[test]
fn a_permission_needs_a_second_factor_when_no_role_gives_it_without_one() {
    let needing = |policy: &Policy| -> Vec<&str> {
        Permission::ALL
            .into_iter()
            .filter(|permission| policy.needs_second_factor(*permission))
            .map(Permission::as_str)
            .collect()
    };
    assert_eq!(needing(&Policy::built_in()), ["write", "delete", "manage_team", "admin"]);
    let nobody = Policy::from_toml(&changed(r#"roles = ["admin", "manager"]"#, "roles = []")).unwrap();
    assert_eq!(needing(&nobody), [""; 0]);
    // A permission that no role gives is as well kept as the best-kept one.
    let unused = Policy::from_toml(&changed(r#""delete", "admin"]"#, "]")).unwrap();
    assert_eq!(needing(&unused), ["write", "delete", "manage_team", "admin"]);
    let neither = changed(r#""delete", "admin"]"#, "]").replace(r#"roles = ["admin", "manager"]"#, "roles = []");
    assert_eq!(needing(&Policy::from_toml(&neither).unwrap()), [""; 0]);
    let shared = Policy::from_toml(&changed(r#"viewer = ["read"]"#, r#"viewer = ["read", "delete"]"#)).unwrap();
    assert_eq!(needing(&shared), ["write", "manage_team", "admin"]);
}

#[test]
fn the_default_role_must_be_one_that_everybody_can_use() {
    let policy = Policy::built_in();
    assert_eq!(policy.check_default_role("user"), Ok(()));
    assert_eq!(policy.check_default_role("guest"), Err(DefaultRoleError::Unknown));
    assert_eq!(policy.check_default_role("manager"), Err(DefaultRoleError::NeedsSecondFactor));
}

#[test]
fn each_fault_is_told_with_its_line_and_column() {
    let (levels, admin, manager, viewer) = (line("levels"), line("admin ="), line("manager ="), line("viewer ="));
    let (section, needing, methods) = (line("[second_factor]"), line("roles ="), line("methods ="));
    let six = "the permissions are read, write, delete, write_own, manage_team, admin";
    for (text, expected) in [
        (
            changed(r#""manage_team"]"#, r#""manage_teams"]"#),
            format!("line {manager}, column 29: there is no permission `manage_teams`: {six}"),
        ),
        (
            changed(r#"viewer = ["read"]"#, r#"viewer = ["Read"]"#),
            format!("line {viewer}, column 11: there is no permission `Read`: {six}"),
        ),
        (
            changed(r#"viewer = ["read"]"#, r#"viewer = ["read", "read"]"#),
            format!("line {viewer}, column 19: `read` is here twice"),
        ),
        (
            changed("viewer = [\"read\"]", "viewer = []"),
            format!("line {viewer}, column 10: a role that gives nothing: name its permissions"),
        ),
        (
            changed("viewer = [\"read\"]", "viewer = \"read\""),
            format!("line {viewer}, column 10: viewer must be a list of names: [\"…\", \"…\"]"),
        ),
        (
            changed("viewer = [\"read\"]", "viewer = [1]"),
            format!("line {viewer}, column 11: a name must stand in quotes"),
        ),
        (
            changed("viewer = [\"read\"]", "viewer = [\"read\"]\nmanager = [\"read\"]"),
            format!("line {}, column 1: duplicate key: `manager`", viewer + 1),
        ),
        (
            changed("viewer = [\"read\"]", "viewer = [\"read\"]\n\"manager\" = [\"read\"]"),
            format!("line {}, column 1: duplicate key: `\"manager\"`", viewer + 1),
        ),
        (
            changed("viewer = [", "\"view\\u200Ber\" = [").replace(", \"viewer\"]", "]"),
            format!("line {viewer}, column 1: the name has an invisible character, so it could never be found"),
        ),
        (
            changed("viewer = [", "\" viewer\" = [").replace(", \"viewer\"]", "]"),
            format!("line {viewer}, column 1: the name begins or ends with a space, so it could never be found"),
        ),
        (
            changed("\"user\", \"viewer\"]", "\"user\", \"reader\"]"),
            format!("line {levels}, column 39: `reader` is not a role: it is missing in [roles]"),
        ),
        (
            changed("\"user\", \"viewer\"]", "\"user\", \"user\"]"),
            format!("line {levels}, column 39: `user` is here twice"),
        ),
        (
            changed("levels = [\"admin\", \"manager\", \"user\", \"viewer\"]", "levels = []"),
            format!("line {levels}, column 10: levels is empty: name at least one role, highest first"),
        ),
        (
            changed("levels = [\"admin\", \"manager\", \"user\", \"viewer\"]", ""),
            "line 1, column 1: levels is missing".to_owned(),
        ),
        (
            changed("levels = [", "level = 1\nlevels = ["),
            format!("line {levels}, column 1: the policy has no `level`: it has levels, roles, second_factor"),
        ),
        (
            changed("roles = [\"admin\", \"manager\"]", "roles = [\"admin\", \"boss\"]"),
            format!("line {needing}, column 19: `boss` is not a role: it is missing in [roles]"),
        ),
        (changed("roles = [\"admin\", \"manager\"]", ""), format!("line {section}, column 1: roles is missing")),
        (
            changed("roles = [\"admin\", \"manager\"]", "roles = [\"admin\", \"manager\"]\nmax_age = 5"),
            format!("line {}, column 1: [second_factor] has no `max_age`: it has roles, methods", needing + 1),
        ),
        (
            changed("methods = [\"mfa\", \"otp\", \"sms\", \"totp\", \"hwk\", \"swk\", \"fido\"]", "methods = []"),
            format!(
                "line {methods}, column 11: methods is empty: name at least one value of amr that counts, such as \"mfa\""
            ),
        ),
        (changed("\"swk\", \"fido\"]", "\"swk\", \"mfa\"]"), format!("line {methods}, column 55: `mfa` is here twice")),
        (
            changed("\"swk\", \"fido\"]", "\"swk\", \"\"]"),
            format!("line {methods}, column 55: the name is empty, so it could never be found"),
        ),
        (changed("admin = [\"read\"", "é = [\"read\""), format!("line {admin}, column 1: ")),
    ] {
        let found = faults(&text);
        assert_eq!(found.len(), 1, "{expected}: {found:#?}");
        assert!(found[0].starts_with(&expected), "{} instead of {expected}", found[0]);
        let windows = faults(&text.replace('\n', "\r\n"));
        assert_eq!(windows, found, "the lines are the same with Windows line ends");
    }
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_file() {
    let text = changed("\"user\", \"viewer\"]", "\"user\", \"reader\"]")
        .replace("viewer = [\"read\"]", "viewer = [\"raed\"]")
        .replace("\"swk\", \"fido\"]", "\"swk\", 7]");
    let found = faults(&text);
    assert_eq!(found.len(), 3, "{found:#?}");
    for (fault, line) in found.iter().zip([line("levels"), line("viewer ="), line("methods =")]) {
        assert!(fault.starts_with(&format!("line {line}, ")), "{fault}");
    }
    let Err(all) = Policy::from_toml(&text) else { panic!("no fault") };
    assert_eq!(all.to_string(), found.join("\n"));
}

#[test]
fn an_empty_file_and_other_shapes_are_refused() {
    let missing = [
        "line 1, column 1: levels is missing",
        "line 1, column 1: roles is missing",
        "line 1, column 1: second_factor is missing",
    ];
    assert_eq!(faults(""), missing);
    assert_eq!(faults("# nothing\n"), missing);
    assert_eq!(
        faults("levels = [\"a\"]\nroles = 1\nsecond_factor = []\n"),
        [
            "line 2, column 9: roles must be a section: [roles], then a line for each role",
            "line 3, column 17: second_factor must be a section: [second_factor], then roles and methods",
        ]
    );
    let empty = faults("levels = [\"a\"]\n[second_factor]\nroles = []\nmethods = [\"mfa\"]\n[roles]\n");
    assert_eq!(empty, ["line 5, column 1: [roles] is empty: name at least one role and what it gives"]);
    for bad in ["levels", "levels = [", "= 1", "[roles", "\u{0}", "{", "levels = [\"\u{1b}\"]", "levels = \"\\q\""] {
        assert!(faults(bad).iter().all(|fault| fault.starts_with("line 1, column ")), "{bad:?}");
    }
}

#[test]
fn messages_repeat_little_of_the_file_and_nothing_hidden() {
    let hidden = faults(&changed("\"manage_team\"]", "\"\\u001B[31m\\u202Ex\", \"a\\tb\"]"));
    assert_eq!(hidden.len(), 2, "{hidden:?}");
    let long = faults(&changed("\"manage_team\"]", &format!("\"{}\"]", "x".repeat(200))));
    assert!(long[0].contains(&format!("`{}…`", "x".repeat(40))), "{long:?}");
    let keys = faults(&changed("levels = [", "\"\\u001B\\u202E\" = 1\nlevels = ["));
    assert!(keys[0].contains("the policy has no `\\u{1b}\\u{202e}`"), "{keys:?}");
    for fault in hidden.iter().chain(&long).chain(&keys) {
        assert!(!fault.chars().any(|c| c.is_control() || c == '\u{202E}'), "{fault:?}");
    }
}

#[test]
fn a_policy_of_ones_own_is_read_from_a_file() {
    let folder = std::env::temp_dir().join(format!("portico-policy-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let own = "levels = [\"Head of sales\"]\n[roles]\n\"Head of sales\" = [\"read\"]\nauditor = [\"read\", \"delete\"]\n\
               [second_factor]\nroles = [\"auditor\"]\nmethods = [\"hwk\"]\n";
    let policy = Policy::load(&write("own.toml", own.as_bytes())).unwrap();
    assert_eq!(policy.roles().iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["Head of sales", "auditor"]);
    assert_eq!(policy, Policy::load(&write("bom.toml", format!("\u{FEFF}{own}").as_bytes())).unwrap());

    let wrong = write("wrong.toml", own.replace("delete", "destroy").as_bytes());
    let told = Policy::load(&wrong).unwrap_err().to_string();
    assert!(told.contains(&wrong.display().to_string()) && told.contains("line 4, column 20: "), "{told}");
    let missing = Policy::load(&folder.join("missing.toml")).unwrap_err();
    assert!(matches!(missing, PolicyError::Unreadable { .. }), "{missing}");
    let binary = Policy::load(&write("binary.toml", b"levels = [\"\xFF\"]")).unwrap_err();
    assert!(matches!(binary, PolicyError::Unreadable { .. }), "{binary}");
    let full = format!("{own}#{}", "x".repeat(MAX_FILE_BYTES as usize - own.len() - 1));
    assert_eq!(Policy::load(&write("full.toml", full.as_bytes())).unwrap(), policy);
    let large = Policy::load(&write("large.toml", format!("{full}x").as_bytes())).unwrap_err();
    assert!(matches!(large, PolicyError::TooLarge { .. }), "{large}");
    fs::remove_dir_all(&folder).unwrap();
}
