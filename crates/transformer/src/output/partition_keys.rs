//! Partition keys: the `metadata` of an answer, for S3 dynamic partitioning.

use crate::json::JsonStr;
use crate::settings::PartitionKey;
use crate::source::Source;
use crate::timestamp::TIME;

/// What the keys of a record follow from: its first log event. Firehose takes one set of keys per record.
pub(super) struct Values<'a> {
    pub(super) account: JsonStr<'a>,
    /// A JSON string, or `null`.
    pub(super) region: &'a [u8],
    pub(super) source: Source,
    pub(super) log_group: JsonStr<'a>,
    pub(super) time: [u8; TIME],
}

impl Values<'_> {
    /// Returns the `metadata` member of an answer with its leading comma.
    pub(super) fn metadata(&self, keys: &[PartitionKey]) -> String {
        let values: serde_json::Map<_, _> = keys
            .iter()
            .map(|key| (key.name().to_owned(), self.value(*key).into()))
            .collect();
        format!(
            r#","metadata":{}"#,
            serde_json::json!({"partitionKeys": values})
        )
    }

    fn value(&self, key: PartitionKey) -> String {
        // As text: a lone surrogate, for one, has no place in a key.
        let text = |literal: JsonStr<'_>| literal.text().into_owned();
        let digits = |range| String::from_utf8_lossy(&self.time[range]).into_owned();
        let value = match key {
            PartitionKey::Account => text(self.account),
            PartitionKey::Region => match self.region {
                b"null" => String::new(),
                region => text(JsonStr::from_literal(region)),
            },
            PartitionKey::Source => self.source.name().to_owned(),
            PartitionKey::LogGroup => text(self.log_group),
            PartitionKey::Year => digits(0..4),
            PartitionKey::Month => digits(5..7),
            PartitionKey::Day => digits(8..10),
            PartitionKey::Hour => digits(11..13),
        };
        // Firehose refuses empty values.
        if value.is_empty() {
            "unknown".to_owned()
        } else {
            value
        }
    }
}
