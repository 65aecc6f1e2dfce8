//! Who is signed in, for administrators, and ending everybody's sessions.

use super::{EndedSession, SessionError, SessionId, Sessions, earlier};
use crate::server::store::PersonSignedIn;
use chrono::{DateTime, Utc};

impl Sessions {
    /// The people of that issuer who are called so (e-mail address or `sub`); where nothing is asked for, those
    /// who were last seen, the last one first.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn people(&self, issuer: &str, called: &str) -> Result<Vec<PersonSignedIn>, SessionError> {
        let now = self.now();
        let idle_since = earlier(now, self.settings.idle);
        Ok(match called {
            "" => self.store.people_last_seen(now, idle_since).await?,
            called => self.store.people_called(issuer, called, now, idle_since).await?,
        })
    }

    /// Ends some of all sessions that began by then, but the one to be `kept`; nothing when there are no more.
    /// Once this has answered, no lookup here finds them.
    ///
    /// # Errors
    /// The database does not answer, or not as it should: some may be alive then.
    pub async fn end_some(
        &self,
        begun_by: DateTime<Utc>,
        kept: Option<&SessionId>,
    ) -> Result<Vec<EndedSession>, SessionError> {
        let kept = kept.map(SessionId::key);
        let ended = self.store.end_some_sessions(begun_by, kept.as_ref()).await?;
        Ok(self.gone(ended).await)
    }
}
