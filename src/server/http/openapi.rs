//! `GET /api/openapi.json`: the JSON API, described by its own handlers.

use super::{audit, people_api, problem, profile, secure_data};
use axum::Json;
use std::sync::LazyLock;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

/// What the document is made of.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Portico",
        description = "Who is signed in, the records they may see, and for administrators who else is signed in, and the audit log. Every answer has an `x-request-id`; errors are problem details (RFC 9457) that carry it as `support_id`."
    ),
    paths(
        profile::profile,
        secure_data::list,
        secure_data::create,
        secure_data::get,
        secure_data::patch,
        secure_data::delete,
        audit::audit,
        people_api::people,
        people_api::end_of_person,
        people_api::end_everybodys
    ),
    components(schemas(problem::ProblemDocument)),
    modifiers(&Schemes)
)]
struct Api;

/// The two ways in.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        let cookie = ApiKeyValue::with_description("portico", "The session's cookie; `__Host-portico` on https.");
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("An access token of the sign-in service for AUTH0_AUDIENCE."))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(Api::openapi);

/// The description of the JSON API (OpenAPI).
pub async fn openapi() -> Json<&'static utoipa::openapi::OpenApi> {
    Json(&DOCUMENT)
}
