//! The document around every page.

use super::App;
use super::preferences::FIRST_PAINT_SCRIPT;
use leptos::config::LeptosOptions;
use leptos::either::Either;
use leptos::hydration::{AutoReload, HydrationScripts};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use leptos_meta::{HashedStylesheet, MetaTags};
use std::sync::Arc;

/// The stylesheet's link and the scripts that start the islands, as HTML with the nonce of this
/// response in it.
///
/// Leptos finds the names of these files by reading a file on every request. A server that has read
/// it once provides this as context and saves that work.
#[derive(Clone, Debug)]
pub struct HeadScripts(pub Arc<str>);

/// The whole document, for the server to render.
///
/// There is no inline style anywhere, and the one inline script carries the nonce: a strict
/// Content-Security-Policy holds.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <MetaTags/>
                <meta name="description" content="Sign in, see what is known about you, sign out."/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#faf9f7" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#151412" media="(prefers-color-scheme: dark)"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <script nonce=use_nonce()>{FIRST_PAINT_SCRIPT}</script>
                {head_scripts(options)}
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

fn head_scripts(options: LeptosOptions) -> impl IntoView {
    match use_context::<HeadScripts>() {
        Some(HeadScripts(html)) => {
            // As `HydrationScripts` does: only islands are hydrated, so what is outside them needs
            // no ids and no serialised data.
            if let Some(context) = Owner::current_shared_context() {
                context.set_is_hydrating(false);
            }
            Either::Left(InertElement::new(html.to_string()))
        }
        None => Either::Right(view! {
            <HashedStylesheet options=options.clone()/>
            <AutoReload options=options.clone()/>
            <HydrationScripts options islands=true/>
        }),
    }
}
