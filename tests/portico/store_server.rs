//! What only a database server can do to Portico. Needs the program: `TEST_SURREAL=…/surreal`, and `--run-ignored all`.

use crate::{
    store_support::{sessions, settings, sign_in},
    support::eventually,
};
use portico::server::store::Store;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// Passes on what is said to a server, and what it answers, until it is told to lose that: then all connections that
/// there are fall silent, and none is closed. New ones are passed on.
struct Relay {
    address: SocketAddr,
    lost: Arc<AtomicUsize>,
}

impl Relay {
    async fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let relay = Self { address: listener.local_addr().expect("it is bound"), lost: Arc::default() };
        let lost = relay.lost.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.expect("the server runs");
                let (begun, (from_client, to_client), (from_server, to_server)) =
                    (lost.load(Ordering::SeqCst), client.into_split(), server.into_split());
                tokio::spawn(pass(from_client, to_server, lost.clone(), begun));
                tokio::spawn(pass(from_server, to_client, lost.clone(), begun));
            }
        });
        relay
    }

    fn lose_all(&self) {
        self.lost.fetch_add(1, Ordering::SeqCst);
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, lost: Arc<AtomicUsize>, begun: usize) {
    let mut some = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut some).await {
        if lost.load(Ordering::SeqCst) == begun && to.write_all(&some[..length]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a SurrealDB server: TEST_SURREAL"]
async fn a_connection_that_has_fallen_silent_is_replaced() {
    let mut settings = settings("mem://");
    let server = settings.url.strip_prefix("ws://").expect("TEST_SURREAL names a program").to_owned();
    let relay = Relay::before(server).await;
    settings.url = format!("ws://{}", relay.address);
    let store = Arc::new(Store::connect(&settings).await.expect("it connects"));
    let sessions = sessions(&store);
    let id = sign_in(&sessions, "auth0|1").await;
    store.ready().await.expect("it answers");

    relay.lose_all();
    assert!(store.ready().await.is_err(), "nothing comes through");
    eventually("another connection", Duration::from_secs(30), || async { store.ready().await.is_ok() }).await;
    assert!(sessions.end(&id).await.expect("the database answers").is_some());
}
