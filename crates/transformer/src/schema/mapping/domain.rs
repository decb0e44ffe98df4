//! Domain names as DNS writes them: with a dot at the end, and addresses in reverse.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A name without the dot that stands for the root. The root itself keeps it.
pub(super) fn without_root(name: &[u8]) -> &[u8] {
    match name {
        // A dot behind a backslash is a part of the name.
        [rest @ .., b'.'] if rest.last().is_some_and(|byte| *byte != b'\\') => rest,
        _ => name,
    }
}

/// The address whose name is asked for, such as 192.0.2.1 by `1.2.0.192.in-addr.arpa.`
/// (<https://www.rfc-editor.org/rfc/rfc1035#section-3.5>, <https://www.rfc-editor.org/rfc/rfc3596#section-2.5>).
pub(super) fn reversed(name: &[u8]) -> Option<IpAddr> {
    let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    if let Some(numbers) = name.strip_suffix(".in-addr.arpa") {
        let numbers: Vec<&str> = numbers.rsplit('.').collect();
        return numbers.join(".").parse::<Ipv4Addr>().ok().map(IpAddr::V4);
    }
    let digits = name.strip_suffix(".ip6.arpa")?.split('.');
    let (mut bits, mut count) = (0, 0);
    for digit in digits {
        let digit = (digit.len() == 1).then(|| u128::from_str_radix(digit, 16).ok())??;
        bits |= digit.checked_shl(4 * count)?;
        count += 1;
    }
    (count == 32).then(|| IpAddr::V6(Ipv6Addr::from_bits(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reverse_name_is_its_address() {
        for (name, address) in [
            ("15.3.4.32.in-addr.arpa.", Some("32.4.3.15")),
            ("1.0.0.127.IN-ADDR.ARPA", Some("127.0.0.1")),
            (
                "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
                Some("2001:db8::1"),
            ),
            ("4.32.in-addr.arpa.", None),
            ("256.3.4.32.in-addr.arpa.", None),
            ("5.15.3.4.32.in-addr.arpa.", None),
            ("8.b.d.0.1.0.0.2.ip6.arpa.", None),
            (
                "1.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
                None,
            ),
            (
                "+.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
                None,
            ),
            (
                "é.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
                None,
            ),
            ("in-addr.arpa.", None),
            ("example.com.", None),
            ("", None),
        ] {
            let expected = address.map(|address| address.parse().unwrap());
            assert_eq!(reversed(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn only_the_dot_of_the_root_is_left_out() {
        for (name, expected) in [
            ("example.com.", "example.com"),
            ("example.com", "example.com"),
            ("a..", "a."),
            ("a\\\\.", "a\\\\."),
            (".", "."),
            ("", ""),
        ] {
            assert_eq!(without_root(name.as_bytes()), expected.as_bytes());
        }
    }
}
