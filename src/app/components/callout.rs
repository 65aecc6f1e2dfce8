//! What has just happened, at the top of the page that it led to.

use super::icon;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;

/// The place of the notice. It is on the page also when there is none, and has the focus when there is one: so
/// it is read first, and a button in it is the next stop.
pub fn happened(notice: Option<AnyView>) -> AnyView {
    view! { <div class="happened" role="status">{notice}</div> }.into_any()
}

/// It was done.
pub fn done(words: AnyView, action: Option<AnyView>) -> AnyView {
    callout("callout callout-row callout-good", icon::verified(), words, action)
}

/// It was not done.
pub fn refused(words: AnyView, action: Option<AnyView>) -> AnyView {
    callout("callout callout-row", icon::notice(), words, action)
}

fn callout(class: &'static str, icon: InertElement, words: AnyView, action: Option<AnyView>) -> AnyView {
    view! {
        <div class=class tabindex="-1" autofocus=true>
            {icon}
            <div>
                <p>{words}</p>
                {action}
            </div>
        </div>
    }
    .into_any()
}
