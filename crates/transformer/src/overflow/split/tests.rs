//! What the pieces of a record hold, and which records are not split.

use std::io::Read;

use proptest::prelude::*;

use super::*;
use crate::limits::BATCH_BYTES_DEFAULT;
use crate::overflow::unmark;

const MARK: Mark<'_> = Mark {
    hops: 1,
    stream: b"\"arn\"",
};

/// What lines have with the schema `none`, in a Region of nine letters.
const LINE: LineBytes = LineBytes {
    times: 1,
    beside: 11,
    more: 0,
};

fn split(text: &[u8]) -> Result<Vec<Piece>, SplitError> {
    split_for(text, LINE)
}

fn split_for(text: &[u8], line: LineBytes) -> Result<Vec<Piece>, SplitError> {
    let mut splitter = Splitter::new(BATCH_BYTES_DEFAULT);
    splitter.split(7, text, MARK, line)?;
    Ok(splitter.into_pieces())
}

fn opened(piece: &Piece) -> Vec<u8> {
    let mut text = Vec::new();
    let data = piece.data();
    let mut gzip = flate2::read::GzDecoder::new(data.as_slice());
    gzip.read_to_end(&mut text).unwrap();
    text
}

/// A message with this text in its only event.
fn message(text: &[u8]) -> Vec<u8> {
    let head = br#"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[{"id":"1","timestamp":1,"message":""#;
    [head.as_slice(), text, br#""}]}"#].concat()
}

#[test]
fn a_piece_keeps_every_byte_of_the_events_and_of_the_other_members() {
    let text = b"{ \"policyLevel\":\"ACCOUNT\",\"messageType\":\"DATA_MESSAGE\" ,\"owner\" : \"1\",\"logGroup\":\"g\\u0067\",\
        \"subscriptionFilters\":[\"f\", {\"x\":1}],\"log\\u0045vents\":[ {\"id\":\"1\",\"timestamp\":1,\"message\":\"\xff \\ud800\",\
        \"extractedFields\":{\"@aws.account\":\"2\",\"a\": null},\"later\":[1,  2]} , { \"message\":\"b\",\"id\":\"2\",\"timestamp\":2}],\
        \"logStream\":\"s\",\"after\":1.50}\n{\"messageType\":\"CONTROL_MESSAGE\",\"owner\":\"CloudwatchLogs\",\"logEvents\":[{}]}\
        {\"messageType\":\"DATA_MESSAGE\",\"owner\":\"1\",\"logGroup\":\"none\",\"logStream\":\"s\",\"logEvents\":[]}\
        {\"messageType\":\"DATA_MESSAGE\",\"owner\":\"3\",\"logGroup\":\"h\",\"logStream\":\"t\",\"logEvents\":[{\"id\":\"3\"}]}";
    let pieces = split(text).unwrap();
    let texts: Vec<_> = pieces
        .iter()
        .map(|piece| unmark(&opened(piece)).unwrap().1)
        .collect();
    assert!(pieces.iter().all(|piece| piece.record == 7));
    let expected: [&[u8]; 2] = [
        b"{\"policyLevel\":\"ACCOUNT\",\"messageType\":\"DATA_MESSAGE\",\"owner\" : \"1\",\"logGroup\":\"g\\u0067\",\
        \"subscriptionFilters\":[\"f\", {\"x\":1}],\"logStream\":\"s\",\"after\":1.50,\"logEvents\":[\
        {\"id\":\"1\",\"timestamp\":1,\"message\":\"\xff \\ud800\",\"extractedFields\":{\"@aws.account\":\"2\",\"a\": null},\"later\":[1,  2]},\
        { \"message\":\"b\",\"id\":\"2\",\"timestamp\":2}]}",
        b"{\"messageType\":\"DATA_MESSAGE\",\"owner\":\"3\",\"logGroup\":\"h\",\"logStream\":\"t\",\"logEvents\":[{\"id\":\"3\"}]}",
    ];
    assert_eq!(texts, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn pieces_hold_all_events_in_order_and_none_delivers_too_much(
        sizes in prop::collection::vec(prop_oneof![0..50_usize, 100_000..400_000_usize], 1..30),
    ) {
        let events: Vec<String> = sizes
            .iter()
            .enumerate()
            .map(|(id, size)| format!(r#"{{"id":"{id}","timestamp":1,"message":"{}"}}"#, "x".repeat(*size)))
            .collect();
        let head = r#""messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":["#;
        let pieces = split(format!("{{{head}{}]}}", events.join(",")).as_bytes()).unwrap();
        let mut texts = Vec::new();
        for piece in &pieces {
            let text = opened(piece);
            prop_assert!(text.len() <= PIECE_OUTPUT_BYTES);
            prop_assert!(piece.bytes() <= crate::limits::PIECE_RECORD_BYTES_MAX);
            let (mark, text) = unmark(&text).unwrap();
            prop_assert_eq!(mark.hops, 1);
            let text = String::from_utf8(text).unwrap();
            let inside = text.strip_prefix(&format!("{{{head}")).and_then(|text| text.strip_suffix("]}"));
            texts.push(inside.unwrap().to_owned());
        }
        prop_assert_eq!(texts.join(","), events.join(","));
        // No more pieces than it takes: two neighbours would not fit into one.
        let output = sizes.iter().map(|size| size + 500).sum::<usize>();
        prop_assert!(pieces.len() <= 2 * output / PIECE_OUTPUT_BYTES + 1);
    }
}

#[test]
fn an_event_that_is_too_large_by_itself_is_not_put_back() {
    for (size, fits) in [(3_900_000, true), (4_000_000, false)] {
        let outcome = split(&message(&vec![b'x'; size]));
        assert_eq!(outcome.is_ok(), fits, "{size} bytes");
    }
    // What cannot be compressed must fit into a record, too; U+FFFD takes three bytes.
    let mut random = 1_u64;
    let mut noise = |size| -> Vec<u8> {
        let byte = |_| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            0x80 | (random >> 57) as u8
        };
        (0..size).map(byte).collect()
    };
    for (size, fits) in [(900_000, true), (1_300_000, false)] {
        assert_eq!(split(&message(&noise(size))).is_ok(), fits, "{size} bytes");
    }
}

#[test]
fn a_record_of_which_one_part_cannot_be_put_back_has_no_pieces() {
    let mut splitter = Splitter::new(BATCH_BYTES_DEFAULT);
    splitter.split(0, &message(b"a"), MARK, LINE).unwrap();
    let held_bytes = splitter.held_bytes;
    let text = [message(b"b"), message(&vec![b'x'; 5_000_000])].concat();
    assert_eq!(
        splitter.split(1, &text, MARK, LINE),
        Err(SplitError::EventTooLarge)
    );
    assert_eq!(
        (splitter.pieces.len(), splitter.held_bytes),
        (1, held_bytes)
    );
}

#[test]
fn nothing_is_put_back_a_fourth_time_and_no_batch_has_more_pieces_than_memory() {
    let mut splitter = Splitter::new(BATCH_BYTES_DEFAULT);
    let third = Mark { hops: 3, ..MARK };
    splitter.split(0, &message(b"a"), third, LINE).unwrap();
    let fourth = Mark { hops: 4, ..MARK };
    assert_eq!(
        splitter.split(1, &message(b"a"), fourth, LINE),
        Err(SplitError::Hops)
    );
    let text = message(b"a").repeat(PIECES_MAX);
    assert_eq!(
        splitter.split(2, &text, MARK, LINE),
        Err(SplitError::TooMany)
    );
    assert_eq!(splitter.into_pieces().len(), 1);
}

/// A message of these log events.
fn message_of(events: &[Vec<u8>]) -> Vec<u8> {
    [b"{", MEMBERS, &events.join(b",".as_slice()), b"]}"].concat()
}

const MEMBERS: &[u8] =
    br#""messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":["#;

#[test]
fn a_piece_delivers_as_much_as_it_may_and_not_a_byte_more() {
    let names = [r#""owner":"1""#, r#""logGroup":"g""#, r#""logStream":"s""#];
    let names_bytes = names.map(str::len).iter().sum::<usize>();
    let mut head = Vec::new();
    MARK.open(&mut head);
    let head = head.len() + MEMBERS.len() + LINE_FRAME_BYTES;
    let event = |bytes: usize, byte: u8| {
        let frame = br#"{"message":""}"#.len();
        [
            br#"{"message":""#.as_slice(),
            &vec![byte; bytes - frame],
            b"\"}",
        ]
        .concat()
    };
    for times in [1, 3] {
        let line = LineBytes {
            times,
            beside: 11,
            more: 500,
        };
        let split = |events: &[Vec<u8>]| split_for(&message_of(events), line);
        // What a line has besides its event.
        let frame = times * (names_bytes + 11) + 500 + LINE_FRAME_BYTES;
        // One event: as large as a piece may be at all.
        let most = (PIECE_OUTPUT_ALONE_BYTES_MAX - head - frame) / times;
        for (bytes, fits) in [(most, true), (most + 1, false)] {
            assert_eq!(split(&[event(bytes, b'x')]).is_ok(), fits, "{bytes}");
        }
        // The same of bytes that are not UTF-8, each of which becomes three.
        for (bytes, fits) in [(most / 3, true), (most / 3 + 1, false)] {
            assert_eq!(split(&[event(bytes, 0xff)]).is_ok(), fits, "{bytes}");
        }
        // Two events: as large as a piece of several may be.
        let most = (PIECE_OUTPUT_BYTES - head - 2 * frame) / times;
        for (bytes, pieces) in [(most, 1), (most + 1, 2)] {
            let events = [event(1000, b'x'), event(bytes - 1000, b'y')];
            assert_eq!(split(&events).unwrap().len(), pieces, "{bytes}");
        }
    }
}

#[test]
fn pieces_take_as_much_memory_as_they_may_and_not_a_byte_more() {
    let piece_bytes = split(&message(b"a")).unwrap()[0].held_bytes();
    for (free, outcome) in [
        (piece_bytes, Ok(())),
        (piece_bytes - 1, Err(SplitError::TooMany)),
    ] {
        let mut splitter = Splitter::new(BATCH_BYTES_DEFAULT);
        splitter.held_bytes = PIECES_BYTES_MAX - free;
        assert_eq!(splitter.split(7, &message(b"a"), MARK, LINE), outcome);
    }
}
