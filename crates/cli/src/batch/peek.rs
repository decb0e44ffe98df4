//! What the beginning of a record says: whose it is. It is read from damaged and oversized records too.

use std::fmt;
use std::io::{self, Read};

use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;

/// Where a record comes from, as far as its beginning says.
#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Header {
    pub account: Option<String>,
    pub log_group: Option<String>,
    pub log_stream: Option<String>,
    /// When its first log event happened, in milliseconds since 1970-01-01T00:00:00Z.
    pub first_event: Option<i64>,
    /// What its first log event says.
    pub first_message: Option<String>,
}

/// Reads the beginning of a record's data.
pub fn header(data: &[u8]) -> Header {
    let mut header = Header::default();
    let beginning = opened(data).take(HEADER_BYTES_MAX);
    let mut json = Deserializer::from_reader(io::BufReader::new(beginning));
    // it ends with an error almost always: there is more than the header, or less than a record
    let _ = Members(&mut header).deserialize(&mut json);
    header
}

/// The bytes that a record opens to, counted up to `bytes_max`; `None` if it is damaged or opens to more.
pub fn opened_bytes(data: &[u8], bytes_max: u64) -> Option<u64> {
    let mut opened = opened(data).take(bytes_max + 1);
    let bytes = io::copy(&mut opened, &mut io::sink()).ok()?;
    (bytes <= bytes_max).then_some(bytes)
}

/// What a record's data opens to.
pub fn opened(data: &[u8]) -> Box<dyn Read + '_> {
    match Packing::of(data) {
        Packing::Gzip => Box::new(MultiGzDecoder::new(data)),
        Packing::Zlib => Box::new(ZlibDecoder::new(data)),
        Packing::Plain => Box::new(data),
    }
}

/// How a record's data is packed, of what the transformer opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Gzip,
    Zlib,
    Plain,
}

impl Packing {
    pub fn of(data: &[u8]) -> Self {
        match data.first() {
            Some(0x1f) => Self::Gzip,
            Some(0x78) => Self::Zlib,
            _ => Self::Plain,
        }
    }
}

/// The members of a subscription message, in any order; they end at the second log event.
struct Members<'a>(&'a mut Header);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a subscription message")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "owner" => self.0.account = map.next_value().ok(),
                "logGroup" => self.0.log_group = map.next_value().ok(),
                "logStream" => self.0.log_stream = map.next_value().ok(),
                "logEvents" => map.next_value_seed(First(&mut *self.0))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The first of a list of log events; the others are left unread.
struct First<'a>(&'a mut Header);

impl<'de> DeserializeSeed<'de> for First<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for First<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("log events")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        #[derive(serde::Deserialize)]
        struct Event {
            timestamp: i64,
            message: Option<String>,
        }
        if let Some(event) = list.next_element::<Event>()? {
            self.0.first_event = Some(event.timestamp);
            self.0.first_message = event.message;
        }
        Ok(())
    }
}

/// The most bytes of a record's beginning that are read. Our own choice: CloudWatch Logs' names
/// have at most 512 characters (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>).
const HEADER_BYTES_MAX: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};
    use proptest::prelude::*;

    use super::*;

    const MESSAGE: &str = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[{"id":"1","timestamp":7,"message":"m"},{"id":"2","timestamp":8,"message":"n"}]}"#;

    fn gzip(text: &str) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn the_header_is_read_however_the_record_is_packed_and_cut_short() {
        let whole = Header {
            account: Some("111122223333".to_owned()),
            log_group: Some("g".to_owned()),
            log_stream: Some("s".to_owned()),
            first_event: Some(7),
            first_message: Some("m".to_owned()),
        };
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(MESSAGE.as_bytes()).unwrap();
        let long = MESSAGE.replace("\"n\"", &format!("\"{}\"", "n".repeat(200_000)));
        for data in [
            MESSAGE.as_bytes().to_vec(),
            gzip(MESSAGE),
            zlib.finish().unwrap(),
            gzip(&long),
        ] {
            assert_eq!(header(&data), whole);
        }
        let cut = MESSAGE.find(",\"timestamp\"").unwrap();
        let expected = Header {
            first_event: None,
            first_message: None,
            ..whole
        };
        assert_eq!(header(&MESSAGE.as_bytes()[..cut]), expected);
    }

    #[test]
    fn opened_bytes_are_counted_up_to_a_limit() {
        let data = gzip(MESSAGE);
        let length = MESSAGE.len() as u64;
        assert_eq!(opened_bytes(&data, length), Some(length));
        assert_eq!(opened_bytes(&data, length - 1), None);
        assert_eq!(opened_bytes(&data[..20], length), None);
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_header_or_none(bytes in any::<Vec<u8>>(), mark in 0_u8..4) {
            let mark: &[u8] = [&b""[..], b"\x1f\x8b\x08", b"\x78\x9c", b"{"][usize::from(mark)];
            header(&[mark, &bytes].concat());
        }
    }
}
