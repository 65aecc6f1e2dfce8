//! Moments in the reader's own time zone.

use super::browser::{all, set};
use js_sys::{Date, Object, Reflect};
use wasm_bindgen::JsValue;
use web_sys::Element;

/// How a moment is written: `25 November 2026 at 10:12 CET`.
const STYLE: [(&str, &str); 6] = [
    ("day", "numeric"),
    ("month", "long"),
    ("year", "numeric"),
    ("hour", "2-digit"),
    ("minute", "2-digit"),
    ("timeZoneName", "short"),
];

/// Rewrites each `<time>` below `root` into the reader's time zone, in the language of the page. What
/// stood there, in UTC, becomes its title. A time that can't be read stays as it is.
pub fn localise(root: &Element) {
    let style = Object::new();
    for (part, how) in STYLE {
        // Fails only on a frozen object.
        let _ = Reflect::set(&style, &part.into(), &how.into());
    }
    for time in all(root, "time:not([title])") {
        let date = Date::new(&JsValue::from(time.get_attribute("datetime")));
        if !date.get_time().is_nan() {
            set(&time, "title", &time.text_content().unwrap_or_default());
            time.set_text_content(Some(&String::from(date.to_locale_string("en-GB", &style))));
        }
    }
}
