//! What a refresh brought is not lost when the database cannot be written to: the old refresh token is worth nothing
//! any more, and nobody else has the new one.

use crate::support::{
    Answer, Browser, Endpoint, Instances, Provider, eventually, logs,
    outage::{self, Fragile},
    provider::Gate,
};
use std::{collections::HashSet, time::Duration};

const SOON: Duration = Duration::from_secs(10);
/// The provider's access tokens live for an hour.
const LAST_MINUTE: i64 = 3545;
const OVER: i64 = 3601;

/// What came when the database was away is written when it is back, by whoever asked `last` for it, and the session
/// lives on with it.
async fn survives_an_outage_after(last: Endpoint) {
    let (provider, fragile) = (Provider::start().await, Fragile::new().await);
    let portico = Instances::start(&provider, 1, &fragile.settings()).await;
    let browser = portico.signed_in().await;
    let gate = Gate::default();
    provider.behave(|behaviour| behaviour.answer(last, Answer::OnItsWay(gate.clone())));
    portico.seconds_later(LAST_MINUTE);
    let request = browser.api_profile().await.header("x-request-id").expect("an id").to_owned();
    eventually("the answer is on its way", SOON, || async { gate.arrived() == 1 }).await;
    outage::begin(&portico.store).await;
    gate.open();
    eventually("it is tried again and again", SOON, || async { tries(&request) > 1 }).await;
    assert!(browser.is_signed_in().await, "nobody is signed out by it");
    assert!(!is_refreshed(&portico, &browser).await);

    outage::end(&portico.store).await;
    eventually("it is written", SOON, || is_refreshed(&portico, &browser)).await;
    provider.behave(|behaviour| behaviour.answers.clear());
    portico.seconds_later(OVER);
    assert!(browser.is_signed_in().await);
    assert!(is_refreshed(&portico, &browser).await);
    let sent: HashSet<_> =
        provider.refreshes().iter().map(|call| call.param("refresh_token").expect("one").to_owned()).collect();
    assert_eq!((provider.refreshes().len(), sent.len()), (2, 2), "once, and then by the new one");
    assert_eq!(provider.live_grants(), 1, "the provider has seen no theft");
}

/// How often that request's refresh could not write something and goes on trying.
fn tries(request: &str) -> usize {
    logs().lines_with(request).iter().filter(|line| line.contains("it is tried again")).count()
}

async fn is_refreshed(portico: &Instances, browser: &Browser) -> bool {
    portico.refresh_times(browser).await.due_at > Some(portico.now())
}

#[tokio::test]
async fn a_new_refresh_token_is_written_when_the_database_is_back() {
    survives_an_outage_after(Endpoint::Token).await;
}

#[tokio::test]
async fn what_is_known_of_the_person_is_written_when_the_database_is_back() {
    survives_an_outage_after(Endpoint::UserInfo).await;
}
