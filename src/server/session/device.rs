//! What is kept about the device: enough for people to recognise it, no more.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How much of a `User-Agent` is kept, in bytes.
const LONGEST_USER_AGENT: usize = 512;

/// The network of an address: its /24 of IPv4, its /48 of IPv6.
pub(in crate::server) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

/// The beginning of a `User-Agent`, cut between two characters.
pub(super) fn shortened(mut user_agent: String) -> String {
    user_agent.truncate(user_agent.floor_char_boundary(LONGEST_USER_AGENT));
    user_agent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_networks() {
        for (address, expected) in [
            ("203.0.113.77", "203.0.113.0/24"),
            ("::ffff:203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
            ("::1", "::/48"),
        ] {
            assert_eq!(network(address.parse().unwrap()), expected);
        }
    }

    #[test]
    fn a_long_user_agent_is_cut_between_characters() {
        assert_eq!(shortened("Mozilla/5.0".into()), "Mozilla/5.0");
        let cut = shortened("é".repeat(4000) + "x");
        assert_eq!(cut.len(), LONGEST_USER_AGENT);
        let cut = shortened("x".to_owned() + &"é".repeat(4000));
        assert_eq!(cut.len(), LONGEST_USER_AGENT - 1);
    }
}
