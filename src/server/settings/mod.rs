//! The settings of a running Portico: environment and `.env` in, one validated struct out.
//!
//! Nothing else reads the environment. All faults are collected and named at once, so that an
//! operator mends a configuration in one go. No secret has a default value, and none is ever
//! shown: secrets are [`SecretString`]s.

mod access;
mod limits;
mod reader;

pub use access::AccessSettings;
pub use limits::{LimitSettings, NoNetworks, TrustedProxies};

use super::auth::LogoutTokenTyp;
use super::directory::DirectorySettings;
use super::secrets::Keyring;
use super::session::SessionSettings;
use super::store::{AuthLevel, StoreSettings};
use reader::Reader;
use secrecy::SecretString;
use std::{fmt, net::SocketAddr, time::Duration};
use url::Url;

/// All settings, validated.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the server listens (`PORTICO_LISTEN`).
    pub listen: SocketAddr,
    /// The application's address as browsers see it: the origin of [`OidcSettings::callback_url`].
    pub public_origin: PublicOrigin,
    /// The sign-in service and how this application is known there.
    pub oidc: OidcSettings,
    /// The database.
    pub store: StoreSettings,
    /// How long sessions live, and how many a person may have.
    pub session: SessionSettings,
    /// The keys made of `PORTICO_SECRET`, for what is encrypted at rest and in cookies.
    pub keyring: Keyring,
    /// Where roles come from and what they allow.
    pub access: AccessSettings,
    /// Where descriptions of roles, groups and permissions come from.
    pub directory: DirectorySettings,
    /// How much is taken at once, and of whom.
    pub limits: LimitSettings,
    /// `PORTICO_AUDIT_RETENTION_DAYS`: how long entries of the audit log are kept.
    pub audit_retention: Duration,
    /// What the log looks like.
    pub log: LogSettings,
}

/// The sign-in service (OpenID provider) and how this application is known there.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The issuer, compared exactly as written. Auth0's ends with a slash: `https://tenant.eu.auth0.com/`.
    pub issuer: String,
    /// `AUTH0_CLIENT_ID`: the `client_id` of RFC 6749.
    pub client_id: String,
    /// `AUTH0_CLIENT_SECRET`: the `client_secret` of RFC 6749.
    pub client_secret: SecretString,
    /// `AUTH0_AUDIENCE`: the API that access tokens are for; without one they are opaque and
    /// `/api` takes no Bearer token.
    pub audience: Option<String>,
    /// `AUTH0_CALLBACK_URL`: the registered `redirect_uri`; its path is always `/callback`.
    pub callback_url: Url,
    /// `PORTICO_SCOPES`: what is asked for; it always has `openid`.
    pub scopes: Vec<String>,
    /// `PORTICO_CLIENT_AUTH`: how the client proves who it is; by default what discovery offers.
    pub client_auth: Option<ClientAuth>,
    /// `PORTICO_LOGOUT_TOKEN_TYP`: which `typ` logout tokens must have (back-channel logout).
    pub logout_token_typ: LogoutTokenTyp,
}

/// How the client proves who it is at the token endpoint (OpenID Connect Core 1.0, section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// `client_secret_post`: in the form.
    Post,
    /// `client_secret_basic`: in the `Authorization` header.
    Basic,
}

/// What the log looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// `PORTICO_LOG_FORMAT`.
    pub format: LogFormat,
    /// `PORTICO_LOG`: a filter in the syntax of `tracing-subscriber`'s `EnvFilter`.
    pub filter: String,
}

impl LogSettings {
    /// Portico's own events, and only the troubles of the libraries below it. The last part is no trouble:
    /// SurrealDB remarks on every statement that fields whose rules name `$auth` would slow down computed
    /// fields, of which there are none.
    pub const DEFAULT_FILTER: &str = "portico=info,warn,surrealdb::core::perms=error";
}

/// One line of text or one JSON object an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Scheme, host and port that browsers use for this application, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicOrigin(String);

impl PublicOrigin {
    /// The origin of an address.
    pub fn of(url: &Url) -> Self {
        Self(url.origin().ascii_serialization())
    }

    /// Such as `https://portal.example` or `http://localhost:8080`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether browsers come by https: cookies are then `Secure` and carry the `__Host-` prefix.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

/// Everything that is wrong with the settings, one sentence each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct SettingsError {
    /// One sentence for each fault: which setting, what is wrong, what would be right.
    pub faults: Vec<String>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of the settings cannot be used:", self.faults.len())?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  - {fault}"))
    }
}

impl Settings {
    /// Reads the environment, and `.env` in the working folder for what the environment lacks.
    ///
    /// # Errors
    /// All that is missing, malformed or contradictory, at once.
    pub fn from_environment() -> Result<Self, SettingsError> {
        if let Err(error) = dotenvy::dotenv()
            && !error.not_found()
        {
            // The line itself is not shown: it may hold a secret.
            let why = match error {
                dotenvy::Error::LineParse(..) => "a line of it is no NAME=value, or a quote is not closed".to_owned(),
                dotenvy::Error::Io(error) => error.to_string(),
                _ => "it is damaged".to_owned(),
            };
            return Err(SettingsError { faults: vec![format!(".env cannot be read: {why}.")] });
        }
        Self::from_pairs(
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// Reads name and value pairs: what [`from_environment`](Self::from_environment) does with the
    /// environment. Names that are none of ours are passed over, but a misspelt `PORTICO_…` is not.
    ///
    /// # Errors
    /// All that is missing, malformed or contradictory, at once.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, SettingsError> {
        let mut read = Reader::new(pairs);
        let oidc = read_oidc(&mut read);
        let access = access::read_access(&mut read, oidc.as_ref());
        let directory = access::read_directory(&mut read, oidc.as_ref());
        let keyring = read_keyring(&mut read);
        let store = read_store(&mut read, keyring.as_ref());
        let idle = read.seconds("PORTICO_SESSION_IDLE_SECONDS", 24 * 3600, 60..=30 * 24 * 3600);
        let lifetime = read.seconds("PORTICO_SESSION_LIFETIME_SECONDS", 7 * 24 * 3600, 60..=365 * 24 * 3600);
        if idle > lifetime {
            read.fault("PORTICO_SESSION_IDLE_SECONDS must not be more than PORTICO_SESSION_LIFETIME_SECONDS.");
        }
        let per_person = read.parsed("PORTICO_SESSIONS_PER_PERSON", "a whole number from 1 to 65535");
        let listen = read
            .parsed("PORTICO_LISTEN", "an address and a port, such as 127.0.0.1:8080")
            .or_else(|| read.parsed("LEPTOS_SITE_ADDR", "an address and a port, such as 127.0.0.1:8080"))
            .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
        let limits = limits::read_limits(&mut read);
        let audit_retention = limits::read_audit_retention(&mut read);
        let log = LogSettings {
            format: read
                .choice("PORTICO_LOG_FORMAT", &[("text", LogFormat::Text), ("json", LogFormat::Json)])
                .unwrap_or(LogFormat::Text),
            filter: read.optional("PORTICO_LOG").unwrap_or_else(|| LogSettings::DEFAULT_FILTER.to_owned()),
        };
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&log.filter) {
            read.fault(format!(
                "PORTICO_LOG is not a filter: {error}. Write a level, such as info, or portico=debug,info."
            ));
        }
        let faults = read.finish();
        match (oidc, store, keyring) {
            (Some(oidc), Some(store), Some(keyring)) if faults.is_empty() => Ok(Self {
                listen,
                public_origin: PublicOrigin::of(&oidc.callback_url),
                oidc,
                store,
                session: SessionSettings {
                    idle: Duration::from_secs(idle),
                    lifetime: Duration::from_secs(lifetime),
                    per_person,
                },
                keyring,
                access,
                directory,
                limits,
                audit_retention,
                log,
            }),
            _ => Err(SettingsError { faults }),
        }
    }
}

fn read_oidc(read: &mut Reader) -> Option<OidcSettings> {
    let issuer = read_issuer(read);
    let client_id = read.required("AUTH0_CLIENT_ID", "the client id of the application at the sign-in service");
    let client_secret =
        read.required_secret("AUTH0_CLIENT_SECRET", "the client secret of the application at the sign-in service");
    let audience = read.optional("AUTH0_AUDIENCE");
    let callback_url = read_callback_url(read);
    let scopes: Vec<String> = read
        .optional("PORTICO_SCOPES")
        .unwrap_or_else(|| "openid profile email offline_access".to_owned())
        .split_ascii_whitespace()
        .map(str::to_owned)
        .collect();
    if !scopes.iter().any(|scope| scope == "openid") {
        read.fault("PORTICO_SCOPES must have openid: without it the sign-in service sends no ID token.");
    }
    let client_auth = read.choice(
        "PORTICO_CLIENT_AUTH",
        &[("client_secret_post", ClientAuth::Post), ("client_secret_basic", ClientAuth::Basic)],
    );
    let logout_token_typ = read.choice(
        "PORTICO_LOGOUT_TOKEN_TYP",
        &[("lenient", LogoutTokenTyp::Lenient), ("strict", LogoutTokenTyp::Strict)],
    );
    Some(OidcSettings {
        issuer: issuer?,
        client_id: client_id?,
        client_secret: client_secret?,
        audience,
        callback_url: callback_url?,
        scopes,
        client_auth,
        logout_token_typ: logout_token_typ.unwrap_or_default(),
    })
}

/// The issuer comes from `AUTH0_DOMAIN` or from `OIDC_ISSUER`: exactly one of them.
fn read_issuer(read: &mut Reader) -> Option<String> {
    match (read.optional("AUTH0_DOMAIN"), read.optional("OIDC_ISSUER")) {
        (None, None) => {
            read.fault("AUTH0_DOMAIN is missing: the tenant's domain, such as tenant.eu.auth0.com (or OIDC_ISSUER for another OpenID provider).");
            None
        }
        (Some(_), Some(_)) => {
            read.fault("AUTH0_DOMAIN and OIDC_ISSUER are both set: keep AUTH0_DOMAIN for Auth0, OIDC_ISSUER for any other OpenID provider.");
            None
        }
        (Some(domain), None) => {
            let issuer = format!("https://{domain}/");
            let plain = Url::parse(&issuer)
                .is_ok_and(|url| url.as_str() == issuer && url.path() == "/" && url.username().is_empty());
            if !plain {
                read.fault("AUTH0_DOMAIN must be a bare host name, such as tenant.eu.auth0.com, without https:// and without a slash.");
            }
            plain.then_some(issuer)
        }
        (None, Some(issuer)) => {
            match Url::parse(&issuer) {
                Ok(url) if !is_secure_or_loopback(&url) => {
                    read.fault("OIDC_ISSUER must be an https address (plain http is accepted on loopback only).");
                    None
                }
                Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                    read.fault("OIDC_ISSUER must have neither a query nor a fragment (OpenID Connect Discovery 1.0, section 3).");
                    None
                }
                Ok(_) => Some(issuer),
                Err(error) => {
                    read.fault(format!("OIDC_ISSUER is not an address: {error}."));
                    None
                }
            }
        }
    }
}

fn read_callback_url(read: &mut Reader) -> Option<Url> {
    let url: Url = {
        let text = read
            .required("AUTH0_CALLBACK_URL", "this application's callback, such as https://portal.example/callback")?;
        match Url::parse(&text) {
            Ok(url) => url,
            Err(error) => {
                read.fault(format!("AUTH0_CALLBACK_URL is not an address: {error}."));
                return None;
            }
        }
    };
    let mut sound = true;
    if !is_secure_or_loopback(&url) {
        read.fault("AUTH0_CALLBACK_URL must be an https address (plain http is accepted on localhost only).");
        sound = false;
    }
    if url.path() != "/callback" || url.query().is_some() || url.fragment().is_some() {
        read.fault("AUTH0_CALLBACK_URL must end with the path /callback and have neither a query nor a fragment.");
        sound = false;
    }
    sound.then_some(url)
}

fn read_store(read: &mut Reader, keyring: Option<&Keyring>) -> Option<StoreSettings> {
    let url =
        read.required("SURREALDB_URL", "the database, such as surrealkv://data/portico or wss://database.example");
    if let Some(url) = &url
        && !["mem://", "surrealkv://", "ws://", "wss://"].iter().any(|scheme| url.starts_with(scheme))
    {
        read.fault("SURREALDB_URL must begin with surrealkv://, mem://, ws:// or wss://.");
    }
    let namespace = read.required("SURREALDB_NS", "the database's namespace, such as portico");
    let database = read.required("SURREALDB_DB", "the database's name, such as portico");
    let username = read.required("SURREALDB_USER", "the database user Portico signs in as");
    let password = read.required_secret("SURREALDB_PASSWORD", "that database user's password");
    let auth_level = read
        .choice(
            "SURREALDB_AUTH_LEVEL",
            &[("root", AuthLevel::Root), ("namespace", AuthLevel::Namespace), ("database", AuthLevel::Database)],
        )
        .unwrap_or(AuthLevel::Root);
    Some(StoreSettings {
        url: url?,
        namespace: namespace?,
        database: database?,
        username: username?,
        password: password?,
        auth_level,
        keyring: keyring?.clone(),
    })
}

fn read_keyring(read: &mut Reader) -> Option<Keyring> {
    use secrecy::ExposeSecret;
    let secrets = read.required_secret(
        "PORTICO_SECRET",
        "what cookies and tokens are encrypted with; make one with: openssl rand -base64 32",
    )?;
    let secrets: Vec<SecretString> = secrets
        .expose_secret()
        .split(',')
        .map(str::trim)
        .filter(|secret| !secret.is_empty())
        .map(SecretString::from)
        .collect();
    match Keyring::new(&secrets) {
        Ok(keyring) => Some(keyring),
        Err(error) => {
            read.fault(format!("PORTICO_SECRET cannot be used: {error}."));
            None
        }
    }
}

/// Whether secrets may travel to `url`: by https, or without leaving this machine.
pub fn is_secure_or_loopback(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
        _ => false,
    }
}
