//! Values in plain words.

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A moment for people, to the minute: `25 November 2026, 09:12 UTC`.
pub fn moment(time: DateTime<Utc>) -> String {
    let (day, month, year) = (time.day(), time.month0() as usize, time.year());
    let month = MONTHS.get(month).copied().unwrap_or_default();
    format!("{day} {month} {year:04}, {:02}:{:02} UTC", time.hour(), time.minute())
}

/// A moment for machines, to the second: `2026-11-25T09:12:00Z`.
pub fn machine_moment(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// How somebody signs in, from the provider part of their id at Auth0. A name that is not known is
/// shown as it is.
pub fn provider(name: &str) -> &str {
    match name {
        "auth0" => "Password",
        "email" => "A code by e-mail",
        "sms" => "A code by text message",
        "google-oauth2" | "google-apps" => "Google",
        "github" => "GitHub",
        "facebook" => "Facebook",
        "apple" => "Apple",
        "linkedin" => "LinkedIn",
        "twitter" => "X (Twitter)",
        "windowslive" => "Microsoft account",
        "waad" => "Microsoft Entra ID",
        "samlp" => "Single sign-on (SAML)",
        "adfs" => "Single sign-on (AD FS)",
        "ad" => "Active Directory",
        "okta" => "Okta",
        "oidc" => "OpenID Connect",
        other => other,
    }
}

/// What to call the person's id: an id at Auth0 names the provider, others don't.
pub fn id_label(provider: &str) -> &'static str {
    if provider == "oidc" { "Your id" } else { "Auth0 id" }
}

/// A method from the ID token's `amr` (RFC 8176) in plain words. One that is not known is shown as
/// it is.
pub fn authentication_method(method: &str) -> &str {
    match method {
        "pwd" => "Password",
        "mfa" => "Second factor",
        "otp" => "One-time code",
        "sms" => "Text message",
        "tel" => "Telephone call",
        "hwk" => "Security key",
        "swk" => "Key on the device",
        "fpt" => "Fingerprint",
        "face" => "Face",
        "pin" => "PIN",
        "sc" => "Smart card",
        "wia" => "Windows sign-in",
        "kba" => "Security question",
        "user" => "Presence confirmed",
        other => other,
    }
}

/// The name of a claim as a label: `https://portico.example/cost_centre` becomes `Cost centre`.
pub fn label(claim: &str) -> String {
    let name = claim.trim_end_matches('/');
    let name = if name.contains("://") { name.rsplit('/').next().unwrap_or(name) } else { name };
    let mut label = String::with_capacity(name.len());
    let mut before = ' ';
    for c in name.chars() {
        // `costCentre` has two words, `URL` has one.
        let begins_a_word = c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit());
        if matches!(c, '_' | '-') || c.is_whitespace() {
            if !label.ends_with(' ') {
                label.push(' ');
            }
        } else if label.trim().is_empty() {
            label.extend(c.to_uppercase());
        } else if begins_a_word {
            label.push(' ');
            label.extend(c.to_lowercase());
        } else {
            label.push(c);
        }
        before = c;
    }
    let label = label.trim();
    if label.is_empty() { claim.to_owned() } else { label.to_owned() }
}

/// A whole number with its thousands apart: `4,096`.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A text as HTML, for the elements whose content Leptos writes as it is: `<title>` and `<textarea>`.
/// Without this a text could end the element and go on as HTML.
pub fn as_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_as_html_ends_no_element() {
        assert_eq!(as_html("</title><b> & \"&lt;\""), "&lt;/title&gt;&lt;b&gt; &amp; \"&amp;lt;\"");
    }

    #[test]
    fn a_moment_reads_like_a_date_and_names_its_zone() {
        let time = DateTime::from_timestamp(1_795_597_920, 0).unwrap();
        assert_eq!(moment(time), "25 November 2026, 09:12 UTC");
        assert_eq!(machine_moment(time), "2026-11-25T09:12:00Z");
    }

    #[test]
    fn claims_have_readable_labels() {
        for (claim, expected) in [
            ("https://portico.example/roles", "Roles"),
            ("https://portico.example/roles/", "Roles"),
            ("cost_centre", "Cost centre"),
            ("costCentre", "Cost centre"),
            ("favourite-colour", "Favourite colour"),
            ("URL", "URL"),
            ("org_id", "Org id"),
            ("__", "__"),
            ("", ""),
            ("<img src=x>", "<img src=x>"),
            ("اسم", "اسم"),
        ] {
            assert_eq!(label(claim), expected, "{claim}");
        }
    }

    #[test]
    fn what_is_not_known_is_shown_as_it_is() {
        assert_eq!(provider("google-oauth2"), "Google");
        assert_eq!(provider("acme-sso"), "acme-sso");
        assert_eq!(authentication_method("mfa"), "Second factor");
        assert_eq!(authentication_method("x"), "x");
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(count(7), "7");
        assert_eq!(count(4096), "4,096");
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
