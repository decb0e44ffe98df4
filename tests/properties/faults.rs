//! Faults, each of which alone makes a good record one that cannot be read; and changes that make no difference.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::batch::gzip;
use crate::messages::{Message, quoted};

/// A record's text and packed bytes, with exactly one fault, and what the fault is.
#[derive(Clone)]
pub(crate) struct Faulty {
    pub(crate) fault: &'static str,
    pub(crate) packed: Vec<u8>,
    /// The text inside, if the fault is in it.
    pub(crate) text: Option<String>,
}

impl std::fmt::Debug for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let data = base64_simd::STANDARD.encode_to_string(&self.packed);
        write!(
            f,
            "{}: {}",
            self.fault,
            self.text.as_deref().unwrap_or(&data)
        )
    }
}

type InMessage = fn(&mut Message, Index);
type InText = fn(&str, Index) -> String;
type InGzip = fn(&[u8], Index) -> Vec<u8>;

#[derive(Clone, Copy)]
enum Fault {
    Message(InMessage),
    Text(InText),
    Gzip(InGzip),
}

const FAULTS: &[(&str, Fault)] = &[
    ("a field that is missing", Fault::Message(missing)),
    ("a field twice", Fault::Message(twice)),
    ("a field twice, once escaped", Fault::Message(twice_escaped)),
    ("a field of another type", Fault::Message(another_type)),
    ("a timestamp that is none", Fault::Message(timestamp)),
    ("another message type", Fault::Message(message_type)),
    ("a log event that is an array", Fault::Message(array)),
    ("a log event that is empty", Fault::Message(empty_event)),
    ("cut short", Fault::Text(cut_short)),
    ("more behind it", Fault::Text(more_behind)),
    (
        "an array around it",
        Fault::Text(|text, _| format!("[{text}]")),
    ),
    ("a comma too many", Fault::Text(comma)),
    ("white space that is none", Fault::Text(white_space)),
    ("an escape that is none", Fault::Text(escape)),
    ("a control character in a string", Fault::Text(control)),
    ("gzip that is cut short", Fault::Gzip(gzip_cut_short)),
    ("gzip with another checksum or size", Fault::Gzip(footer)),
    ("garbage behind gzip", Fault::Gzip(garbage)),
    ("garbage before gzip's footer", Fault::Gzip(before_footer)),
    (
        "a second member that is damaged",
        Fault::Gzip(second_member),
    ),
    ("gzip of gzip", Fault::Gzip(|packed, _| gzip(packed))),
];

/// Good messages with one fault of any kind.
pub(crate) fn one_fault(message: impl Strategy<Value = Message>) -> impl Strategy<Value = Faulty> {
    (message, 0..FAULTS.len(), any::<Index>()).prop_map(|(mut message, kind, index)| {
        let (name, fault) = FAULTS[kind];
        let (text, packed) = match fault {
            Fault::Message(put) => {
                put(&mut message, index);
                let text = message.text();
                (Some(text.clone()), gzip(text.as_bytes()))
            }
            Fault::Text(put) => {
                let text = put(&message.text(), index);
                (Some(text.clone()), gzip(text.as_bytes()))
            }
            Fault::Gzip(put) => (None, put(&gzip(message.text().as_bytes()), index)),
        };
        Faulty {
            fault: name,
            packed,
            text,
        }
    })
}

fn missing(message: &mut Message, index: Index) {
    let (members, place) = message.field(index);
    members.remove(place);
}

fn twice(message: &mut Message, index: Index) {
    let (members, place) = message.field(index);
    let member = members[place].clone();
    members.insert(index.index(members.len() + 1), member);
}

fn twice_escaped(message: &mut Message, index: Index) {
    let (members, place) = message.field(index);
    let (key, value) = members[place].clone();
    let first = key.as_bytes()[1];
    let escaped = format!("\"\\u{first:04x}{}", &key[2..]);
    members.insert(index.index(members.len() + 1), (escaped, value));
}

fn another_type(message: &mut Message, index: Index) {
    let (members, place) = message.field(index);
    let wrong = ["null", "true", "-1.5", "{}", r#"{"a":"b"}"#, r#"["a"]"#];
    members[place].1 = wrong[index.index(wrong.len())].to_owned();
}

fn timestamp(message: &mut Message, index: Index) {
    let wrong = [
        "0696086922000",
        "00",
        "+1",
        "1.",
        "1.5",
        "1e",
        "-",
        "-1",
        r#""""#,
        r#""yesterday""#,
        r#""2023-02-30T00:00:00Z""#,
        "253402300800000",
        "9223372036854775808",
        "99999999999999999999999",
    ];
    let event = index.index(message.events.len());
    message.events[event][1].1 = wrong[index.index(wrong.len())].to_owned();
}

fn message_type(message: &mut Message, index: Index) {
    let wrong = [
        "EXTRA_MESSAGE",
        "data_message",
        "",
        "DATA_MESSAGE ",
        "DATA_MESSAG",
    ];
    message.envelope[0].1 = quoted(wrong[index.index(wrong.len())]);
}

/// Its values without their keys, which stand in the order in which a derived reader would take them.
fn array(message: &mut Message, index: Index) {
    let values: Vec<_> = message
        .events
        .iter()
        .map(|event| {
            let values: Vec<_> = event.iter().map(|(_, value)| value.as_str()).collect();
            format!("[{}]", values.join(","))
        })
        .collect();
    let event = index.index(values.len());
    message.envelope[5].1 = format!("[{}]", values[event]);
}

fn empty_event(message: &mut Message, index: Index) {
    message
        .events
        .insert(index.index(message.events.len() + 1), Vec::new());
}

fn cut_short(text: &str, index: Index) -> String {
    let mut at = 1 + index.index(text.len() - 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    text[..at.max(1)].to_owned()
}

fn more_behind(text: &str, index: Index) -> String {
    let more = [
        "x", "}", ",", "{}", "null", "[]", "\"", "\u{c}", "\u{b}", "\0", "{",
    ];
    format!("{text}{}", more[index.index(more.len())])
}

fn comma(text: &str, index: Index) -> String {
    let places: Vec<_> = text.match_indices(['{', ',']).map(|(at, _)| at).collect();
    // The first brace and the comma behind the message type are outside of any string.
    let at = places[index.index(2)] + 1;
    format!("{},{}", &text[..at], &text[at..])
}

fn white_space(text: &str, index: Index) -> String {
    let wrong = [
        "\u{b}", "\u{c}", "\u{a0}", "\u{85}", "\u{feff}", "\u{2028}", "\0",
    ];
    let wrong = wrong[index.index(wrong.len())];
    match index.index(3) {
        0 => format!("{wrong}{text}"),
        1 => format!("{text}{wrong}"),
        _ => text.replacen(':', &format!(":{wrong}"), 1),
    }
}

/// In the log group's name, behind so much text that it stands anywhere in a block of 64 bytes and across two.
fn in_a_string(text: &str, bad: &str, index: Index) -> String {
    let group = "\"logGroup\":\"";
    let at = text.find(group).expect("every message has a log group") + group.len();
    let before = "p".repeat(index.index(140));
    format!("{}{before}{bad}{}", &text[..at], &text[at..])
}

fn escape(text: &str, index: Index) -> String {
    let wrong = [
        r"\x41", r"\u12G4", r"\u004", r"\'", r"\a", r"\0", r"\U0041", "\\\n", r"\é", r"\v",
    ];
    // An escape that is cut off by a character that is no digit, whatever follows.
    let wrong = format!("{}!", wrong[index.index(wrong.len())]);
    in_a_string(text, &wrong, index)
}

fn control(text: &str, index: Index) -> String {
    let control = char::from(index.index(0x20) as u8);
    in_a_string(text, &control.to_string(), index)
}

fn gzip_cut_short(packed: &[u8], index: Index) -> Vec<u8> {
    packed[..3 + index.index(packed.len() - 3)].to_vec()
}

fn footer(packed: &[u8], index: Index) -> Vec<u8> {
    let mut packed = packed.to_vec();
    let at = packed.len() - 1 - index.index(8);
    packed[at] ^= 1 << index.index(8);
    packed
}

fn garbage(packed: &[u8], index: Index) -> Vec<u8> {
    let size = packed[packed.len() - 4..].to_vec();
    let wrong = [
        size.clone(),
        [b"abcd".to_vec(), size].concat(),
        vec![0],
        vec![0; 512],
        packed[..1].to_vec(),
        packed[..packed.len() / 2].to_vec(),
        b"\n".to_vec(),
        b"{}".to_vec(),
    ];
    [packed, &wrong[index.index(wrong.len())]].concat()
}

fn before_footer(packed: &[u8], index: Index) -> Vec<u8> {
    let (stream, footer) = packed.split_at(packed.len() - 8);
    let wrong = [&[0; 9][..1 + index.index(9)], footer, b"x"];
    [stream, wrong[index.index(wrong.len())], footer].concat()
}

fn second_member(packed: &[u8], index: Index) -> Vec<u8> {
    [packed.to_vec(), footer(packed, index)].concat()
}

/// The message said otherwise: everything that JSON leaves open, and fields that AWS may add.
pub(crate) fn said_otherwise(message: &Message) -> impl Strategy<Value = String> + use<> {
    let message = message.clone();
    let value = select(vec![
        "null",
        "[[],{}]",
        r#"{"a":[1.50,-0,1e400]}"#,
        r#""\ud800\"""#,
        "[[[[[[[[[[]]]]]]]]]]",
        "true",
    ]);
    let space = select(vec!["", " ", "\t", "\r\n", "          "]);
    (
        space,
        prop::option::of(value),
        any::<Index>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(move |(space, unknown, index, shuffled, escaped)| {
            let mut message = message.clone();
            if escaped {
                let (members, place) = message.field(index);
                let key = &members[place].0;
                members[place].0 = format!("\"\\u{:04X}{}", key.as_bytes()[1], &key[2..]);
            }
            let all = std::iter::once(&mut message.envelope).chain(&mut message.events);
            for members in all {
                if let Some(value) = unknown {
                    let at = index.index(members.len() + 1);
                    members.insert(at, (quoted("later"), value.to_owned()));
                }
                if shuffled {
                    let middle = index.index(members.len());
                    members.rotate_left(middle);
                }
            }
            let text = message.spaced(space);
            format!("{space}{text}{space}")
        })
}
