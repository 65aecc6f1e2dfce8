//! Every switch of the provider, correct by default.

use super::{Endpoint, answer::Answer, token::TokenShape};
use crate::support::keys::Key;
use serde_json::{Map, Value, json};
use std::{collections::HashMap, fmt, sync::Arc};

/// How the provider behaves. A test changes what it needs with
/// [`Provider::behave`](super::Provider::behave).
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// Who signs in: the claims `/userinfo` answers with, `sub` among them. The ID token carries
    /// `sub` alone of these, as the code flow has it.
    pub person: Map<String, Value>,
    /// How the person proved who they are: the ID token's `amr`.
    pub amr: Option<Vec<String>>,
    /// The key that signs.
    pub signing_key: Key,
    /// The keys in the key set.
    pub published_keys: Vec<Key>,
    /// Changes the signing key and publishes nothing but the new one, right before the next ID
    /// token is signed: the worst moment for a client that keeps the key set.
    pub rotate_before_signing: Option<Key>,
    /// Changes to the discovery document.
    pub discovery: Changes,
    /// Changes to the key set.
    pub jwks: Changes,
    /// The ID token of the code exchange.
    pub id_token: TokenShape,
    /// The ID token of a refresh.
    pub refreshed_id_token: TokenShape,
    /// The access token, when it is a JWT.
    pub access_token: TokenShape,
    /// Changes to the token endpoint's answer.
    pub token_answer: Changes,
    /// Changes to the answer of `/userinfo`.
    pub userinfo: Changes,
    /// Changes to the parameters sent back to the callback.
    pub callback: Changes,
    /// Changes to the parameters sent back after a logout.
    pub logged_out: Changes,
    /// What comes of the sign-in page.
    pub authorization: Authorization,
    /// The lifetime of access tokens, in seconds.
    pub access_token_lifetime: i64,
    /// What becomes of a refresh token that was used.
    pub rotation: Rotation,
    /// The client authentication methods that are advertised and taken.
    pub client_auth: Vec<&'static str>,
    /// What goes over the wire instead of the correct answer, by endpoint.
    pub answers: HashMap<Endpoint, Answer>,
}

impl Default for Behaviour {
    fn default() -> Self {
        let person = json!({
            "sub": "auth0|ada",
            "name": "Ada Lovelace",
            "nickname": "ada",
            "given_name": "Ada",
            "family_name": "Lovelace",
            "picture": "https://pictures.example/ada.png",
            "email": "ada@people.example",
            "email_verified": true,
            "locale": "en-GB",
            "updated_at": "2026-01-02T03:04:05.678Z",
            "https://portico.example/roles": ["viewer"],
        });
        let Value::Object(person) = person else { unreachable!("an object was written") };
        Self {
            person,
            amr: None,
            signing_key: Key::Current,
            published_keys: vec![Key::Current, Key::Next],
            rotate_before_signing: None,
            discovery: Changes::default(),
            jwks: Changes::default(),
            id_token: TokenShape::default(),
            refreshed_id_token: TokenShape::default(),
            access_token: TokenShape::default(),
            token_answer: Changes::default(),
            userinfo: Changes::default(),
            callback: Changes::default(),
            logged_out: Changes::default(),
            authorization: Authorization::Grants,
            access_token_lifetime: 3600,
            rotation: Rotation::On,
            client_auth: vec!["client_secret_post", "client_secret_basic"],
            answers: HashMap::new(),
        }
    }
}

impl Behaviour {
    /// Answers like this at `endpoint` from now on.
    pub fn answer(&mut self, endpoint: Endpoint, answer: Answer) {
        self.answers.insert(endpoint, answer);
    }

    /// Lets the person be another one, with no claim but `sub`, a name and an e-mail address.
    pub fn sign_in_as(&mut self, subject: &str) {
        let name = subject.rsplit('|').next().unwrap_or(subject);
        self.person =
            [("sub", subject.to_owned()), ("name", name.to_owned()), ("email", format!("{name}@people.example"))]
                .into_iter()
                .map(|(claim, text)| (claim.to_owned(), text.into()))
                .collect();
    }
}

/// What becomes of a refresh token that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The answer has the next one; who uses the old one again has stolen it, and the grant is revoked.
    On,
    /// The answer has the next one, and the old one is taken for a while longer (Auth0's rotation overlap).
    WithOverlap,
    /// It is good for ever, and the answer has none.
    Off,
}

/// What comes of the sign-in page.
#[derive(Clone, Debug)]
pub enum Authorization {
    /// The person is signed in at once and comes back with a code.
    Grants,
    /// They come back with this `error` (RFC 6749, section 4.1.2.1, OpenID Connect Core 1.0,
    /// section 3.1.2.6) and description.
    Refuses {
        /// Such as `access_denied`, `login_required`, `server_error`.
        error: &'static str,
        /// The `error_description`; it is shown to nobody.
        description: &'static str,
    },
}

/// Changes to a JSON object (or, for the callback, to a list of parameters), made in order when it is used.
#[derive(Clone, Default)]
pub struct Changes(Vec<Change>);

type Change = Arc<dyn Fn(&mut Map<String, Value>) + Send + Sync>;

impl Changes {
    /// Gives `member` this value.
    pub fn set(&mut self, member: &str, value: impl Into<Value>) -> &mut Self {
        let (member, value) = (member.to_owned(), value.into());
        self.with(move |object| {
            object.insert(member.clone(), value.clone());
        })
    }

    /// Takes `member` out.
    pub fn remove(&mut self, member: &str) -> &mut Self {
        let member = member.to_owned();
        self.with(move |object| {
            object.remove(&member);
        })
    }

    /// Does anything at all.
    pub fn with(&mut self, change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) -> &mut Self {
        self.0.push(Arc::new(change));
        self
    }

    pub(super) fn apply(&self, object: &mut Map<String, Value>) {
        self.0.iter().for_each(|change| change(object));
    }

    pub(super) fn applied(&self, value: Value) -> Value {
        let Value::Object(mut object) = value else { return value };
        self.apply(&mut object);
        Value::Object(object)
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} changes", self.0.len())
    }
}
