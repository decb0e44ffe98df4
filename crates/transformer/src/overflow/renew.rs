//! Renews the mark of a piece that a person sends again, on purpose: it may be split anew as often as any other record.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;

use super::mark::{Mark, unmark};
use super::pieces::Packer;
use crate::limits::{DECODED_MIB_DEFAULT, MIB};

/// The data of a record with a mark that counts from the start, and is for the Firehose stream with the ARN `stream`, or for the
/// same as before. `None` if it needs none: it bears no mark, or one that says so already.
pub fn renewed(data: &[u8], stream: Option<&str>) -> Option<Vec<u8>> {
    renewed_within(DECODED_MIB_DEFAULT * MIB, data, stream)
}

/// The same if the data opens to at most `bytes_max` bytes.
fn renewed_within(bytes_max: usize, data: &[u8], stream: Option<&str>) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut opened = MultiGzDecoder::new(data).take(bytes_max as u64 + 1);
    opened.read_to_end(&mut text).ok()?;
    if text.len() > bytes_max {
        return None;
    }
    let (before, rest) = unmark(&text)?;
    let stream = stream.map(|stream| serde_json::Value::from(stream).to_string());
    let mark = Mark {
        hops: FIRST,
        stream: stream.as_deref().map_or(before.stream, str::as_bytes),
    };
    if mark == before {
        return None;
    }
    let mut renewed = Vec::with_capacity(text.len());
    mark.open(&mut renewed);
    renewed.extend_from_slice(rest.get(1..)?);
    // it takes as much of a batch as before
    let piece = Packer::new().pack_to(0, &renewed, data.len())?;
    Some(piece.data())
}

/// The hops of a piece that was put back for the first time.
const FIRST: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = r#""messageType":"DATA_MESSAGE","logEvents":[]}"#;

    fn piece(hops: u8, stream: &str, weight: usize) -> Vec<u8> {
        let mut text = Vec::new();
        let mark = Mark {
            hops,
            stream: stream.as_bytes(),
        };
        mark.open(&mut text);
        text.extend_from_slice(MESSAGE.as_bytes());
        Packer::new().pack_to(0, &text, weight).unwrap().data()
    }

    fn opened(data: &[u8]) -> String {
        let mut text = String::new();
        MultiGzDecoder::new(data).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn the_hops_begin_anew_the_stream_stays_and_so_does_the_weight() {
        let data = piece(3, "\"a\"", 4_000);
        let again = renewed(&data, None).unwrap();
        assert_eq!(opened(&again), opened(&piece(1, "\"a\"", 0)));
        assert!((4_000..4_010).contains(&again.len()), "{}", again.len());
        assert_eq!(renewed(&again, None), None, "it is new already");
    }

    #[test]
    fn what_goes_to_a_firehose_stream_is_for_that_one() {
        let again = renewed(&piece(1, "\"a\"", 0), Some("b\"")).unwrap();
        assert_eq!(opened(&again), opened(&piece(1, r#""b\"""#, 0)));
        assert_eq!(renewed(&again, Some("b\"")), None);
    }

    #[test]
    fn what_bears_no_mark_stays() {
        for data in [&b""[..], b"{}", b"\x1f\x8b", MESSAGE.as_bytes()] {
            assert_eq!(renewed(data, Some("b")), None);
        }
        let whole = Packer::new().pack_to(0, b"{\"a\":1}", 0).unwrap().data();
        assert_eq!(renewed(&whole, Some("b")), None);
    }

    #[test]
    fn a_piece_may_open_to_the_cap_and_not_a_byte_more() {
        let data = piece(3, "\"a\"", 0);
        let bytes = opened(&data).len();
        for (bytes_max, is_renewed) in [(bytes - 1, false), (bytes, true), (bytes + 1, true)] {
            let again = renewed_within(bytes_max, &data, None);
            assert_eq!(again.is_some(), is_renewed, "{bytes_max}");
        }
        // The largest piece opens to more than a mebibyte.
        let long = opened(&data) + &" ".repeat(2 * MIB);
        let data = Packer::new().pack_to(0, long.as_bytes(), 0).unwrap().data();
        assert!(renewed(&data, None).is_some());
    }
}
