//! Finds the Firehose streams that read a Kinesis stream, and says where they deliver.

use aws_sdk_firehose::types as wire;

use crate::aws::{CallError, Connection};
use crate::provision::name::Arn;
use crate::provision::verification::{BucketTarget, Firehose, Target};

/// How long Firehose gathers records by default, before and after the transformer
/// (<https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html>,
/// <https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html>).
const SECONDS_AFTER: u64 = 300;
const SECONDS_BEFORE: u64 = 60;

/// The most that one call lists (<https://docs.aws.amazon.com/firehose/latest/APIReference/API_ListDeliveryStreams.html>).
const LISTED_MAX: i32 = 10_000;

/// Every Firehose stream of the account and Region that reads the Kinesis stream, by name.
///
/// # Errors
/// Fails if the service refuses a call.
pub async fn reading(connection: &Connection, stream: &Arn) -> Result<Vec<Firehose>, CallError> {
    let client = connection.firehose();
    let mut reading = Vec::new();
    let mut last: Option<String> = None;
    loop {
        let call = connection.caller.call(
            "firehose:ListDeliveryStreams",
            "all Firehose streams",
            || {
                let list = client.list_delivery_streams().limit(LISTED_MAX);
                list.delivery_stream_type(wire::DeliveryStreamType::KinesisStreamAsSource)
                    .set_exclusive_start_delivery_stream_name(last.clone())
                    .send()
            },
        );
        let page = call.await?;
        for name in page.delivery_stream_names() {
            reading.extend(described(connection, name, stream).await?);
        }
        last = page.delivery_stream_names().last().cloned();
        if !page.has_more_delivery_streams() || last.is_none() {
            return Ok(reading);
        }
    }
}

/// The Firehose stream, if it reads this Kinesis stream.
async fn described(
    connection: &Connection,
    name: &str,
    stream: &Arn,
) -> Result<Option<Firehose>, CallError> {
    let client = connection.firehose();
    let resource = format!("Firehose stream {name}");
    let call = connection
        .caller
        .call("firehose:DescribeDeliveryStream", &resource, || {
            client
                .describe_delivery_stream()
                .delivery_stream_name(name)
                .send()
        });
    let found = match call.await {
        Ok(answer) => answer.delivery_stream_description,
        // it was deleted meanwhile
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error),
    };
    let reads = |found: &wire::DeliveryStreamDescription| {
        let source = found.source()?.kinesis_stream_source_description()?;
        source
            .kinesis_stream_arn()
            .map(|arn| arn == stream.as_str())
    };
    Ok(found
        .filter(|found| reads(found) == Some(true))
        .map(|found| firehose(&found)))
}

fn firehose(found: &wire::DeliveryStreamDescription) -> Firehose {
    let status = found.delivery_stream_status().as_str();
    let failure = found.failure_description();
    let destination = found.destinations().first();
    let bucket = destination.and_then(|one| one.extended_s3_destination_description());
    Firehose {
        name: found.delivery_stream_name().to_owned(),
        status: match failure {
            Some(failure) => format!("{status} ({})", failure.details()),
            None => status.to_owned(),
        },
        log_group: bucket
            .and_then(|bucket| bucket.cloud_watch_logging_options()?.log_group_name())
            .map(ToOwned::to_owned),
        target: match (bucket, destination) {
            (Some(bucket), _) => Target::Bucket(target(bucket)),
            (None, Some(one)) => Target::Other(kind(one)),
            (None, None) => Target::Other("nothing"),
        },
    }
}

fn target(bucket: &wire::ExtendedS3DestinationDescription) -> BucketTarget {
    let processing = bucket.processing_configuration();
    let before = match processing {
        Some(processing) if processing.enabled() == Some(true) => seconds_before(processing),
        _ => 0,
    };
    let after = bucket
        .buffering_hints()
        .and_then(|hints| hints.interval_in_seconds());
    let after = after.and_then(|seconds| u64::try_from(seconds).ok());
    let conversion = bucket.data_format_conversion_configuration();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    BucketTarget {
        bucket: bucket
            .bucket_arn()
            .rsplit(':')
            .next()
            .unwrap_or_default()
            .to_owned(),
        prefix: text(bucket.prefix()),
        error_prefix: text(bucket.error_output_prefix()),
        is_utc: bucket.custom_time_zone().is_none_or(|zone| zone == "UTC"),
        is_columnar: conversion.is_some_and(|conversion| conversion.enabled() != Some(false)),
        buffer_seconds: before + after.unwrap_or(SECONDS_AFTER),
    }
}

fn seconds_before(processing: &wire::ProcessingConfiguration) -> u64 {
    let parameters = processing
        .processors()
        .iter()
        .flat_map(|one| one.parameters());
    let mut seconds = parameters.filter(|one| {
        *one.parameter_name() == wire::ProcessorParameterName::BufferIntervalInSeconds
    });
    let seconds = seconds
        .next()
        .and_then(|one| one.parameter_value().parse().ok());
    seconds.unwrap_or(SECONDS_BEFORE)
}

fn kind(destination: &wire::DestinationDescription) -> &'static str {
    if destination
        .amazonopensearchservice_destination_description()
        .is_some()
        || destination
            .amazon_open_search_serverless_destination_description()
            .is_some()
    {
        "OpenSearch"
    } else if destination
        .http_endpoint_destination_description()
        .is_some()
    {
        "an HTTP endpoint"
    } else if destination.splunk_destination_description().is_some() {
        "Splunk"
    } else if destination.snowflake_destination_description().is_some() {
        "Snowflake"
    } else if destination.iceberg_destination_description().is_some() {
        "Iceberg tables"
    } else {
        "a destination other than S3"
    }
}
