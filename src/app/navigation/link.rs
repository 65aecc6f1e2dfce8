//! Which clicks are ours to handle.

use crate::app::browser::{here, window};
use crate::app::links;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

/// The address of the page that a click leads to, if it is one of ours to open in place.
///
/// All others stay with the browser: clicks with a key held or another button (new tab, new window,
/// download), links with a target, to a file, to another site, to a place on the same page, and to
/// the addresses that sign in and out.
pub fn followed(event: &MouseEvent) -> Option<String> {
    let plain = !event.default_prevented()
        && event.button() == 0
        && !(event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key());
    if !plain {
        return None;
    }
    let clicked: Element = event.target()?.dyn_into().ok()?;
    let link = clicked.closest("a[href]:not([download],[target],[data-external],[rel~=external])").ok()??;
    // An <a> inside an SVG is another kind of element: none of ours.
    let link: HtmlAnchorElement = link.dyn_into().ok()?;
    if link.origin() != window().location().origin().ok()? || !links::is_page(&link.pathname()) {
        return None;
    }
    let same_page = link.pathname() + &link.search() == here();
    if same_page && !link.hash().is_empty() {
        return None;
    }
    Some(link.href())
}
