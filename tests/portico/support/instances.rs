//! Several instances of Portico over one database, whose sessions go by a clock that the test moves.

use super::{
    app::{TestApp, settings},
    browser::Browser,
    provider::Provider,
};
use chrono::{DateTime, TimeDelta, Utc};
use portico::server::{
    http::Times,
    session::{Clock, SessionId},
    settings::Settings,
    store::{RefreshTimes, SessionKey, Store},
};
use std::{
    ops::Index,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};

/// Instances that share database and secrets, as behind a load balancer. They stop when dropped.
pub struct Instances {
    /// Their database.
    pub store: Arc<Store>,
    apps: Vec<TestApp>,
    ahead: Arc<AtomicI64>,
    database: Option<Runtime>,
}

impl Instances {
    /// Starts so many for `provider`, with these settings on top of the usual ones.
    ///
    /// # Panics
    /// When one does not start.
    pub async fn start(provider: &Provider, number: usize, overrides: &[(&str, &str)]) -> Self {
        let mut settings = settings(provider, "http://localhost:1");
        settings.extend(overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let database = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_stack_size(10 << 20)
            .thread_name("database")
            .enable_all()
            .build()
            .expect("a runtime starts");
        let read = Settings::from_pairs(settings.clone()).unwrap_or_else(|error| panic!("{error}"));
        let store = database.spawn(async move { Store::connect(&read.store).await });
        let store = Arc::new(store.await.expect("no panic").expect("an embedded database opens"));
        let mut instances = Self { store, apps: vec![], ahead: Arc::default(), database: Some(database) };
        for _ in 0..number {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
            let origin = format!("http://localhost:{}", listener.local_addr().expect("it is bound").port());
            settings.insert("AUTH0_CALLBACK_URL".to_owned(), format!("{origin}/callback"));
            let over = (instances.store.clone(), instances.clock());
            instances.apps.push(TestApp::serve(listener, settings.clone(), Some(over), Times::default()).await);
            provider.register(&origin);
        }
        instances
    }

    /// Moves the sessions' clock forward.
    pub fn seconds_later(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    /// What time it is to the sessions.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock())()
    }

    /// What the database knows the session of a browser by.
    ///
    /// # Panics
    /// When it has none.
    pub fn session(&self, browser: &Browser) -> SessionKey {
        let cookie = browser.cookie(self.apps[0].session_cookie()).expect("a session");
        SessionId::parse(&cookie).expect("a session id").key()
    }

    /// When the session of a browser is to be refreshed, as the database has it.
    ///
    /// # Panics
    /// When it has none that lives.
    pub async fn refresh_times(&self, browser: &Browser) -> RefreshTimes {
        let (key, now) = (self.session(browser), self.now());
        let found = self.store.session(&key, now, now - TimeDelta::days(1)).await.expect("the database answers");
        found.expect("the session lives").refresh
    }

    /// A browser that has signed in at the first instance.
    pub async fn signed_in(&self) -> Browser {
        let browser = self.apps[0].browser();
        browser.signed_in().await;
        browser
    }

    /// The same person at another instance: a browser with the same session.
    pub fn at(&self, number: usize, browser: &Browser) -> Browser {
        let app = &self.apps[number];
        let other = app.browser();
        other.set_cookie(app.session_cookie(), &browser.cookie(app.session_cookie()).expect("a session"));
        other
    }

    fn clock(&self) -> Clock {
        let ahead = self.ahead.clone();
        Arc::new(move || Utc::now() + TimeDelta::seconds(ahead.load(Ordering::SeqCst)))
    }
}

impl Index<usize> for Instances {
    type Output = TestApp;

    fn index(&self, number: usize) -> &TestApp {
        &self.apps[number]
    }
}

impl Drop for Instances {
    fn drop(&mut self) {
        self.apps.clear();
        if let Some(database) = self.database.take() {
            database.shutdown_background();
        }
    }
}
