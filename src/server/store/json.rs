//! JSON objects as the database's objects, and back.

use serde_json::Map;
use surrealdb::types::{Error, Kind, SurrealValue, Value};

/// A JSON object in a column of type `object FLEXIBLE`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Json(pub(super) Map<String, serde_json::Value>);

impl SurrealValue for Json {
    fn kind_of() -> Kind {
        Kind::Object
    }

    fn into_value(self) -> Value {
        serde_json::Value::Object(self.0).into_value()
    }

    fn from_value(value: Value) -> Result<Self, Error> {
        match value.into_json_value() {
            serde_json::Value::Object(object) => Ok(Self(object)),
            other => Err(Error::serialization(format!("expected an object, found {}", kind(&other)), None)),
        }
    }
}

/// What a value is, without showing it.
fn kind(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "nothing",
        serde_json::Value::Bool(_) => "a bool",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::String(_) => "a string",
        serde_json::Value::Array(_) => "an array",
        serde_json::Value::Object(_) => "an object",
    }
}
