//! The document around every page.

use super::preferences::FIRST_PAINT_SCRIPT;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;

/// The whole document but for the files it loads, for the server to draw once: `title`, `nonce`,
/// `files` and `body` are HTML that stands in for what each page has of its own.
///
/// There is no inline style anywhere, and the one inline script carries the nonce: a strict
/// Content-Security-Policy holds.
pub fn shell(title: &'static str, nonce: &'static str, files: String, body: &'static str) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <title>{title}</title>
                <meta name="description" content="Sign in, see what is known about you, sign out."/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#faf9f7" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#151412" media="(prefers-color-scheme: dark)"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <script nonce=nonce>{FIRST_PAINT_SCRIPT}</script>
                {InertElement::new(files)}
            </head>
            <body>{InertElement::new(body)}</body>
        </html>
    }
}
