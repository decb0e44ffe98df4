//! Writes a Kinesis data stream, one change at a time, and waits for each to take hold.

use std::time::Duration;

use aws_sdk_kinesis::error::BuildError;
use aws_sdk_kinesis::types::{
    EncryptionType, ScalingType, StreamMode as WireMode, StreamModeDetails,
};
use tokio::time::{Instant, sleep};

use super::{ApplyError, mismatch};
use crate::aws::observe::kinesis as read;
use crate::aws::{CallError, Connection};
use crate::provision::name::{Arn, StreamName};
use crate::provision::observed::StreamStatus;
use crate::provision::plan::Action;
use crate::provision::resource::{Encryption, OWNER_TAG, Resource, StreamMode, Tags};

/// A new stream is active within seconds, a resharded one within minutes
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html>).
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Between two looks at a stream: short at first, then no more often than its progress deserves.
const FIRST_LOOK: Duration = Duration::from_millis(500);
const LONGEST_LOOK: Duration = Duration::from_secs(5);

pub(super) async fn make(
    connection: &Connection,
    name: &StreamName,
    action: &Action,
) -> Result<(), ApplyError> {
    let kinesis = &connection.kinesis;
    let caller = &connection.caller;
    let thing = format!("stream {name}");
    match action {
        Action::CreateStream { mode, tags } => create(connection, name, *mode, tags).await,
        Action::AwaitStream { .. } => until_active(connection, name).await,
        Action::SetStreamMode { after, .. } => {
            let arn = Arn::stream(&caller.region, &caller.account, name);
            let details = mode_details(*after)?;
            let sent = caller
                .call("kinesis:UpdateStreamMode", &thing, || {
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
        Action::RaiseShards { after, .. } => {
            let sent = caller
                .call("kinesis:UpdateShardCount", &thing, || {
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
        Action::RaiseRetention { after_hours, .. } => {
            let sent = caller
                .call("kinesis:IncreaseStreamRetentionPeriod", &thing, || {
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
        Action::EncryptStream { after, .. } => {
            let sent = caller
                .call("kinesis:StartStreamEncryption", &thing, || {
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
        Action::TagStream { tags, .. } => {
            caller
                .call("kinesis:AddTagsToStream", &thing, || {
                    let call = kinesis.add_tags_to_stream().stream_name(name.as_str());
                    let tagged = tags
                        .after
                        .iter()
                        .fold(call, |call, (key, value)| call.tags(key, value));
                    tagged.send()
                })
                .await?;
            Ok(())
        }
        Action::DeleteStream => delete(connection, name).await,
        action => Err(mismatch(&Resource::Stream(name.clone()), action)),
    }
}

async fn create(
    connection: &Connection,
    name: &StreamName,
    mode: StreamMode,
    tags: &Tags,
) -> Result<(), ApplyError> {
    let thing = format!("stream {name}");
    let shards = match mode {
        StreamMode::Shards(shards) => Some(shards.cast_signed()),
        StreamMode::OnDemand => None,
    };
    let details = mode_details(mode)?;
    let sent = connection
        .caller
        .call("kinesis:CreateStream", &thing, || {
            let call = connection
                .kinesis
                .create_stream()
                .stream_name(name.as_str())
                .set_shard_count(shards)
                .stream_mode_details(details.clone());
            let tagged = tags
                .iter()
                .fold(call, |call, (key, value)| call.tags(key, value));
            tagged.send()
        })
        .await;
    match sent {
        Ok(_) => {}
        // it is there: by an earlier try whose answer was lost, if it bears our tag
        Err(error) if error.code() == Some("ResourceInUse") => {
            let there = read::tags(connection, name).await?;
            if there.get(OWNER_TAG) != tags.get(OWNER_TAG) {
                return Err(ApplyError::NotOurs { thing });
            }
        }
        Err(error) => return Err(error.into()),
    }
    until_active(connection, name).await
}

async fn delete(connection: &Connection, name: &StreamName) -> Result<(), ApplyError> {
    let thing = format!("stream {name}");
    let sent = connection
        .caller
        .call("kinesis:DeleteStream", &thing, || {
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

/// Waits for a change to take hold. A refusal is none where the stream already is as it should be: then an earlier try whose
/// answer was lost has done it.
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

/// Looks at a stream until its status is what is waited for; none is a stream that is gone.
async fn watch(
    connection: &Connection,
    name: &StreamName,
    is_over: impl Fn(Option<StreamStatus>) -> bool,
) -> Result<(), ApplyError> {
    let began = Instant::now();
    let mut pause = FIRST_LOOK;
    loop {
        let now = read::summary(connection, name).await?;
        if is_over(now.as_ref().and_then(read::status)) {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            let status = now.map_or_else(
                || "absent".to_owned(),
                |now| now.stream_status().as_str().to_owned(),
            );
            return Err(ApplyError::StillBusy {
                thing: format!("stream {name}"),
                status,
                minutes: PATIENCE.as_secs() / 60,
            });
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_LOOK);
    }
}

fn mode_details(mode: StreamMode) -> Result<StreamModeDetails, BuildError> {
    let mode = match mode {
        StreamMode::Shards(_) => WireMode::Provisioned,
        StreamMode::OnDemand => WireMode::OnDemand,
    };
    StreamModeDetails::builder().stream_mode(mode).build()
}
