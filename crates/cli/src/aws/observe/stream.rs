//! Reads a Kinesis data stream: its capacity, its status, its tags.

use aws_sdk_kinesis::types::{self as wire, StreamDescriptionSummary};

use crate::aws::{CallError, Connection, unknown};
use crate::provision::name::{Arn, StreamName};
use crate::provision::observed::{State, Stream, StreamStatus};
use crate::provision::resource::{AWS_MANAGED_KEY, Encryption, Tags};

pub(super) async fn stream(connection: &Connection, name: &StreamName) -> State<Stream> {
    let summary = match summary(connection, name).await {
        Ok(Some(summary)) => summary,
        Ok(None) => return State::Absent,
        Err(error) => return unknown(&error),
    };
    let Some(status) = status(&summary) else {
        return State::Unknown(format!(
            "stream {name} has status {}, which catchment does not know",
            summary.stream_status()
        ));
    };
    let tags = match tags(connection, name).await {
        Ok(tags) => State::Present(tags),
        Err(error) => unknown(&error),
    };
    match encryption(&summary) {
        Ok(encryption) => State::Present(Stream {
            status,
            is_on_demand: is_on_demand(&summary),
            open_shards: open_shards(&summary),
            retention_hours: summary.retention_period_hours().unsigned_abs(),
            encryption,
            tags,
        }),
        Err(why) => State::Unknown(why),
    }
}

/// What DescribeStreamSummary says; `None` if there is no such stream.
pub(in crate::aws) async fn summary(
    connection: &Connection,
    name: &StreamName,
) -> Result<Option<StreamDescriptionSummary>, CallError> {
    let answer = connection
        .caller
        .call(
            "kinesis:DescribeStreamSummary",
            &format!("stream {name}"),
            || {
                connection
                    .kinesis
                    .describe_stream_summary()
                    .stream_name(name.as_str())
                    .send()
            },
        )
        .await;
    match answer {
        Ok(answer) => Ok(answer.stream_description_summary),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

pub(in crate::aws) async fn tags(
    connection: &Connection,
    name: &StreamName,
) -> Result<Tags, CallError> {
    let mut tags = Tags::new();
    loop {
        let last = tags.keys().next_back().cloned();
        let page = connection
            .caller
            .call(
                "kinesis:ListTagsForStream",
                &format!("stream {name}"),
                || {
                    connection
                        .kinesis
                        .list_tags_for_stream()
                        .stream_name(name.as_str())
                        .set_exclusive_start_tag_key(last.clone())
                        .send()
                },
            )
            .await?;
        let before = tags.len();
        tags.extend(
            page.tags
                .into_iter()
                .map(|tag| (tag.key, tag.value.unwrap_or_default())),
        );
        if !page.has_more_tags || tags.len() == before {
            return Ok(tags);
        }
    }
}

pub(in crate::aws) fn status(summary: &StreamDescriptionSummary) -> Option<StreamStatus> {
    match summary.stream_status() {
        wire::StreamStatus::Creating => Some(StreamStatus::Creating),
        wire::StreamStatus::Active => Some(StreamStatus::Active),
        wire::StreamStatus::Updating => Some(StreamStatus::Updating),
        wire::StreamStatus::Deleting => Some(StreamStatus::Deleting),
        _ => None,
    }
}

pub(in crate::aws) fn is_on_demand(summary: &StreamDescriptionSummary) -> bool {
    let mode = summary
        .stream_mode_details()
        .map(wire::StreamModeDetails::stream_mode);
    mode == Some(&wire::StreamMode::OnDemand)
}

pub(in crate::aws) fn open_shards(summary: &StreamDescriptionSummary) -> u32 {
    summary.open_shard_count().unsigned_abs()
}

/// Reads the key, which comes back as it was set: an alias, an ARN or a bare key id.
pub(in crate::aws) fn encryption(summary: &StreamDescriptionSummary) -> Result<Encryption, String> {
    let key = match (summary.encryption_type(), summary.key_id()) {
        (Some(wire::EncryptionType::Kms), Some(key)) => key,
        (Some(wire::EncryptionType::Kms), None) => {
            return Err("the stream is encrypted with a key that AWS does not name".into());
        }
        _ => return Ok(Encryption::None),
    };
    if key == AWS_MANAGED_KEY || key.ends_with(&format!(":{AWS_MANAGED_KEY}")) {
        return Ok(Encryption::AwsManaged);
    }
    let arn = if key.starts_with("arn:") {
        key.to_owned()
    } else {
        let kind = if key.starts_with("alias/") {
            ""
        } else {
            "key/"
        };
        let home = summary
            .stream_arn()
            .split(':')
            .skip(3)
            .take(2)
            .collect::<Vec<_>>()
            .join(":");
        let partition = summary.stream_arn().split(':').nth(1).unwrap_or("aws");
        format!("arn:{partition}:kms:{home}:{kind}{key}")
    };
    arn.parse::<Arn>()
        .map(Encryption::Customer)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(key: Option<&str>) -> StreamDescriptionSummary {
        StreamDescriptionSummary::builder()
            .stream_name("s")
            .stream_arn("arn:aws-cn:kinesis:cn-north-1:999988887777:stream/s")
            .stream_status(wire::StreamStatus::Active)
            .retention_period_hours(24)
            .stream_creation_timestamp(aws_sdk_kinesis::primitives::DateTime::from_secs(0))
            .set_enhanced_monitoring(Some(Vec::new()))
            .open_shard_count(4)
            .set_encryption_type(key.map(|_| wire::EncryptionType::Kms))
            .set_key_id(key.map(str::to_owned))
            .build()
            .unwrap()
    }

    #[test]
    fn a_key_is_recognised_however_aws_writes_it() {
        let customer = |arn: &str| Ok(Encryption::Customer(arn.parse().unwrap()));
        let rows = [
            (None, Ok(Encryption::None)),
            (Some("alias/aws/kinesis"), Ok(Encryption::AwsManaged)),
            (
                Some("arn:aws-cn:kms:cn-north-1:999988887777:alias/aws/kinesis"),
                Ok(Encryption::AwsManaged),
            ),
            (
                Some("arn:aws-cn:kms:cn-north-1:111122223333:key/k"),
                customer("arn:aws-cn:kms:cn-north-1:111122223333:key/k"),
            ),
            (
                Some("1234"),
                customer("arn:aws-cn:kms:cn-north-1:999988887777:key/1234"),
            ),
            (
                Some("alias/ours"),
                customer("arn:aws-cn:kms:cn-north-1:999988887777:alias/ours"),
            ),
        ];
        for (key, wanted) in rows {
            assert_eq!(encryption(&summary(key)), wanted, "{key:?}");
        }
    }
}
