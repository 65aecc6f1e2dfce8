//! `portico check`: is this configuration ready to go live? One line a question, with the remedy
//! where the answer is no.

use super::{
    auth::{OutboundError, Provider, SignInError},
    directory,
    settings::{Settings, SettingsError},
    store::Store,
};

pub use super::finding::Finding;

/// Looks at everything; later questions are asked even when earlier ones failed, as far as they
/// make sense without them.
pub async fn run(settings: Result<Settings, SettingsError>) -> Vec<Finding> {
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => {
            return error.faults.into_iter().map(|fault| Finding::bad("settings", fault)).collect();
        }
    };
    let mut findings = vec![Finding::good("settings", "complete")];
    let callback = settings.oidc.callback_url.as_str();
    findings.push(Finding::good(
        "callback URL",
        format!("{callback} (it must be among the application's Allowed Callback URLs, and {}/ among its Allowed Logout URLs)", settings.public_origin.as_str()),
    ));
    if settings.access.roles.from_user_metadata {
        let warning = "ROLES_FROM_USER_METADATA=true: people can edit their user_metadata and so GIVE THEMSELVES ANY ROLE. Turn it off unless your tenant stops them.";
        findings.push(Finding::good("roles", warning));
    }
    match Provider::new(settings.oidc.clone()) {
        Ok(provider) => {
            findings.extend(provider_findings(&provider).await);
            findings.extend(directory::check(&settings.directory, provider.outbound().clone()).await);
        }
        Err(error) => findings.push(Finding::bad("HTTP client", format!("cannot be set up: {error}"))),
    }
    let outcome = match Store::connect(&settings.store).await {
        Ok(store) => database(&store).await,
        Err(error) => Err(error.to_string()),
    };
    findings.push(Finding { what: "database", outcome });
    findings
}

async fn database(store: &Store) -> Result<String, String> {
    store.ready().await.map_err(|error| error.to_string())?;
    store.lets_functions_be_called().await.map_err(|error| {
        format!("{error}. The audit log takes the function time::now: start the server with --allow-funcs time::now.")
    })?;
    Ok("reachable, and its tables are up to date".to_owned())
}

async fn provider_findings(provider: &Provider) -> Vec<Finding> {
    let issuer = &provider.settings().issuer;
    if let Err(error) = provider.metadata().await {
        let remedy =
            format!("{error}. Check AUTH0_DOMAIN or OIDC_ISSUER ({issuer}) and that this machine can reach it.");
        return vec![Finding::bad("discovery", remedy)];
    }
    let keys = match provider.keys().await {
        Ok(keys) => Ok(format!("{} RS256 keys", keys.count())),
        Err(OutboundError::NoUsableKey { .. }) => {
            Err("it has no RS256 key. Set the application's JsonWebToken Signature Algorithm to RS256.".to_owned())
        }
        Err(error) => Err(format!("{error}. ID tokens cannot be verified without it.")),
    };
    let client = match provider.check_client().await {
        Ok(()) => Ok("accepted by the token endpoint".to_owned()),
        Err(SignInError::Exchange(code)) => Err(format!(
            "refused with {code}. Check AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET, that the application is a Regular Web Application, that the grant Authorization Code is on, and PORTICO_CLIENT_AUTH."
        )),
        Err(error) => Err(error.to_string()),
    };
    vec![
        Finding::good("discovery", format!("issuer {issuer}")),
        Finding { what: "key set", outcome: keys },
        Finding { what: "client credentials", outcome: client },
    ]
}
