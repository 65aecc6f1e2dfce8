//! Settings of limits: how much a client may ask, and how it is known behind proxies.

use super::Reader;
use ipnet::IpNet;
use std::{
    net::IpAddr,
    num::{NonZeroU16, NonZeroU32},
    str::FromStr,
    time::Duration,
};

/// A building full of people behind one address may arrive within a minute.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(300).unwrap();
/// Waiting requests cost memory: of some ten thousand at once none would be answered in time.
const CONCURRENT: NonZeroU16 = NonZeroU16::new(1024).unwrap();

/// How much is taken at once, and of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// `PORTICO_RATE_LIMIT_PER_MINUTE`: how often a client's address may, in a minute, ask for a sign-in, come
    /// back from one, and send tokens that are refused; each is counted by itself.
    pub per_minute: NonZeroU32,
    /// `PORTICO_CONCURRENT_REQUESTS`: how many requests are worked on at once.
    pub concurrent_requests: NonZeroU16,
    /// `PORTICO_TRUSTED_PROXIES`: whose word about where a request comes from is taken.
    pub trusted_proxies: TrustedProxies,
}

/// Reads them. What cannot be used is among the reader's faults.
pub(super) fn read_limits(read: &mut Reader) -> LimitSettings {
    LimitSettings {
        per_minute: read
            .parsed("PORTICO_RATE_LIMIT_PER_MINUTE", "a whole number from 1 to 4294967295")
            .unwrap_or(PER_MINUTE),
        concurrent_requests: read
            .parsed("PORTICO_CONCURRENT_REQUESTS", "a whole number from 1 to 65535")
            .unwrap_or(CONCURRENT),
        trusted_proxies: read
            .parsed(
                "PORTICO_TRUSTED_PROXIES",
                "addresses or networks separated by commas, such as 10.0.0.5, 10.1.0.0/16 or fd00::/8, and not all there are",
            )
            .unwrap_or_default(),
    }
}

/// Reads how long entries of the audit log are kept: a year and a month, unless said otherwise.
pub(super) fn read_audit_retention(read: &mut Reader) -> Duration {
    const NAME: &str = "PORTICO_AUDIT_RETENTION_DAYS";
    const FORM: &str = "a whole number of days from 1 to 36500";
    let days = match read.parsed::<u64>(NAME, FORM) {
        Some(days) if !(1..=36_500).contains(&days) => {
            read.fault(format!("{NAME} must be {FORM}."));
            400
        }
        days => days.unwrap_or(400),
    };
    Duration::from_secs(days * 24 * 3600)
}

/// The addresses of our own proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Whether that address is one of them.
    pub fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// What is wrong with a list of proxies; the setting's description says what would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoNetworks;

impl FromStr for TrustedProxies {
    type Err = NoNetworks;

    fn from_str(text: &str) -> Result<Self, NoNetworks> {
        let network = |text: &str| {
            let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            // Whoever trusts everybody believes what anybody writes into a header.
            network.ok().filter(|network| network.prefix_len() > 0).ok_or(NoNetworks)
        };
        text.split([',', ' ']).filter(|text| !text.is_empty()).map(network).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks_are_taken() {
        let proxies: TrustedProxies = "10.0.0.5, 192.168.0.0/16,fd00::/8 ::1".parse().unwrap();
        for address in ["10.0.0.5", "192.168.7.8", "fd12::1", "::1", "::ffff:10.0.0.5"] {
            assert!(proxies.has(address.parse().unwrap()), "{address}");
        }
        for address in ["10.0.0.6", "192.169.0.1", "2001:db8::1", "::2", "127.0.0.1"] {
            assert!(!proxies.has(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn by_default_nobody_is_trusted_and_never_everybody() {
        assert!(!TrustedProxies::default().has("127.0.0.1".parse().unwrap()));
        for text in ["0.0.0.0/0", "::/0", "10.0.0.0/33", "localhost", "10.0.0.*", "10.0.0.1;10.0.0.2", "10.0.0.1:80"] {
            assert_eq!(text.parse::<TrustedProxies>(), Err(NoNetworks), "{text}");
        }
    }
}
