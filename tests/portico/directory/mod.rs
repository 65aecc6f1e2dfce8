//! The directory, against a tenant in this process that has both of Auth0's APIs and can be told to
//! misbehave. Every request that reaches it, and every answer it gives while it behaves, is held
//! against the JSON Schemas in `tests/schemas`.

mod administration;
mod faults;
mod knowledge;
mod limits;
mod refusals;
mod schemas;
mod shapes;
mod tenant;

use portico::{
    model::directory::{Availability, Source},
    server::directory::{Catalogue, Directory, Looked},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Waits until `condition` holds, asking every few milliseconds.
async fn eventually<F, R>(what: &str, mut condition: F)
where
    F: FnMut() -> R,
    R: Future<Output = bool>,
{
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain for: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The whole catalogue, once it has been read.
async fn catalogue(directory: &Directory) -> Arc<Catalogue> {
    let found = std::sync::Mutex::new(None);
    eventually("the whole catalogue", || async {
        let looked = directory.catalogue().await;
        let whole = looked.value.filter(|catalogue| !catalogue.partial);
        let there = whole.is_some();
        *found.lock().unwrap() = whole;
        there
    })
    .await;
    found.into_inner().unwrap().unwrap()
}

fn is_available<T>(looked: &Looked<T>) -> bool {
    matches!(looked.availability, Availability::Available { .. }) && looked.value.is_some() && looked.error.is_none()
}

fn role(name: &str) -> Source {
    Source::Role(name.to_owned())
}

fn group(name: &str) -> Source {
    Source::Group(name.to_owned())
}
