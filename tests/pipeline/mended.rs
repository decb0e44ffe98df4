//! A wrong setting is deployed, and mended: what failed meanwhile is captured, explained, sent again and delivered.

use std::collections::BTreeSet;
use std::io::Write;

use catchment_transformer::firehose::{RecordResult, Response};

use super::*;

/// A setting with which large records fail: they open to more than 1 MiB.
const WRONG: &str = "1";
const RIGHT: &str = "64";
const SMALL: usize = 12;
const LARGE: usize = 4;

/// Events of a log group, in calls of their own so that each call becomes a record.
fn write(emulator: &Emulator, (_, account, _, group): (&str, &str, &str, &str), texts: &[String]) {
    let params = json!({ "logGroupName": group, "logStreamName": "s" });
    emulator.call(account, REGION, "logs", "CreateLogStream", &params);
    for text in texts {
        let now = u64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
        let params = json!({
            "logGroupName": group, "logStreamName": "s", "logEvents": [{ "timestamp": now, "message": text }],
        });
        emulator.call(account, REGION, "logs", "PutLogEvents", &params);
    }
}

/// Deploys the transformer's cap on a decompressed record. Returns all its settings as flags of `replay`.
fn set_cap(emulator: &Emulator, mib: &str) -> Vec<String> {
    let params = json!({ "StackName": "catchment" });
    let resources = emulator.call(
        LOGGING,
        REGION,
        "cloudformation",
        "DescribeStackResources",
        &params,
    );
    let function = resources["StackResources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["LogicalResourceId"] == "Transformer")
        .unwrap();
    let name = json!({ "FunctionName": function["PhysicalResourceId"] });
    let now = emulator.call(LOGGING, REGION, "lambda", "GetFunctionConfiguration", &name);
    let mut variables = now["Environment"]["Variables"].clone();
    variables["CATCHMENT_MAX_DECODED_MIB"] = json!(mib);
    let params = json!({ "FunctionName": function["PhysicalResourceId"], "Environment": { "Variables": variables } });
    emulator.call(
        LOGGING,
        REGION,
        "lambda",
        "UpdateFunctionConfiguration",
        &params,
    );
    let settings = variables.as_object().unwrap().iter();
    settings
        .filter_map(|(name, value)| {
            let name = name
                .strip_prefix("CATCHMENT_")?
                .to_lowercase()
                .replace('_', "-");
            Some([format!("--{name}"), text(value)])
        })
        .flatten()
        .collect()
}

/// The bytes of every object that was delivered.
fn objects(emulator: &Emulator, bucket: &str, count: usize) -> Vec<Vec<u8>> {
    let keys = wait_for_objects(emulator, bucket, count);
    keys.iter()
        .map(|key| {
            let params = json!({ "Bucket": bucket, "Key": key });
            let object = emulator.call(LOGGING, REGION, "s3", "GetObject", &params);
            let base64 = object["Body"]["$base64"].as_str().unwrap();
            base64_simd::STANDARD.decode_to_vec(base64).unwrap()
        })
        .collect()
}

/// A line of the error output
/// (<https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html>).
fn failed_line(record: &Value) -> String {
    json!({
        "attemptsMade": 1, "arrivalTimestamp": record["approximateArrivalTimestamp"],
        "errorCode": "Lambda.ProcessingFailedStatus", "errorMessage": "ProcessingFailed status set for record.",
        "attemptEndingTimestamp": record["approximateArrivalTimestamp"], "rawData": record["data"],
        "lambdaArn": format!("arn:aws:lambda:{REGION}:{LOGGING}:function:catchment-transformer:$LATEST"),
    })
    .to_string()
}

/// Runs catchment, and returns its exit code and both outputs together.
fn catchment(emulator: &Emulator, line: &str) -> (Option<i32>, String) {
    let output = emulator
        .catchment()
        .args(line.split(' '))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), text)
}

#[test]
fn what_a_wrong_setting_fails_is_explained_sent_again_and_delivered() {
    let emulator = Emulator::start_with(&json!({ "deliver": true }));
    set_up_fleet(&emulator);
    let binary = env!("CARGO_BIN_EXE_catchment");
    run(&emulator, binary, &["apply", "--logging", "--yes"]);
    let bucket = deploy(&emulator, &[]);
    let settings = set_cap(&emulator, WRONG);
    run(&emulator, binary, &["apply", "--yes"]);
    let small: Vec<_> = (0..SMALL).map(|number| format!("small {number}")).collect();
    // quotes take twice the bytes in JSON
    let large: Vec<_> = (0..LARGE)
        .map(|number| format!("large {number} {}", "\"".repeat(700_000)))
        .collect();
    write(&emulator, MEMBERS[0], &small);
    write(&emulator, MEMBERS[1], &large);
    let delivered = emulator.delivered();
    let sent = count(
        delivered["messages"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(events_delivered),
    );
    assert_eq!(sent.len(), SMALL + LARGE);
    let first = objects(&emulator, &bucket, SMALL);

    // with the setting that was deployed, replay answers what the Lambda answered
    let (code, text) = catchment(&emulator, "capture --since 1h captured.json");
    assert_eq!(code, Some(0), "{text}");
    let replay = [
        &["replay".to_owned(), "--response".to_owned()][..],
        &settings[..],
        &["captured.json".to_owned()],
    ]
    .concat();
    let output = emulator.catchment().args(replay).output().unwrap();
    let captured = std::fs::read_to_string(emulator.home().join("captured.json")).unwrap();
    let responses = String::from_utf8(output.stdout).unwrap();
    let (mut ok, mut lines) = (Vec::new(), Vec::new());
    for (event, response) in captured.lines().zip(responses.lines()) {
        let event: Value = serde_json::from_str(event).unwrap();
        let response: Response = serde_json::from_str(response).unwrap();
        for (record, answer) in event["records"]
            .as_array()
            .unwrap()
            .iter()
            .zip(&response.records)
        {
            match answer.result {
                RecordResult::Ok => ok.push(answer.opened().unwrap()),
                RecordResult::ProcessingFailed => lines.push(failed_line(record)),
                RecordResult::Dropped => {}
            }
        }
    }
    let opened = |object: &Vec<u8>| {
        let mut text = Vec::new();
        MultiGzDecoder::new(object.as_slice())
            .read_to_end(&mut text)
            .unwrap();
        text
    };
    let answered: BTreeSet<_> = ok.iter().cloned().collect();
    assert_eq!(first.iter().map(opened).collect::<BTreeSet<_>>(), answered);
    assert_eq!((ok.len(), lines.len()), (SMALL, LARGE));

    // what Firehose writes of the others
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(lines.join("\n").as_bytes()).unwrap();
    let body = base64_simd::STANDARD.encode_to_string(gzip.finish().unwrap());
    let key = "processing-failed/2026/11/21/10/catchment-1-2026-11-21-10-00-00-0f8fad5b";
    let params = json!({ "Bucket": "failed", "Key": key, "Body": { "$base64": body } });
    emulator.call(
        LOGGING,
        REGION,
        "s3",
        "CreateBucket",
        &json!({
            "Bucket": "failed", "CreateBucketConfiguration": { "LocationConstraint": REGION },
        }),
    );
    emulator.call(LOGGING, REGION, "s3", "PutObject", &params);

    let from = format!("--region {REGION} --profile logging s3://failed/processing-failed/");
    let (code, text) = catchment(
        &emulator,
        &format!("replay --explain --max-decoded-mib {WRONG} {from}"),
    );
    assert_eq!(code, Some(1), "{text}");
    for said in [
        "4 records: fails (over-cap), passes with another setting",
        "4  account 444455556666, log group CloudTrail/member_account_2",
        "4  failed with Lambda.ProcessingFailedStatus",
        "next: set CATCHMENT_MAX_DECODED_MIB=2 ",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    set_cap(&emulator, RIGHT);
    let put = format!("replay --put kinesis:Demo_Kinesis_Stream --yes {from}");
    // killed after the stream has taken them, and run again: they come twice, but none is lost
    emulator.break_after(1);
    let mut killed = emulator
        .catchment()
        .args(put.split(' '))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert!(emulator.wait_for_breakpoint(60.0));
    killed.kill().unwrap();
    killed.wait().unwrap();
    emulator.clear_breakpoint();
    for (sent, before) in [(LARGE, 0), (0, LARGE)] {
        let (code, text) = catchment(&emulator, &put);
        assert_eq!(code, Some(0), "{text}");
        let said = format!(
            "{sent} records sent to kinesis:Demo_Kinesis_Stream in {REGION}, {before} sent before"
        );
        assert!(text.contains(&said), "{said}: {text}");
    }
    let all = SMALL + 2 * LARGE;
    let keys = wait_for_objects(&emulator, &bucket, all);
    let received = count(
        keys.iter()
            .flat_map(|key| events_in(&emulator, &bucket, key)),
    );
    assert_eq!(
        received.keys().collect::<Vec<_>>(),
        sent.keys().collect::<Vec<_>>()
    );
    for (event, times) in &received {
        let expected = if event[5].starts_with("large") { 2 } else { 1 };
        assert_eq!(*times, expected, "{}", &event[5][..7]);
    }
    assert_eq!(
        wait_for_objects(&emulator, &bucket, 0).len(),
        all,
        "a second --put sends nothing"
    );
}
