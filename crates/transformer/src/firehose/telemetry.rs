//! What an invocation logs: a structured line, and metrics in CloudWatch's embedded metric format
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
//!
//! Both tell what became of the records, but nothing of what was in them.

use serde_json::{Map, Value, json};

use super::Transformed;
use crate::limits::LOGGED_RECORD_IDS_MAX;

/// The namespace of the metrics.
const NAMESPACE: &str = "Catchment";
/// The dimension: the Firehose stream's name.
const DIMENSION: &str = "DeliveryStreamName";
/// The metric of messages that did not fit the schema.
const UNPARSED: &str = "LogEventsUnparsed";

/// The metric of log events of which something was redacted.
const REDACTED: &str = "LogEventsRedacted";

/// The metric of log events that rules dropped.
const DROPPED: &str = "LogEventsDropped";

/// Returns the log line of a batch that took `duration_ms` milliseconds.
pub fn log_line(transformed: &Transformed, request_id: &str, duration_ms: f64) -> Value {
    let report = &transformed.report;
    let dropped: Map<_, _> = report
        .dropped
        .iter()
        .map(|(why, count)| (why.name().to_owned(), json!(count)))
        .collect();
    let failed_ids: Vec<_> = report
        .failed
        .iter()
        .take(LOGGED_RECORD_IDS_MAX)
        .map(|failure| &failure.record_id)
        .collect();
    json!({
        "level": if report.failed.is_empty() { "INFO" } else { "WARN" },
        "message": "batch transformed",
        "requestId": request_id,
        "invocationId": transformed.invocation_id,
        "deliveryStreamArn": transformed.delivery_stream_arn,
        "records": report.records,
        "ok": report.ok,
        "dropped": dropped,
        "failed": report.failed_by_reason(),
        "failedRecordIds": failed_ids,
        "replaced": report.replaced,
        "piecesPutBack": report.pieces_put_back,
        "bytesPutBack": report.bytes_put_back,
        "events": report.events,
        "eventsUnparsed": report.unparsed,
        "eventsDropped": report.dropped_by_rule,
        "eventsRedacted": report.redacted,
        "bytesIn": report.bytes_in,
        "bytesDecoded": report.bytes_decoded,
        "bytesDelivered": report.bytes_delivered,
        "bytesOut": report.bytes_out,
        "durationMs": duration_ms,
    })
}

/// Returns the embedded metrics of a batch. `now_ms` is the time of the log line, in milliseconds since 1970.
pub fn metrics(transformed: &Transformed, now_ms: i64, duration_ms: f64) -> Value {
    let report = &transformed.report;
    let mut values = vec![
        ("Records".to_owned(), "Count", json!(report.records)),
        ("RecordsOk".to_owned(), "Count", json!(report.ok)),
        (
            "RecordsDropped".to_owned(),
            "Count",
            json!(report.dropped_total()),
        ),
        (
            "RecordsProcessingFailed".to_owned(),
            "Count",
            json!(report.failed.len()),
        ),
        (
            "RecordsReplaced".to_owned(),
            "Count",
            json!(report.replaced),
        ),
        ("LogEvents".to_owned(), "Count", json!(report.events)),
        ("BytesIn".to_owned(), "Bytes", json!(report.bytes_in)),
        (
            "BytesDecoded".to_owned(),
            "Bytes",
            json!(report.bytes_decoded),
        ),
        (
            "BytesDelivered".to_owned(),
            "Bytes",
            json!(report.bytes_delivered),
        ),
        ("BytesOut".to_owned(), "Bytes", json!(report.bytes_out)),
        ("Duration".to_owned(), "Milliseconds", json!(duration_ms)),
    ];
    for (reason, count) in report.failed_by_reason() {
        values.push((
            format!("RecordsProcessingFailed.{reason}"),
            "Count",
            json!(count),
        ));
    }
    // Only if there are any, because each metric costs.
    if report.unparsed > 0 {
        let count = json!(report.unparsed);
        values.push((UNPARSED.to_owned(), "Count", count));
    }
    if report.redacted > 0 {
        let count = json!(report.redacted);
        values.push((REDACTED.to_owned(), "Count", count));
    }
    if !report.dropped_by_rule.is_empty() {
        let total: usize = report.dropped_by_rule.values().sum();
        values.push((DROPPED.to_owned(), "Count", json!(total)));
    }
    for (rule, count) in &report.dropped_by_rule {
        values.push((format!("{DROPPED}.{rule}"), "Count", json!(count)));
    }
    let definitions: Vec<_> = values
        .iter()
        .map(|(name, unit, _)| json!({"Name": name, "Unit": unit}))
        .collect();
    let stream = transformed
        .delivery_stream_arn
        .rsplit('/')
        .next()
        .filter(|name| !name.is_empty());
    let mut document = json!({
        "_aws": {
            "Timestamp": now_ms,
            "CloudWatchMetrics": [
                {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": definitions},
            ],
        },
        DIMENSION: stream.unwrap_or("unknown"),
    });
    for (name, _, value) in values {
        document[name] = value;
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::firehose::Response;
    use crate::{Settings, Transformer};

    const CONTROL: &str = r#"{"messageType":"CONTROL_MESSAGE"}"#;

    fn transformed() -> Transformed {
        let event = r#"{"invocationId":"i","deliveryStreamArn":"arn:aws:firehose:us-west-2:1:deliverystream/logs",
            "records":[{"recordId":"a","data":"c2VjcmV0"},{"recordId":"b","data":"secret!"}]}"#;
        Transformer::new(Settings::default())
            .transform(event.as_bytes())
            .unwrap()
    }

    #[test]
    fn the_log_line_has_counts_and_names_but_no_data() {
        let line = log_line(&transformed(), "r", 1.5);
        assert_eq!(line["level"], "WARN");
        assert_eq!(
            line["failed"],
            json!({"not-base64": 1, "unknown-encoding": 1})
        );
        assert_eq!(line["failedRecordIds"], json!(["a", "b"]));
        assert!(!line.to_string().contains("secret"));
    }

    #[test]
    fn every_declared_metric_has_a_value() {
        let document = metrics(&transformed(), 1_696_086_922_000, 1.5);
        assert_eq!(document["DeliveryStreamName"], "logs");
        let directive = &document["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Dimensions"], json!([["DeliveryStreamName"]]));
        let declared = directive["Metrics"].as_array().unwrap();
        assert_eq!(declared.len(), 13);
        for metric in declared {
            assert!(
                document[metric["Name"].as_str().unwrap()].is_number(),
                "{metric}"
            );
        }
        assert_eq!(document["RecordsProcessingFailed.not-base64"], 1);
    }

    #[test]
    fn messages_that_do_not_fit_the_schema_are_counted() {
        let message = r#"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"111122223333_CloudTrail_us-west-2","logEvents":[{"id":"1","timestamp":1,"message":"{}"},{"id":"2","timestamp":1,"message":"a"},{"id":"3","timestamp":1,"message":"["}]}"#;
        let data = base64_simd::STANDARD.encode_to_string(message);
        let event = format!(r#"{{"records":[{{"recordId":"a","data":"{data}"}}]}}"#);
        for (schema, unparsed) in [("native", Some(2)), ("none", None)] {
            let settings = Settings::from_pairs([("CATCHMENT_SCHEMA", schema)]);
            let transformed = Transformer::new(settings.unwrap())
                .transform(event.as_bytes())
                .unwrap();
            let line = log_line(&transformed, "r", 1.5);
            assert_eq!(line["eventsUnparsed"], unparsed.unwrap_or(0), "{schema}");
            let document = metrics(&transformed, 1, 1.5);
            assert_eq!(document["LogEventsUnparsed"], json!(unparsed), "{schema}");
        }
    }

    #[test]
    fn what_rules_drop_is_counted_by_their_names() {
        let message = |port: u16| {
            format!(
                r#"{{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"eni-1-all","logEvents":[{{"id":"1","timestamp":1,"message":"2 1 eni-1 10.0.0.1 10.0.0.2 1 80 6 1 1 1 1 ACCEPT OK"}},{{"id":"2","timestamp":1,"message":"2 1 eni-1 10.0.0.1 10.0.0.2 1 {port} 6 1 1 1 1 ACCEPT OK"}}]}}"#
            )
        };
        let data = [message(443), message(8080), message(80)]
            .map(|message| base64_simd::STANDARD.encode_to_string(message));
        let [a, b, c] = data;
        let event = format!(
            r#"{{"records":[{{"recordId":"a","data":"{a}"}},{{"recordId":"b","data":"{b}"}},{{"recordId":"c","data":"{c}"}}]}}"#
        );
        let rule = |name: &str, port: u16| {
            format!(
                r#"{{"name":"{name}","source":"vpc-flow-logs","action":"drop","detection":{{"s":{{"dstport":{port}}},"condition":"s"}}}}"#
            )
        };
        let rules = format!("[{},{}]", rule("web", 80), rule("tls", 443));
        let settings = Settings::from_pairs([("CATCHMENT_RULES", rules)]).unwrap();
        let transformed = Transformer::new(settings)
            .transform(event.as_bytes())
            .unwrap();
        let line = log_line(&transformed, "r", 1.5);
        assert_eq!(line["eventsDropped"], json!({"tls": 1, "web": 4}));
        assert_eq!(line["events"], 1);
        assert_eq!(line["ok"], 1);
        assert_eq!(line["dropped"], json!({"by-rule": 2}));
        let document = metrics(&transformed, 1, 1.5);
        assert_eq!(document["LogEventsDropped"], 5);
        assert_eq!(document["LogEventsDropped.web"], 4);
        assert_eq!(document["LogEventsDropped.tls"], 1);
        let none = Transformer::new(Settings::default())
            .transform(event.as_bytes())
            .unwrap();
        assert_eq!(log_line(&none, "r", 1.5)["eventsDropped"], json!({}));
        assert_eq!(metrics(&none, 1, 1.5)["LogEventsDropped"], Value::Null);
    }

    #[test]
    fn log_events_of_which_something_was_redacted_are_counted() {
        let redact = r#"[{"source":"cloudtrail","fields":["userAgent"],"action":"mask"}]"#;
        let message = r#"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"111122223333_CloudTrail_us-west-2","logEvents":[{"id":"1","timestamp":1,"message":"{\"eventVersion\":\"1\",\"userAgent\":\"a\"}"},{"id":"2","timestamp":1,"message":"{\"eventVersion\":\"1\"}"}]}"#;
        let data = base64_simd::STANDARD.encode_to_string(message);
        let event = format!(r#"{{"records":[{{"recordId":"a","data":"{data}"}}]}}"#);
        for (redact, count) in [(redact, Some(1)), ("", None)] {
            let settings = Settings::from_pairs([("CATCHMENT_REDACT", redact)]);
            let transformed = Transformer::new(settings.unwrap())
                .transform(event.as_bytes())
                .unwrap();
            let line = log_line(&transformed, "r", 1.5);
            assert_eq!(line["eventsRedacted"], count.unwrap_or(0));
            let document = metrics(&transformed, 1, 1.5);
            assert_eq!(document["LogEventsRedacted"], json!(count));
        }
    }

    #[test]
    fn the_log_line_and_the_metrics_count_what_happened() {
        let message = |text: &str| {
            let json = format!(
                r#"{{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[{{"id":"1","timestamp":1,"message":"{text}"}}]}}"#
            );
            let bytes: Vec<u8> = json
                .bytes()
                .map(|byte| if byte == b'#' { 0xff } else { byte })
                .collect();
            base64_simd::STANDARD.encode_to_string(bytes)
        };
        let failing: Vec<String> = (0..LOGGED_RECORD_IDS_MAX + 2)
            .map(|id| format!(r#"{{"recordId":"bad-{id}","data":"!"}}"#))
            .collect();
        let event = format!(
            r#"{{"records":[{{"recordId":"a","data":"{}"}},{{"recordId":"b","data":"{}"}},{{"recordId":"c","data":"{}"}},{{"recordId":"d","data":"{control}"}},{{"recordId":"e","data":"{control}"}},{}]}}"#,
            message("fine"),
            message("#"),
            message("#\u{fffd}"),
            failing.join(","),
            control = base64_simd::STANDARD.encode_to_string(CONTROL),
        );
        let transformed = Transformer::new(Settings::default())
            .transform(event.as_bytes())
            .unwrap();
        let line = log_line(&transformed, "r", 1.5);
        assert_eq!(line["ok"], 3);
        assert_eq!(line["replaced"], 2);
        assert_eq!(line["bytesIn"], event.len());
        let decoded = [message("fine"), message("#"), message("#\u{fffd}")]
            .map(|data| base64_simd::STANDARD.decode_to_vec(data).unwrap().len());
        assert_eq!(
            line["bytesDecoded"],
            decoded.iter().sum::<usize>() + 2 * CONTROL.len()
        );
        assert_eq!(line["events"], 3);
        assert_eq!(line["dropped"], json!({"control-message": 2}));
        let response: Response = serde_json::from_slice(&transformed.response).unwrap();
        let ok = response.records[..3].iter();
        let delivered: usize = ok.map(|answer| answer.bytes().unwrap().len()).sum();
        assert_eq!(line["bytesDelivered"], delivered);
        assert_eq!(line["bytesOut"], transformed.response.len());
        let ids = line["failedRecordIds"].as_array().unwrap();
        assert_eq!(ids.len(), LOGGED_RECORD_IDS_MAX);
        assert_eq!(ids[0], "bad-0");
        assert_eq!(line["failed"]["not-base64"], LOGGED_RECORD_IDS_MAX + 2);
        let document = metrics(&transformed, 1, 1.5);
        assert_eq!(document["RecordsReplaced"], 2);
        assert_eq!(document["RecordsDropped"], 2);
        assert_eq!(document["BytesIn"], event.len());
    }
}
