//! A SurrealDB server in the place of a database in memory, where `TEST_SURREAL` names the program (`surreal`): what
//! the tests say must hold there, too.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long one may take to start.
const START: Duration = Duration::from_secs(60);
/// What Portico needs of it, as the README says.
const FLAGS: &[&str] = &["--deny-all", "--allow-funcs", "time::now"];
/// Runs the program until nobody holds the other end of its input any more.
const FOR_AS_LONG: &str = r#""$@" & server=$!; cat >/dev/null; kill -9 $server"#;

/// Held until the process ends, and with it the servers.
static SERVERS: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// The address of a database. One in memory is a new server's, which has that root user.
///
/// # Panics
/// When it does not start.
pub fn at(url: &str, username: &str, password: &str) -> String {
    match std::env::var_os("TEST_SURREAL") {
        Some(program) if url == "mem://" => {
            let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port is free");
            let server = Command::new("sh")
                .args(["-c", FOR_AS_LONG, "sh"])
                .arg(program)
                .args(["start", "memory", "--no-banner", "--log", "warn", "--bind", &address.to_string()])
                .args(["--user", username, "--pass", password])
                .args(FLAGS)
                .stdin(Stdio::piped())
                .env("SURREAL_ONLINE_VERSION_CHECK", "false")
                .spawn()
                .expect("sh runs");
            SERVERS.lock().unwrap_or_else(PoisonError::into_inner).push(server);
            let start = Instant::now();
            while TcpStream::connect(address).is_err() {
                assert!(start.elapsed() < START, "the server does not start");
                std::thread::sleep(Duration::from_millis(10));
            }
            format!("ws://{address}")
        }
        _ => url.to_owned(),
    }
}
