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
            let fields = content
                .split("<input")
                .skip(1)
                .filter_map(|rest| {
                    let tag = rest.split_once('>')?.0;
                    Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
                })
                .collect();
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
    Some(
        value
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&#x27;", "'")
            .replace("&amp;", "&"),
    )
}
