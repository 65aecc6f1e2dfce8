//! `portico check`: does the directory answer, and what is missing if not?

use super::{
    Directory, Kind, UserQuery,
    client::ApiClient,
    error::DirectoryError,
    extension::{self, Extension},
    management::{self, Management},
    refusal::printable,
    settings::DirectorySettings,
};
use crate::server::{auth::Outbound, finding::Finding};
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a question may take: as long as a refresh of the catalogue, which is not hurried.
const LIMIT: Duration = Duration::from_secs(60);

/// Asks the directory all that Portico ever asks it, short of changing anything.
pub async fn check(settings: &DirectorySettings, outbound: Outbound) -> Vec<Finding> {
    let directory = Directory::new(settings, outbound);
    match &directory.kind {
        Kind::Off => {
            vec![Finding::good(
                "directory",
                "none: roles, groups and permissions are shown by their names alone (PORTICO_DIRECTORY=none)",
            )]
        }
        Kind::Management(management) => of_management(management).await,
        Kind::AuthorizationExtension(extension, management) => {
            let mut findings = of_extension(extension).await;
            findings.extend(accounts(management).await.into_iter().map(|Finding { what, outcome }| {
                let tolerated =
                    |reason| format!("not readable, which descriptions don't need, only administration: {reason}");
                Finding::good(what, outcome.unwrap_or_else(tolerated))
            }));
            findings
        }
    }
}

async fn of_management(management: &Arc<Management>) -> Vec<Finding> {
    let mut findings = match token(management.client(), management::READ_SCOPES, management::WRITE_SCOPES).await {
        Ok(findings) => findings,
        Err(finding) => return vec![finding],
    };
    let outcome = management.roles().await.map(|roles| format!("{} roles", roles.len())).map_err(explain);
    findings.push(Finding { what: "directory: roles", outcome });
    findings.extend(accounts(management).await);
    findings
}

/// Looks at the list of accounts, and at what the first of them has: whoever it is, is not said.
async fn accounts(management: &Arc<Management>) -> Vec<Finding> {
    const WHAT: &str = "directory: accounts";
    let query = UserQuery { text: String::new(), page: 0, per_page: 1 };
    let page = match management.accounts(&query).await {
        Ok(page) => page,
        Err(error) => return vec![Finding::bad(WHAT, explain(error))],
    };
    let mut findings = vec![Finding::good(WHAT, format!("{} accounts", page.total))];
    if let Some(account) = page.accounts.first() {
        let id = &account.user_id;
        let outcome = async {
            management.roles_of(id).await?;
            management.permissions_of(id).await?;
            management.organizations_of(id).await
        };
        let outcome = outcome.await.map(|_| "readable, with permissions and organizations".to_owned());
        findings.push(Finding { what: "directory: an account’s roles", outcome: outcome.map_err(explain) });
    }
    findings
}

async fn of_extension(extension: &Arc<Extension>) -> Vec<Finding> {
    let mut findings = match token(extension.client(), extension::READ_SCOPES, extension::WRITE_SCOPES).await {
        Ok(findings) => findings,
        Err(finding) => return vec![finding],
    };
    let deadline = Instant::now() + LIMIT;
    let outcome = match extension.catalogue(deadline).await {
        Ok(snapshot) if snapshot.value.partial => Err(match extension.try_lists().await {
            Err(error) => explain(error),
            Ok(()) => "some of it could not be read a moment ago, and can be now: check again".to_owned(),
        }),
        Ok(snapshot) => {
            let catalogue = snapshot.value;
            let (groups, roles, permissions) =
                (catalogue.groups().count(), catalogue.roles().count(), catalogue.permissions().count());
            match extension.foreign_roles(deadline).await {
                Ok(foreign) if foreign > 0 && roles == 0 => Err(format!(
                    "none of the {foreign} roles belongs to this application. The extension's roles belong to one application each: check AUTH0_CLIENT_ID, or make roles for it."
                )),
                Ok(_) => {
                    Ok(format!("{groups} groups, and of this application {roles} roles and {permissions} permissions"))
                }
                Err(error) => Err(explain(error)),
            }
        }
        Err(missing) => Err(explain(missing.error)),
    };
    findings.push(Finding { what: "directory: groups and roles", outcome });
    findings
}

/// Asks for a machine token, and whether it has the scopes it needs, and no others. Without a token
/// there is nothing else to ask.
async fn token(client: &ApiClient, read: &[&str], write: &[&str]) -> Result<Vec<Finding>, Finding> {
    const WHAT: &str = "directory: machine token";
    let token = match client.token(Instant::now() + LIMIT).await {
        Ok(token) => token,
        Err(error) => return Err(Finding::bad(WHAT, explain(error))),
    };
    let issued =
        Finding::good(WHAT, format!("issued for {}, good for {} minutes", client.audience, token.life.as_secs() / 60));
    let Some(scopes) = &token.scopes else {
        let unnamed = "not named by the tenant: the calls below show whether they suffice";
        return Ok(vec![issued, Finding::good("directory: scopes", unnamed)]);
    };
    let granted: BTreeSet<&str> = scopes.iter().map(String::as_str).collect();
    let lacking = |wanted: &[&str]| {
        wanted.iter().filter(|scope| !granted.contains(*scope)).copied().collect::<Vec<_>>().join(" ")
    };
    let (read_lacking, write_lacking) = (lacking(read), lacking(write));
    let more: Vec<_> =
        granted.iter().filter(|scope| !read.contains(scope) && !write.contains(scope)).copied().collect();
    let mut said = vec![match write_lacking.as_str() {
        "" => "reading and changing".to_owned(),
        lacking => format!("reading (to change roles and metadata as well: {lacking})"),
    }];
    if !more.is_empty() {
        said.push(format!("and {} that Portico never uses and should not have: {}", more.len(), shown(&more)));
    }
    let outcome = if read_lacking.is_empty() {
        Ok(said.join(", "))
    } else {
        Err(explain(DirectoryError::MissingScope { api: client.api, scope: read_lacking }))
    };
    Ok(vec![issued, Finding { what: "directory: scopes", outcome }])
}

/// The first few, for a line of text.
fn shown(scopes: &[&str]) -> String {
    let first: Vec<_> = scopes.iter().take(5).map(|scope| printable(scope, 64)).collect();
    if scopes.len() > first.len() { format!("{}…", first.join(" ")) } else { first.join(" ") }
}

/// What is wrong and what to do about it, in one line.
fn explain(error: DirectoryError) -> String {
    let mut text = error.to_string();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{text}. {}", error.remedy())
}
