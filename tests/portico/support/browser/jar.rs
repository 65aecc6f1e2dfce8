//! A cookie jar that is as strict as the strictest browser (RFC 6265bis).

use super::Site;
use axum::http::Method;
use cookie::{Cookie, Expiration, SameSite, time::OffsetDateTime};
use url::Url;

/// A cookie at rest.
#[derive(Clone, Debug)]
struct Stored {
    host: String,
    path: String,
    name: String,
    value: String,
    secure: bool,
    same_site: Option<SameSite>,
    expires: Option<OffsetDateTime>,
}

/// The cookies of one browser.
#[derive(Clone, Debug, Default)]
pub(super) struct Jar(Vec<Stored>);

impl Jar {
    /// Takes in a `Set-Cookie` of an answer from `url`.
    ///
    /// # Panics
    /// When a browser would refuse the cookie: always a fault of the one who set it.
    pub fn store(&mut self, url: &Url, cookie: &Cookie<'_>) {
        if let Some(why) = refusal(url, cookie) {
            panic!("a browser refuses this cookie, because {why}: {cookie}");
        }
        let now = OffsetDateTime::now_utc();
        let expires = match (cookie.max_age(), cookie.expires()) {
            (Some(age), _) => Some(now.saturating_add(age)),
            (None, Some(Expiration::DateTime(at))) => Some(at),
            (None, _) => None,
        };
        let stored = Stored {
            host: host(url),
            path: cookie.path().filter(|path| path.starts_with('/')).map_or_else(|| default_path(url), str::to_owned),
            name: cookie.name().to_owned(),
            value: cookie.value().to_owned(),
            secure: cookie.secure() == Some(true),
            same_site: cookie.same_site(),
            expires,
        };
        // Only the same name, host and path is the same cookie: this is how clearing one can miss it.
        self.0.retain(|old| (&old.name, &old.host, &old.path) != (&stored.name, &stored.host, &stored.path));
        if expires.is_none_or(|at| at > now) {
            self.0.push(stored);
        }
    }

    /// The `Cookie` header for a top-level request.
    pub fn header(&self, url: &Url, method: &Method, site: Site) -> Option<String> {
        let now = OffsetDateTime::now_utc();
        let mut sent: Vec<_> = self
            .0
            .iter()
            .filter(|cookie| {
                let allowed_here = match cookie.same_site {
                    Some(SameSite::Strict) => site != Site::Cross,
                    Some(SameSite::None) => true,
                    Some(SameSite::Lax) | None => site != Site::Cross || method == Method::GET,
                };
                allowed_here
                    && cookie.host == host(url)
                    && path_matches(url.path(), &cookie.path)
                    && (!cookie.secure || url.scheme() == "https")
                    && cookie.expires.is_none_or(|at| at > now)
            })
            .collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> = sent.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Name and value of every cookie kept for `url`'s host.
    pub fn pairs(&self, url: &Url) -> Vec<(String, String)> {
        self.0
            .iter()
            .filter(|cookie| cookie.host == host(url))
            .map(|cookie| (cookie.name.clone(), cookie.value.clone()))
            .collect()
    }

    /// Changes the cookie's value, or makes one for the whole host.
    pub fn set(&mut self, url: &Url, name: &str, value: &str) {
        let known = self.0.iter_mut().find(|cookie| cookie.host == host(url) && cookie.name == name);
        match known {
            Some(cookie) => value.clone_into(&mut cookie.value),
            None => self.0.push(Stored {
                host: host(url),
                path: "/".to_owned(),
                name: name.to_owned(),
                value: value.to_owned(),
                secure: url.scheme() == "https",
                same_site: Some(SameSite::Lax),
                expires: None,
            }),
        }
    }

    /// Forgets a cookie.
    pub fn remove(&mut self, url: &Url, name: &str) {
        self.0.retain(|cookie| cookie.host != host(url) || cookie.name != name);
    }
}

fn refusal(url: &Url, cookie: &Cookie<'_>) -> Option<&'static str> {
    let secure = cookie.secure() == Some(true);
    if secure && url.scheme() != "https" {
        return Some("Secure cookies come by https only");
    }
    if cookie.name().starts_with("__Host-") && !(secure && cookie.domain().is_none() && cookie.path() == Some("/")) {
        return Some("a __Host- cookie is Secure, has no Domain and Path=/");
    }
    if cookie.same_site() == Some(SameSite::None) && !secure {
        return Some("SameSite=None needs Secure");
    }
    if cookie.domain().is_some_and(|domain| domain != host(url)) {
        return Some("its Domain is another host");
    }
    if cookie.name().len() + cookie.value().len() > 4096 {
        return Some("it is over 4096 bytes");
    }
    let is_token = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b',' | b';' | b'\\'));
    if !is_token(cookie.name()) || !is_token(cookie.value()) {
        return Some("it has characters a cookie can't have");
    }
    None
}

fn host(url: &Url) -> String {
    url.host_str().expect("pages have a host").to_owned()
}

/// RFC 6265, section 5.1.4: the folder of the request.
fn default_path(url: &Url) -> String {
    match url.path().rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(end) => url.path()[..end].to_owned(),
    }
}

fn path_matches(request: &str, cookie: &str) -> bool {
    request == cookie || request.strip_prefix(cookie).is_some_and(|rest| cookie.ends_with('/') || rest.starts_with('/'))
}
