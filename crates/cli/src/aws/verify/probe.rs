//! A test event in a log group, in a log stream of its own: put, and deleted with it.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::InputLogEvent;

use super::Probe;
use crate::aws::clock::now_ms;
use crate::aws::{CallError, Connection, chain};
use crate::provision::name::LogGroupName;
use crate::provision::verification::{LOG_STREAM, Sending};

/// What became of a put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    pub sending: Sending,
    /// Whether an earlier run had left its log stream.
    pub was_left: bool,
}

impl Put {
    pub(super) fn refused(why: String) -> Self {
        Self {
            sending: Sending::Refused {
                why,
                hint: HINT.to_owned(),
            },
            was_left: false,
        }
    }
}

const HINT: &str = "`catchment policies` prints what verify needs in a member account";

/// What became of a log stream that was to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    Done,
    /// There was none.
    Absent,
    Failed(String),
}

/// Puts the test event, unless the filter's pattern would not let it pass.
pub(super) async fn put(connection: &Connection, probe: &Probe<'_>) -> Put {
    // after Ctrl-C, nothing new begins
    if !connection.caller.pause(Duration::ZERO).await {
        return Put {
            sending: Sending::NotTried,
            was_left: false,
        };
    }
    let pattern = probe.pattern.as_str();
    if !pattern.is_empty() {
        match is_matched(connection, pattern, &probe.message).await {
            Ok(true) => {}
            Ok(false) => {
                let pattern = pattern.to_owned();
                return Put {
                    sending: Sending::Unmatched { pattern },
                    was_left: false,
                };
            }
            Err(error) => return refused(&error, false),
        }
    }
    let group = probe.path.log_group;
    let mut was_left = false;
    // another run may delete the log stream between the two calls, once
    for is_last in [false, true] {
        match create(connection, group).await {
            Ok(is_new) => was_left |= !is_new,
            Err(error) => return refused(&error, was_left),
        }
        match write(connection, group, &probe.message).await {
            Ok(()) => break,
            Err(error) if error.is_not_found() && !is_last => {}
            Err(error) => return refused(&error, was_left),
        }
    }
    Put {
        sending: Sending::Done,
        was_left,
    }
}

fn refused(error: &CallError, was_left: bool) -> Put {
    let hint = error.explanation().hint;
    let why = chain(error);
    Put {
        sending: Sending::Refused { why, hint },
        was_left,
    }
}

async fn is_matched(
    connection: &Connection,
    pattern: &str,
    message: &str,
) -> Result<bool, CallError> {
    let resource = format!("the filter pattern {pattern:?}");
    let call = connection
        .caller
        .call("logs:TestMetricFilter", &resource, || {
            let test = connection.logs.test_metric_filter();
            test.filter_pattern(pattern)
                .log_event_messages(message)
                .send()
        });
    Ok(!call.await?.matches().is_empty())
}

/// Creates the log stream. False if there is one.
async fn create(connection: &Connection, group: &LogGroupName) -> Result<bool, CallError> {
    let resource = resource(group);
    let call = connection
        .caller
        .call("logs:CreateLogStream", &resource, || {
            let create = connection.logs.create_log_stream();
            create
                .log_group_name(group.as_str())
                .log_stream_name(LOG_STREAM)
                .send()
        });
    match call.await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ResourceAlreadyExists") => Ok(false),
        Err(error) => Err(error),
    }
}

async fn write(
    connection: &Connection,
    group: &LogGroupName,
    message: &str,
) -> Result<(), CallError> {
    let resource = resource(group);
    let call = connection.caller.call("logs:PutLogEvents", &resource, || {
        let event = InputLogEvent::builder()
            .timestamp(now_ms())
            .message(message);
        connection
            .logs
            .put_log_events()
            .log_group_name(group.as_str())
            .log_stream_name(LOG_STREAM)
            // it fails only without time or message
            .set_log_events(event.build().ok().map(|event| vec![event]))
            .send()
    });
    call.await.map(drop)
}

/// Deletes the log stream, and with it the test event.
pub(super) async fn remove(connection: &Connection, group: &LogGroupName) -> Removed {
    let resource = resource(group);
    let call = connection
        .caller
        .call("logs:DeleteLogStream", &resource, || {
            let delete = connection.logs.delete_log_stream();
            delete
                .log_group_name(group.as_str())
                .log_stream_name(LOG_STREAM)
                .send()
        });
    match call.await {
        Ok(_) => Removed::Done,
        Err(error) if error.is_not_found() => Removed::Absent,
        Err(error) => Removed::Failed(chain(&error)),
    }
}

fn resource(group: &LogGroupName) -> String {
    format!("log stream {LOG_STREAM} of log group {group}")
}
