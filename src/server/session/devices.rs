//! A person's own sessions: which there are, and ending them from another device.

use super::{EndedSession, SessionError, SessionId, Sessions, earlier, user_agent};
use crate::{
    model::{Person, device::Device},
    server::store::{ListedSession, SessionKey},
};
use aws_lc_rs::digest::{Context, SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// One of a person's sessions.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnSession {
    /// Whether it is the one that asks.
    pub is_this: bool,
    /// What the browser says of itself.
    pub device: Device,
    /// What pages call it, to end it.
    pub handle: String,
    /// What is kept of it.
    pub kept: ListedSession,
}

/// What a person's own pages and the audit log call a session. It is made from the key, which is the hash of 256 random bits,
/// and nobody gets back from it to the key, let alone to the cookie.
pub fn handle(key: &SessionKey) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(b"portico session handle v1");
    hash.update(key.as_bytes());
    // A SHA-256 has 32 bytes; half of them tell a person's sessions apart.
    URL_SAFE_NO_PAD.encode(&hash.finish().as_ref()[..16])
}

impl Sessions {
    /// The live sessions of a person, `this` first, then the last used.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn of_person(&self, person: &Person, this: &SessionId) -> Result<Vec<OwnSession>, SessionError> {
        let now = self.now();
        let idle_since = earlier(now, self.settings.idle);
        let kept = self.store.sessions_of(&person.issuer, &person.subject, now, idle_since).await?;
        let this = this.key();
        let mut sessions: Vec<_> = kept
            .into_iter()
            .map(|kept| OwnSession {
                is_this: kept.key == this,
                handle: handle(&kept.key),
                device: kept.user_agent.as_deref().map(user_agent::read).unwrap_or_default(),
                kept,
            })
            .collect();
        // Stable: the others stay in their order.
        sessions.sort_by_key(|session| !session.is_this);
        Ok(sessions)
    }

    /// Ends the session of that person that is `called` so; nothing if they have none such. Once this has
    /// answered, no lookup here finds it.
    ///
    /// # Errors
    /// The database does not answer, or not as it should: it may be alive then.
    pub async fn end_of_person(&self, person: &Person, called: &str) -> Result<Option<EndedSession>, SessionError> {
        let keys = self.store.session_keys_of(&person.issuer, &person.subject).await?;
        let Some(key) = keys.iter().find(|key| handle(key) == called) else { return Ok(None) };
        let ended = self.store.end_session_of(&person.issuer, &person.subject, key).await?;
        Ok(self.gone(ended.into_iter().collect()).await.pop())
    }

    /// Ends some of that person's sessions, but the one to be `kept`; nothing when there are no more. Once this has
    /// answered, no lookup here finds them.
    ///
    /// # Errors
    /// The database does not answer, or not as it should: some may be alive then.
    pub async fn end_some_of(
        &self,
        person: &Person,
        kept: Option<&SessionId>,
    ) -> Result<Vec<EndedSession>, SessionError> {
        let kept = kept.map(SessionId::key);
        let ended = self.store.end_some_sessions_of(&person.issuer, &person.subject, kept.as_ref()).await?;
        Ok(self.gone(ended).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_its_sessions_alone_and_neither_key_nor_cookie() {
        let id = SessionId::generate();
        let called = handle(&id.key());
        assert_eq!(called, handle(&id.key()));
        assert_ne!(called, handle(&SessionId::generate().key()));
        assert_eq!(called.len(), 22);
        assert!(!id.to_cookie().contains(&called) && !id.key().to_string().contains(&called));
    }
}
