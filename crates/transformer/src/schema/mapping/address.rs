//! IP addresses.

use std::net::IpAddr;

use super::span::Kind;

/// Whether the text is an IP address.
#[inline]
pub(in crate::schema) fn is_address(text: &[u8]) -> bool {
    address(text).is_some()
}

/// What the text is, if it is an IP address.
#[inline]
pub(in crate::schema) fn address(text: &[u8]) -> Option<Kind> {
    if is_ipv4(text) {
        return Some(Kind::Ipv4);
    }
    is_ipv6(text).then_some(Kind::Ipv6)
}

#[inline]
fn is_ipv4(text: &[u8]) -> bool {
    let mut rest = text;
    for dots_left in (0..4).rev() {
        let digit = |at: usize| rest.get(at).map(|byte| byte.wrapping_sub(b'0'));
        let length = match (digit(0), digit(1), digit(2)) {
            (Some(1), Some(0..=9), Some(0..=9))
            | (Some(2), Some(0..=4), Some(0..=9))
            | (Some(2), Some(5), Some(0..=5)) => 3,
            (Some(1..=9), Some(0..=9), _) => 2,
            (Some(0..=9), _, _) => 1,
            _ => return false,
        };
        rest = match (dots_left, &rest[length..]) {
            (0, after) => return after.is_empty(),
            (_, [b'.', after @ ..]) => after,
            _ => return false,
        };
    }
    false
}

#[inline(never)]
fn is_ipv6(text: &[u8]) -> bool {
    text.contains(&b':')
        && std::str::from_utf8(text).is_ok_and(|text| text.parse::<IpAddr>().is_ok())
}
