//! The mark of a message that was put back: how often, and for which Firehose stream.
//!
//! Several Firehose streams may read one Kinesis stream, and each finds in it what the transformer of another has put back.
//! The mark is the first member of the message, which other readers step over as they do over any member that they do not know:
//!
//! `{"catchment":{"hops":1,"stream":"arn:aws:firehose:…"},"messageType":"DATA_MESSAGE",…}`

/// What the mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark<'a> {
    /// How often the events were put back, 1 to 9.
    pub(crate) hops: u8,
    /// The ARN of the Firehose stream for which they were put back, as a JSON string.
    pub(crate) stream: &'a [u8],
}

impl Mark<'_> {
    /// Writes the beginning of a message, up to and with the comma before its first member.
    pub(super) fn open(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(OPEN);
        out.push(b'0' + self.hops.min(9));
        out.extend_from_slice(STREAM);
        out.extend_from_slice(self.stream);
        out.extend_from_slice(CLOSE);
    }
}

/// Takes the mark off a text. Returns it and the text as it was without, or `None` if there is no mark.
pub(crate) fn unmark(text: &[u8]) -> Option<(Mark<'_>, Vec<u8>)> {
    let (hops, rest) = text.strip_prefix(OPEN)?.split_first()?;
    let rest = rest.strip_prefix(STREAM)?;
    let (stream, rest) = rest.split_at(literal_bytes(rest)?);
    let rest = rest.strip_prefix(CLOSE)?;
    let mark = Mark {
        hops: hops
            .checked_sub(b'0')
            .filter(|hops| (1..=9).contains(hops))?,
        stream,
    };
    Some((mark, [b"{", rest].concat()))
}

/// The length of the JSON string at the beginning.
fn literal_bytes(text: &[u8]) -> Option<usize> {
    let mut inner = text.strip_prefix(b"\"")?.iter().enumerate();
    while let Some((at, byte)) = inner.next() {
        match byte {
            b'"' => return Some(at + 2),
            b'\\' => {
                inner.next();
            }
            _ => {}
        }
    }
    None
}

const OPEN: &[u8] = br#"{"catchment":{"hops":"#;
const STREAM: &[u8] = br#","stream":"#;
const CLOSE: &[u8] = b"},";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_off_as_it_went_on() {
        for stream in [
            "\"\"",
            r#""arn:aws:firehose:us-west-2:1:deliverystream/logs""#,
            r#""a\"},\\""#,
        ] {
            for hops in 1..=9 {
                let mark = Mark {
                    hops,
                    stream: stream.as_bytes(),
                };
                let mut text = Vec::new();
                mark.open(&mut text);
                text.extend_from_slice(br#""messageType":"DATA_MESSAGE"}"#);
                let (found, rest) = unmark(&text).unwrap();
                assert_eq!(found, mark);
                assert_eq!(rest, br#"{"messageType":"DATA_MESSAGE"}"#);
                serde_json::from_slice::<serde_json::Value>(&text).unwrap();
            }
        }
    }

    #[test]
    fn what_only_looks_like_a_mark_stays() {
        for text in [
            "",
            "{}",
            r#"{"catchment":{"hops":0,"stream":""},"a":1}"#,
            r#"{"catchment":{"hops":"1","stream":""},"a":1}"#,
            r#"{"catchment":{"hops":10,"stream":""},"a":1}"#,
            r#"{"catchment":{"hops":1,"stream":7},"a":1}"#,
            r#"{"catchment":{"hops":1,"stream":"a"#,
            r#"{"catchment":{"hops":1,"stream":"a\"#,
            r#"{"catchment":{"hops":1,"stream":"a"}}"#,
            r#"{"catchment":{"hops":1,"stream":"a","b":1},"c":1}"#,
        ] {
            assert_eq!(unmark(text.as_bytes()), None, "{text}");
        }
    }
}
