//! The drawing on the start page.

use leptos::tachys::html::InertElement;

/// A porch with columns, and light in its open door. The colours come from the stylesheet, so it
/// follows the theme.
pub fn illustration() -> InertElement {
    InertElement::new(DRAWING)
}

const DRAWING: &str = concat!(
    r#"<svg class="drawing" viewBox="0 0 480 420" aria-hidden="true" focusable="false">"#,
    r#"<circle class="drawing-sun" cx="346" cy="132" r="92"/>"#,
    // the wall behind the columns, and the door
    r#"<path class="drawing-wall" d="M92 168h296v176H92z"/>"#,
    r#"<path class="drawing-door" d="M202 344V244a38 38 0 0 1 76 0v100z"/>"#,
    // pediment and beam
    r#"<path class="drawing-stone" d="M240 40 60 132h360z"/>"#,
    r#"<path class="drawing-shade" d="M240 66 128 122h224z"/>"#,
    r#"<path class="drawing-stone" d="M60 132h360v14H60zM74 146h332v22H74z"/>"#,
    // four columns, each with its capital and its base
    r#"<path class="drawing-stone" d="M88 168h48v12H88zM94 180h36v152H94zM86 332h52v12H86z"#,
    r#"M148 168h48v12h-48zM154 180h36v152h-36zM146 332h52v12h-52z"#,
    r#"M284 168h48v12h-48zM290 180h36v152h-36zM282 332h52v12h-52z"#,
    r#"M344 168h48v12h-48zM350 180h36v152h-36zM342 332h52v12h-52z"/>"#,
    r#"<path class="drawing-flute" d="M106 190v138M118 190v138M166 190v138M178 190v138M302 190v138M314 190v138M362 190v138M374 190v138"/>"#,
    // steps, and the light on them
    r#"<path class="drawing-stone" d="M72 344h336v14H72zM52 358h376v14H52zM32 372h416v14H32z"/>"#,
    r#"<path class="drawing-glow" d="M202 344h76l28 42H174z"/>"#,
    "</svg>"
);
