//! Writes a Kinesis data stream, one change at a time, and waits until each has taken effect.

use std::time::Duration;

use aws_sdk_kinesis::error::BuildError;
use aws_sdk_kinesis::types::{
    EncryptionType, ScalingType, StreamMode as WireMode, StreamModeDetails,
};
use tokio::time::Instant;

use super::{ApplyError, with_tags};
use crate::aws::observe::stream as read;
use crate::aws::{CallError, Connection};
use crate::provision::name::{Arn, StreamName};
use crate::provision::observed::StreamStatus;
use crate::provision::plan::StreamAction;
use crate::provision::resource::{Encryption, OWNER_TAG, StreamMode, Tags};

/// A new stream is ACTIVE within seconds, a resharded one within minutes
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html>).
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// A stream that was just created may not be seen at once.
const ABSENCE_MAX: Duration = Duration::from_secs(30);

/// The pause between two looks at a stream doubles from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub(super) async fn make(
    connection: &Connection,
    name: &StreamName,
    action: &StreamAction,
) -> Result<(), ApplyError> {
    let kinesis = &connection.kinesis;
    let caller = &connection.caller;
    let resource = format!("stream {name}");
    match action {
        StreamAction::Create { mode, tags } => create(connection, name, *mode, tags).await,
        StreamAction::Await { before: _ } => until_active(connection, name).await,
        StreamAction::SetMode { before: _, after } => {
            let arn = Arn::stream(&caller.region, &caller.account, name);
            let details = mode_details(*after)?;
            let sent = caller
                .call("kinesis:UpdateStreamMode", &resource, || {
                    kinesis
                        .update_stream_mode()
                        .stream_arn(arn.as_str())
                        .stream_mode_details(details.clone())
                        .send()
                })
                .await;
            settle(connection, name, sent.map(drop), |now| {
                read::is_on_demand(now) == (*after == StreamMode::OnDemand)
            })
            .await
        }
        StreamAction::RaiseShards { before: _, after } => {
            let sent = caller
                .call("kinesis:UpdateShardCount", &resource, || {
                    kinesis
                        .update_shard_count()
                        .stream_name(name.as_str())
                        .target_shard_count(after.cast_signed())
                        .scaling_type(ScalingType::UniformScaling)
                        .send()
                })
                .await;
            settle(connection, name, sent.map(drop), |now| {
                read::open_shards(now) == *after
            })
            .await
        }
        StreamAction::RaiseRetention {
            before_hours: _,
            after_hours,
        } => {
            let sent = caller
                .call("kinesis:IncreaseStreamRetentionPeriod", &resource, || {
                    kinesis
                        .increase_stream_retention_period()
                        .stream_name(name.as_str())
                        .retention_period_hours(after_hours.cast_signed())
                        .send()
                })
                .await;
            settle(connection, name, sent.map(drop), |now| {
                now.retention_period_hours() == after_hours.cast_signed()
            })
            .await
        }
        StreamAction::Encrypt { before: _, after } => {
            let sent = caller
                .call("kinesis:StartStreamEncryption", &resource, || {
                    kinesis
                        .start_stream_encryption()
                        .stream_name(name.as_str())
                        .encryption_type(EncryptionType::Kms)
                        .set_key_id(after.key_id().map(str::to_owned))
                        .send()
                })
                .await;
            settle(connection, name, sent.map(drop), |now| {
                read::encryption(now).as_ref() == Ok::<&Encryption, _>(after)
            })
            .await
        }
        StreamAction::Tag { arn: _, tags } => {
            caller
                .call("kinesis:AddTagsToStream", &resource, || {
                    let call = kinesis.add_tags_to_stream().stream_name(name.as_str());
                    with_tags(call, &tags.after, |call, key, value| call.tags(key, value)).send()
                })
                .await?;
            Ok(())
        }
        StreamAction::Delete => delete(connection, name).await,
    }
}

async fn create(
    connection: &Connection,
    name: &StreamName,
    mode: StreamMode,
    tags: &Tags,
) -> Result<(), ApplyError> {
    let resource = format!("stream {name}");
    let shards = match mode {
        StreamMode::Shards(shards) => Some(shards.cast_signed()),
        StreamMode::OnDemand => None,
    };
    let details = mode_details(mode)?;
    let sent = connection
        .caller
        .call("kinesis:CreateStream", &resource, || {
            let call = connection
                .kinesis
                .create_stream()
                .stream_name(name.as_str())
                .set_shard_count(shards)
                .stream_mode_details(details.clone());
            with_tags(call, tags, |call, key, value| call.tags(key, value)).send()
        })
        .await;
    match sent {
        Ok(_) => {}
        // if it has our tag, an earlier try whose answer was lost created it
        Err(error) if error.code() == Some("ResourceInUse") => {
            let there = read::tags(connection, name).await?;
            if there.get(OWNER_TAG) != tags.get(OWNER_TAG) {
                return Err(ApplyError::NotOurs { resource });
            }
        }
        Err(error) => return Err(error.into()),
    }
    until_active(connection, name).await
}

async fn delete(connection: &Connection, name: &StreamName) -> Result<(), ApplyError> {
    let resource = format!("stream {name}");
    let sent = connection
        .caller
        .call("kinesis:DeleteStream", &resource, || {
            connection
                .kinesis
                .delete_stream()
                .stream_name(name.as_str())
                .enforce_consumer_deletion(true)
                .send()
        })
        .await;
    match sent {
        Ok(_) => watch(connection, name, |status| status.is_none()).await,
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Waits until a change has taken effect. A refusal is a success if the stream is as it should be: then an earlier try whose
/// answer was lost has made the change.
async fn settle(
    connection: &Connection,
    name: &StreamName,
    sent: Result<(), CallError>,
    is_so: impl Fn(&aws_sdk_kinesis::types::StreamDescriptionSummary) -> bool,
) -> Result<(), ApplyError> {
    match sent {
        Ok(()) => until_active(connection, name).await,
        Err(error)
            if matches!(
                error.code(),
                Some("ResourceInUse" | "InvalidArgument" | "Validation")
            ) =>
        {
            until_active(connection, name).await?;
            match read::summary(connection, name).await? {
                Some(now) if is_so(&now) => Ok(()),
                _ => Err(error.into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

async fn until_active(connection: &Connection, name: &StreamName) -> Result<(), ApplyError> {
    watch(connection, name, |status| {
        status == Some(StreamStatus::Active)
    })
    .await
}

/// Looks at a stream until `is_over` holds for its status, which is `None` once the stream is gone.
async fn watch(
    connection: &Connection,
    name: &StreamName,
    is_over: impl Fn(Option<StreamStatus>) -> bool,
) -> Result<(), ApplyError> {
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let now = read::summary(connection, name).await?;
        if is_over(now.as_ref().and_then(read::status)) {
            return Ok(());
        }
        let resource = format!("stream {name}");
        let Some(now) = now else {
            if began.elapsed() > ABSENCE_MAX {
                return Err(ApplyError::Vanished { resource });
            }
            if !connection.caller.pause(pause).await {
                let status = "absent".to_owned();
                return Err(ApplyError::Interrupted { resource, status });
            }
            continue;
        };
        let status = now.stream_status().as_str().to_owned();
        if began.elapsed() > PATIENCE {
            return Err(ApplyError::StillBusy {
                resource,
                status,
                minutes: PATIENCE.as_secs() / 60,
            });
        }
        if !connection.caller.pause(pause).await {
            return Err(ApplyError::Interrupted { resource, status });
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn mode_details(mode: StreamMode) -> Result<StreamModeDetails, BuildError> {
    let mode = match mode {
        StreamMode::Shards(_) => WireMode::Provisioned,
        StreamMode::OnDemand => WireMode::OnDemand,
    };
    StreamModeDetails::builder().stream_mode(mode).build()
}
