//! What a browser got.

use super::Site;
use axum::http::{HeaderMap, StatusCode};
use cookie::Cookie;
use serde_json::Value;
use url::Url;

/// An answer, as it came.
#[derive(Clone, Debug)]
pub struct Page {
    /// The address asked, as the browser sees it.
    pub url: Url,
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The cookies it set, as they came.
    pub set_cookies: Vec<Cookie<'static>>,
    /// The body.
    pub body: String,
    /// Where the request came from.
    pub(super) site: Site,
}

impl Page {
    /// A header as text, if it came once.
    ///
    /// # Panics
    /// When it came more than once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next().map(|value| value.to_str().expect("a header in ASCII"));
        assert!(values.next().is_none(), "{name} came more than once");
        first
    }

    /// Where it redirects to, made absolute.
    pub fn redirect(&self) -> Option<Url> {
        let location = self.header("location").filter(|_| self.status.is_redirection())?;
        Some(self.url.join(location).unwrap_or_else(|error| panic!("a redirect to {location:?}: {error}")))
    }

    /// Where it redirects to.
    ///
    /// # Panics
    /// When it does not redirect; the message shows what came instead.
    #[track_caller]
    pub fn expect_redirect(&self) -> Url {
        self.redirect().unwrap_or_else(|| panic!("no redirect, but {}", self.summary()))
    }

    /// The path, query and fragment it redirects to on its own origin.
    ///
    /// # Panics
    /// When it does not redirect, or goes to another origin.
    #[track_caller]
    pub fn expect_local_redirect(&self) -> String {
        let to = self.expect_redirect();
        assert_eq!(to.origin(), self.url.origin(), "the redirect leaves the application");
        to[url::Position::BeforePath..].to_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON, or not said to be.
    #[track_caller]
    pub fn json(&self) -> Value {
        let content_type = self.header("content-type").unwrap_or_default();
        // `application/problem+json` (RFC 9457) is JSON as well.
        assert!(
            content_type.starts_with("application/") && content_type.ends_with("json"),
            "no JSON, but {}",
            self.summary()
        );
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.summary()))
    }

    /// The `Set-Cookie` of this name, if there was one.
    pub fn set_cookie(&self, name: &str) -> Option<&Cookie<'static>> {
        self.set_cookies.iter().find(|cookie| cookie.name() == name)
    }

    /// One line about it, for messages.
    pub fn summary(&self) -> String {
        let location = self.header("location").map(|to| format!(" to {to}")).unwrap_or_default();
        let start: String = self.body.chars().take(600).collect();
        format!("{}{location} from {}: {start}", self.status, self.url)
    }

    /// The form that posts to `action` (a path), with its fields filled in as they came.
    pub fn form(&self, action: &str) -> Option<Form> {
        self.body.split("<form").skip(1).find_map(|rest| {
            let (form, _) = rest.split_once("</form>")?;
            let (tag, content) = form.split_once('>')?;
            let to = self.url.join(&attribute(tag, "action")?).ok()?;
            if to.path() != action || !attribute(tag, "method")?.eq_ignore_ascii_case("post") {
                return None;
            }
            let fields = fields_of(content);
            Some(Form { action: to, fields })
        })
    }
}

/// A form, ready to be sent.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it goes.
    pub action: Url,
    /// Its fields.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// The value of a field.
    ///
    /// # Panics
    /// When it has no such field.
    #[track_caller]
    pub fn value(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(field, _)| field == name);
        &found.unwrap_or_else(|| panic!("no field {name:?} in {:?}", self.fields)).1
    }

    /// Fills a field in anew.
    ///
    /// # Panics
    /// When it has no such field.
    #[track_caller]
    pub fn fill_in(&mut self, name: &str, value: &str) {
        let found = self.fields.iter_mut().find(|(field, _)| field == name);
        found.unwrap_or_else(|| panic!("no field {name:?} to fill in")).1 = value.to_owned();
    }
}

/// What a browser would send of a form's content: no radio button or box that is not checked. Where
/// none of several radio buttons is, the name is there with an empty value, to be filled in.
fn fields_of(content: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut rest = content;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let Some(end) = end_of_tag(rest) else { break };
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        let Some(name) = attribute(tag, "name") else { continue };
        if tag.starts_with("textarea") {
            let text = after.split("</textarea>").next().unwrap_or_default();
            // A line break is one character in the browser, and the first is the markup's; they are sent as
            // CRLF (HTML, 4.10.21.4).
            let text = unescaped(text).replace("\r\n", "\n");
            let text = text.strip_prefix('\n').unwrap_or(&text).replace('\n', "\r\n");
            fields.push((name, text));
        } else if tag.starts_with("input") {
            let value = attribute(tag, "value").unwrap_or_default();
            let is_choice = matches!(attribute(tag, "type").as_deref(), Some("radio" | "checkbox"));
            let is_chosen = !is_choice || tag.split_ascii_whitespace().any(|part| part.starts_with("checked"));
            match fields.iter_mut().find(|(field, _)| is_choice && *field == name) {
                Some(known) if is_chosen => known.1 = value,
                Some(_) => {}
                None => fields.push((name, if is_chosen { value } else { String::new() })),
            }
        }
    }
    fields
}

/// Where a tag ends: attributes may have `>` in them.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quoted = false;
    tag.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '>' && !quoted).then_some(at)
    })
}

/// A parameter of an address.
pub(super) fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The value of an attribute in a tag written as both the provider and Leptos write them: in
/// double quotes.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = format!(" {name}=\"");
    let from = tag.find(&start)? + start.len();
    let value = &tag[from..from + tag[from..].find('"')?];
    Some(unescaped(value))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
}
