//! Records: whether 100,000 of them cost more than 1,000, and what it costs to ask as a person.
//!
//! The database is embedded and in memory. Each size has a database of its own, both in one run: compare
//! the numbers of one run with each other. Filling the larger one takes a few minutes.

use aws_lc_rs::{digest, rand};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{TimeDelta, Utc};
use criterion::Criterion;
use portico::{
    model::{
        Permission,
        record::{Draft, RecordId, Sees},
    },
    server::{
        secrets::Keyring,
        store::{
            Actor, AuthLevel, Entitlements, Factor, NewPerson, RecordQuery, SessionKey, SessionRecord, Store,
            StoreSettings,
        },
    },
};
use secrecy::SecretString;
use std::{collections::BTreeSet, error::Error, sync::Arc, thread};
use tokio::{runtime::Builder, task::JoinSet};
use ulid::Ulid;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// As the server's threads have: SurrealQL is parsed and run recursively.
const STACK: usize = 10 * 1024 * 1024;
const ISSUER: &str = "https://portico.eu.auth0.com/";
/// Sees all records.
const READER: &str = "auth0|reader";
/// Sees the few of their own.
const OWNER: &str = "auth0|owner";
/// How many records the owner has, whatever the size. The rare word is in these.
const OWN: usize = 20;
/// Among how many authors the others are divided.
const AUTHORS: usize = 100;
const SIZES: [usize; 2] = [1_000, 100_000];

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() {
    let benches = thread::Builder::new().stack_size(STACK).spawn(|| run().unwrap_or_else(|error| panic!("{error}")));
    if benches.expect("a thread starts").join().is_err() {
        std::process::exit(1);
    }
}

fn run() -> Outcome {
    let mut criterion = Criterion::default().configure_from_args();
    let runtime = Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build()?;
    for size in SIZES {
        let (store, middle) = runtime.block_on(filled(size))?;
        let (store, middle) = (&store, &middle);
        let reader = actor(READER);
        let owner = actor(OWNER);
        let list = |actor, search: &str, before: Option<&RecordId>, sees| {
            let query = RecordQuery { search: search.to_owned(), before: before.cloned(), sees };
            async move { store.records(actor).await?.list(&query).await }
        };
        let mut group = criterion.benchmark_group(format!("{size} records"));
        group.bench_function("list", |b| b.to_async(&runtime).iter(|| list(&reader, "", None, Sees::All)));
        group.bench_function("list, from the middle", |b| {
            b.to_async(&runtime).iter(|| list(&reader, "", Some(middle), Sees::All));
        });
        group.bench_function("list of one's own", |b| {
            b.to_async(&runtime).iter(|| list(&owner, "", None, Sees::Own));
        });
        group.bench_function("search for a rare word", |b| {
            b.to_async(&runtime).iter(|| list(&reader, "zanzibar", None, Sees::All));
        });
        group.bench_function("open", |b| {
            b.to_async(&runtime).iter(|| async { store.records(&reader).await?.get(middle).await });
        });
        // The nearest that the service reads by itself: one row, by its id.
        group.bench_function("a row, read by the service", |b| {
            b.to_async(&runtime).iter(|| store.person(ISSUER, READER));
        });
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}

fn actor(subject: &'static str) -> Actor<'static> {
    Actor { issuer: ISSUER, subject, factor: Factor::SingleFactor }
}

/// A database with so many records, and the id of one in the middle.
async fn filled(size: usize) -> Outcome<(Arc<Store>, RecordId)> {
    let store = Arc::new(Store::connect(&settings()?).await?);
    let began = Utc::now().timestamp_millis();
    sign_in(&store, READER, &[Permission::Read]).await?;
    sign_in(&store, OWNER, &[Permission::WriteOwn]).await?;
    write(&store, OWNER.to_owned(), OWN, "zanzibar").await?;
    let mut authors = JoinSet::new();
    for author in 0..AUTHORS {
        let subject = format!("auth0|author-{author}");
        sign_in(&store, &subject, &[Permission::WriteOwn]).await?;
        let store = Arc::clone(&store);
        authors.spawn(async move { write(&store, subject, (size - OWN) / AUTHORS, "everyday").await });
    }
    while let Some(written) = authors.join_next().await {
        written??;
    }
    // Ids are in the order of time: that of half the time is in the middle.
    let half = u64::try_from((began + Utc::now().timestamp_millis()) / 2)?;
    let before = Some(Ulid::from_parts(half, 0).to_string().parse()?);
    let query = RecordQuery { before, sees: Sees::All, ..RecordQuery::default() };
    let page = store.records(&actor(READER)).await?.list(&query).await?;
    let middle = page.first().ok_or("there are no records before the middle")?.id.clone();
    Ok((store, middle))
}

/// Writes so many records as this person. A connection is good for a minute: each has its own.
async fn write(store: &Store, subject: String, count: usize, word: &str) -> Outcome {
    let actor = Actor { issuer: ISSUER, subject: &subject, factor: Factor::SingleFactor };
    for number in 0..count {
        let title = format!("Report {number} of the quarter");
        let body = format!("A text about {word} matters. ").repeat(10);
        let draft = Draft::check(&title, &body, Default::default(), vec!["report".to_owned()])
            .map_err(|faults| format!("{faults:?}"))?;
        let id = Ulid::new().to_string().parse()?;
        let records = store.records(&actor).await?;
        records.create(&id, &draft, Utc::now()).await?.ok_or("the database refuses a record")?;
    }
    Ok(())
}

async fn sign_in(store: &Store, subject: &str, permissions: &[Permission]) -> Outcome {
    let now = Utc::now();
    let hash = digest::digest(&digest::SHA256, subject.as_bytes());
    let session = SessionRecord {
        key: SessionKey::from(<[u8; 32]>::try_from(hash.as_ref())?),
        sealed_tokens: vec![],
        access_token_expires_at: None,
        refresh_due_at: None,
        scope: None,
        provider_session: None,
        amr: vec![],
        acr: None,
        auth_time: None,
        connection: None,
        user_agent: None,
        network: None,
        expires_at: now + TimeDelta::days(1),
    };
    let person = NewPerson {
        issuer: ISSUER.to_owned(),
        subject: subject.to_owned(),
        name: Some("Ada Moreau".to_owned()),
        nickname: None,
        given_name: None,
        family_name: None,
        picture: None,
        email: None,
        email_verified: true,
        locale: None,
        updated_at: None,
        provider: "auth0".to_owned(),
        app_metadata: Default::default(),
        user_metadata: Default::default(),
        claims: Default::default(),
        token_permissions: vec![],
        entitlements: Entitlements {
            single_factor: permissions.iter().copied().collect(),
            second_factor: BTreeSet::new(),
            groups: vec![],
            policy: "bench".to_owned(),
        },
    };
    store.save_sign_in(&person, session, None, now).await?;
    Ok(())
}

fn settings() -> Outcome<StoreSettings> {
    Ok(StoreSettings {
        url: "mem://".to_owned(),
        namespace: "portico".to_owned(),
        database: "portico".to_owned(),
        username: "portico".to_owned(),
        password: secret(),
        auth_level: AuthLevel::Root,
        keyring: Keyring::new(&[secret()])?,
    })
}

/// 256 random bits in base64.
fn secret() -> SecretString {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    SecretString::from(BASE64_STANDARD.encode(bytes))
}
