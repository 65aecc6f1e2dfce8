//! The JSON Schemas of the calls: `tests/schemas`.

use jsonschema_valid::{Config, schemas::Draft};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// The schemas of one API's calls.
pub struct Schemas(Value);

/// The token endpoint.
pub static TOKEN: LazyLock<Schemas> = LazyLock::new(|| Schemas::parse(include_str!("../../schemas/token.json")));
/// The Management API.
pub static MANAGEMENT: LazyLock<Schemas> =
    LazyLock::new(|| Schemas::parse(include_str!("../../schemas/management.json")));
/// The Authorization Extension.
pub static EXTENSION: LazyLock<Schemas> =
    LazyLock::new(|| Schemas::parse(include_str!("../../schemas/authorization-extension.json")));

impl Schemas {
    fn parse(text: &str) -> Self {
        Self(serde_json::from_str(text).expect("a schema is JSON"))
    }

    /// What is wrong with a request; a call without a schema is one that nobody meant to make.
    pub fn faults_of_request(&self, call: &str, query: &Value, body: &Value) -> Vec<String> {
        let Some(schema) = self.0["calls"].get(call) else { return vec![format!("{call} has no schema")] };
        let nothing = json!({ "type": "object", "maxProperties": 0 });
        let null = json!({ "type": "null" });
        let query_faults = self.faults(schema.get("query").unwrap_or(&nothing), query);
        let body_faults = self.faults(schema.get("body").unwrap_or(&null), body);
        query_faults
            .into_iter()
            .map(|fault| format!("{call}, query: {fault}"))
            .chain(body_faults.into_iter().map(|fault| format!("{call}, body: {fault}")))
            .collect()
    }

    /// What is wrong with an answer.
    pub fn faults_of_answer(&self, call: &str, answer: &Value) -> Vec<String> {
        let schema = &self.0["calls"][call]["answer"];
        self.faults(schema, answer).into_iter().map(|fault| format!("{call}, answer: {fault}")).collect()
    }

    fn faults(&self, part: &Value, instance: &Value) -> Vec<String> {
        let schema = json!({ "definitions": self.0["definitions"], "allOf": [part] });
        let config = Config::from_schema(&schema, Some(Draft::Draft7)).expect("a schema can be read");
        match config.validate(instance) {
            Ok(()) => Vec::new(),
            Err(errors) => errors.map(|error| error.to_string()).collect(),
        }
    }
}

#[test]
fn the_schemas_are_schemas() {
    for schemas in [&TOKEN, &MANAGEMENT, &EXTENSION] {
        for (name, call) in schemas.0["calls"].as_object().unwrap() {
            for (part, schema) in call.as_object().unwrap() {
                assert!(["query", "body", "answer"].contains(&part.as_str()), "{name}: {part}");
                let whole = json!({ "definitions": schemas.0["definitions"], "allOf": [schema] });
                let config = Config::from_schema(&whole, Some(Draft::Draft7)).unwrap();
                assert!(config.validate_schema().is_ok(), "{name}: {part}");
            }
        }
    }
}

#[test]
fn the_schemas_refuse_what_the_apis_would_refuse() {
    let page = json!({ "page": "0", "per_page": "100", "include_totals": "true" });
    let request = |call: &str, query: Value, body: Value| MANAGEMENT.faults_of_request(call, &query, &body);
    assert!(request("GET /roles", page.clone(), Value::Null).is_empty());
    assert!(
        !request("GET /roles", json!({ "page": "0", "per_page": "101", "include_totals": "true" }), Value::Null)
            .is_empty()
    );
    assert!(!request("GET /roles", json!({}), Value::Null).is_empty());
    assert!(!request("GET /roles", page.clone(), json!({})).is_empty());
    assert!(!request("GET /clients", json!({}), Value::Null).is_empty());
    assert!(request("POST /users/{id}/roles", json!({}), json!({ "roles": ["rol_1"] })).is_empty());
    for body in [json!(null), json!({}), json!({ "roles": [] }), json!({ "roles": [""] }), json!(["rol_1"])] {
        assert!(!request("POST /users/{id}/roles", json!({}), body.clone()).is_empty(), "{body}");
    }
    for body in [json!({}), json!({ "user_metadata": [] }), json!({ "email": "a@b.example" })] {
        assert!(!request("PATCH /users/{id}", json!({}), body.clone()).is_empty(), "{body}");
    }
    let roles = |roles: Value| {
        MANAGEMENT.faults_of_answer("GET /roles", &json!({ "start": 0, "limit": 50, "total": 1, "roles": roles }))
    };
    assert!(roles(json!([{ "id": "rol_1", "name": "admin", "description": "All" }])).is_empty());
    for wrong in [json!([{ "id": 1, "name": "admin" }]), json!([{ "name": "admin" }]), json!({}), json!(["admin"])] {
        assert!(!roles(wrong.clone()).is_empty(), "{wrong}");
    }
    let change = |body: Value| EXTENSION.faults_of_request("PATCH /users/{id}/roles", &json!({}), &body);
    assert!(change(json!(["01edeb20-fb43-4ed0-9932-bcb6e73ce536"])).is_empty());
    assert!(!change(json!(["rol_1"])).is_empty());
    let grant = |body: Value| TOKEN.faults_of_request("POST /oauth/token", &json!({}), &body);
    assert!(!grant(json!({ "grant_type": "password", "audience": "a" })).is_empty());
    assert!(!grant(json!({ "grant_type": "client_credentials", "audience": "a", "client_id": "c" })).is_empty());
}
