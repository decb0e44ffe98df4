//! Partition keys: the `metadata` of an answer, for S3 dynamic partitioning.

use super::Origin;
use crate::json::JsonStr;
use crate::settings::PartitionKey;
use crate::timestamp::TIME;

/// What the keys of a record follow from: its first log event. Firehose takes one set of keys per record.
pub(super) struct Values<'a> {
    pub(super) origin: Origin<'a>,
    /// The class of its line, if the schema has classes.
    pub(super) class: Option<&'a str>,
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
        // As text: what no text can hold, such as a lone surrogate, has no place in a key and becomes U+FFFD.
        let text = |literal: JsonStr<'_>| literal.text().into_owned();
        let digits = |range| String::from_utf8_lossy(&self.time[range]).into_owned();
        let value = match key {
            PartitionKey::Account => text(self.origin.account),
            PartitionKey::Region if self.origin.region.literal() == b"null" => String::new(),
            PartitionKey::Region => text(self.origin.region),
            PartitionKey::Source => self.origin.source.name().to_owned(),
            PartitionKey::Class => {
                let source = self.origin.source.name();
                self.class.unwrap_or(source).to_owned()
            }
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
