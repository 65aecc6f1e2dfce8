//! What a session costs: looking it up, used a moment ago or read from the database, and beginning it.
//!
//! The database is embedded and in memory, so no disk and no network is in the numbers.

use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{TimeDelta, Utc};
use criterion::{BatchSize, Criterion};
use portico::server::{
    secrets::Keyring,
    session::{NewSession, SessionId, SessionSettings, Sessions, Tokens},
    store::{AuthLevel, NewPerson, Store, StoreSettings},
};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use std::{error::Error, sync::Arc, thread, time::Duration};
use tokio::runtime::Builder;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// As the server's threads have: SurrealQL is parsed and run recursively.
const STACK: usize = 10 * 1024 * 1024;
const LIVES: SessionSettings =
    SessionSettings { idle: Duration::from_secs(86_400), lifetime: Duration::from_secs(604_800), per_person: None };

fn main() {
    let benches = thread::Builder::new().stack_size(STACK).spawn(|| run().unwrap_or_else(|error| panic!("{error}")));
    if benches.expect("a thread starts").join().is_err() {
        std::process::exit(1);
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    let runtime = Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build()?;
    let keyring = Keyring::new(&[secret()])?;
    let store = Arc::new(runtime.block_on(Store::connect(&settings(&keyring)))?);
    let new = || Sessions::new(Arc::clone(&store), keyring.clone(), LIVES);
    let (sessions, person) = (new(), person());

    let session = session();
    let id = session.id.clone();
    runtime.block_on(sessions.begin(&person, session, None))?;
    // Makes sure that what is measured is finding it.
    runtime.block_on(sessions.find(&id))?.ok_or("the session is not found")?;

    let mut group = criterion.benchmark_group("sessions");
    // Once a second one of these reads the database: that is what the cache promises.
    group.bench_function("lookup, used a moment ago", |b| b.to_async(&runtime).iter(|| sessions.find(&id)));
    group.bench_function("lookup, from the database", |b| {
        // New ones remember nothing. They are handed back, so that dropping them is not measured.
        b.to_async(&runtime).iter_batched(
            new,
            |sessions| async { (sessions.find(&id).await, sessions) },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("sign-in", |b| {
        b.to_async(&runtime).iter_batched(
            self::session,
            |session| sessions.begin(&person, session, None),
            BatchSize::SmallInput,
        );
    });
    group.finish();
    criterion.final_summary();
    Ok(())
}

fn settings(keyring: &Keyring) -> StoreSettings {
    StoreSettings {
        url: "mem://".to_owned(),
        namespace: "portico".to_owned(),
        database: "portico".to_owned(),
        username: "portico".to_owned(),
        password: secret(),
        auth_level: AuthLevel::Root,
        keyring: keyring.clone(),
    }
}

/// 256 random bits in base64.
fn secret() -> SecretString {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    SecretString::from(BASE64_STANDARD.encode(bytes))
}

/// A sign-in's session, with tokens as long as Auth0's.
fn session() -> NewSession {
    NewSession {
        id: SessionId::generate(),
        tokens: Tokens {
            access_token: SecretString::from("a".repeat(1200)),
            refresh_token: Some(SecretString::from("r".repeat(60))),
            id_token: SecretString::from("i".repeat(1500)),
            access_token_life: Some(TimeDelta::days(1)),
            scope: Some("openid profile email offline_access".to_owned()),
        },
        provider_session: Some("6bT9ZVvPzQ0sTq3mJ8hK2w".to_owned()),
        amr: vec!["mfa".to_owned()],
        acr: None,
        auth_time: Some(Utc::now()),
        connection: None,
        user_agent: Some(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36"
                .to_owned(),
        ),
        address: Some([203, 0, 113, 7].into()),
    }
}

fn person() -> NewPerson {
    let text = |text: &str| Some(text.to_owned());
    NewPerson {
        issuer: "https://portico.eu.auth0.com/".to_owned(),
        subject: "auth0|administrator".to_owned(),
        name: text("Ada Moreau"),
        nickname: text("ada.admin"),
        given_name: text("Ada"),
        family_name: text("Moreau"),
        picture: text("https://pictures.portico.example/ada.jpg"),
        email: text("ada.admin@portico.example"),
        email_verified: true,
        locale: text("en-GB"),
        updated_at: Some(Utc::now()),
        provider: "auth0".to_owned(),
        app_metadata: object(json!({ "plan": "enterprise", "cost_centre": "1000" })),
        user_metadata: object(json!({ "theme": "dark", "newsletter": false })),
        claims: object(json!({
            "https://portico.example/roles": ["admin"],
            "https://portico.example/groups": ["Leadership", "Everyone"],
            "https://portico.example/permissions": ["read", "write", "delete", "admin"],
        })),
        token_permissions: vec![],
        entitlements: Default::default(),
    }
}

fn object(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
