//! Valid subscription messages of every kind, as members that a fault can be put into.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

/// A key and a value, both as JSON text.
pub(crate) type Member = (String, String);

/// One subscription message. Its log events stand apart from its other members.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) envelope: Vec<Member>,
    pub(crate) events: Vec<Vec<Member>>,
}

impl Message {
    /// The message as CloudWatch Logs writes it.
    pub(crate) fn text(&self) -> String {
        self.spaced("")
    }

    /// The message with `space` wherever white space may stand.
    pub(crate) fn spaced(&self, space: &str) -> String {
        let events: Vec<_> = self
            .events
            .iter()
            .map(|event| object(event, space))
            .collect();
        let events = format!(
            "[{space}{}{space}]",
            events.join(&format!("{space},{space}"))
        );
        let mut members = self.envelope.clone();
        for (_, value) in &mut members {
            if value.is_empty() {
                value.clone_from(&events);
            }
        }
        object(&members, space)
    }

    /// The members that a known field of the message stands among, and its place there.
    pub(crate) fn field(&mut self, index: prop::sample::Index) -> (&mut Vec<Member>, usize) {
        const ENVELOPE: [&str; 5] = ["messageType", "owner", "logGroup", "logStream", "logEvents"];
        const EVENT: [&str; 3] = ["id", "timestamp", "message"];
        let chosen = index.index(ENVELOPE.len() + EVENT.len());
        let (members, key) = if let Some(key) = ENVELOPE.get(chosen) {
            (&mut self.envelope, key)
        } else {
            let event = index.index(self.events.len());
            (&mut self.events[event], &EVENT[chosen - ENVELOPE.len()])
        };
        let place = members
            .iter()
            .position(|(name, _)| *name == quoted(key))
            .expect("every known field is there");
        (members, place)
    }
}

fn object(members: &[Member], space: &str) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(key, value)| format!("{key}{space}:{space}{value}"))
        .collect();
    format!(
        "{{{space}{}{space}}}",
        members.join(&format!("{space},{space}"))
    )
}

pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Messages that differ in all that could be mixed up.
pub(crate) fn any_message() -> impl Strategy<Value = Message> {
    let account = || "[0-9]{12}".prop_map(|text| quoted(&text));
    let name = || prop_oneof!["[a-zA-Z/_-]{0,20}", any::<String>()].prop_map(|text| quoted(&text));
    let region = select(vec![r#""us-west-2""#, r#""eu-central-1""#]).prop_map(str::to_owned);
    let system_fields = prop::option::of((account(), region));
    (
        account(),
        name(),
        name(),
        prop::collection::vec(any_event(), 1..4),
        system_fields,
    )
        .prop_map(|(owner, group, stream, mut events, system_fields)| {
            if let Some((account, region)) = system_fields {
                let fields = format!(r#"{{"@aws.account":{account},"@aws.region":{region}}}"#);
                for event in &mut events {
                    event.push((quoted("extractedFields"), fields.clone()));
                }
            }
            let member = |key: &str, value: String| (quoted(key), value);
            Message {
                envelope: vec![
                    member("messageType", quoted("DATA_MESSAGE")),
                    member("owner", owner),
                    member("logGroup", group),
                    member("logStream", stream),
                    member("subscriptionFilters", r#"["catchment"]"#.to_owned()),
                    member("logEvents", String::new()),
                ],
                events,
            }
        })
}

fn any_event() -> impl Strategy<Value = Vec<Member>> {
    let message = prop_oneof![
        4 => "[a-z0-9 \"\\\\\n]{0,150}".prop_map(|text| quoted(&text)),
        2 => any::<String>().prop_map(|text| quoted(&text)),
        1 => prop::collection::vec(
            select(vec![r"\ud800", r"\udbff", r"\udc00", r"\udfff", r"\ud83d\ude00", r"\u0041", r"\/", "a", "é"]),
            0..40,
        )
        .prop_map(|units| format!("\"{}\"", units.concat())),
    ];
    ("[0-9]{1,56}", 0..253_402_200_000_000_i64, message).prop_map(|(id, timestamp, message)| {
        vec![
            (quoted("id"), quoted(&id)),
            (quoted("timestamp"), timestamp.to_string()),
            (quoted("message"), message),
        ]
    })
}
