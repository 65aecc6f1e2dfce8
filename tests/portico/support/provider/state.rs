//! What the provider remembers: its clients' addresses, codes, tokens and who asked what.

use super::{Behaviour, Call};
use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// The one client this provider knows.
pub const CLIENT_ID: &str = "portico-test";

#[derive(Default)]
pub(super) struct State {
    pub behaviour: Behaviour,
    pub calls: Vec<Call>,
    pub redirect_uris: HashSet<String>,
    pub logout_uris: HashSet<String>,
    /// Authorization codes; `None` once used.
    pub codes: HashMap<String, Code>,
    /// The grant behind each access token.
    pub access_tokens: HashMap<String, usize>,
    pub refresh_tokens: HashMap<String, RefreshToken>,
    pub id_tokens: HashSet<String>,
    pub grants: Vec<Grant>,
}

/// What was asked for at `/authorize`, until the code is redeemed.
#[derive(Clone)]
pub(super) struct Code {
    pub redirect_uri: String,
    pub code_challenge: String,
    pub nonce: String,
    pub grant: usize,
    pub used: bool,
}

/// What one sign-in gave: all its tokens live and die with it.
#[derive(Clone)]
pub(super) struct Grant {
    pub person: Map<String, Value>,
    pub scope: String,
    pub audience: Option<String>,
    pub sid: String,
    pub auth_time: i64,
    pub revoked: bool,
}

#[derive(Clone)]
pub(super) struct RefreshToken {
    pub grant: usize,
    pub used: bool,
}

impl State {
    /// The claims of the grant's person, as they are now.
    pub fn person(&self, grant: usize) -> Map<String, Value> {
        let signed_in = &self.grants[grant].person;
        let now = &self.behaviour.person;
        if now.get("sub") == signed_in.get("sub") { now.clone() } else { signed_in.clone() }
    }
}

/// 256 random bits in base64url.
pub(super) fn random() -> String {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
