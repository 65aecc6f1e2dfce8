//! Who may do what with records: written by hand, and worked out from nothing.

/// The built-in policy's roles, and one for each permission, or two that are odd together.
pub const POLICY: &str = r#"
levels = ["admin", "manager", "user", "viewer"]

[roles]
admin = ["read", "write", "delete", "admin"]
manager = ["read", "write", "manage_team"]
user = ["read", "write_own"]
viewer = ["read"]
lead = ["manage_team"]
author = ["write_own"]
writer = ["write"]
deleter = ["delete"]
clerk = ["admin"]
remover = ["read", "delete"]
tidy_author = ["write_own", "delete"]
team_writer = ["manage_team", "write"]
team_remover = ["manage_team", "delete"]

[second_factor]
roles = ["admin", "manager"]
methods = ["mfa"]
"#;

/// Three records: one's own, one whose owner shares a group with one, and one whose owner does not.
/// What may be done with each:
///
///   l  it is in the list, and found
///   o  it can be opened
///   e  it can be changed
///   d  it can be deleted
///   r  it can be brought back by whoever has deleted it, also when that was under another role
///
/// `closed`: there are no records at all for this person, and they are told why.
const TABLE: &str = "
    roles            factors  creating  own    team   other

    admin            two      create    loedr  loedr  loedr
    admin            one      closed    -----  -----  -----
    manager          two      create    loe--  loe--  loe--
    manager          one      closed    -----  -----  -----
    user             two      create    loe--  lo---  lo---
    user             one      create    loe--  lo---  lo---
    viewer           two      -         lo---  lo---  lo---
    viewer           one      -         lo---  lo---  lo---

    lead             two      -         lo---  lo---  -----
    lead             one      -         lo---  lo---  -----
    author           two      create    loe--  -----  -----
    author           one      create    loe--  -----  -----
    writer           two      create    loe--  -----  -----
    writer           one      create    loe--  -----  -----
    deleter          two      closed    -----  -----  -----
    deleter          one      closed    -----  -----  -----
    clerk            two      closed    -----  -----  -----
    clerk            one      closed    -----  -----  -----
    remover          two      -         lo-dr  lo-dr  lo-dr
    remover          one      -         lo-dr  lo-dr  lo-dr
    tidy_author      two      create    loedr  -----  -----
    tidy_author      one      create    loedr  -----  -----
    team_writer      two      create    loe--  loe--  -----
    team_writer      one      create    loe--  loe--  -----
    team_remover     two      -         lo-dr  lo-dr  -----
    team_remover     one      -         lo-dr  lo-dr  -----

    viewer+admin     two      create    loedr  loedr  loedr
    viewer+admin     one      -         lo---  lo---  lo---
    user+manager     two      create    loe--  loe--  loe--
    user+manager     one      create    loe--  lo---  lo---
    lead+author      one      create    loe--  lo---  -----
    nobody           two      closed    -----  -----  -----
    nobody           one      closed    -----  -----  -----
    unknown+Admin    two      closed    -----  -----  -----
    unknown+Admin    one      closed    -----  -----  -----
";

/// Whose a record is, as the person of a row sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    Own,
    Team,
    Other,
}

impl Whose {
    pub const ALL: [Self; 3] = [Self::Own, Self::Team, Self::Other];
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    roles: &'static str,
    pub second_factor: bool,
    pub closed: bool,
    pub creates: bool,
    allowed: [&'static str; 3],
}

impl Row {
    /// What its person has at the sign-in service.
    pub fn roles(&self) -> Vec<&'static str> {
        self.roles.split('+').filter(|role| *role != "nobody").collect()
    }

    /// Whether that letter stands at that record.
    pub fn allows(&self, letter: char, whose: Whose) -> bool {
        self.allowed[whose as usize].contains(letter)
    }

    /// Whose records have that letter.
    pub fn all_with(&self, letter: char) -> Vec<Whose> {
        Whose::ALL.into_iter().filter(|whose| self.allows(letter, *whose)).collect()
    }

    /// For messages.
    pub fn name(&self) -> String {
        format!("{}, {} second factor", self.roles, if self.second_factor { "with a" } else { "without a" })
    }
}

/// The table, line by line.
///
/// # Panics
/// When it cannot be read.
pub fn rows() -> Vec<Row> {
    let lines = TABLE.lines().map(str::trim).filter(|line| !line.is_empty()).skip(1);
    let rows: Vec<_> = lines.map(row).collect();
    assert_eq!(rows.len(), 35, "every line is read");
    rows
}

fn row(line: &'static str) -> Row {
    let words: Vec<_> = line.split_ascii_whitespace().collect();
    let [roles, factors, creating, allowed @ ..] = words.as_slice() else { panic!("{line}") };
    let allowed: [&str; 3] = allowed.try_into().unwrap_or_else(|_| panic!("{line}"));
    for letters in allowed {
        let right = letters.chars().zip("loedr".chars()).all(|(letter, place)| letter == place || letter == '-');
        assert!(right && letters.len() == 5, "{line}");
    }
    assert!(["one", "two"].contains(factors) && ["create", "closed", "-"].contains(creating), "{line}");
    Row {
        roles,
        second_factor: *factors == "two",
        closed: *creating == "closed",
        creates: *creating == "create",
        allowed,
    }
}
