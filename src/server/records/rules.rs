//! What a person may do with records, as the tables' permissions have it (`0002_secure_data.surql`):
//! said once more here, in order to offer and to explain. The two are compared by a test, role by role.

use crate::model::{
    Access, Permission, Person,
    record::{Actions, Closed, Reach, Sees},
};

/// Why there are no records at all for a person, if there are none.
pub fn closed(person: &Person, access: &Access) -> Option<Closed> {
    let reach = reach(access);
    if person.disabled {
        Some(Closed::Disabled)
    } else if !person.email_verified {
        Some(Closed::EmailNotVerified)
    } else if reach.sees != Sees::Nothing || reach.create {
        None
    } else if reach.second_factor_helps {
        Some(Closed::NeedsSecondFactor)
    } else {
        Some(Closed::NoPermission)
    }
}

/// What a person may do with records at all.
pub fn reach(access: &Access) -> Reach {
    let may = |permission| access.allows(permission);
    let sees = if may(Permission::Read) {
        Sees::All
    } else if may(Permission::ManageTeam) {
        Sees::Team
    } else if may(Permission::Write) || may(Permission::WriteOwn) {
        Sees::Own
    } else {
        Sees::Nothing
    };
    let would = |permission| access.withheld.iter().any(|grant| grant.permission == permission);
    Reach {
        sees,
        create: may(Permission::Write) || may(Permission::WriteOwn),
        edit_all: may(Permission::Write),
        delete: may(Permission::Delete),
        second_factor_helps: would(Permission::Read)
            || would(Permission::Write)
            || would(Permission::Delete)
            || would(Permission::WriteOwn)
            || would(Permission::ManageTeam),
    }
}

/// What a person may do with a record that they see.
pub fn actions(access: &Access, is_mine: bool) -> Actions {
    Actions {
        edit: access.allows(Permission::Write) || (is_mine && access.allows(Permission::WriteOwn)),
        delete: access.allows(Permission::Delete),
    }
}
