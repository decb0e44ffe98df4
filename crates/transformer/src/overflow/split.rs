//! Splits the text of a record by its events.

use super::Mark;
use super::pieces::{Packer, Piece};
use crate::json::{Cursor, Invalid, Simd, Walk, walk};
use crate::limits::{
    HOPS_MAX, LINE_FRAME_BYTES, PIECE_OUTPUT_ALONE_BYTES_MAX, PIECE_OUTPUT_BYTES, PIECES_BYTES_MAX,
    PIECES_MAX,
};

/// Splits the records of one batch.
pub(crate) struct Splitter {
    packer: Packer,
    /// The bytes of records that the next batches are expected to have.
    batch_bytes: usize,
    pieces: Vec<Piece>,
    /// The bytes of the pieces.
    held_bytes: usize,
}

/// The most bytes of the line of a log event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineBytes {
    /// How often the event, its names and what is beside them may stand in the line.
    pub(crate) times: usize,
    /// Bytes of the Region, and of what redaction adds to the event.
    pub(crate) beside: usize,
    /// Bytes of its schema, which stand there once.
    pub(crate) more: usize,
}

/// Why a record is not split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SplitError {
    /// The record was put back too often.
    Hops,
    /// An event is too large to be a record, or to be answered, by itself.
    EventTooLarge,
    /// The batch has too many pieces.
    TooMany,
}

impl Splitter {
    /// Begins a batch. `batch_bytes` is the size of the batches that the pieces will come in.
    pub(crate) fn new(batch_bytes: usize) -> Self {
        Self {
            packer: Packer::new(),
            batch_bytes,
            pieces: Vec::new(),
            held_bytes: 0,
        }
    }

    /// Splits the record at index `record`, whose whole text is good. It bears the mark `mark`, counted up.
    ///
    /// # Errors
    /// Returns why the record is not split; there are no pieces of it then.
    pub(crate) fn split(
        &mut self,
        record: usize,
        text: &[u8],
        mark: Mark<'_>,
        line: LineBytes,
    ) -> Result<(), SplitError> {
        if mark.hops > HOPS_MAX {
            return Err(SplitError::Hops);
        }
        let outcome = messages(text)
            .map_err(|_| SplitError::EventTooLarge)
            .and_then(|messages| {
                let mut data = messages.iter().filter(|message| message.is_data);
                data.try_for_each(|message| self.message(record, message, mark, line))
            });
        if outcome.is_err() {
            self.take_back(record);
        }
        outcome
    }

    /// Drops the pieces of the record at index `record`, which was the last to be split.
    pub(crate) fn take_back(&mut self, record: usize) {
        while let Some(piece) = self.pieces.pop_if(|piece| piece.record == record) {
            self.held_bytes -= piece.held_bytes();
        }
    }

    /// The pieces of all records, in order.
    pub(crate) fn into_pieces(self) -> Vec<Piece> {
        self.pieces
    }

    fn message(
        &mut self,
        record: usize,
        message: &Message<'_>,
        mark: Mark<'_>,
        line: LineBytes,
    ) -> Result<(), SplitError> {
        let mut head = Vec::new();
        mark.open(&mut head);
        for member in &message.members {
            head.extend_from_slice(member);
            head.push(b',');
        }
        head.extend_from_slice(LOG_EVENTS);
        let head_output = output_bytes(&head) + LINE_FRAME_BYTES;
        let line_bytes = |event| {
            let event = output_bytes(event) + message.names_bytes + line.beside;
            line.times * event + line.more + LINE_FRAME_BYTES
        };
        let mut text = head.clone();
        let mut output = head_output;
        for event in &message.events {
            let line = line_bytes(event);
            if text.len() > head.len() {
                if output + line > PIECE_OUTPUT_BYTES {
                    self.piece(record, &mut text, output)?;
                    text.truncate(head.len());
                    output = head_output;
                } else {
                    text.push(b',');
                }
            }
            text.extend_from_slice(event);
            output += line;
        }
        if text.len() > head.len() {
            self.piece(record, &mut text, output)?;
        }
        Ok(())
    }

    fn piece(
        &mut self,
        record: usize,
        text: &mut Vec<u8>,
        output: usize,
    ) -> Result<(), SplitError> {
        if output > PIECE_OUTPUT_ALONE_BYTES_MAX {
            return Err(SplitError::EventTooLarge);
        }
        text.extend_from_slice(CLOSE);
        let piece = self.packer.pack(record, text, output, self.batch_bytes);
        let piece = piece.ok_or(SplitError::EventTooLarge)?;
        let held_bytes = self.held_bytes + piece.held_bytes();
        if self.pieces.len() == PIECES_MAX || held_bytes > PIECES_BYTES_MAX {
            return Err(SplitError::TooMany);
        }
        self.held_bytes = held_bytes;
        self.pieces.push(piece);
        Ok(())
    }
}

/// The most bytes that a text becomes in an output: U+FFFD, three bytes, may replace each that is not UTF-8.
fn output_bytes(text: &[u8]) -> usize {
    match simdutf8::basic::from_utf8(text) {
        Ok(_) => text.len(),
        Err(_) => 3 * text.len(),
    }
}

/// Returns how many subscription messages a text holds, which has to be good.
pub(crate) fn messages_in(text: &[u8]) -> usize {
    messages(text).map_or(0, |messages| messages.len())
}

/// Takes a text apart that was read before.
fn messages(text: &[u8]) -> Result<Vec<Message<'_>>, Invalid> {
    walk(text, Messages)
}

/// A subscription message, taken apart. Each part is as it was in the text.
#[derive(Default)]
struct Message<'a> {
    /// All members but the log events: key, colon and value.
    members: Vec<&'a [u8]>,
    events: Vec<&'a [u8]>,
    /// Bytes of the members that are copied to each line.
    names_bytes: usize,
    /// Whether it is a DATA_MESSAGE.
    is_data: bool,
}

struct Messages;

impl<'a> Walk<'a> for Messages {
    type Found = Result<Vec<Message<'a>>, Invalid>;

    #[inline(always)]
    fn walk<S: Simd>(self, mut cursor: Cursor<'a, S>) -> Self::Found {
        let mut messages = Vec::new();
        loop {
            cursor.white_space();
            if cursor.rest().is_empty() {
                return Ok(messages);
            }
            messages.push(message(&mut cursor)?);
        }
    }
}

#[inline(always)]
fn message<'a, S: Simd>(cursor: &mut Cursor<'a, S>) -> Result<Message<'a>, Invalid> {
    let mut message = Message::default();
    let mut goes_on = cursor.open_object()?;
    while goes_on {
        let begin = cursor.at();
        let key = cursor.key()?.text();
        if key == "logEvents" {
            let mut goes_on = cursor.open_array()?;
            while goes_on {
                message.events.push(cursor.value(2)?);
                goes_on = cursor.next_value()?;
            }
        } else {
            if key == "messageType" {
                message.is_data = cursor.string()?.text() == "DATA_MESSAGE";
            } else {
                cursor.value(1)?;
            }
            let member = cursor.since(begin);
            message.members.push(member);
            if matches!(&*key, "owner" | "logGroup" | "logStream") {
                message.names_bytes += member.len();
            }
        }
        goes_on = cursor.next_member()?;
    }
    Ok(message)
}

const LOG_EVENTS: &[u8] = br#""logEvents":["#;
const CLOSE: &[u8] = b"]}";

#[cfg(test)]
mod tests;
