//! Whatever a browser sends as cookies.

use super::*;
use proptest::{collection::vec, prelude::*};

fn jar() -> Jar {
    Jar::of(&PublicOrigin::of(&url::Url::parse("https://portal.example/callback").unwrap()))
}

fn sent(lines: &[Vec<u8>]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in lines.iter().filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append(header::COOKIE, value);
    }
    headers
}

/// Lines of any bytes, and such as are nearly right.
fn lines() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let pair = "(__Host-)?portico(\\.tx\\.[A-Za-z0-9_-]{0,14}|\\.out)?=?[ -~]{0,60}";
    let nearly = vec(pair, 0..8).prop_map(|pairs| pairs.join("; ").into_bytes());
    vec(prop_oneof![nearly, vec(any::<u8>(), 0..200)], 0..4)
}

proptest! {
    #[test]
    fn nothing_that_is_sent_does_harm(lines in lines()) {
        let (jar, headers) = (jar(), sent(&lines));
        let value = jar.get(&headers, jar.session_name());
        prop_assert!(value.is_none_or(|value| value.len() <= MAX_VALUE));
        prop_assert!(value.is_none() || jar.has_session(&headers));
        let names = jar.transactions(&headers);
        prop_assert!(names.iter().all(|name| name.starts_with("__Host-portico.tx.")));
        // Of those that cannot be opened none is kept.
        let evicted = jar.transactions_to_evict(&headers, |_, _| None);
        prop_assert_eq!(evicted, names);
    }

    #[test]
    fn one_that_is_there_once_is_found_among_whatever_else(
        before in vec("[a-z]{1,9}=[a-z0-9]{0,9}", 0..5),
        value in "[A-Za-z0-9_.-]{1,200}",
        twice in any::<bool>(),
    ) {
        let jar = jar();
        let mut pairs = before;
        for _ in 0..=usize::from(twice) {
            pairs.push(format!("{}={value}", jar.session_name()));
        }
        let headers = sent(&[pairs.join("; ").into_bytes()]);
        prop_assert_eq!(jar.get(&headers, jar.session_name()), (!twice).then_some(value.as_str()));
    }

    #[test]
    fn what_is_set_can_be_read_back(value in "[A-Za-z0-9_-]{0,1000}") {
        let jar = jar();
        let set = jar.set_transaction(jar.transaction_name("state"), value.clone());
        let set = Cookie::parse(set.to_str().unwrap()).unwrap();
        prop_assert!(set.secure() == Some(true) && set.http_only() == Some(true) && set.path() == Some("/"));
        let headers = sent(&[format!("{}={}", set.name(), set.value()).into_bytes()]);
        prop_assert_eq!(jar.get(&headers, set.name()), Some(value.as_str()));
    }
}
