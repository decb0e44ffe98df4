//! Numbers of things, as a person reads them.

use std::fmt::Display;

/// `1 record`, `2 records`.
pub(crate) fn counted<N: Copy + Display + From<u8> + PartialEq>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_thing_is_singular() {
        let texts = [0, 1, 2].map(|count: usize| counted(count, "log event"));
        assert_eq!(texts, ["0 log events", "1 log event", "2 log events"]);
    }
}
