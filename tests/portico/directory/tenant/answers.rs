//! The tenant's correct answers.

use super::{
    State,
    routes::{Call, Issued, Place},
};
use serde_json::{Value, json};

/// A status code and JSON.
pub(super) type Answer = (u16, Value);

/// The token endpoint: `client_credentials`, refused in Auth0's words.
pub(super) fn token(state: &mut State, call: &Call) -> Answer {
    let denied = |status: u16, error: &str, description: String| {
        (status, json!({ "error": error, "error_description": description }))
    };
    let basic =
        call.headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Basic ")).map(|text| {
            use base64::{Engine, prelude::BASE64_STANDARD};
            let text = String::from_utf8(BASE64_STANDARD.decode(text).expect("base64")).expect("UTF-8");
            let (id, secret) = text.split_once(':').expect("a colon");
            let decode = |part: &str| {
                let pair = format!("x={part}");
                url::form_urlencoded::parse(pair.as_bytes()).next().expect("there is a pair").1.into_owned()
            };
            (decode(id), decode(secret))
        });
    let text = |name: &str| call.body[name].as_str().unwrap_or_default().to_owned();
    let (id, secret) = basic.unwrap_or_else(|| (text("client_id"), text("client_secret")));
    let audience = text("audience");
    let Some(client) = state.clients.get(&id).filter(|client| client.secret == secret) else {
        return denied(401, "access_denied", "Unauthorized".to_owned());
    };
    if !client.may_use_client_credentials {
        return denied(
            403,
            "unauthorized_client",
            "Grant type 'client_credentials' not allowed for the client.".to_owned(),
        );
    }
    if !state.apis.contains(&audience) {
        return denied(403, "access_denied", format!("Service not enabled within domain: {audience}"));
    }
    let Some(scopes) = client.grants.get(&audience).cloned() else {
        let description = format!(
            r#"Client is not authorized to access "{audience}". You need to create a "client-grant" associated to this API."#
        );
        return denied(403, "access_denied", description);
    };
    let number = state.tokens.len() + state.calls.len();
    let token =
        if state.opaque_tokens { format!("opaque{number}") } else { format!("header{number}.payload.signature") };
    let mut answer = json!({ "access_token": token, "token_type": "Bearer" });
    if let Some(life) = state.token_life {
        answer["expires_in"] = json!(life);
    }
    if state.name_scopes {
        answer["scope"] = json!(scopes.join(" "));
    }
    state.tokens.insert(token, Issued { audience, scopes });
    (200, answer)
}

/// The scopes a call needs.
pub(super) fn scopes(place: Place, call: &str, body: &Value) -> Vec<&'static str> {
    match (place, call) {
        (Place::Management, "GET /roles" | "GET /roles/{id}/permissions") => vec!["read:roles"],
        (Place::Management, "GET /users" | "GET /users/{id}" | "GET /users/{id}/permissions") => vec!["read:users"],
        (Place::Management, "GET /users/{id}/roles") => vec!["read:users", "read:roles", "read:role_members"],
        (Place::Management, "GET /users/{id}/organizations") => vec!["read:organizations"],
        (Place::Management, "PATCH /users/{id}") if body.get("app_metadata").is_some() => {
            vec!["update:users", "update:users_app_metadata"]
        }
        (Place::Management, "PATCH /users/{id}") => vec!["update:users"],
        (Place::Management, "POST /users/{id}/roles") => vec!["update:users", "create:role_members"],
        (Place::Management, "DELETE /users/{id}/roles") => vec!["update:users", "delete:role_members"],
        (Place::Extension, "GET /groups" | "GET /users/{id}/groups/calculate") => vec!["read:groups"],
        (Place::Extension, "GET /permissions") => vec!["read:permissions"],
        (Place::Extension, "PATCH /users/{id}/roles" | "DELETE /users/{id}/roles") => vec!["update:roles"],
        (Place::Extension, _) => vec!["read:roles"],
        _ => Vec::new(),
    }
}

/// Both APIs.
pub(super) fn api(state: &mut State, place: Place, call: &Call, ids: &[String]) -> Answer {
    let id = ids.first().map(String::as_str).unwrap_or_default();
    match place {
        Place::Management => management(state, call, id),
        _ => extension(state, call, id),
    }
}

fn management(state: &mut State, call: &Call, id: &str) -> Answer {
    let unknown = (
        404,
        json!({ "statusCode": 404, "error": "Not Found", "message": "The user does not exist.", "errorCode": "inexistent_user" }),
    );
    let most = state.most_per_page;
    let data = &mut state.data;
    if call.name.contains("/users/{id}") && !data.accounts.contains_key(id) {
        return unknown;
    }
    match call.name.as_str() {
        "GET /roles" => page(&data.roles, "roles", call, most),
        "GET /roles/{id}/permissions" => match data.roles.iter().any(|role| role["id"] == id) {
            true => {
                page(data.role_permissions.get(id).map(Vec::as_slice).unwrap_or_default(), "permissions", call, most)
            }
            false => (
                404,
                json!({ "statusCode": 404, "error": "Not Found", "message": "Role not found", "errorCode": "inexistent_role" }),
            ),
        },
        "GET /users" => {
            let accounts: Vec<Value> = data.accounts.values().cloned().map(Value::Object).collect();
            page(&accounts, "users", call, most)
        }
        "GET /users/{id}" => (200, Value::Object(data.accounts[id].clone())),
        "PATCH /users/{id}" => {
            let account = data.accounts.get_mut(id).expect("it is there");
            for (member, change) in call.body.as_object().expect("an object") {
                // Auth0 merges the first level, and removes what is null.
                let kept =
                    account.entry(member).or_insert_with(|| json!({})).as_object_mut().expect("metadata is an object");
                for (name, value) in change.as_object().expect("an object") {
                    if value.is_null() {
                        kept.remove(name);
                    } else {
                        kept.insert(name.clone(), value.clone());
                    }
                }
            }
            (200, Value::Object(account.clone()))
        }
        "GET /users/{id}/roles" => {
            let held = data.account_roles.get(id).cloned().unwrap_or_default();
            let roles: Vec<Value> =
                data.roles.iter().filter(|role| held.contains(role["id"].as_str().expect("an id"))).cloned().collect();
            page(&roles, "roles", call, most)
        }
        "POST /users/{id}/roles" | "DELETE /users/{id}/roles" => {
            let held = data.account_roles.entry(id.to_owned()).or_default();
            for role in call.body["roles"].as_array().expect("a list") {
                let role = role.as_str().expect("an id");
                if call.name.starts_with("POST") {
                    held.insert(role.to_owned())
                } else {
                    held.remove(role)
                };
            }
            (204, Value::Null)
        }
        "GET /users/{id}/permissions" => {
            let mut permissions: Vec<Value> = Vec::new();
            let mut add = |permission: &Value, source: Value| match permissions
                .iter_mut()
                .find(|known| known["permission_name"] == permission["permission_name"])
            {
                Some(known) => known["sources"].as_array_mut().expect("a list").push(source),
                None => {
                    let mut permission = permission.clone();
                    permission["sources"] = json!([source]);
                    permissions.push(permission);
                }
            };
            for permission in data.account_permissions.get(id).into_iter().flatten() {
                add(permission, json!({ "source_id": "", "source_name": "", "source_type": "DIRECT" }));
            }
            for role in data.account_roles.get(id).into_iter().flatten() {
                let name =
                    data.roles.iter().find(|known| known["id"] == role.as_str()).map(|known| known["name"].clone());
                for permission in data.role_permissions.get(role).into_iter().flatten() {
                    add(permission, json!({ "source_id": role, "source_name": name, "source_type": "ROLE" }));
                }
            }
            page(&permissions, "permissions", call, most)
        }
        "GET /users/{id}/organizations" => {
            page(data.organizations.get(id).map(Vec::as_slice).unwrap_or_default(), "organizations", call, most)
        }
        _ => (404, json!({ "statusCode": 404, "error": "Not Found", "message": "Not Found" })),
    }
}

/// A page, as the Management API cuts it.
fn page(entries: &[Value], member: &str, call: &Call, most: usize) -> Answer {
    let number = |name: &str| call.query[name].as_str().and_then(|text| text.parse::<usize>().ok()).expect("a number");
    let limit = number("per_page").min(most);
    let start = number("page") * limit;
    let cut: Vec<Value> = entries.iter().skip(start).take(limit).cloned().collect();
    (200, json!({ "start": start, "limit": limit, "total": entries.len(), member: cut }))
}

fn extension(state: &mut State, call: &Call, id: &str) -> Answer {
    let data = &mut state.data;
    let only = |entries: Vec<Value>, members: &[&str]| {
        let cut = entries
            .into_iter()
            .map(|entry| members.iter().map(|member| ((*member).to_owned(), entry[*member].clone())).collect());
        (200, Value::Array(cut.map(Value::Object).collect()))
    };
    const GROUP: &[&str] = &["_id", "name", "description"];
    const ROLE: &[&str] = &["_id", "name", "applicationId", "description"];
    match call.name.as_str() {
        "GET /groups" => (200, json!({ "groups": data.groups, "total": data.groups.len() })),
        "GET /roles" => (200, json!({ "roles": data.extension_roles, "total": data.extension_roles.len() })),
        "GET /permissions" => {
            (200, json!({ "permissions": data.extension_permissions, "total": data.extension_permissions.len() }))
        }
        "GET /users/{id}/groups/calculate" => only(data.calculated_groups(id), GROUP),
        "GET /users/{id}/roles" => only(data.roles_of(id, false), ROLE),
        "GET /users/{id}/roles/calculate" => only(data.roles_of(id, true), ROLE),
        "PATCH /users/{id}/roles" | "DELETE /users/{id}/roles" => {
            for wanted in call.body.as_array().expect("a list") {
                let Some(role) = data.extension_roles.iter_mut().find(|role| role["_id"] == *wanted) else {
                    return (
                        400,
                        json!({ "statusCode": 400, "error": "Bad Request", "message": "The role does not exist" }),
                    );
                };
                let users = role["users"].as_array_mut().expect("a list");
                users.retain(|user| user != id);
                if call.name.starts_with("PATCH") {
                    users.push(json!(id));
                }
            }
            (204, Value::Null)
        }
        _ => (404, json!({ "statusCode": 404, "error": "Not Found", "message": "Not Found" })),
    }
}
