//! The transformer as a Lambda's handler: timed, with a log line and metrics for each invocation, and with the calls that put
//! records back.

use std::time::{Duration, SystemTime};

use serde_json::json;
use tokio::time::Instant;

use super::{Pending, Transformed, Transformer, telemetry};
use crate::Settings;
use crate::lambda::{Access, Handler, Invocation, Refusal, Streams, log};

/// The transformer, and the streams to which it puts records back.
pub struct Function {
    transformer: Transformer,
    streams: Streams,
}

impl Function {
    /// Makes the function with these settings and this access to AWS.
    pub fn new(settings: Settings, access: Option<Access>) -> Self {
        Self {
            transformer: Transformer::new(settings),
            streams: Streams::new(access),
        }
    }
}

impl Handler for Function {
    async fn handle(&mut self, invocation: &Invocation<'_>) -> Result<Vec<u8>, Refusal> {
        let Invocation {
            request_id, event, ..
        } = *invocation;
        let (started, now) = clock();
        let pending = self.transformer.begin(event).map_err(|error| {
            let message = error.to_string();
            log(
                &json!({"level": "ERROR", "message": message, "requestId": request_id, "bytesIn": event.len()}),
            );
            Refusal {
                kind: "Catchment.NotAFirehoseEvent",
                message,
            }
        })?;
        let left = Duration::from_millis(invocation.deadline_ms).saturating_sub(now);
        let deadline = started + left.saturating_sub(TIME_TO_ANSWER);
        let transformed = finish(pending, &mut self.streams, deadline, request_id).await;
        let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
        log(&telemetry::log_line(&transformed, request_id, duration_ms));
        let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        log(&telemetry::metrics(&transformed, now_ms, duration_ms));
        Ok(transformed.response)
    }

    fn take_back(&mut self, answer: Vec<u8>) {
        self.transformer.take_back(answer);
    }
}

/// Puts back what is to be put back, and finishes the response accordingly.
async fn finish(
    pending: Pending<'_>,
    streams: &mut Streams,
    deadline: Instant,
    request_id: &str,
) -> Transformed {
    let Some(target) = pending.target() else {
        return pending.finish(|_| false);
    };
    let put = streams.put(&target, pending.pieces(), deadline).await;
    if let Some(error) = put.error {
        let failed = put.is_put.iter().filter(|is_put| !**is_put).count();
        log(&json!({
            "level": "WARN",
            "message": "calls failed that put records back",
            "requestId": request_id,
            "error": error,
            "calls": put.calls,
            "notPutBack": failed,
        }));
    }
    pending.finish(|piece| put.is_put.get(piece).is_some_and(|is_put| *is_put))
}

/// What is left of an invocation's time when nothing more is put back: enough to send 6 MB.
const TIME_TO_ANSWER: Duration = Duration::from_millis(1500);

#[expect(
    clippy::disallowed_methods,
    reason = "an invocation is timed and its metrics are dated, here alone"
)]
fn clock() -> (Instant, Duration) {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    (Instant::now(), now)
}
