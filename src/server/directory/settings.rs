//! Which directory is asked, as whom, how often and how patiently.

use crate::server::settings::{ClientAuth, OidcSettings, is_secure_or_loopback};
use secrecy::SecretString;
use std::{num::NonZeroU32, time::Duration};
use url::Url;

/// What [`DirectorySettings::read`] asks for. Those that begin with `PORTICO_` are its own.
pub const NAMES: &[&str] = &[
    "PORTICO_DIRECTORY",
    "PORTICO_DIRECTORY_CALLS_PER_SECOND",
    "PORTICO_DIRECTORY_CACHE_SECONDS",
    "AUTH0_TENANT_DOMAIN",
    "AUTH0_MANAGEMENT_CLIENT_ID",
    "AUTH0_MANAGEMENT_CLIENT_SECRET",
    "AUTHZ_EXTENSION_URL",
];

/// The directory's settings, validated.
#[derive(Clone, Debug)]
pub struct DirectorySettings {
    /// `PORTICO_DIRECTORY`: where descriptions come from.
    pub source: DirectorySource,
    /// How often and how patiently it is asked.
    pub tuning: Tuning,
}

/// Where descriptions come from.
#[derive(Clone, Debug)]
pub enum DirectorySource {
    /// `none`: from nowhere. Names are shown without descriptions.
    None,
    /// `management`: Auth0's Management API v2.
    Management(MachineClient),
    /// `authorization_extension`: Auth0's Authorization Extension. Accounts still come from the
    /// Management API.
    AuthorizationExtension {
        /// As whom it is asked.
        client: MachineClient,
        /// `AUTHZ_EXTENSION_URL`: the base of its API, without a slash at the end. Each installation
        /// has its own, so it is never derived.
        url: Url,
    },
}

/// The client that asks, and the tenant it is a client of.
#[derive(Clone, Debug)]
pub struct MachineClient {
    /// The tenant's own address, with the slash at the end: `https://tenant.eu.auth0.com/`. Tokens
    /// are asked for, and the Management API is called, here: Auth0 refuses a token of one domain
    /// at another.
    pub tenant: Url,
    /// The `client_id` that asks for machine tokens.
    pub client_id: String,
    /// Its `client_secret`.
    pub client_secret: SecretString,
    /// How it proves who it is at the token endpoint.
    pub client_auth: ClientAuth,
    /// `AUTH0_CLIENT_ID`: the application people sign in to. The Authorization Extension's roles and
    /// permissions of other applications are passed over.
    pub application_id: String,
    /// `AUTH0_AUDIENCE`: of two permissions of one name, that of this API is shown.
    pub api: Option<String>,
}

impl MachineClient {
    /// The audience, and the base, of the Management API.
    pub fn management_audience(&self) -> String {
        format!("{}api/v2/", self.tenant)
    }
}

/// How often and how patiently the directory is asked. The settings change the first three; the
/// others are what a test must be able to shorten.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// How many calls a second are made at most, over time.
    pub calls_per_second: NonZeroU32,
    /// How many calls may be made at once after a pause.
    pub burst: NonZeroU32,
    /// How long what was read counts as fresh.
    pub cache_life: Duration,
    /// How long a page waits for the directory before it does without.
    pub patience: Duration,
    /// How long an administrator's action waits.
    pub action_limit: Duration,
    /// How long one call of a refresh in the background may take, waiting and retries included.
    pub refresh_limit: Duration,
    /// How long one try of a call may take.
    pub call_timeout: Duration,
    /// How often a call that met a fault of the directory's (5xx, time-out, 429) is tried again.
    pub retries: u32,
    /// How long to wait at most before the first of these; each wait may be twice the one before.
    pub backoff: Duration,
    /// How long to leave a directory alone that is away.
    pub rest: Duration,
    /// How long to leave it alone after a refusal (4xx), which only a person can mend.
    pub rest_after_refusal: Duration,
}

impl Tuning {
    /// The usual values, for this many calls a second.
    ///
    /// Auth0's free tenants allow the Management API 2 a second, in bursts of 10.
    pub const fn for_rate(calls_per_second: NonZeroU32) -> Self {
        // In a constant, a zero would not compile.
        const FOUR: NonZeroU32 = NonZeroU32::new(4).unwrap();
        Self {
            calls_per_second,
            burst: calls_per_second.saturating_mul(FOUR),
            cache_life: Duration::from_secs(600),
            patience: Duration::from_secs(1),
            action_limit: Duration::from_secs(8),
            refresh_limit: Duration::from_secs(30),
            call_timeout: Duration::from_secs(5),
            retries: 3,
            backoff: Duration::from_millis(200),
            rest: Duration::from_secs(5),
            rest_after_refusal: Duration::from_secs(60),
        }
    }
}

// In a constant, a zero would not compile.
/// The Management API's limit on free tenants.
const MANAGEMENT_RATE: NonZeroU32 = NonZeroU32::new(2).unwrap();
/// The Authorization Extension documents no limit; this one is ours.
const EXTENSION_RATE: NonZeroU32 = NonZeroU32::new(10).unwrap();

impl DirectorySettings {
    /// No directory.
    pub const fn none() -> Self {
        Self { source: DirectorySource::None, tuning: Tuning::for_rate(MANAGEMENT_RATE) }
    }

    /// Reads the settings named in [`NAMES`] from `get`, which answers `None` for what is not set or
    /// empty.
    ///
    /// # Errors
    /// One sentence for each fault.
    pub fn read(get: impl Fn(&str) -> Option<String>, oidc: &OidcSettings) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let kind = get("PORTICO_DIRECTORY").unwrap_or_else(|| "none".to_owned());
        let rate = match kind.as_str() {
            "none" => return Ok(Self::none()),
            "management" => MANAGEMENT_RATE,
            "authorization_extension" => EXTENSION_RATE,
            _ => {
                return Err(vec![
                    "PORTICO_DIRECTORY must be one of none, management, authorization_extension.".to_owned(),
                ]);
            }
        };
        let rate = number(&get, "PORTICO_DIRECTORY_CALLS_PER_SECOND", rate.get(), 1, 100, &mut faults);
        let life = number(&get, "PORTICO_DIRECTORY_CACHE_SECONDS", 600, 10, 86_400, &mut faults);
        let client = read_client(&get, oidc, &mut faults);
        let url = if kind == "management" { None } else { read_extension_url(&get, &mut faults) };
        let mut tuning = Tuning::for_rate(NonZeroU32::new(rate).unwrap_or(MANAGEMENT_RATE));
        tuning.cache_life = Duration::from_secs(life.into());
        match (client, url) {
            (Some(client), None) if faults.is_empty() => {
                Ok(Self { source: DirectorySource::Management(client), tuning })
            }
            (Some(client), Some(url)) if faults.is_empty() => {
                Ok(Self { source: DirectorySource::AuthorizationExtension { client, url }, tuning })
            }
            _ => Err(faults),
        }
    }
}

fn number(
    get: &impl Fn(&str) -> Option<String>,
    name: &str,
    default: u32,
    least: u32,
    most: u32,
    faults: &mut Vec<String>,
) -> u32 {
    let Some(text) = get(name) else { return default };
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => number,
        _ => {
            faults.push(format!("{name} must be a whole number from {least} to {most}."));
            default
        }
    }
}

fn read_client(
    get: &impl Fn(&str) -> Option<String>,
    oidc: &OidcSettings,
    faults: &mut Vec<String>,
) -> Option<MachineClient> {
    let tenant = read_tenant(get, &oidc.issuer, faults);
    let (client_id, client_secret, client_auth) = match (
        get("AUTH0_MANAGEMENT_CLIENT_ID"),
        get("AUTH0_MANAGEMENT_CLIENT_SECRET"),
    ) {
        (Some(id), Some(secret)) => (id, SecretString::from(secret), ClientAuth::Post),
        (None, None) => {
            let auth = oidc.client_auth.unwrap_or(ClientAuth::Post);
            (oidc.client_id.clone(), oidc.client_secret.clone(), auth)
        }
        _ => {
            faults.push(
                    "AUTH0_MANAGEMENT_CLIENT_ID and AUTH0_MANAGEMENT_CLIENT_SECRET must be set both, or neither: then the application's own client asks."
                        .to_owned(),
                );
            return None;
        }
    };
    Some(MachineClient {
        tenant: tenant?,
        client_id,
        client_secret,
        client_auth,
        application_id: oidc.client_id.clone(),
        api: oidc.audience.clone(),
    })
}

/// The tenant's own address: `AUTH0_TENANT_DOMAIN`, else the issuer.
fn read_tenant(get: &impl Fn(&str) -> Option<String>, issuer: &str, faults: &mut Vec<String>) -> Option<Url> {
    if let Some(domain) = get("AUTH0_TENANT_DOMAIN") {
        let address = format!("https://{domain}/");
        let plain = Url::parse(&address)
            .ok()
            .filter(|url| url.as_str() == address && url.path() == "/" && url.username().is_empty());
        if plain.is_none() {
            faults.push(
                "AUTH0_TENANT_DOMAIN must be a bare host name, such as tenant.eu.auth0.com, without https:// and without a slash.".to_owned(),
            );
        }
        return plain;
    }
    let tenant = Url::parse(issuer).ok().filter(|url| url.path() == "/" && is_secure_or_loopback(url));
    if tenant.is_none() {
        faults.push(
            "PORTICO_DIRECTORY needs an Auth0 tenant, but the issuer is none: set AUTH0_TENANT_DOMAIN, such as tenant.eu.auth0.com, or PORTICO_DIRECTORY=none."
                .to_owned(),
        );
    }
    tenant
}

fn read_extension_url(get: &impl Fn(&str) -> Option<String>, faults: &mut Vec<String>) -> Option<Url> {
    let Some(text) = get("AUTHZ_EXTENSION_URL") else {
        faults.push(
            "AUTHZ_EXTENSION_URL is missing: the API's address, which the Authorization Extension shows under Configuration, API; it ends with /api."
                .to_owned(),
        );
        return None;
    };
    match Url::parse(text.trim_end_matches('/')) {
        Ok(url) if !is_secure_or_loopback(&url) => {
            faults.push(
                "AUTHZ_EXTENSION_URL must be an https address (plain http is accepted on loopback only).".to_owned(),
            );
            None
        }
        Ok(url)
            if url.query().is_some()
                || url.fragment().is_some()
                || !url.username().is_empty()
                || url.password().is_some() =>
        {
            faults.push("AUTHZ_EXTENSION_URL must have neither a query, nor a fragment, nor a user name.".to_owned());
            None
        }
        Ok(url) => Some(url),
        Err(error) => {
            faults.push(format!("AUTHZ_EXTENSION_URL is not an address: {error}."));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn oidc(issuer: &str) -> OidcSettings {
        OidcSettings {
            issuer: issuer.to_owned(),
            client_id: "web".to_owned(),
            client_secret: SecretString::from("application secret"),
            audience: Some("https://api.example/".to_owned()),
            callback_url: Url::parse("https://portal.example/callback").unwrap(),
            scopes: vec!["openid".to_owned()],
            client_auth: None,
            logout_token_typ: Default::default(),
        }
    }

    fn read(issuer: &str, pairs: &[(&str, &str)]) -> Result<DirectorySettings, Vec<String>> {
        let get = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        DirectorySettings::read(get, &oidc(issuer))
    }

    fn faults(issuer: &str, pairs: &[(&str, &str)]) -> Vec<String> {
        read(issuer, pairs).err().unwrap_or_default()
    }

    const TENANT: &str = "https://tenant.eu.auth0.com/";

    #[test]
    fn without_a_word_there_is_no_directory() {
        for pairs in [&[][..], &[("PORTICO_DIRECTORY", "none")]] {
            assert!(matches!(read("https://login.example/realms/one", pairs).unwrap().source, DirectorySource::None));
        }
        assert_eq!(faults(TENANT, &[("PORTICO_DIRECTORY", "ldap")]).len(), 1);
    }

    #[test]
    fn the_application_itself_asks_its_own_tenant_unless_told_otherwise() {
        let settings = read(TENANT, &[("PORTICO_DIRECTORY", "management")]).unwrap();
        assert_eq!(settings.tuning.calls_per_second.get(), 2);
        assert_eq!(settings.tuning.cache_life, Duration::from_secs(600));
        let DirectorySource::Management(client) = settings.source else { panic!("not the Management API") };
        assert_eq!(client.management_audience(), "https://tenant.eu.auth0.com/api/v2/");
        assert_eq!((client.client_id.as_str(), client.client_secret.expose_secret()), ("web", "application secret"));
    }

    #[test]
    fn a_custom_domain_and_a_client_of_its_own_are_settings() {
        let pairs = [
            ("PORTICO_DIRECTORY", "management"),
            ("AUTH0_TENANT_DOMAIN", "tenant.eu.auth0.com"),
            ("AUTH0_MANAGEMENT_CLIENT_ID", "machine"),
            ("AUTH0_MANAGEMENT_CLIENT_SECRET", "machine secret"),
            ("PORTICO_DIRECTORY_CALLS_PER_SECOND", "15"),
            ("PORTICO_DIRECTORY_CACHE_SECONDS", "60"),
        ];
        let settings = read("https://login.example/", &pairs).unwrap();
        assert_eq!((settings.tuning.calls_per_second.get(), settings.tuning.burst.get()), (15, 60));
        assert_eq!(settings.tuning.cache_life, Duration::from_secs(60));
        let DirectorySource::Management(client) = settings.source else { panic!("not the Management API") };
        assert_eq!(client.management_audience(), "https://tenant.eu.auth0.com/api/v2/");
        assert_eq!((client.client_id.as_str(), client.application_id.as_str()), ("machine", "web"));
        assert_eq!(client.client_secret.expose_secret(), "machine secret");
    }

    #[test]
    fn the_extension_has_an_address_of_its_own() {
        let pairs = [
            ("PORTICO_DIRECTORY", "authorization_extension"),
            ("AUTHZ_EXTENSION_URL", "https://tenant.eu.webtask.io/abc/api/"),
        ];
        let settings = read(TENANT, &pairs).unwrap();
        let DirectorySource::AuthorizationExtension { url, .. } = settings.source else { panic!("not the extension") };
        assert_eq!(url.as_str(), "https://tenant.eu.webtask.io/abc/api");
        assert_eq!(settings.tuning.calls_per_second.get(), 10);
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let pairs = [
            ("PORTICO_DIRECTORY", "authorization_extension"),
            ("AUTHZ_EXTENSION_URL", "http://extension.example/api"),
            ("AUTH0_TENANT_DOMAIN", "https://tenant.eu.auth0.com"),
            ("AUTH0_MANAGEMENT_CLIENT_ID", "machine"),
            ("PORTICO_DIRECTORY_CALLS_PER_SECOND", "0"),
            ("PORTICO_DIRECTORY_CACHE_SECONDS", "soon"),
        ];
        let faults = faults(TENANT, &pairs);
        for name in [
            "AUTHZ_EXTENSION_URL",
            "AUTH0_TENANT_DOMAIN",
            "AUTH0_MANAGEMENT_CLIENT_SECRET",
            "PORTICO_DIRECTORY_CALLS_PER_SECOND",
            "PORTICO_DIRECTORY_CACHE_SECONDS",
        ] {
            assert!(faults.iter().any(|fault| fault.contains(name)), "{name} is not named in {faults:?}");
        }
        assert_eq!(faults.len(), 5);
    }

    #[test]
    fn addresses_that_would_mislead_are_refused() {
        for url in [
            "extension.example/api",
            "https://u:p@extension.example/api",
            "https://extension.example/api?x=1",
            "ftp://x/api",
        ] {
            let pairs = [("PORTICO_DIRECTORY", "authorization_extension"), ("AUTHZ_EXTENSION_URL", url)];
            assert_eq!(faults(TENANT, &pairs).len(), 1, "{url}");
        }
        assert_eq!(faults(TENANT, &[("PORTICO_DIRECTORY", "authorization_extension")]).len(), 1, "no address at all");
        for issuer in ["https://login.example/realms/one", "http://login.example/"] {
            assert_eq!(faults(issuer, &[("PORTICO_DIRECTORY", "management")]).len(), 1, "{issuer}");
        }
        assert!(read("http://127.0.0.1:4400/", &[("PORTICO_DIRECTORY", "management")]).is_ok());
    }

    #[test]
    fn no_secret_is_shown() {
        let settings = read(TENANT, &[("PORTICO_DIRECTORY", "management")]).unwrap();
        assert!(!format!("{settings:?}").contains("application secret"));
    }
}
