//! The JSON documents of a stream of bytes, one at a time, so that a file of any size takes the memory of its largest document.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use serde_json::value::RawValue;

/// One of the JSON documents in a file: an object or a list.
#[derive(Debug, PartialEq, Eq)]
pub struct JsonDocument {
    pub json: String,
    /// The line of the file on which it begins, counted from 1.
    pub line: usize,
}

/// Why a file cannot be read as JSON documents.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file holds only white space.
    #[error("it is empty; expected {EXPECTED}")]
    Empty,
    #[error("it is not JSON (line {line}, column {column}); expected {EXPECTED}")]
    NotJson { line: usize, column: usize },
    #[error("the document on line {line} is longer than {bytes_max} bytes")]
    TooLong { line: usize, bytes_max: usize },
    #[error("its gzip is damaged or cut short")]
    Damaged(#[source] io::Error),
    #[error("it cannot be read further")]
    Io(#[source] io::Error),
}

const EXPECTED: &str = "Firehose events, error output or subscription messages";

/// The most bytes of one document. Our own choice: the transformer's default cap on a decompressed record, which is ten times an
/// event that Lambda takes.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The documents of a file, which follow one another with any white space between them. The file may be gzip, in any number of
/// members.
pub struct Documents<'r> {
    reader: Box<dyn BufRead + 'r>,
    is_gzip: bool,
    bytes_max: usize,
    /// Where the next byte is, both from 1.
    line: usize,
    column: usize,
    is_empty: bool,
    is_over: bool,
}

impl<'r> Documents<'r> {
    /// Begins to read.
    ///
    /// # Errors
    /// Fails if the first bytes cannot be read.
    pub fn of(reader: impl Read + 'r) -> Result<Self, ReadError> {
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, reader);
        let is_gzip = reader.fill_buf().map_err(ReadError::Io)?.first() == Some(&GZIP);
        let reader: Box<dyn BufRead + 'r> = if is_gzip {
            let opened = MultiGzDecoder::new(reader);
            Box::new(BufReader::with_capacity(BUFFER_BYTES, opened))
        } else {
            Box::new(reader)
        };
        Ok(Self {
            reader,
            is_gzip,
            bytes_max: DOCUMENT_BYTES_MAX,
            line: 1,
            column: 1,
            is_empty: true,
            is_over: false,
        })
    }

    /// Reads the next document, if there is one.
    fn read(&mut self) -> Result<Option<JsonDocument>, ReadError> {
        let mut bytes = Vec::new();
        let mut frame = Frame::default();
        let (mut line, mut column) = (self.line, self.column);
        while !frame.is_whole() {
            let buffer = match self.reader.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if self.is_gzip => return Err(ReadError::Damaged(error)),
                Err(error) => return Err(ReadError::Io(error)),
            };
            if buffer.is_empty() {
                break;
            }
            let space = match bytes.len() {
                0 => buffer.iter().take_while(|byte| is_space(**byte)).count(),
                _ => 0,
            };
            let (space, rest) = buffer.split_at(space);
            advance(&mut self.line, &mut self.column, space);
            if bytes.is_empty() {
                (line, column) = (self.line, self.column);
            }
            let part = &rest[..frame.take(rest)];
            bytes.extend_from_slice(part);
            advance(&mut self.line, &mut self.column, part);
            let length = space.len() + part.len();
            self.reader.consume(length);
            if bytes.len() > self.bytes_max {
                let bytes_max = self.bytes_max;
                return Err(ReadError::TooLong { line, bytes_max });
            }
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        if let Err(error) = serde_json::from_slice::<&RawValue>(&bytes) {
            let before = if error.line() == 1 { column - 1 } else { 0 };
            return Err(ReadError::NotJson {
                line: line + error.line() - 1,
                column: before + error.column(),
            });
        }
        let json = String::from_utf8(bytes).map_err(|_| ReadError::NotJson { line, column })?;
        Ok(Some(JsonDocument { json, line }))
    }
}

impl Iterator for Documents<'_> {
    type Item = Result<JsonDocument, ReadError>;

    /// The next document. After an error there is none.
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = match self.read() {
            Ok(None) if self.is_empty => Some(Err(ReadError::Empty)),
            read => read.transpose(),
        };
        self.is_empty = false;
        self.is_over = !matches!(next, Some(Ok(_)));
        next
    }
}

/// Where a document ends: with the bracket that closes the first one. Whether it is JSON is not decided here.
#[derive(Default)]
struct Frame {
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
    is_over: bool,
}

impl Frame {
    /// Whether the document has ended.
    fn is_whole(&self) -> bool {
        self.is_over
    }

    /// Walks over the next bytes, and returns how many of them belong to the document.
    fn take(&mut self, bytes: &[u8]) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = self.is_in_string,
                b'"' => self.is_in_string = !self.is_in_string,
                _ if self.is_in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            if self.depth == 0 {
                // the end, or a document that begins with no bracket
                self.is_over = true;
                return at + 1;
            }
        }
        bytes.len()
    }
}

fn advance(line: &mut usize, column: &mut usize, bytes: &[u8]) {
    match bytes.iter().rposition(|byte| *byte == b'\n') {
        None => *column += bytes.len(),
        Some(last) => {
            *line += bytes.iter().filter(|byte| **byte == b'\n').count();
            *column = bytes.len() - last;
        }
    }
}

/// JSON's white space.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// How gzip begins (RFC 1952); no JSON does.
const GZIP: u8 = 0x1f;
const BUFFER_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> Vec<Result<(String, usize), String>> {
        let documents = Documents::of(bytes).unwrap();
        let found = documents.map(|it| it.map(|it| (it.json, it.line)));
        found
            .map(|it| it.map_err(|error| error.to_string()))
            .collect()
    }

    fn ok(found: &[(&str, usize)]) -> Vec<Result<(String, usize), String>> {
        found
            .iter()
            .map(|(json, line)| Ok(((*json).to_owned(), *line)))
            .collect()
    }

    #[test]
    fn documents_may_follow_one_another() {
        assert_eq!(
            read(b"\n{\"a\":\n1}\n{}{}\n\n[]"),
            ok(&[("{\"a\":\n1}", 2), ("{}", 4), ("{}", 4), ("[]", 6)])
        );
    }

    #[test]
    fn gzip_members_back_to_back_are_one_stream_of_documents() {
        let members = [gzip(b"{\"a\":1}"), gzip(b"{}\n{\"b\""), gzip(b":2}")].concat();
        assert_eq!(
            read(&members),
            ok(&[("{\"a\":1}", 1), ("{}", 1), ("{\"b\":2}", 2)])
        );
    }

    #[test]
    fn an_error_says_what_is_wrong_and_ends_the_documents() {
        let empty = "it is empty; expected Firehose events, error output or subscription messages";
        assert_eq!(read(b" \n"), [Err(empty.to_owned())]);
        assert_eq!(read(b""), [Err(empty.to_owned())]);
        for (bytes, place) in [
            (&b"{}\n{,}\n{}"[..], "(line 2, column 2)"),
            (b"{}\n {}{\"a\":\n  x}", "(line 3, column 3)"),
            (b"{} {,}", "(line 1, column 5)"),
            (b" hello", "(line 1, column 2)"),
            (b"{\"a\":", "(line 1, column 5)"),
            (b"{\"\xff\":1}", "(line 1, column 3)"),
        ] {
            let found = read(bytes);
            let error = found.last().unwrap().as_ref().unwrap_err();
            assert!(error.contains(place), "{bytes:?}: {error}");
            assert!(found[..found.len() - 1].iter().all(Result::is_ok));
        }
        let whole = gzip(b"{\"a\":1}");
        assert_eq!(
            read(&whole[..whole.len() - 12]).last(),
            Some(&Err("its gzip is damaged or cut short".to_owned()))
        );
    }

    #[test]
    fn a_document_without_end_is_refused_and_white_space_is_not_a_document() {
        let limited = |bytes: &[u8]| {
            let mut documents = Documents::of(bytes).unwrap();
            documents.bytes_max = 16;
            documents.next().unwrap().map_err(|error| error.to_string())
        };
        assert_eq!(
            limited(b"\n{\"a\":\"xxxxxxxxxxxxxx").unwrap_err(),
            "the document on line 2 is longer than 16 bytes"
        );
        let spaces = [&[b' '; 40][..], b"{}"].concat();
        assert_eq!(limited(&spaces).unwrap().json, "{}");
    }

    proptest! {
        #[test]
        fn any_documents_are_found_again_in_pieces_of_any_size(
            values in prop::collection::vec(prop::collection::vec(any::<String>(), 0..4), 1..8),
            space in "[ \n\t]{0,3}",
            is_gzip in any::<bool>(),
        ) {
            let documents: Vec<_> =
                values.iter().map(|value| serde_json::to_string(value).unwrap()).collect();
            let mut bytes = documents.join(&space).into_bytes();
            if is_gzip {
                bytes = gzip(&bytes);
            }
            let found: Vec<_> =
                Documents::of(bytes.as_slice()).unwrap().map(|it| it.unwrap().json).collect();
            prop_assert_eq!(found, documents);
        }
    }
}
