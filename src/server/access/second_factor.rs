//! The second factor: when it counts, when a person is asked for it, and how old it may be.
//!
//! A person is asked at most once in one attempt. Whoever comes back without a second factor goes
//! on without what needs one; nothing here ever sends them round again.

use super::policy::Policy;
use crate::model::{Access, SecondFactor};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// How old a second factor may be for a sensitive action, when the settings do not say.
pub const DEFAULT_MAX_AGE: Duration = Duration::from_secs(2 * 3600);
/// How far the sign-in service's clock may be ahead of ours.
pub const CLOCK_LEEWAY: Duration = Duration::from_secs(60);

/// The second factor that an ID token shows, if it shows one: the first of its `amr` values
/// (RFC 8176) that counts by the policy. `at` is the token's `auth_time`, else the time at which it
/// was taken.
pub fn from_methods<S: AsRef<str>>(policy: &Policy, amr: &[S], at: DateTime<Utc>) -> Option<SecondFactor> {
    let method = amr.iter().map(AsRef::as_ref).find(|method| policy.is_second_factor(method))?;
    Some(SecondFactor { method: method.to_owned(), at })
}

/// What happens at the end of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterSignIn {
    /// Nothing is withheld: go on.
    Continue,
    /// Send the person to the sign-in service once more, with `acr_values`, and remember in
    /// that attempt that it was asked for.
    StepUp,
    /// They were asked and came back without: go on, without what needs a second factor, and say so
    /// on the page, with a button to try again (which is a new attempt).
    SignInWithoutRoles,
}

/// What happens at the end of a sign-in, or of an attempt to step up that failed or was refused.
/// `step_up_asked`: whether this attempt had asked for a second factor already.
pub fn on_sign_in(access: &Access, step_up_asked: bool) -> AfterSignIn {
    match (access.second_factor_helps(), step_up_asked) {
        (false, _) => AfterSignIn::Continue,
        (true, false) => AfterSignIn::StepUp,
        (true, true) => AfterSignIn::SignInWithoutRoles,
    }
}

/// Whether a sensitive action may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SensitiveAction {
    /// The second factor is young enough.
    Allowed,
    /// Keep what the person filled in and send them to step up: with `acr_values`, and with
    /// `max_age` (OpenID Connect Core 1.0, section 3.1.2.1) when the second factor is too old, or the
    /// sign-in service answers from its own session.
    StepUp(NotFresh),
    /// They stepped up for this very action and it is still not enough: say so, and don't do it.
    Refused(NotFresh),
}

/// Why a second factor is not enough for a sensitive action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotFresh {
    /// There is none, or none that counts.
    Missing,
    /// It was proven before the allowed age, at that time.
    TooOld(DateTime<Utc>),
    /// It claims to have been proven in the future, further than a clock may be wrong.
    InTheFuture,
}

/// Whether a sensitive action may go on, with a second factor at most `max_age` old
/// (`PORTICO_SECOND_FACTOR_MAX_AGE_SECONDS`). `step_up_asked`: whether the person has just come back
/// from stepping up for this action.
pub fn for_sensitive_action(
    second_factor: Option<&SecondFactor>,
    max_age: Duration,
    now: DateTime<Utc>,
    step_up_asked: bool,
) -> SensitiveAction {
    match (not_fresh(second_factor, max_age, now), step_up_asked) {
        (None, _) => SensitiveAction::Allowed,
        (Some(why), false) => SensitiveAction::StepUp(why),
        (Some(why), true) => SensitiveAction::Refused(why),
    }
}

fn not_fresh(second_factor: Option<&SecondFactor>, max_age: Duration, now: DateTime<Utc>) -> Option<NotFresh> {
    let Some(factor) = second_factor else {
        return Some(NotFresh::Missing);
    };
    // A setting beyond what the type can hold means that no age is too old.
    let limit = |duration| TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
    let age = now.signed_duration_since(factor.at);
    if age > limit(max_age) {
        Some(NotFresh::TooOld(factor.at))
    } else if -age > limit(CLOCK_LEEWAY) {
        Some(NotFresh::InTheFuture)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::access::{ClaimSet, Evidence, RoleClaims, claims, decide};
    use serde_json::{Map, json};

    /// What is decided for a person with these roles, with or without a second factor.
    fn access(roles: &[&str], second_factor: Option<&SecondFactor>) -> Access {
        let claims = Map::from_iter([("roles".to_owned(), json!(roles))]);
        let nothing = Map::new();
        let set = ClaimSet { claims: &claims, app_metadata: &nothing, user_metadata: &nothing };
        let evidence = Evidence {
            found: &claims::read(&set, &RoleClaims::default()),
            token_permissions: &[],
            permissions_from_token: false,
            second_factor,
            directory: None,
            as_of: DateTime::UNIX_EPOCH,
        };
        decide(&Policy::built_in(), &evidence)
    }

    fn proven(at: DateTime<Utc>) -> SecondFactor {
        SecondFactor { method: "mfa".into(), at }
    }

    #[test]
    fn only_the_policys_methods_count() {
        let (policy, at) = (Policy::built_in(), DateTime::UNIX_EPOCH);
        let none: [&str; 0] = [];
        for amr in [&none[..], &["pwd"], &["MFA"], &["mfa "], &["pwd", "face", "kba", ""]] {
            assert_eq!(from_methods(&policy, amr, at), None, "{amr:?}");
        }
        for method in ["mfa", "otp", "sms", "totp", "hwk", "swk", "fido"] {
            let expected = Some(SecondFactor { method: method.into(), at });
            assert_eq!(from_methods(&policy, &["pwd", method], at), expected);
        }
        assert_eq!(from_methods(&policy, &["pwd".to_owned(), "otp".into(), "mfa".into()], at).unwrap().method, "otp");
    }

    #[test]
    fn a_person_is_asked_once_and_only_when_it_helps() {
        let factor = proven(DateTime::UNIX_EPOCH);
        for (roles, second_factor, asked, expected) in [
            (&["admin"][..], None, false, AfterSignIn::StepUp),
            (&["admin"], None, true, AfterSignIn::SignInWithoutRoles),
            (&["admin"], Some(&factor), false, AfterSignIn::Continue),
            (&["admin"], Some(&factor), true, AfterSignIn::Continue),
            (&["viewer", "manager"], None, false, AfterSignIn::StepUp),
            (&["viewer", "user"], None, false, AfterSignIn::Continue),
            (&["viewer", "user"], None, true, AfterSignIn::Continue),
            (&["auditor"], None, false, AfterSignIn::Continue),
            (&[], None, false, AfterSignIn::Continue),
        ] {
            assert_eq!(on_sign_in(&access(roles, second_factor), asked), expected, "{roles:?} {asked}");
        }
    }

    /// Whatever the sign-in service answers each time, with whatever roles, the person arrives after
    /// two rounds at most.
    #[test]
    fn signing_in_never_runs_in_a_loop() {
        let factor = proven(DateTime::UNIX_EPOCH);
        let roles = ["admin", "manager", "user", "viewer"];
        for subset in 0..16_u32 {
            let held: Vec<&str> = (0..4).filter(|bit| subset & (1 << bit) != 0).map(|bit| roles[bit]).collect();
            for answers in 0..8_u32 {
                let (mut asked, mut rounds) = (false, 0);
                let end = loop {
                    let second_factor = (answers & (1 << rounds) != 0).then_some(&factor);
                    rounds += 1;
                    match on_sign_in(&access(&held, second_factor), asked) {
                        AfterSignIn::StepUp => asked = true,
                        end => break (end, second_factor.is_some()),
                    }
                    assert!(rounds < 3, "{held:?} goes round and round");
                };
                let needs = held.contains(&"admin") || held.contains(&"manager");
                let expected = if needs && !end.1 { AfterSignIn::SignInWithoutRoles } else { AfterSignIn::Continue };
                assert_eq!(end.0, expected, "{held:?}, answers {answers:03b}");
                assert_eq!(asked, needs && answers & 1 == 0, "{held:?}, answers {answers:03b}");
            }
        }
    }

    #[test]
    fn a_second_factor_is_fresh_to_the_second() {
        let now = DateTime::from_timestamp(1_900_000_000, 0).unwrap();
        let age = Duration::from_secs(300);
        let check = |seconds: i64, asked| {
            for_sensitive_action(Some(&proven(now - TimeDelta::seconds(seconds))), age, now, asked)
        };
        for asked in [false, true] {
            for seconds in [-60, -1, 0, 1, 299, 300] {
                assert_eq!(check(seconds, asked), SensitiveAction::Allowed, "{seconds}");
            }
        }
        for seconds in [301, 86_400, 1_900_000_000] {
            let why = NotFresh::TooOld(now - TimeDelta::seconds(seconds));
            assert_eq!(check(seconds, false), SensitiveAction::StepUp(why));
            assert_eq!(check(seconds, true), SensitiveAction::Refused(why));
        }
        assert_eq!(check(-61, false), SensitiveAction::StepUp(NotFresh::InTheFuture));
        assert_eq!(check(-61, true), SensitiveAction::Refused(NotFresh::InTheFuture));
        assert_eq!(for_sensitive_action(None, age, now, false), SensitiveAction::StepUp(NotFresh::Missing));
        assert_eq!(for_sensitive_action(None, age, now, true), SensitiveAction::Refused(NotFresh::Missing));
    }

    #[test]
    fn extreme_times_and_ages_do_not_overflow() {
        for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, DateTime::UNIX_EPOCH] {
            for now in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, DateTime::UNIX_EPOCH] {
                for age in [Duration::ZERO, Duration::MAX] {
                    let allowed = for_sensitive_action(Some(&proven(at)), age, now, false) == SensitiveAction::Allowed;
                    assert_eq!(allowed, at == now || (at < now && age == Duration::MAX), "{at} {now} {age:?}");
                }
            }
        }
    }
}
