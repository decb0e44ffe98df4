//! The transformer as a Lambda's handler: timed, with a log line and metrics for each invocation.

use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use super::{Transformer, telemetry};
use crate::lambda::{Handler, Invocation, Refusal, log};

impl Handler for Transformer {
    fn handle(&mut self, invocation: &Invocation<'_>) -> Result<Vec<u8>, Refusal> {
        let Invocation { request_id, event } = *invocation;
        let (started, now) = clock();
        let transformed = self.transform(event).map_err(|error| {
            let message = error.to_string();
            log(
                &json!({"level": "ERROR", "message": message, "requestId": request_id, "bytesIn": event.len()}),
            );
            Refusal {
                kind: "Catchment.NotAFirehoseEvent",
                message,
            }
        })?;
        let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
        log(&telemetry::log_line(&transformed, request_id, duration_ms));
        let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        log(&telemetry::metrics(&transformed, now_ms, duration_ms));
        Ok(transformed.response)
    }
}

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
