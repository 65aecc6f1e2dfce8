//! A configuration that cannot work is refused at start, with all its faults at once and no secret
//! shown.

use crate::support::secret;
use portico::server::settings::Settings;
use std::{
    collections::BTreeMap,
    process::{Command, Output},
};

/// Everything that must be set, and nothing else.
fn complete() -> BTreeMap<String, String> {
    [
        ("AUTH0_DOMAIN", "tenant.eu.auth0.com".to_owned()),
        ("AUTH0_CLIENT_ID", "client".to_owned()),
        ("AUTH0_CLIENT_SECRET", secret()),
        ("AUTH0_CALLBACK_URL", "https://portico.example/callback".to_owned()),
        ("SURREALDB_URL", "mem://".to_owned()),
        ("SURREALDB_NS", "portico".to_owned()),
        ("SURREALDB_DB", "portico".to_owned()),
        ("SURREALDB_USER", "root".to_owned()),
        ("SURREALDB_PASSWORD", secret()),
        ("PORTICO_SECRET", secret()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn with(changes: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut settings = complete();
    settings.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    settings
}

/// The faults found in `complete()` with these changes.
fn faults(changes: &[(&str, &str)]) -> Vec<String> {
    match Settings::from_pairs(with(changes)) {
        Ok(_) => Vec::new(),
        Err(error) => error.faults,
    }
}

#[test]
fn what_must_be_set_is_enough() {
    let settings = Settings::from_pairs(complete()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(settings.oidc.issuer, "https://tenant.eu.auth0.com/", "Auth0's issuer ends with a slash");
    assert_eq!(settings.public_origin.as_str(), "https://portico.example");
    assert_eq!(settings.oidc.scopes, ["openid", "profile", "email", "offline_access"]);
    assert_eq!(settings.oidc.audience, None);
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080", "listens to this machine alone unless told otherwise");
    assert_eq!(settings.session.idle.as_secs(), 24 * 3600);
    assert_eq!(settings.session.lifetime.as_secs(), 7 * 24 * 3600);
    assert_eq!((settings.limits.per_minute.get(), settings.limits.concurrent_requests.get()), (300, 1024));
    assert_eq!(settings.limits.trusted_proxies, Default::default(), "nobody's word is taken");
    assert_eq!(settings.audit_retention.as_secs(), 400 * 24 * 3600);
}

#[test]
fn nothing_that_must_be_set_has_a_default() {
    for name in complete().keys() {
        for value in ["", "   "] {
            let faults = faults(&[(name, value)]);
            assert_eq!(faults.len(), 1, "{name} = {value:?}: {faults:?}");
            assert!(faults[0].contains(name.as_str()), "{faults:?}");
        }
    }
}

#[test]
fn all_that_is_missing_is_named_at_once() {
    let error = Settings::from_pairs([]).expect_err("nothing is set");
    for name in complete().keys() {
        assert_eq!(
            error.faults.iter().filter(|fault| fault.starts_with(&format!("{name} "))).count(),
            1,
            "{name}: {error}"
        );
        assert!(error.to_string().contains(name.as_str()), "{error}");
    }
    assert_eq!(error.faults.len(), complete().len(), "{error}");
}

#[test]
fn each_value_that_cannot_be_used_is_named() {
    for (name, values) in [
        (
            "AUTH0_DOMAIN",
            &[
                "https://tenant.eu.auth0.com",
                "tenant.eu.auth0.com/",
                "tenant.eu.auth0.com/x",
                "user@tenant.example",
                "two words",
                "tenant.example?a",
            ][..],
        ),
        (
            "AUTH0_CALLBACK_URL",
            &[
                "portico.example/callback",
                "https://portico.example",
                "https://portico.example/other",
                "https://portico.example/callback?a=1",
                "https://portico.example/callback#a",
                "http://portico.example/callback",
                "ftp://portico.example/callback",
                "javascript:alert(1)",
                "not an address",
            ],
        ),
        ("SURREALDB_URL", &["portico.db", "rocksdb://data", "http://database.example", "file://data", "/data"]),
        ("SURREALDB_AUTH_LEVEL", &["admin", "ROOT", "root namespace"]),
        ("PORTICO_SECRET", &["short", "c2hvcnQ=", "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!", ",", "changeme"]),
        ("PORTICO_LISTEN", &["8080", "localhost", "127.0.0.1", "127.0.0.1:99999", "http://127.0.0.1:8080"]),
        ("PORTICO_SESSION_IDLE_SECONDS", &["0", "-1", "a day", "1.5", "1e3", "99999999999999999999"]),
        ("PORTICO_SESSION_LIFETIME_SECONDS", &["0", "-1", "a week", "99999999999999999999"]),
        ("PORTICO_SESSIONS_PER_PERSON", &["0", "-1", "many", "1.5", "65536"]),
        ("PORTICO_AUDIT_RETENTION_DAYS", &["0", "-1", "36501", "for ever"]),
        ("PORTICO_TRUSTED_PROXIES", &["proxy.example", "10.0.0.0/99", "0.0.0.0/0", "10.0.0.1, ::/0"]),
        ("PORTICO_RATE_LIMIT_PER_MINUTE", &["0", "-1", "none", "1.5", "4294967296"]),
        ("PORTICO_CONCURRENT_REQUESTS", &["0", "-1", "all", "65536"]),
        ("PORTICO_SCOPES", &["profile email", "openidprofile", "OPENID"]),
        ("PORTICO_CLIENT_AUTH", &["none", "private_key_jwt", "post"]),
        ("PORTICO_LOGOUT_TOKEN_TYP", &["logout+jwt", "Strict", "none"]),
        ("PORTICO_LOG_FORMAT", &["xml", "JSON"]),
        ("PORTICO_LOG", &["portico=loud", "=,="]),
    ] {
        for value in values {
            let faults = faults(&[(name, value)]);
            assert!(faults.iter().any(|fault| fault.contains(name)), "{name} = {value:?}: {faults:?}");
        }
    }
}

#[test]
fn each_value_that_can_be_used_is_taken() {
    for (name, value) in [
        ("AUTH0_CALLBACK_URL", "http://localhost:8080/callback"),
        ("AUTH0_CALLBACK_URL", "http://127.0.0.1:8080/callback"),
        ("AUTH0_CALLBACK_URL", "http://[::1]:8080/callback"),
        ("SURREALDB_URL", "surrealkv://data/portico"),
        ("SURREALDB_URL", "ws://127.0.0.1:8000"),
        ("SURREALDB_URL", "wss://database.example"),
        ("SURREALDB_AUTH_LEVEL", "database"),
        ("PORTICO_LISTEN", "[::1]:9000"),
        ("PORTICO_AUDIT_RETENTION_DAYS", "36500"),
        ("PORTICO_TRUSTED_PROXIES", "10.0.0.5, 10.1.0.0/16,fd00::/8"),
        ("PORTICO_RATE_LIMIT_PER_MINUTE", "1"),
        ("PORTICO_CONCURRENT_REQUESTS", "65535"),
        ("PORTICO_LOG", "portico=debug,info"),
        ("PORTICO_LOG_FORMAT", "json"),
        ("PORTICO_CLIENT_AUTH", "client_secret_basic"),
        ("PORTICO_SESSIONS_PER_PERSON", "1"),
        ("PORTICO_LOGOUT_TOKEN_TYP", "strict"),
        ("PORTICO_LOGOUT_TOKEN_TYP", "lenient"),
        ("PORTICO_SCOPES", "openid"),
        ("AUTH0_AUDIENCE", "https://api.portico.example/"),
    ] {
        assert_eq!(faults(&[(name, value)]), [] as [String; 0], "{name} = {value}");
    }
    let url_safe = secret().replace('+', "-").replace('/', "_");
    for secrets in [
        url_safe.trim_end_matches('=').to_owned(),
        format!("{},{}", secret(), secret()),
        format!(" {} , {} ", secret(), url_safe),
    ] {
        assert_eq!(faults(&[("PORTICO_SECRET", &secrets)]), [] as [String; 0]);
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    let both = faults(&[("OIDC_ISSUER", "https://issuer.example/")]);
    assert!(both.len() == 1 && both[0].contains("AUTH0_DOMAIN") && both[0].contains("OIDC_ISSUER"), "{both:?}");
    let idle = faults(&[("PORTICO_SESSION_IDLE_SECONDS", "7200"), ("PORTICO_SESSION_LIFETIME_SECONDS", "3600")]);
    assert!(idle.len() == 1 && idle[0].contains("IDLE") && idle[0].contains("LIFETIME"), "{idle:?}");
}

#[test]
fn another_provider_is_named_by_its_issuer_exactly() {
    for issuer in [
        "https://issuer.example",
        "https://issuer.example/",
        "https://issuer.example/realms/one",
        "http://127.0.0.1:4400/",
        "http://localhost:4400",
    ] {
        let settings = Settings::from_pairs(with(&[("AUTH0_DOMAIN", ""), ("OIDC_ISSUER", issuer)]))
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(settings.oidc.issuer, issuer, "not a slash more, not a slash less");
    }
    for issuer in [
        "http://issuer.example/",
        "issuer.example",
        "https://issuer.example/?a",
        "https://issuer.example/#a",
        "ftp://issuer.example",
        "http://127.0.0.1.elsewhere.example/",
        "http://localhost.elsewhere.example/",
    ] {
        let faults = faults(&[("AUTH0_DOMAIN", ""), ("OIDC_ISSUER", issuer)]);
        assert!(faults.len() == 1 && faults[0].contains("OIDC_ISSUER"), "{issuer}: {faults:?}");
    }
}

#[test]
fn a_misspelt_setting_of_ours_is_named_and_others_are_passed_over() {
    let misspelt = faults(&[("PORTICO_SECRETS", "x"), ("PORTICO_SESSION_IDEL_SECONDS", "60")]);
    assert_eq!(misspelt.len(), 2, "{misspelt:?}");
    assert!(misspelt.iter().any(|fault| fault.contains("PORTICO_SECRETS")), "{misspelt:?}");
    assert!(misspelt.iter().any(|fault| fault.contains("PORTICO_SESSION_IDEL_SECONDS")), "{misspelt:?}");
    assert_eq!(faults(&[("PATH", "/bin"), ("HOME", "/"), ("AUTH0_SOMETHING", "x")]), [] as [String; 0]);
}

#[test]
fn faults_of_all_kinds_come_together() {
    let faults = faults(&[
        ("AUTH0_CLIENT_ID", ""),
        ("AUTH0_CALLBACK_URL", "http://portico.example/other"),
        ("OIDC_ISSUER", "https://issuer.example/"),
        ("SURREALDB_URL", "rocksdb://x"),
        ("PORTICO_SECRET", "short"),
        ("PORTICO_LISTEN", "8080"),
        ("PORTICO_SESSION_IDLE_SECONDS", "soon"),
        ("PORTICO_SCOPES", "email"),
        ("PORTICO_TYPO", "x"),
    ]);
    for name in [
        "AUTH0_CLIENT_ID",
        "AUTH0_CALLBACK_URL",
        "OIDC_ISSUER",
        "SURREALDB_URL",
        "PORTICO_SECRET",
        "PORTICO_LISTEN",
        "PORTICO_SESSION_IDLE_SECONDS",
        "PORTICO_SCOPES",
        "PORTICO_TYPO",
    ] {
        assert!(faults.iter().any(|fault| fault.contains(name)), "{name}: {faults:#?}");
    }
}

#[test]
fn no_secret_is_shown_by_a_fault_or_by_debug() {
    let good = complete();
    let secrets = [&good["AUTH0_CLIENT_SECRET"], &good["SURREALDB_PASSWORD"], &good["PORTICO_SECRET"]];
    let settings = format!("{:?}", Settings::from_pairs(good.clone()).unwrap_or_else(|error| panic!("{error}")));
    assert!(secrets.iter().all(|secret| !settings.contains(secret.as_str())), "{settings}");

    let bad = ["too-short-a-secret", "not base64 at all: but long enough to be one!"];
    for portico_secret in bad {
        let error = Settings::from_pairs(with(&[("PORTICO_SECRET", portico_secret), ("AUTH0_CLIENT_ID", "")]))
            .expect_err("it is no secret");
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains(portico_secret), "{text}");
        }
    }
}

/// The program, with nothing in its environment but these, in a folder of its own.
fn run(arguments: &[&str], environment: &BTreeMap<String, String>, dot_env: Option<&str>) -> Output {
    let folder = tempfile::tempdir().expect("a folder can be made");
    if let Some(content) = dot_env {
        std::fs::write(folder.path().join(".env"), content).expect("a file can be written");
    }
    Command::new(env!("CARGO_BIN_EXE_portico"))
        .args(arguments)
        .env_clear()
        .envs(environment)
        .current_dir(folder.path())
        .output()
        .expect("the program runs")
}

#[test]
fn the_program_refuses_to_start_and_names_everything() {
    let output = run(&[], &BTreeMap::new(), None);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for name in complete().keys() {
        assert!(told.contains(name.as_str()), "{name}: {told}");
    }
}

#[test]
fn the_program_reads_dot_env_and_the_environment_wins() {
    // Both have a fault, so that it does not start; which one it names tells which one it read.
    let dot_env: String = complete().iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let output = run(
        &[],
        &BTreeMap::from([("PORTICO_LISTEN".to_owned(), "nowhere".to_owned())]),
        Some(&format!("{dot_env}PORTICO_LISTEN=127.0.0.1:0\n")),
    );
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("PORTICO_LISTEN") && told.contains("1 of the settings"), "the file gave the rest: {told}");
}

#[test]
fn a_damaged_dot_env_is_refused_without_showing_it() {
    let output = run(&[], &complete(), Some("AUTH0_CLIENT_SECRET=\"hidden-value\nthis line is no setting\n"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains(".env"), "{told}");
    assert!(!told.contains("hidden-value"), "{told}");
}

#[test]
fn help_is_help_and_nonsense_is_not() {
    let output = run(&["--help"], &BTreeMap::new(), None);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("portico check"));
    let output = run(&["--serve-everything"], &BTreeMap::new(), None);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Usage"));
}
