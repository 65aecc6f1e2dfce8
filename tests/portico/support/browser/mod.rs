//! A small browser: it sends the headers browsers send, keeps cookies as browsers keep them, and
//! follows redirects only when asked to.

mod jar;
mod listening;
mod page;

pub use listening::Listening;
pub use page::Page;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use cookie::Cookie;
use jar::Jar;
use std::{
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use url::Url;

/// Where a request comes from: `Sec-Fetch-Site` (W3C Fetch Metadata).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// Typed into the address bar, or a bookmark.
    None,
    /// From a page of the application itself.
    SameOrigin,
    /// From another site: a link, a form, or a redirect on the way.
    Cross,
}

impl Site {
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SameOrigin => "same-origin",
            Self::Cross => "cross-site",
        }
    }
}

/// A browser with a jar of its own, at home at one application.
pub struct Browser {
    client: reqwest::Client,
    /// The application as the browser sees it: its public origin.
    app: Url,
    /// Where it really listens.
    address: SocketAddr,
    jar: Mutex<Jar>,
    set_cookies: Mutex<Vec<(Url, Cookie<'static>)>>,
}

/// A sign-in that has been started: `/login` has answered, the provider has not been asked.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// What `/login` answered.
    pub login: Page,
    /// Where it sent the browser: the provider's `/authorize`.
    pub authorize: Url,
}

impl Attempt {
    /// A parameter of the authorization request.
    pub fn param(&self, name: &str) -> Option<String> {
        page::query(&self.authorize, name)
    }

    /// The sign-in's `state`.
    ///
    /// # Panics
    /// When it has none.
    pub fn state(&self) -> String {
        self.param("state").expect("an authorization request has a state")
    }
}

impl Browser {
    /// A new browser without cookies. `origin` is the application's public origin, `address` is where it listens.
    pub fn new(origin: &str, address: SocketAddr) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            // A server that refuses a body closes the connection while it is still being sent: that one is not for
            // the next request, and unlike a browser this client does not try again.
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(30))
            .build()
            .expect("a client can be built");
        Self {
            client,
            app: Url::parse(origin).expect("an origin is an address"),
            address,
            jar: Mutex::default(),
            set_cookies: Mutex::default(),
        }
    }

    /// Another browser with a copy of the cookies: what a thief would have.
    pub fn copy(&self) -> Self {
        let copy = Self::new(self.app.as_str(), self.address);
        *copy.jar() = self.jar().clone();
        copy
    }

    /// An address of the application.
    pub fn url(&self, path: &str) -> Url {
        self.app.join(path).unwrap_or_else(|error| panic!("{path:?}: {error}"))
    }

    /// A request as a click on one of the application's pages makes it. Change it, then send it.
    pub fn request(&self, method: Method, url: Url) -> Request<'_> {
        Request { browser: self, method, url, site: Site::SameOrigin, origin: None, headers: Vec::new(), body: None }
    }

    /// A call of a server function, as the pages' own script makes it.
    pub fn call(&self, method: Method, url: Url) -> Request<'_> {
        self.request(method, url).fetch().header("x-portico", "1")
    }

    /// Clicks a link to `path`.
    pub async fn get(&self, path: &str) -> Page {
        self.request(Method::GET, self.url(path)).send().await
    }

    /// Types the address in.
    pub async fn open(&self, url: Url) -> Page {
        self.request(Method::GET, url).site(Site::None).send().await
    }

    /// Sends a form of the application's own pages.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        self.request(Method::POST, self.url(path)).form(form).send().await
    }

    /// Sends the form on `page` that posts to `action`, as it came.
    ///
    /// # Panics
    /// When there is no such form.
    pub async fn submit(&self, page: &Page, action: &str) -> Page {
        self.fill_in(page, action, &[]).await
    }

    /// Sends the form on `page` that posts to `action`, with these fields filled in anew.
    ///
    /// # Panics
    /// When there is no such form, or it has no such field.
    pub async fn fill_in(&self, page: &Page, action: &str, filled: &[(&str, &str)]) -> Page {
        let mut form = page.form(action).unwrap_or_else(|| panic!("no form posts to {action} on {}", page.summary()));
        for (name, value) in filled {
            form.fill_in(name, value);
        }
        let same = form.action.origin() == page.url.origin();
        let fields: Vec<_> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.request(Method::POST, form.action.clone())
            .site(if same { Site::SameOrigin } else { Site::Cross })
            .origin(&page.url.origin().ascii_serialization())
            .form(&fields)
            .send()
            .await
    }

    /// Follows one redirect.
    #[track_caller]
    pub fn follow(&self, page: &Page) -> impl Future<Output = Page> {
        let to = page.expect_redirect();
        // Once another origin was on the way, all that follows is cross-site; what was typed in never is.
        let crosses = to.origin() != page.url.origin() && page.site != Site::None;
        self.request(Method::GET, to).site(if crosses { Site::Cross } else { page.site }).send()
    }

    /// Follows redirects until there is a page.
    ///
    /// # Panics
    /// After ten of them.
    pub async fn follow_all(&self, page: Page) -> Page {
        let mut page = page;
        for _ in 0..10 {
            if page.redirect().is_none() {
                return page;
            }
            page = self.follow(&page).await;
        }
        panic!("redirects without an end: {}", page.summary());
    }

    /// Starts a sign-in that is to end at `return_to`.
    pub async fn begin(&self, return_to: &str) -> Attempt {
        let mut url = self.url("/login");
        url.query_pairs_mut().append_pair("returnTo", return_to);
        self.begin_at(url).await
    }

    /// Starts a sign-in at an address of `/login`.
    pub async fn begin_at(&self, login: Url) -> Attempt {
        let login = self.request(Method::GET, login).send().await;
        let authorize = login.expect_redirect();
        assert_eq!(authorize.path(), "/authorize", "signing in begins at the provider: {authorize}");
        Attempt { login, authorize }
    }

    /// Signs in at the provider and stops before the callback: gives the callback's full address.
    pub async fn authorize(&self, attempt: &Attempt) -> Url {
        let page = self.follow(&attempt.login).await;
        let callback = page.expect_redirect();
        assert_eq!(callback.origin(), self.app.origin(), "the provider sends the browser back: {callback}");
        callback
    }

    /// Comes back from the provider to `callback`.
    pub async fn come_back(&self, callback: Url) -> Page {
        self.request(Method::GET, callback).site(Site::Cross).send().await
    }

    /// Signs in and gives the callback's answer, without following it.
    pub async fn sign_in(&self, return_to: &str) -> Page {
        let attempt = self.begin(return_to).await;
        let callback = self.authorize(&attempt).await;
        self.come_back(callback).await
    }

    /// Signs in; it must succeed.
    pub async fn signed_in(&self) -> Page {
        let page = self.sign_in("/profile").await;
        assert_eq!(page.expect_local_redirect(), "/profile", "{}", page.summary());
        page
    }

    /// What `GET /api/profile` says, asked as a script of the page would.
    pub async fn api_profile(&self) -> Page {
        self.request(Method::GET, self.url("/api/profile")).fetch().send().await
    }

    /// Whether the application knows who this is.
    pub async fn is_signed_in(&self) -> bool {
        match self.api_profile().await.status.as_u16() {
            200 => true,
            401 => false,
            other => panic!("/api/profile answered {other}"),
        }
    }

    /// Listens to server-sent events at `path`, as a script of the page does.
    pub async fn listen(&self, path: &str) -> Listening {
        self.request(Method::GET, self.url(path)).fetch().header("accept", "text/event-stream").listen().await
    }

    /// The application's cookies: name and value.
    pub fn cookies(&self) -> Vec<(String, String)> {
        self.jar().pairs(&self.app)
    }

    /// The value of one of the application's cookies.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Changes a cookie's value, or makes one up.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.jar().set(&self.app, name, value);
    }

    /// Forgets a cookie.
    pub fn remove_cookie(&self, name: &str) {
        self.jar().remove(&self.app, name);
    }

    /// Every `Set-Cookie` of this name that ever came, with the address it came from.
    pub fn set_cookies(&self, name: &str) -> Vec<(Url, Cookie<'static>)> {
        let all = self.set_cookies.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|(_, cookie)| cookie.name() == name).cloned().collect()
    }

    fn jar(&self) -> MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request about to be sent.
#[must_use]
pub struct Request<'a> {
    browser: &'a Browser,
    method: Method,
    url: Url,
    site: Site,
    origin: Option<String>,
    headers: Vec<(HeaderName, Option<HeaderValue>)>,
    /// The media type, and the bytes.
    body: Option<(String, Vec<u8>)>,
}

impl Request<'_> {
    /// Comes from there.
    pub fn site(mut self, site: Site) -> Self {
        self.site = site;
        self
    }

    /// Comes from a page of this origin. By default the application's own, or a foreign one when cross-site.
    pub fn origin(mut self, origin: &str) -> Self {
        self.origin = Some(origin.to_owned());
        self
    }

    /// Sends this header, in place of the browser's own of that name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((header_name(name), Some(HeaderValue::from_str(value).expect("a header value"))));
        self
    }

    /// Leaves this header out, as old browsers and scripts do.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.push((header_name(name), None));
        self
    }

    /// Is made by a script of the page, not by navigation.
    pub fn fetch(self) -> Self {
        self.header("sec-fetch-mode", "cors")
            .header("sec-fetch-dest", "empty")
            .header("accept", "application/json")
            .without("sec-fetch-user")
    }

    /// Is made by a program that is no browser, with this `Authorization`.
    pub fn by_script(self, authorization: &str) -> Self {
        let request = self.header("authorization", authorization).header("accept", "*/*");
        let browsers = ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user", "origin"];
        browsers.into_iter().fold(request, Self::without)
    }

    /// Carries a form.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body("application/x-www-form-urlencoded", form)
    }

    /// Carries JSON.
    pub fn json(self, value: &serde_json::Value) -> Self {
        self.body("application/json", value.to_string())
    }

    /// Carries these bytes, under this media type.
    pub fn body(mut self, media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Some((media_type.to_owned(), bytes.into()));
        self
    }

    /// Sends it, and takes in the cookies of the answer.
    pub async fn send(self) -> Page {
        let (browser, site) = (self.browser, self.site);
        let (url, response) = self.respond().await;
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.bytes().await.unwrap_or_else(|error| panic!("the answer of {url} breaks off: {error}"));
        let set_cookies: Vec<_> = headers
            .get_all("set-cookie")
            .iter()
            .map(|value| {
                Cookie::parse(value.to_str().expect("a cookie in ASCII").to_owned()).expect("a sound Set-Cookie")
            })
            .collect();
        for cookie in &set_cookies {
            browser.jar().store(&url, cookie);
            browser.set_cookies.lock().unwrap_or_else(PoisonError::into_inner).push((url.clone(), cookie.clone()));
        }
        Page { url, status, headers, set_cookies, body: String::from_utf8_lossy(&body).into_owned(), site }
    }

    /// Sends it, and reads what is answered piece by piece.
    pub async fn listen(self) -> Listening {
        Listening::new(self.respond().await.1)
    }

    async fn respond(self) -> (Url, reqwest::Response) {
        let browser = self.browser;
        let own = self.url.origin() == browser.app.origin();
        let headers = self.headers();
        let url = self.url.clone();
        let mut transport = url.clone();
        transport.set_fragment(None);
        if own {
            transport = Url::parse(&format!("http://{}{}", browser.address, &transport[url::Position::BeforePath..]))
                .expect("an address");
        }
        let mut request = browser.client.request(self.method, transport).headers(headers);
        if let Some((_, bytes)) = self.body {
            request = request.body(bytes);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{url} does not answer: {error}"));
        (url, response)
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut put = |name: &'static str, value: &str| {
            headers.insert(name, HeaderValue::from_str(value).expect("a header value"));
        };
        put("host", &self.url[url::Position::BeforeHost..url::Position::AfterPort]);
        put(
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        );
        put("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        put("accept-language", "en-GB,en;q=0.9");
        put("sec-fetch-site", self.site.as_str());
        put("sec-fetch-mode", "navigate");
        put("sec-fetch-dest", "document");
        put("sec-fetch-user", "?1");
        put("upgrade-insecure-requests", "1");
        if self.method != Method::GET && self.method != Method::HEAD {
            let own = self.browser.app.origin().ascii_serialization();
            let foreign = if self.site == Site::Cross { "https://elsewhere.example".to_owned() } else { own };
            put("origin", self.origin.as_ref().unwrap_or(&foreign));
        }
        if let Some((media_type, _)) = &self.body {
            put("content-type", media_type);
        }
        if let Some(cookies) = self.browser.jar().header(&self.url, &self.method, self.site) {
            put("cookie", &cookies);
        }
        for (name, value) in &self.headers {
            match value {
                Some(value) => headers.insert(name, value.clone()),
                None => headers.remove(name),
            };
        }
        headers
    }
}

fn header_name(name: &str) -> HeaderName {
    HeaderName::from_bytes(name.as_bytes()).expect("a header name")
}
