//! The mark of a test event: what `verify` writes into a log group, and how it is found again in records, objects and error output.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use serde_json::{Value, json};

use super::documents::Documents;
use super::peek::Packing;

/// The mark that the test events of one run share. It has no character that JSON escapes, so that it is found at any depth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker(String);

/// Why Firehose wrote a record to the error output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    pub code: Option<String>,
    pub message: Option<String>,
}

/// The digits of an event's number behind the mark.
const DIGITS: usize = 6;

/// Firehose's gzip around that of CloudWatch Logs, if no transformer opens it; and one more.
const LAYERS_MAX: usize = 3;

/// The most bytes that are searched in one record or object. Our own choice: Firehose gathers at most 128 MiB
/// (<https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html>), and logs compress to a twentieth at best.
const OPENED_BYTES_MAX: u64 = 4 << 30;

impl Marker {
    /// A mark that no other run has, from random bytes.
    pub fn new(random: [u8; 8]) -> Self {
        let mut mark = String::from("catchment-verify-");
        for byte in random {
            // writing to a String cannot fail
            let _ = write!(mark, "{byte:02x}");
        }
        Self(mark + "-")
    }

    /// The test event with this number.
    pub fn message(&self, number: usize) -> String {
        let id = format!("{}{number:0DIGITS$}", self.0);
        let note = "a test event of `catchment verify`, to be ignored";
        json!({ "catchment": "verify", "id": id, "note": note }).to_string()
    }

    /// The numbers of the test events in a record or an object, however it is packed. What is damaged is read as far as it goes.
    pub fn numbers(&self, data: &[u8]) -> BTreeSet<usize> {
        let mut numbers = BTreeSet::new();
        // what was found before the damage counts
        let _ = self.search(opened(data), &mut numbers);
        numbers
    }

    fn search(
        &self,
        reader: io::Result<Box<dyn BufRead + '_>>,
        numbers: &mut BTreeSet<usize>,
    ) -> io::Result<()> {
        let mut reader = reader?.take(OPENED_BYTES_MAX);
        let length = self.0.len() + DIGITS;
        let mut text = Vec::new();
        loop {
            let kept = text.len();
            reader.by_ref().take(PART_BYTES).read_to_end(&mut text)?;
            if text.len() == kept {
                return Ok(());
            }
            numbers.extend(self.numbers_in(&text));
            // a mark may begin in one part and end in the next
            text.drain(..text.len().saturating_sub(length - 1));
        }
    }

    fn numbers_in(&self, text: &[u8]) -> impl Iterator<Item = usize> {
        let mark = self.0.as_bytes();
        text.windows(mark.len() + DIGITS).filter_map(move |window| {
            let digits = window.strip_prefix(mark)?;
            std::str::from_utf8(digits).ok()?.parse().ok()
        })
    }

    /// The test events in an object of the error output, with the reason. The fields are those of
    /// <https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html>; format conversion writes
    /// `ErrorCode`.
    pub fn failures(&self, object: &[u8]) -> BTreeMap<usize, Failure> {
        let mut failures = BTreeMap::new();
        let documents = Documents::of(object).into_iter().flatten();
        // what is damaged is read as far as it goes
        for document in documents.map_while(Result::ok) {
            let line: Value = serde_json::from_str(&document.json).unwrap_or_default();
            let text = |names: [&str; 2]| {
                let text = names.iter().find_map(|name| line[*name].as_str());
                text.map(ToOwned::to_owned)
            };
            let data = line["rawData"].as_str().unwrap_or_default();
            let data = base64_turbo::decode(data).unwrap_or_default();
            let failure = Failure {
                code: text(["errorCode", "ErrorCode"]),
                message: text(["errorMessage", "ErrorMessage"]),
            };
            let numbers = self.numbers(&data).into_iter();
            failures.extend(numbers.map(|number| (number, failure.clone())));
        }
        failures
    }
}

/// How much is searched at a time.
const PART_BYTES: u64 = 64 * 1024;

/// What data opens to, through each layer of gzip.
fn opened<'d>(data: &'d [u8]) -> io::Result<Box<dyn BufRead + 'd>> {
    let mut reader: Box<dyn BufRead + 'd> = Box::new(data);
    for _ in 0..LAYERS_MAX {
        if Packing::of(reader.fill_buf()?) != Packing::Gzip {
            break;
        }
        reader = Box::new(BufReader::new(MultiGzDecoder::new(reader)));
    }
    Ok(reader)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    fn marker() -> Marker {
        Marker::new([0xab; 8])
    }

    /// A subscription message with test events, as CloudWatch Logs sends it.
    fn record(numbers: &[usize]) -> Vec<u8> {
        let events = numbers
            .iter()
            .map(|number| json!({ "id": "1", "message": marker().message(*number) }));
        let events: Vec<_> = events.collect();
        gzip(
            json!({ "messageType": "DATA_MESSAGE", "logEvents": events })
                .to_string()
                .as_bytes(),
        )
    }

    #[test]
    fn an_event_is_found_however_it_is_packed_and_by_its_own_run_only() {
        let both = BTreeSet::from([0, 123_456]);
        let line = json!({ "message": marker().message(7) }).to_string();
        let nested = json!({ "line": line }).to_string();
        for (data, expected) in [
            (record(&[0, 123_456]), both.clone()),
            ([record(&[0]), record(&[123_456])].concat(), both.clone()),
            (gzip(&[record(&[0]), record(&[123_456])].concat()), both),
            (nested.clone().into_bytes(), BTreeSet::from([7])),
            (gzip(nested.as_bytes()), BTreeSet::from([7])),
            (
                b"catchment-verify-abababababababab-12".to_vec(),
                BTreeSet::new(),
            ),
            (b"\x1f\x8bdamaged".to_vec(), BTreeSet::new()),
            (Vec::new(), BTreeSet::new()),
        ] {
            assert_eq!(marker().numbers(&data), expected);
        }
        assert_eq!(Marker::new([1; 8]).numbers(&record(&[0])), BTreeSet::new());
    }

    #[test]
    fn an_event_is_found_wherever_in_a_large_object_it_is() {
        let text = marker().message(9);
        let part = usize::try_from(PART_BYTES).unwrap();
        for before in (part - text.len()..part + 2).chain([3 * part]) {
            let data = [vec![b' '; before], text.clone().into_bytes(), vec![b' '; 9]].concat();
            assert_eq!(marker().numbers(&data), BTreeSet::from([9]), "{before}");
        }
    }

    #[test]
    fn error_output_says_why() {
        let line = |code: &str, numbers: &[usize]| {
            let data = base64_simd::STANDARD.encode_to_string(record(numbers));
            json!({ code: "Lambda.FunctionError", "errorMessage": "it crashed", "rawData": data })
                .to_string()
        };
        let object = format!(
            "{}\n{}\n",
            line("errorCode", &[1, 2]),
            line("ErrorCode", &[3])
        );
        let failure = Failure {
            code: Some("Lambda.FunctionError".to_owned()),
            message: Some("it crashed".to_owned()),
        };
        let expected: BTreeMap<_, _> = [1, 2, 3].map(|number| (number, failure.clone())).into();
        assert_eq!(marker().failures(object.as_bytes()), expected);
        assert_eq!(marker().failures(&gzip(object.as_bytes())), expected);
        assert_eq!(marker().failures(b"nonsense"), BTreeMap::new());
    }
}
