//! Where a person is signed in: their sessions, as they may see them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A browser that can be told by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is what its name says")]
pub enum Browser {
    Chrome,
    Edge,
    Firefox,
    Opera,
    Safari,
    Samsung,
}

impl Browser {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chrome => "Chrome",
            Self::Edge => "Edge",
            Self::Firefox => "Firefox",
            Self::Opera => "Opera",
            Self::Safari => "Safari",
            Self::Samsung => "Samsung Internet",
        }
    }
}

/// A system, or a device that stands for its system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is what its name says")]
pub enum System {
    Android,
    Ipad,
    Iphone,
    Linux,
    MacOs,
    Windows,
}

impl System {
    /// What follows "on": `Windows`, `an iPhone`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Android => "Android",
            Self::Ipad => "an iPad",
            Self::Iphone => "an iPhone",
            Self::Linux => "Linux",
            Self::MacOs => "macOS",
            Self::Windows => "Windows",
        }
    }
}

/// What a browser says of itself, as far as it is known. It may say what it likes: this helps people
/// recognise their devices and proves nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Device {
    /// The browser.
    pub browser: Option<Browser>,
    /// The system below it.
    pub system: Option<System>,
}

/// `Firefox on Linux`, `An unknown browser on an iPhone`, `An unknown browser`.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.browser.map_or("An unknown browser", Browser::name))?;
        match self.system {
            Some(system) => write!(f, " on {}", system.name()),
            None => Ok(()),
        }
    }
}

/// One of a person's sessions, as they may see it. It holds no token and no session id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceSession {
    /// What pages call it, to end it.
    pub handle: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
    /// Where it is.
    pub device: Device,
    /// When it began.
    pub first_seen: DateTime<Utc>,
    /// When it was last used, to within a minute.
    pub last_seen: DateTime<Utc>,
    /// The network it began from, coarse: `203.0.113.0/24`, `2001:db8:1::/48`.
    pub network: Option<String>,
    /// How they signed in: the connection asked for, else the provider their id names.
    pub connection: String,
    /// The `amr` value (RFC 8176) that counts as a second factor, if there was one.
    pub second_factor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_told_in_words() {
        let device = |browser, system| Device { browser, system }.to_string();
        assert_eq!(device(Some(Browser::Firefox), Some(System::Linux)), "Firefox on Linux");
        assert_eq!(device(Some(Browser::Safari), Some(System::Iphone)), "Safari on an iPhone");
        assert_eq!(device(Some(Browser::Edge), None), "Edge");
        assert_eq!(device(None, Some(System::Windows)), "An unknown browser on Windows");
        assert_eq!(device(None, None), "An unknown browser");
    }
}
