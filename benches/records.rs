//! Records: whether 100,000 of them cost more than 1,000, and what it costs to ask as a person.
//!
//! Two embedded databases in one process, the sizes in turn: each case runs once on the one, then once on
//! the other, and so on, so that whatever else the machine does meets both. Compare the numbers of one run
//! with each other. Filling the larger one takes about two minutes.

use aws_lc_rs::{digest, rand};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{TimeDelta, Utc};
use portico::{
    model::{
        Permission,
        record::{Draft, RecordId, Sees},
    },
    server::{
        secrets::Keyring,
        store::{
            Actor, AuthLevel, Entitlements, Factor, NewPerson, RecordQuery, Records, SessionKey, SessionRecord, Store,
            StoreSettings,
        },
    },
};
use secrecy::SecretString;
use std::{
    collections::BTreeSet,
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};
use surrealdb::{engine::any, types::Variables};
use tokio::runtime::Builder;
use ulid::Ulid;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// As the server's threads have: SurrealQL is parsed and run recursively.
const STACK: usize = 10 * 1024 * 1024;
const NAME: &str = "portico";
const ISSUER: &str = "https://portico.eu.auth0.com/";
/// Sees all records.
const READER: &str = "auth0|reader";
/// Sees those of their group.
const MANAGER: &str = "auth0|manager";
/// Sees the few of their own.
const OWNER: &str = "auth0|owner";
/// How many records the owner has, whatever the size. They alone have the rare word.
const OWN: usize = 20;
/// Among how many authors the others are divided. The first few are the manager's group.
const AUTHORS: usize = 100;
const TEAM: usize = 10;
const SIZES: [usize; 2] = [1_000, 100_000];
/// How many records one statement writes while the databases are filled.
const BATCH: usize = 500;
/// When the first record was created, in milliseconds since 1970.
const FIRST: u64 = 1_700_000_000_000;
/// How often each case runs on each database, after [`WARM_UP`] times that don't count.
const ROUNDS: usize = 60;
const WARM_UP: usize = 5;
const LONGEST_CLOSING: Duration = Duration::from_secs(20);

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    let bench = thread::Builder::new().stack_size(STACK).spawn(|| {
        let runtime = Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build()?;
        runtime.block_on(run())
    });
    match bench.map(thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        Ok(Ok(Err(error))) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::FAILURE,
    }
}

/// What is measured: a name, and what is done on a database.
type Case = (&'static str, fn(&Filled) -> std::pin::Pin<Box<dyn Future<Output = Outcome> + Send + '_>>);

const CASES: &[Case] = &[
    ("sign a connection in as a person", |db| Box::pin(async { db.as_person(READER).await.map(drop) })),
    ("open", |db| Box::pin(async { found(db.as_person(READER).await?.get(&db.middle).await?) })),
    ("list, newest", |db| Box::pin(db.list(READER, Sees::All, "", None))),
    ("list, from the middle", |db| Box::pin(db.list(READER, Sees::All, "", Some(&db.middle)))),
    ("list of one's own", |db| Box::pin(db.list(OWNER, Sees::Own, "", None))),
    ("list of a team's", |db| Box::pin(db.list(MANAGER, Sees::Team, "", None))),
    ("search, a word of 20 records", |db| Box::pin(db.list(READER, Sees::All, "zanzibar", None))),
    ("search, a word of one in 100", |db| Box::pin(db.list(READER, Sees::All, "percent", None))),
    ("search, a word of all", |db| Box::pin(db.list(READER, Sees::All, "everyday", None))),
    ("search of one's own", |db| Box::pin(db.list(OWNER, Sees::Own, "zanzibar", None))),
    ("search of a team's", |db| Box::pin(db.list(MANAGER, Sees::Team, "everyday", None))),
    ("create", |db| Box::pin(db.create())),
    ("update", |db| Box::pin(db.update())),
    ("a row, read by the service", |db| Box::pin(async { found(db.store.person(ISSUER, READER).await?) })),
];

async fn run() -> Outcome {
    let folder = std::env::temp_dir().join(format!("portico-bench-records-{}", std::process::id()));
    let measured = measure(&folder).await;
    std::fs::remove_dir_all(&folder)?;
    measured
}

async fn measure(folder: &Path) -> Outcome {
    let mut databases = Vec::new();
    for size in SIZES {
        let began = Instant::now();
        databases.push(Filled::new(folder.join(size.to_string()), size).await?);
        eprintln!("{size} records written in {:.0?}", began.elapsed());
    }
    println!("Medians of {ROUNDS} times each, the two in turn; \"open\", lists, searches, \"create\" and \"update\"");
    println!("begin with signing a connection in.\n");
    println!("| | {} records, ms | {} records, ms | ratio |\n|---|---:|---:|---:|", SIZES[0], SIZES[1]);
    for (name, case) in CASES {
        let mut times = vec![Vec::new(); databases.len()];
        for round in 0..WARM_UP + ROUNDS {
            for (database, times) in databases.iter().zip(&mut times) {
                let began = Instant::now();
                case(database).await?;
                if round >= WARM_UP {
                    times.push(began.elapsed());
                }
            }
        }
        let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
        println!("| {name} | {:.2} | {:.2} | {:.2} |", medians[0], medians[1], medians[1] / medians[0]);
    }
    Ok(())
}

/// In milliseconds.
fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1_000.0
}

fn found<T>(row: Option<T>) -> Outcome {
    row.map(drop).ok_or_else(|| "what should be there was not found".into())
}

/// A database with so many records.
struct Filled {
    store: Store,
    /// One in the middle.
    middle: RecordId,
}

impl Filled {
    async fn new(folder: PathBuf, size: usize) -> Outcome<Self> {
        let settings = settings(&folder)?;
        let store = Store::connect(&settings).await?;
        sign_in(&store, READER, &[Permission::Read], "readers").await?;
        sign_in(&store, OWNER, &[Permission::WriteOwn], "owners").await?;
        sign_in(&store, MANAGER, &[Permission::ManageTeam, Permission::WriteOwn], "team").await?;
        for author in 0..AUTHORS {
            let group = if author < TEAM { "team" } else { "others" };
            sign_in(&store, &format!("auth0|author-{author}"), &[Permission::WriteOwn], group).await?;
        }
        // Many at once is nothing that Portico does: it is done behind its back.
        drop(store);
        fill(&settings.url, size).await?;
        Ok(Self { store: once_free(async || Store::connect(&settings).await).await?, middle: id(size / 2).parse()? })
    }

    async fn as_person(&self, subject: &str) -> Outcome<Records> {
        Ok(self.store.records(&Actor { issuer: ISSUER, subject, factor: Factor::SingleFactor }).await?)
    }

    async fn list(&self, subject: &str, sees: Sees, search: &str, before: Option<&RecordId>) -> Outcome {
        let query = RecordQuery { search: search.to_owned(), before: before.cloned(), sees };
        let page = self.as_person(subject).await?.list(&query).await?;
        found(page.first())
    }

    async fn create(&self) -> Outcome {
        let id = Ulid::new().to_string().parse()?;
        found(self.as_person(OWNER).await?.create(&id, &draft("created")?, Utc::now()).await?)
    }

    async fn update(&self) -> Outcome {
        let records = self.as_person(OWNER).await?;
        let id = id(0).parse()?;
        let version = records.get(&id).await?.ok_or("the owner's record is gone")?.version;
        found(records.update(&id, version, &draft("changed")?, Utc::now()).await?)
    }
}

fn draft(word: &str) -> Outcome<Draft> {
    let body = format!("A text about {word} everyday matters. ").repeat(10);
    Draft::check("A report of the quarter", &body, Default::default(), vec!["report".to_owned()])
        .map_err(|faults| format!("{faults:?}").into())
}

/// The id of the record with this number: they are in the order of time, a second apart.
fn id(number: usize) -> String {
    Ulid::from_parts(FIRST + number as u64 * 1_000, number as u128).to_string()
}

/// Opens a database as soon as whoever had it open before has let go of it: dropped is not yet closed.
async fn once_free<T, E: Into<Box<dyn Error + Send + Sync>>>(open: impl AsyncFn() -> Result<T, E>) -> Outcome<T> {
    let began = Instant::now();
    loop {
        match open().await {
            Err(_) if began.elapsed() < LONGEST_CLOSING => tokio::time::sleep(Duration::from_millis(20)).await,
            opened => return opened.map_err(Into::into),
        }
    }
}

async fn fill(url: &str, size: usize) -> Outcome {
    const TEXT: &str = "INSERT INTO secure_data $rows.map(|$row| {
        id: $row[0], key: $row[0], owner: type::record('user', [$issuer, $row[1]]),
        title: 'Report ' + $row[0] + ' of the quarter', body: $row[2], classification: 'internal', tags: ['report'],
        created_at: d'2026-01-01T00:00:00Z', updated_at: d'2026-01-01T00:00:00Z'
    }) RETURN NONE";
    let database = once_free(async || any::connect(url).await).await?;
    database.use_ns(NAME).use_db(NAME).await?;
    let every = size / OWN;
    for first in (0..size).step_by(BATCH) {
        let rows: Vec<Vec<String>> = (first..size.min(first + BATCH))
            .map(|number| {
                let is_own = number % every == 0;
                let owner = if is_own { OWNER.to_owned() } else { format!("auth0|author-{}", number % AUTHORS) };
                let word = match number {
                    _ if is_own => "zanzibar",
                    _ if number % 100 == 7 => "percent",
                    _ => "other",
                };
                vec![id(number), owner, format!("A text about {word} everyday matters. ").repeat(10)]
            })
            .collect();
        let mut variables = Variables::new();
        variables.insert("rows", rows);
        variables.insert("issuer", ISSUER);
        database.query(TEXT).bind(variables).await?.check()?;
    }
    Ok(())
}

async fn sign_in(store: &Store, subject: &str, permissions: &[Permission], group: &str) -> Outcome {
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
        audit: vec![],
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
            groups: vec![group.to_owned()],
            policy: "bench".to_owned(),
        },
    };
    store.save_sign_in(&person, session, None, now).await?;
    Ok(())
}

fn settings(folder: &Path) -> Outcome<StoreSettings> {
    Ok(StoreSettings {
        url: format!("surrealkv://{}", folder.display()),
        namespace: NAME.to_owned(),
        database: NAME.to_owned(),
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
