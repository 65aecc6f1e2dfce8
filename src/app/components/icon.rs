//! Icons as inline SVG: they take the colour of the text, and cost no request.
//!
//! All are decoration. What they stand for is always said in words beside them.

use leptos::tachys::html::InertElement;

/// One icon: its lines in a square of 24 units.
macro_rules! icon {
    ($(#[$doc:meta])* $name:ident, $lines:literal) => {
        $(#[$doc])*
        pub fn $name() -> InertElement {
            InertElement::new(concat!(
                r#"<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" "#,
                r#"stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">"#,
                $lines,
                "</svg>"
            ))
        }
    };
}

icon!(/// A tick in a circle: confirmed.
    verified, r#"<circle cx="12" cy="12" r="9"/><path d="m8.5 12.2 2.4 2.4 4.8-5"/>"#);
icon!(/// An exclamation mark in a circle: look here.
    notice, r#"<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.2M12 16.3v.1"/>"#);
icon!(/// A screen: as the system says.
    system, r#"<rect x="3.5" y="4.5" width="17" height="12" rx="2"/><path d="M8.5 20h7M12 16.5V20"/>"#);
icon!(/// A sun: light.
    light, r#"<circle cx="12" cy="12" r="4"/><path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4"/>"#);
icon!(/// A moon: dark.
    dark, r#"<path d="M20 14.2A8.3 8.3 0 0 1 9.8 4a8.3 8.3 0 1 0 10.2 10.2Z"/>"#);
icon!(/// A person.
    person, r#"<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6"/>"#);
icon!(/// An arrow out of a door.
    sign_out, r#"<path d="M14 4H6.5A1.5 1.5 0 0 0 5 5.5v13A1.5 1.5 0 0 0 6.5 20H14M10.5 12H20M16.5 8.5 20 12l-3.5 3.5"/>"#);
icon!(/// An arrow on.
    onward, r#"<path d="M5 12h14M13 6l6 6-6 6"/>"#);
icon!(/// An arrow down onto a line.
    download, r#"<path d="M12 4v11M7.5 10.5 12 15l4.5-4.5M5 19.5h14"/>"#);
icon!(/// Two sheets.
    copy, r#"<rect x="8.5" y="8.5" width="11" height="11" rx="2"/><path d="M5.5 15.5A1 1 0 0 1 4.5 14.5v-8a2 2 0 0 1 2-2h8a1 1 0 0 1 1 1"/>"#);
icon!(/// A key.
    key, r#"<circle cx="8" cy="15.5" r="4"/><path d="m11 12.5 8.5-8.5M16 7.5l2.8 2.8"/>"#);
icon!(/// A shield.
    shield, r#"<path d="M12 3.5 5 6v5.5c0 4.3 2.8 7.5 7 9 4.2-1.5 7-4.7 7-9V6l-7-2.5Z"/>"#);
icon!(/// Sheets in a tray: records.
    records, r#"<path d="M4 13.5v5A1.5 1.5 0 0 0 5.5 20h13a1.5 1.5 0 0 0 1.5-1.5v-5M4 13.5 6.5 9h11l2.5 4.5M4 13.5h4.5l1.2 2.3h4.6l1.2-2.3H20M8.5 6.5h7M10 4h4"/>"#);
icon!(/// A plus sign.
    plus, r#"<path d="M12 5v14M5 12h14"/>"#);
icon!(/// A magnifying glass.
    search, r#"<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5 5"/>"#);
icon!(/// A pencil.
    edit, r#"<path d="m4.5 19.5.9-4L16 4.9a1.6 1.6 0 0 1 2.3 0l.8.8a1.6 1.6 0 0 1 0 2.3L8.5 18.6l-4 .9ZM14 7l3 3"/>"#);
icon!(/// A bin.
    bin, r#"<path d="M4.5 7h15M9.5 7V4.8c0-.4.4-.8.8-.8h3.4c.4 0 .8.4.8.8V7M6.5 7l.8 12a1.5 1.5 0 0 0 1.5 1.4h6.4a1.5 1.5 0 0 0 1.5-1.4l.8-12M10 11v5.5M14 11v5.5"/>"#);
icon!(/// An arrow that turns back.
    undo, r#"<path d="M8.5 5 4.5 9l4 4M4.5 9h9.8a5.2 5.2 0 0 1 0 10.5H9"/>"#);
icon!(/// An arrow in a circle: again.
    again, r#"<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15"/>"#);
icon!(/// An arrow back.
    back, r#"<path d="M19 12H5M11 6l-6 6 6 6"/>"#);
icon!(/// A padlock.
    lock, r#"<rect x="5.5" y="10.5" width="13" height="9.5" rx="2"/><path d="M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5"/>"#);

/// The mark of the product: a portico, which is a porch with columns.
pub fn mark() -> InertElement {
    InertElement::new(concat!(
        r#"<svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">"#,
        r#"<path fill="currentColor" d="M16 4 3.5 10.5V13h25v-2.5L16 4ZM6 15v9h3.5v-9H6Zm8.25 0v9h3.5v-9h-3.5Zm8.25 0v9H26v-9h-3.5ZM3.5 26v2.5h25V26h-25Z"/></svg>"#
    ))
}
