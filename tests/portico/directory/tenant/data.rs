//! What the tenant knows.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A client of the tenant's.
pub struct Client {
    pub(super) secret: String,
    pub(super) may_use_client_credentials: bool,
    /// Scopes by audience.
    pub(super) grants: BTreeMap<String, Vec<String>>,
}

impl Client {
    pub(super) fn with_all_scopes(secret: &str, management: &str) -> Self {
        use portico::server::directory::{
            EXTENSION_READ_SCOPES, EXTENSION_WRITE_SCOPES, MANAGEMENT_READ_SCOPES, MANAGEMENT_WRITE_SCOPES,
        };
        let owned = |lists: [&[&str]; 2]| lists.concat().into_iter().map(str::to_owned).collect();
        Self {
            secret: secret.to_owned(),
            may_use_client_credentials: true,
            grants: BTreeMap::from([
                (management.to_owned(), owned([MANAGEMENT_READ_SCOPES, MANAGEMENT_WRITE_SCOPES])),
                (super::EXTENSION.to_owned(), owned([EXTENSION_READ_SCOPES, EXTENSION_WRITE_SCOPES])),
            ]),
        }
    }
}

/// The data of both APIs, in their own shapes.
pub struct Data {
    /// Management API: roles.
    pub roles: Vec<Value>,
    /// Management API: permissions by role id.
    pub role_permissions: BTreeMap<String, Vec<Value>>,
    /// Management API: accounts by id.
    pub accounts: BTreeMap<String, Map<String, Value>>,
    /// Management API: role ids by account.
    pub account_roles: BTreeMap<String, BTreeSet<String>>,
    /// Management API: permissions given directly, by account.
    pub account_permissions: BTreeMap<String, Vec<Value>>,
    /// Management API: organizations by account.
    pub organizations: BTreeMap<String, Vec<Value>>,
    /// Extension: groups, with members, nested groups and roles.
    pub groups: Vec<Value>,
    /// Extension: roles of all applications, with permissions and users.
    pub extension_roles: Vec<Value>,
    /// Extension: permissions of all applications.
    pub extension_permissions: Vec<Value>,
}

/// A GUID made of a number.
pub fn guid(number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

impl Default for Data {
    fn default() -> Self {
        let role =
            |id: &str, name: &str, description: &str| json!({ "id": id, "name": name, "description": description });
        let permission = |name: &str, description: &str| {
            json!({
                "permission_name": name, "description": description,
                "resource_server_identifier": "https://api.example/", "resource_server_name": "API",
            })
        };
        let account = |id: &str, name: &str| {
            let json = json!({
                "user_id": id, "email": format!("{}@example.com", name.to_lowercase()), "email_verified": true, "name": name,
                "nickname": name.to_lowercase(), "picture": "https://img.example/a.png", "logins_count": 3,
                "created_at": "2026-01-02T03:04:05.678Z", "last_login": "2026-03-04T05:06:07.000Z",
                "app_metadata": { "plan": "pro", "authorization": { "groups": ["staff"] } }, "user_metadata": { "theme": "dark" },
            });
            (id.to_owned(), json.as_object().unwrap().clone())
        };
        let (read, write) = (permission("read", "See all records"), permission("write", "Change all records"));
        let application = |id: &str| json!({ "applicationType": "client", "applicationId": id });
        let with = |mut base: Value, more: Value| {
            base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            base
        };
        Self {
            roles: vec![
                role("rol_admin", "admin", "Looks after everything"),
                role("rol_manager", "manager", "Leads a team"),
                role("rol_user", "user", "Works here"),
                role("rol_viewer", "viewer", "Looks, but does not touch"),
            ],
            role_permissions: BTreeMap::from([
                ("rol_admin".to_owned(), vec![read.clone(), write.clone()]),
                ("rol_manager".to_owned(), vec![read.clone(), write]),
                ("rol_user".to_owned(), vec![read.clone()]),
                ("rol_viewer".to_owned(), vec![read]),
            ]),
            accounts: BTreeMap::from([
                account("auth0|ada", "Ada"),
                account("auth0|bob", "Bob"),
                account("samlp|okta|zoë/../x?#%", "Zoe"),
            ]),
            account_roles: BTreeMap::from([
                ("auth0|ada".to_owned(), BTreeSet::from(["rol_manager".to_owned(), "rol_user".to_owned()])),
                ("auth0|bob".to_owned(), BTreeSet::from(["rol_viewer".to_owned()])),
            ]),
            account_permissions: BTreeMap::from([(
                "auth0|ada".to_owned(),
                vec![permission("delete", "Delete all records")],
            )]),
            organizations: BTreeMap::from([(
                "auth0|ada".to_owned(),
                vec![json!({ "id": "org_1", "name": "acme", "display_name": "Acme Ltd" })],
            )]),
            groups: vec![
                json!({
                    "_id": guid(1), "name": "staff", "description": "Everybody who works here", "members": ["auth0|bob"], "mappings": [],
                    "nested": [guid(2)], "roles": [guid(12)],
                }),
                json!({
                    "_id": guid(2), "name": "engineering", "description": "Those who build", "members": [], "mappings": [], "nested": [guid(3)],
                }),
                json!({
                    "_id": guid(3), "name": "backend", "description": "Those who build the server", "members": ["auth0|ada"], "mappings": [],
                    "roles": [guid(11)],
                }),
                json!({ "_id": guid(4), "name": "sales", "description": "Those who sell", "members": [], "mappings": [] }),
            ],
            extension_roles: vec![
                with(
                    application("web"),
                    json!({ "_id": guid(11), "name": "manager", "description": "Leads a team", "permissions": [guid(21), guid(22)], "users": [] }),
                ),
                with(
                    application("web"),
                    json!({ "_id": guid(12), "name": "user", "description": "Works here", "permissions": [guid(21)], "users": ["auth0|ada"] }),
                ),
                with(
                    application("web"),
                    json!({ "_id": guid(13), "name": "viewer", "description": "Looks, but does not touch", "permissions": [guid(21)], "users": ["auth0|bob"] }),
                ),
                with(
                    application("intranet"),
                    json!({ "_id": guid(14), "name": "manager", "description": "Of another application", "permissions": [guid(23)], "users": ["auth0|ada"] }),
                ),
            ],
            extension_permissions: vec![
                with(
                    application("web"),
                    json!({ "_id": guid(21), "name": "read:reports", "description": "Read reports" }),
                ),
                with(
                    application("web"),
                    json!({ "_id": guid(22), "name": "write:reports", "description": "Write reports" }),
                ),
                with(
                    application("intranet"),
                    json!({ "_id": guid(23), "name": "read:reports", "description": "Of another application" }),
                ),
            ],
        }
    }
}

impl Data {
    /// The groups of a person, and those that they lie in, in the extension's order.
    pub(super) fn calculated_groups(&self, person: &str) -> Vec<Value> {
        let mut held: BTreeSet<String> = self.ids_where(&self.groups, "members", person);
        loop {
            let before = held.len();
            for id in held.clone() {
                held.extend(self.ids_where(&self.groups, "nested", &id));
            }
            if held.len() == before {
                break;
            }
        }
        self.groups.iter().filter(|group| held.contains(group["_id"].as_str().unwrap())).cloned().collect()
    }

    /// The roles of a person, of all applications; with those that groups give, if asked.
    pub(super) fn roles_of(&self, person: &str, with_groups: bool) -> Vec<Value> {
        let mut held = self.ids_where(&self.extension_roles, "users", person);
        if with_groups {
            for group in self.calculated_groups(person) {
                held.extend(texts(&group["roles"]));
            }
        }
        self.extension_roles.iter().filter(|role| held.contains(role["_id"].as_str().unwrap())).cloned().collect()
    }

    fn ids_where(&self, entries: &[Value], list: &str, wanted: &str) -> BTreeSet<String> {
        entries
            .iter()
            .filter(|entry| texts(&entry[list]).any(|text| text == wanted))
            .map(|entry| entry["_id"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn texts(list: &Value) -> impl Iterator<Item = String> + '_ {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}
