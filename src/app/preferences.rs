//! What a person chose for this browser, kept in its local storage. Never anything secret.

/// Light or dark, or as the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The name in storage and in the document's `data-theme`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The name in the menu.
    pub const fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The theme of that name; the system's for any other text.
    #[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
    pub fn from_key(key: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.key() == key).unwrap_or_default()
    }
}

/// Runs before the first paint, so that nobody who chose dark sees a white flash: it puts the stored
/// theme on the document, and marks that scripts run. Storage can be forbidden, hence the `try`.
pub const FIRST_PAINT_SCRIPT: &str = "(function(d){d.dataset.js='';try{var t=localStorage.getItem('portico.theme');\
    if(t==='light'||t==='dark')d.dataset.theme=t}catch(e){}})(document.documentElement)";

/// Where the theme is stored.
#[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
pub const THEME_KEY: &str = "portico.theme";

#[cfg(feature = "hydrate")]
mod stored {
    use super::{THEME_KEY, Theme};
    use crate::app::browser::{document, root_of, set, unset, window};
    use gloo_storage::{LocalStorage, Storage};

    impl Theme {
        /// The theme chosen earlier in this browser.
        pub fn stored() -> Self {
            let key = storage().and_then(|storage| storage.get_item(THEME_KEY).ok().flatten());
            Self::from_key(key.as_deref().unwrap_or_default())
        }

        /// Keeps the choice for later visits. A browser that forbids storage keeps it until the page
        /// is left, which is all that can be done.
        pub fn store(self) {
            if let Some(storage) = storage() {
                let _ = storage.set_item(THEME_KEY, self.key());
            }
        }

        /// Puts the theme on the document.
        pub fn apply(self) {
            let root = root_of(&document());
            match self {
                Self::System => unset(&root, "data-theme"),
                Self::Light | Self::Dark => set(&root, "data-theme", self.key()),
            }
        }
    }

    /// The local storage, unless the browser forbids it: gloo would panic then.
    fn storage() -> Option<web_sys::Storage> {
        window().local_storage().ok().flatten()?;
        Some(LocalStorage::raw())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_is_found_by_its_key_and_anything_else_is_the_system() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_key(theme.key()), theme);
        }
        assert_eq!(Theme::from_key("\"><script>"), Theme::System);
    }

    #[test]
    fn the_script_before_the_first_paint_reads_what_the_menu_stores() {
        assert!(FIRST_PAINT_SCRIPT.contains(&format!("'{THEME_KEY}'")));
        for theme in [Theme::Light, Theme::Dark] {
            assert!(FIRST_PAINT_SCRIPT.contains(&format!("t==='{}'", theme.key())));
        }
    }
}
