//! Reads a `User-Agent`: which browser, on which system. Enough for people to recognise their devices.
//!
//! Each browser claims to be several others, for sites that ask; its own name is the one that no other
//! claims. Versions are left out: they change every month and help nobody.

use crate::model::device::{Browser, Device, System};

/// By the products of the header (RFC 9110, section 10.1.5), the most telling first.
const BROWSERS: [(&[&str], Browser); 6] = [
    (&["Edg", "EdgA", "EdgiOS", "Edge"], Browser::Edge),
    (&["OPR", "OPT", "OPX", "OPiOS", "Opera"], Browser::Opera),
    (&["SamsungBrowser"], Browser::Samsung),
    (&["Firefox", "FxiOS"], Browser::Firefox),
    (&["Chrome", "CriOS", "HeadlessChrome"], Browser::Chrome),
    (&["Safari"], Browser::Safari),
];

/// By words in the comment that follows the first product, the most telling first: iPhones claim to be
/// like Mac OS X, and Android is a Linux.
const SYSTEMS: [(&[&str], System); 6] = [
    (&["iPhone", "iPod"], System::Iphone),
    (&["iPad"], System::Ipad),
    (&["Android"], System::Android),
    (&["Windows NT"], System::Windows),
    (&["Macintosh"], System::MacOs),
    (&["Linux", "X11"], System::Linux),
];

/// What the header says. What is not known is left open.
pub(super) fn read(user_agent: &str) -> Device {
    let comment = user_agent.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(words, _)| words);
    let system = SYSTEMS.iter().find(|(words, _)| words.iter().any(|word| comment.contains(word)));
    let products: Vec<&str> =
        user_agent.split([' ', ';', '(', ')']).filter_map(|word| word.split_once('/')).map(|(name, _)| name).collect();
    let browser = BROWSERS
        .iter()
        .find(|(names, _)| names.iter().any(|name| products.contains(name)))
        .map(|(_, browser)| *browser)
        // Android's old browser, and others that are no Safari, say so as well.
        .filter(|browser| *browser != Browser::Safari || comment.contains("Mac OS X"));
    Device { browser, system: system.map(|(_, system)| *system) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_and_systems_are_recognised() {
        for (user_agent, words) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.3485.54",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 OPR/122.0.0.0",
                "Opera on Windows",
            ),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox on Windows"),
            ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0",
                "Firefox on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari on an iPhone",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.7339.101 Mobile/15E148 Safari/604.1",
                "Chrome on an iPhone",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/143.0 Mobile/15E148 Safari/605.1.15",
                "Firefox on an iPhone",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 EdgiOS/140.0.3485.54 Mobile/15E148 Safari/604.1",
                "Edge on an iPhone",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
                "Safari on an iPad",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            ("Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0", "Firefox on Android"),
            (
                "Mozilla/5.0 (Linux; Android 10; HD1913) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36 EdgA/140.0.3485.54",
                "Edge on Android",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36 OPR/90.0.0.0",
                "Opera on Android",
            ),
        ] {
            assert_eq!(read(user_agent).to_string(), words, "{user_agent}");
        }
    }

    #[test]
    fn what_is_not_known_is_left_open() {
        for (user_agent, words) in [
            ("", "An unknown browser"),
            ("curl/8.14.1", "An unknown browser"),
            ("Mozilla/5.0", "An unknown browser"),
            ("Mozilla/5.0 (compatible; Bot/1.0; Linux)", "An unknown browser on Linux"),
            (
                "Mozilla/5.0 (Linux; U; Android 4.0.3; de-de) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
                "An unknown browser on Android",
            ),
            ("((((", "An unknown browser"),
            ("Chrome", "An unknown browser"),
            ("NotChrome/1.0 (Windowsill)", "An unknown browser"),
            ("<script>alert(1)</script> Firefox/1.0", "Firefox"),
        ] {
            assert_eq!(read(user_agent).to_string(), words, "{user_agent}");
        }
    }
}
