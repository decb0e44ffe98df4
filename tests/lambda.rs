//! The deployable Lambda binary (`make lambda`) under AWS's Runtime Interface Emulator.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test reads its fixtures, and stops where they are wrong"
)]

#[path = "support/batch.rs"]
mod batch;
mod support;

use std::time::{Duration, Instant};

use catchment_transformer::firehose::{RecordResult, Response};
use catchment_transformer::limits::{
    DECODED_MIB_DEFAULT, MIB, RECORD_MEMORY_PER_CAP, RESPONSE_BYTES_MAX,
};
use catchment_transformer::{Settings, Transformer};
use serde_json::{Value, json};

use batch::Case;
use support::lambda::{Lambda, bootstrap};

/// The lines of its log that are JSON: its own.
fn log(lambda: &Lambda) -> Vec<Value> {
    lambda
        .log()
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

#[test]
fn every_golden_batch_is_answered_as_the_library_answers_it() {
    for name in [
        "sources",
        "unreadable",
        "compression-gzip",
        "partition-keys",
        "native-vpc-flow-logs",
    ] {
        let case = Case::read(&support::repository().join("tests/batches").join(name));
        let settings: Vec<_> = case
            .settings
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let lambda = Lambda::start(&bootstrap(), &settings);
        let event = case.event();
        let (status, body) = lambda.invoke(&event);
        let expected = Transformer::new(case.parsed_settings())
            .transform(&event)
            .unwrap();
        assert_eq!(status, 200);
        assert_eq!(
            String::from_utf8(body),
            String::from_utf8(expected.response),
            "{name}"
        );

        let log = log(&lambda);
        let line = log
            .iter()
            .find(|line| line["message"] == "batch transformed")
            .expect("a log line");
        assert_eq!(line["records"], expected.report.records);
        assert_eq!(line["failed"], json!(expected.report.failed_by_reason()));
        let metrics = log
            .iter()
            .find(|line| line["_aws"].is_object())
            .expect("a metrics document");
        assert_eq!(metrics["RecordsOk"], expected.report.ok);
        assert!(
            metrics["Duration"]
                .as_f64()
                .is_some_and(|milliseconds| milliseconds > 0.0)
        );
    }
}

#[test]
fn a_batch_of_six_megabytes_is_answered_within_the_limit() {
    // Flow logs as they come: text that opens to about six times its size.
    let line = |n: u32| {
        format!(
            "2 111122223333 eni-{n:017x} 172.31.{}.{} 10.0.0.1 {} 443 6 {n} {n} 1696086862 1696086922 ACCEPT OK",
            n % 256,
            n / 7 % 256,
            n % 65536
        )
    };
    let data: Vec<String> = (0..600_u32)
        .map(|record| {
            let lines: Vec<String> = (0..300)
                .map(|n| line(record.wrapping_mul(2_654_435_761).wrapping_add(n * 40_503)))
                .collect();
            let events: Vec<(i64, &str)> = lines
                .iter()
                .map(|line| (1_696_086_922_000, line.as_str()))
                .collect();
            let text = batch::message(
                "111122223333",
                "cwl_vpc_fl_member_account_1",
                "eni-0a1b2c3d4e5f60718-all",
                &events,
            );
            base64_simd::STANDARD.encode_to_string(batch::gzip(text.as_bytes()))
        })
        .collect();
    let mut bytes = 0;
    let event = batch::event(data.into_iter().take_while(|data| {
        bytes += data.len() + 150;
        bytes < 6_200_000
    }));
    assert!(
        (5_900_000..RESPONSE_BYTES_MAX).contains(&event.len()),
        "{} bytes",
        event.len()
    );
    for (compression, all_ok) in [("none", false), ("gzip", true)] {
        let lambda = Lambda::start(&bootstrap(), &[("CATCHMENT_COMPRESSION", compression)]);
        let (status, body) = lambda.invoke(&event);
        assert_eq!(status, 200);
        assert!(body.len() <= RESPONSE_BYTES_MAX, "{} bytes", body.len());
        let response: Response = serde_json::from_slice(&body).unwrap();
        let ok = response
            .records
            .iter()
            .filter(|answer| answer.result == RecordResult::Ok)
            .count();
        assert_eq!(
            ok == response.records.len(),
            all_ok,
            "{compression}: {ok} of {}",
            response.records.len()
        );
        assert!(ok > 0);
    }
}

#[test]
fn a_wrong_setting_ends_the_start_up_and_says_why() {
    let lambda = Lambda::start(&bootstrap(), &[("CATCHMENT_FORMAT", "json")]);
    let (status, body) = lambda.invoke(&batch::event([]));
    let told = format!("{} {}", String::from_utf8_lossy(&body), lambda.log());
    assert_ne!(status, 200, "{told}");
    assert!(
        told.contains(
            "CATCHMENT_FORMAT: unknown value `json`; expected one of: events, document, message"
        ),
        "{told}"
    );
}

#[test]
fn the_settings_file_is_read_and_one_that_is_missing_ends_the_start_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catchment.json");
    let variables = [("CATCHMENT_SETTINGS_FILE", path.to_str().unwrap())];
    let lambda = Lambda::start(&bootstrap(), &variables);
    let (_, body) = lambda.invoke(&batch::event([]));
    let told = format!("{} {}", String::from_utf8_lossy(&body), lambda.log());
    assert!(told.contains("/catchment.json: No such file"), "{told}");
    std::fs::write(&path, r#"{"format":"message"}"#).unwrap();
    let text = batch::message("111122223333", "g", "s", &[(0, "hello")]);
    let event = batch::event([base64_simd::STANDARD.encode_to_string(text)]);
    let (_, body) = Lambda::start(&bootstrap(), &variables).invoke(&event);
    let hello = base64_simd::STANDARD.encode_to_string("hello\n");
    assert!(String::from_utf8_lossy(&body).contains(&hello));
}

#[test]
fn what_is_no_firehose_event_is_an_error_and_the_next_batch_is_answered() {
    let lambda = Lambda::start(&bootstrap(), &[]);
    let (_, body) = lambda.invoke(br#"{"Records":[{"body":"secret"}]}"#);
    let error: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(error["errorType"], "Catchment.NotAFirehoseEvent");
    assert!(
        error["errorMessage"]
            .as_str()
            .unwrap()
            .contains("expected a Firehose event")
    );
    assert!(!lambda.log().contains("secret"));
    let (status, body) = lambda.invoke(&batch::event([]));
    assert_eq!(
        (status, body.as_slice()),
        (200, br#"{"records":[]}"#.as_slice())
    );
}

#[test]
fn a_record_that_opens_to_a_gibibyte_costs_neither_memory_nor_time() {
    let bomb = {
        let mebibyte = vec![b' '; 1 << 20];
        let mut encoder = flate2::write::GzEncoder::new(b"".to_vec(), flate2::Compression::best());
        (0..1024).for_each(|_| std::io::Write::write_all(&mut encoder, &mebibyte).unwrap());
        encoder.finish().unwrap()
    };
    // The same with a trailer that lies: it has to be opened to be found out.
    let mut lying = bomb.clone();
    let trailer = lying.len() - 4;
    lying[trailer..].copy_from_slice(&1000_u32.to_le_bytes());
    for bytes in [bomb, lying] {
        let event = batch::event([base64_simd::STANDARD.encode_to_string(bytes)]);
        let lambda = Lambda::start(&bootstrap(), &[]);
        // The emulator starts the binary at the first invocation; that is not the record's time.
        lambda.invoke(&batch::event([]));
        let started = Instant::now();
        let (_, body) = lambda.invoke(&event);
        let duration = started.elapsed();
        let response: Response = serde_json::from_slice(&body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&body)));
        assert_eq!(response.records[0].result, RecordResult::ProcessingFailed);
        assert!(
            duration < Duration::from_secs(5),
            "{duration:?}: it was opened to its end"
        );
        let peak = lambda.peak_kib();
        println!("a gibibyte refused in {duration:?}, {peak} KiB at the peak");
        assert!(peak < 100 * 1024, "{peak} KiB at the peak");
    }
}

/// Records that open to nearly the cap and are hard on a reader, each between 50 good ones.
#[test]
fn a_hostile_record_takes_no_more_memory_than_stated_and_leaves_good_ones_alone() {
    let size = 60 * MIB;
    let head =
        r#"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":["#;
    let event = |message: &[u8]| {
        let before = format!(r#"{head}{{"id":"1","timestamp":1696086922000,"message":""#);
        [before.as_bytes(), message, br#""}]}"#].concat()
    };
    let hostile = [
        [head.as_bytes(), "{},".repeat(size / 3).as_bytes(), b"{}]}"].concat(),
        [b"{".as_slice(), &vec![0xff; size]].concat(),
        event(&vec![0xff; size]),
        event("\\n".repeat(size / 2).as_bytes()),
        event(&vec![b'x'; size]),
        [b"{\"a\":".as_slice(), &vec![b'['; size]].concat(),
        [
            b"{\"a\":[".as_slice(),
            "{\"\":0},".repeat(size / 7).as_bytes(),
            b"1]}",
        ]
        .concat(),
    ];
    let good = base64_simd::STANDARD.encode_to_string(batch::gzip(
        batch::message("111122223333", "g", "s", &[(0, "fine")]).as_bytes(),
    ));
    for (format, compression) in [
        ("events", "none"),
        ("message", "none"),
        ("document", "gzip"),
    ] {
        let settings = [
            ("CATCHMENT_FORMAT", format),
            ("CATCHMENT_COMPRESSION", compression),
        ];
        let lambda = Lambda::start(&bootstrap(), &settings);
        for text in &hostile {
            let mut data = vec![good.clone(); 50];
            data.insert(
                25,
                base64_simd::STANDARD.encode_to_string(batch::gzip(text)),
            );
            let (status, body) = lambda.invoke(&batch::event(data));
            assert_eq!(status, 200);
            let response: Response = serde_json::from_slice(&body).unwrap();
            let mut answers = response.records.iter().enumerate();
            assert!(answers.all(|(at, answer)| at == 25 || answer.result == RecordResult::Ok));
        }
        let peak = lambda.peak_kib();
        println!("{format} {compression}: {peak} KiB at the peak");
        let most = RECORD_MEMORY_PER_CAP * DECODED_MIB_DEFAULT * 1024 + 32 * 1024;
        assert!(peak < most as u64, "{peak} KiB at the peak");
    }
}

#[test]
fn memory_stays_low_and_flat() {
    let gzip_output = [("CATCHMENT_COMPRESSION", "gzip")];
    // Records that open to about eight times their size, as CloudTrail's do, in a batch of Firehose's default size.
    let record = |events: u64, seed: u64| {
        let texts: Vec<String> = (0..events)
            .map(|event| cloudtrail(seed * 1_000_003 + event))
            .collect();
        let events: Vec<(i64, &str)> = texts
            .iter()
            .map(|text| (1_696_086_922_000, text.as_str()))
            .collect();
        let stream = "111122223333_CloudTrail_us-west-2";
        let text = batch::message(
            "111122223333",
            "CloudTrail/member_account_1",
            stream,
            &events,
        );
        (
            text.len(),
            base64_simd::STANDARD.encode_to_string(batch::gzip(text.as_bytes())),
        )
    };
    let small = batch::event((0..90).map(|seed| record(110, seed).1));
    assert!(
        (900_000..2_000_000).contains(&small.len()),
        "{} bytes",
        small.len()
    );
    let lambda = Lambda::start(&bootstrap(), &gzip_output);
    let peaks: Vec<u64> = (0..6)
        .map(|_| {
            for _ in 0..10 {
                assert_eq!(lambda.invoke(&small).0, 200);
            }
            lambda.peak_kib()
        })
        .collect();
    println!("batches of 1 MB: {peaks:?} KiB");
    assert!(peaks[5] < 48 * 1024, "{peaks:?} KiB");
    assert!(
        peaks[5] < peaks[1] + 4 * 1024,
        "memory grows: {peaks:?} KiB"
    );

    for records in [1, 40] {
        let mut opened = 0;
        let large = batch::event((0..records).map(|seed| {
            let (bytes, data) = record(50_000 / records, seed);
            opened += bytes;
            data
        }));
        assert!(opened > 50_000_000, "{opened} bytes");
        assert!(large.len() < RESPONSE_BYTES_MAX, "{} bytes", large.len());
        let lambda = Lambda::start(&bootstrap(), &gzip_output);
        assert_eq!(lambda.invoke(&large).0, 200);
        let peak = lambda.peak_kib();
        println!(
            "{} bytes in {records} records that open to {opened}: {peak} KiB",
            large.len()
        );
        assert!(peak < 160 * 1024, "{peak} KiB");
    }
}

/// A CloudTrail record in size and repetition.
fn cloudtrail(seed: u64) -> String {
    let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!(
        r#"{{"eventVersion":"1.09","userIdentity":{{"type":"AssumedRole","principalId":"AROA{random:016X}","arn":"arn:aws:sts::111122223333:assumed-role/service-role/session","accountId":"111122223333","sessionContext":{{"sessionIssuer":{{"type":"Role","arn":"arn:aws:iam::111122223333:role/service-role","accountId":"111122223333","userName":"service-role"}},"attributes":{{"creationDate":"2023-09-30T14:00:00Z","mfaAuthenticated":"false"}}}}}},"eventTime":"2023-09-30T15:15:22Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-west-2","sourceIPAddress":"10.0.0.1","requestParameters":{{"bucketName":"bucket","key":"{:016x}/{:016x}"}},"responseElements":null,"requestID":"{:08X}","readOnly":true,"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111122223333"}}"#,
        random.rotate_left(17),
        random.wrapping_mul(31),
        random >> 32,
    )
}

#[test]
fn the_binary_runs_on_provided_al2023() {
    let bytes = std::fs::read(bootstrap()).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let versions: Vec<u32> = text
        .match_indices("GLIBC_2.")
        .filter_map(|(at, mark)| {
            let digits: String = text[at + mark.len()..]
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            digits.parse().ok()
        })
        .collect();
    let newest = versions
        .iter()
        .max()
        .expect("a binary linked against glibc");
    assert!(
        *newest <= 34,
        "needs glibc 2.{newest}; provided.al2023 has 2.34"
    );
    assert!(bytes.len() < 8 << 20, "{} bytes", bytes.len());
}

#[test]
fn settings_of_the_library_and_of_the_binary_are_the_same() {
    let settings = [
        ("CATCHMENT_FORMAT", "message"),
        ("CATCHMENT_COMPRESSION", ""),
    ];
    let text = batch::message("111122223333", "g", "s", &[(0, "hello")]);
    let event = batch::event([base64_simd::STANDARD.encode_to_string(text)]);
    let expected = Transformer::new(Settings::from_pairs(settings).unwrap())
        .transform(&event)
        .unwrap();
    let (_, body) = Lambda::start(&bootstrap(), &settings).invoke(&event);
    assert_eq!(body, expected.response);
}
