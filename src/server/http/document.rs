//! What is the same in every page: the document around it, and the files it loads. Drawn once at the
//! start; Leptos' own component would read a file on every request.

use super::csp_report;
use crate::app;
use axum::http::HeaderValue;
use leptos::{
    config::LeptosOptions,
    hydration::{AutoReload, HydrationScripts, HydrationScriptsProps},
    prelude::{IntoView, Owner, RenderHtml, view},
};
use std::{fs, path::PathBuf};
use url::Url;

/// These stand in texts where something of the page's own goes.
const NONCE: &str = "{nonce}";
const TITLE: &str = "{title}";
const BODY: &str = "{body}";

/// What the policy calls the place that browsers report to (`Reporting-Endpoints`).
const REPORTS: &str = "csp";

/// The built files, and the document that loads them.
pub struct Document {
    options: LeptosOptions,
    before_title: Template,
    before_body: Template,
    after_body: Template,
    policy: Template,
    reporting_endpoints: HeaderValue,
}

/// A text with places for the nonce: what stands before, between and after them.
struct Template(Vec<String>);

impl Template {
    fn new(text: &str) -> Self {
        Self(text.split(NONCE).map(str::to_owned).collect())
    }

    fn with(&self, nonce: &str) -> String {
        self.0.join(nonce)
    }

    fn write(&self, nonce: &str, to: &mut String) {
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                to.push_str(nonce);
            }
            to.push_str(part);
        }
    }

    /// About how many bytes it makes.
    fn len(&self) -> usize {
        self.0.iter().map(|part| part.len() + 32).sum()
    }
}

impl Document {
    /// Looks for the built files: in `LEPTOS_SITE_ROOT`, else in `site` beside the program, else in
    /// `target/site`. Their names hold hashes when `cargo leptos` left its `hash.txt` beside the
    /// program.
    ///
    /// `issuer` is the sign-in service's, for the Content-Security-Policy.
    pub fn load(issuer: &str) -> Self {
        let beside =
            std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_path_buf())).unwrap_or_default();
        let site_root = std::env::var("LEPTOS_SITE_ROOT").ok().filter(|root| !root.is_empty()).map(PathBuf::from);
        let site_root = site_root
            .or_else(|| Some(beside.join("site")).filter(|site| site.is_dir()))
            .unwrap_or("target/site".into());
        let hashes = fs::read_to_string(beside.join("hash.txt")).ok();
        let options = LeptosOptions::builder()
            .output_name(env!("CARGO_PKG_NAME"))
            .site_root(site_root.to_string_lossy())
            .hash_files(hashes.is_some())
            .reload_port(std::env::var("LEPTOS_RELOAD_PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3001))
            .build();
        let style = match hashes.as_deref().and_then(|hashes| hash_of(hashes, "css")) {
            Some(hash) => format!("/{}/{}.{hash}.css", options.site_pkg_dir, options.output_name),
            None => format!("/{}/{}.css", options.site_pkg_dir, options.output_name),
        };
        let files = format!("<link rel=\"stylesheet\" href=\"{style}\">{}", scripts(&options));
        let document = app::shell(TITLE, NONCE, files, BODY).to_html();
        // The shell has a place for each of them.
        let (before_title, rest) = document.split_once(TITLE).unwrap_or_default();
        let (before_body, after_body) = rest.split_once(BODY).unwrap_or_default();
        Self {
            before_title: Template::new(before_title),
            before_body: Template::new(before_body),
            after_body: Template::new(after_body),
            policy: Template::new(&policy(&options, issuer)),
            reporting_endpoints: HeaderValue::try_from(format!("{REPORTS}=\"{}\"", csp_report::PATH))
                .unwrap_or(HeaderValue::from_static("")),
            options,
        }
    }

    /// The folder with the built files.
    pub fn site_root(&self) -> &str {
        &self.options.site_root
    }

    /// Whether file names hold a hash of the content.
    pub fn is_hashed(&self) -> bool {
        self.options.hash_files
    }

    /// The whole document, with this title, body and end, all HTML.
    pub fn around(&self, title: &str, body: &str, end: &str, nonce: &str) -> String {
        let parts = [(&self.before_title, title), (&self.before_body, body), (&self.after_body, end)];
        let length = parts.iter().map(|(template, text)| template.len() + text.len()).sum();
        let mut document = String::with_capacity(length);
        for (template, text) in parts {
            template.write(nonce, &mut document);
            document.push_str(text);
        }
        document
    }

    /// Where browsers report to what the policy forbids: the value of `Reporting-Endpoints`. Those that do not know it
    /// go by the policy's `report-uri`.
    pub fn reporting_endpoints(&self) -> HeaderValue {
        self.reporting_endpoints.clone()
    }

    /// The Content-Security-Policy of a page whose scripts carry `nonce`.
    pub fn content_security_policy(&self, nonce: &str) -> HeaderValue {
        // Both texts are ours, of ASCII; a policy that cannot be written allows nothing.
        HeaderValue::try_from(self.policy.with(nonce)).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    }
}

/// The policy's text, with a place for the nonce.
///
/// `strict-dynamic` lets the page's own script load the WASM's; `form-action` names the sign-in
/// service because signing out is a form whose answer redirects there.
fn policy(options: &LeptosOptions, issuer: &str) -> String {
    let sign_in = Url::parse(issuer).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    // cargo-leptos' reload socket, in `watch` only.
    let reload = match std::env::var_os("LEPTOS_WATCH") {
        Some(_) => format!(" ws://localhost:{0} ws://127.0.0.1:{0}", options.reload_port),
        None => String::new(),
    };
    format!(
        "default-src 'none'; script-src 'nonce-{NONCE}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' https: data:; font-src 'self'; connect-src 'self'{reload}; manifest-src 'self'; \
         form-action 'self' {sign_in}; base-uri 'none'; frame-ancestors 'none'; \
         report-to {REPORTS}; report-uri {}",
        csp_report::PATH
    )
}

/// Leptos' hydration scripts as text, with a place for the nonce wherever one is needed.
fn scripts(options: &LeptosOptions) -> String {
    let owner = Owner::new();
    let html = owner.with(|| {
        let scripts = HydrationScripts(HydrationScriptsProps::builder().options(options.clone()).islands(true).build());
        let options = options.clone();
        let reload = view! { <AutoReload options/> };
        (scripts.into_view(), reload.into_view()).to_html()
    });
    owner.cleanup();
    html.replace("<script", &format!("<script nonce=\"{NONCE}\""))
        .replace("<link rel=\"modulepreload\"", &format!("<link rel=\"modulepreload\" nonce=\"{NONCE}\""))
}

/// The hash of the file of this kind, in cargo-leptos' `hash.txt`: lines of `kind: hash`.
fn hash_of(hashes: &str, kind: &str) -> Option<String> {
    hashes
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == kind)
        .map(|(_, hash)| hash.trim().to_owned())
}
