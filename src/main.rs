//! The server's program: `portico` serves, `portico check` looks whether a configuration can go live, `portico audit`
//! prints the audit log.

use portico::server::{App, audit, check, settings::Settings, telemetry};
use std::{io, process::ExitCode};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "\
Usage: portico [check | audit [--since TIME] [--until TIME]]

  portico         serves the application; settings come from the environment and from .env
  portico check   looks whether the settings, the sign-in service and the database can be used
  portico audit   prints the audit log, or what of it lies between two times (RFC 3339), as JSON lines
";

/// SurrealQL is parsed and run recursively: workers need more stack than the usual 2 MiB.
const STACK: usize = 10 * 1024 * 1024;

/// What it is started for.
enum Command {
    Serve,
    Check,
    Audit(audit::Span),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let command = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Some(Command::Serve),
        ["check"] => Some(Command::Check),
        ["audit", span @ ..] => audit::Span::read(span).map(Command::Audit),
        ["--help" | "-h" | "help"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => None,
    };
    let Some(command) = command else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    match tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build() {
        Ok(runtime) => runtime.block_on(async {
            match command {
                Command::Serve => serve().await,
                Command::Check => check_all().await,
                Command::Audit(span) => print_audit(span).await,
            }
        }),
        Err(error) => {
            eprintln!("portico cannot start its threads: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> ExitCode {
    let settings = match Settings::from_environment() {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("Portico did not start. {error}");
            return ExitCode::FAILURE;
        }
    };
    let _log = telemetry::start(&settings.log);
    let served = match App::build(settings).await {
        Ok(app) => app.serve(told_to_stop()).await,
        Err(error) => Err(error),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "Portico did not start");
            ExitCode::FAILURE
        }
    }
}

async fn check_all() -> ExitCode {
    let findings = check::run(Settings::from_environment()).await;
    findings.iter().for_each(|finding| println!("{finding}"));
    if findings.iter().all(|finding| finding.outcome.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn print_audit(span: audit::Span) -> ExitCode {
    let settings = match Settings::from_environment() {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("The audit log cannot be read. {error}");
            return ExitCode::FAILURE;
        }
    };
    match audit::export(&settings, span, &mut io::BufWriter::new(io::stdout().lock())).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The audit log ends here: {error}.");
            ExitCode::FAILURE
        }
    }
}

/// Ends on Ctrl-C, and on the SIGTERM of a service manager.
async fn told_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} },
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be caught; only Ctrl-C stops gracefully");
                drop(interrupt.await);
            }
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}
