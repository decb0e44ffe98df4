//! Workloads that resemble reality: seeded, so that every run measures the same bytes.

use std::fmt::Write;

use libdeflater::{CompressionLvl, Compressor};

/// One batch, as Firehose would send it.
pub(crate) struct Workload {
    /// `vpc`, `cloudtrail`, `tiny` or `large`.
    pub(crate) name: &'static str,
    /// The base64 data of each record.
    pub(crate) data: Vec<String>,
    /// The event.
    pub(crate) event: Vec<u8>,
}

/// The workloads whose answer without compression fits one response: about 0.4 MB compressed.
pub(crate) fn small() -> Vec<Workload> {
    all(1.0)
}

/// The workloads for gzip output: about 1 MB compressed, Firehose's default buffer.
pub(crate) fn full() -> Vec<Workload> {
    all(2.5)
}

/// The VPC workload, `times` as much of it.
pub(crate) fn vpc(times: f64) -> Workload {
    let mut random = Random(0x5eed_0001);
    workload(
        "vpc",
        (0..count(24, times)).map(|_| {
            let events = random.between(300, 400);
            flow_logs(&mut random, events)
        }),
    )
}

fn all(times: f64) -> Vec<Workload> {
    let mut random = Random(0x5eed_0002);
    let cloudtrail: Vec<_> = (0..count(70, times))
        .map(|_| {
            let events = random.between(10, 60);
            trail(&mut random, events)
        })
        .collect();
    let tiny: Vec<_> = (0..count(2000, times))
        .map(|_| flow_logs(&mut random, 1))
        .collect();
    let large = trail(&mut random, count(2450, times));
    vec![
        vpc(times),
        workload("cloudtrail", cloudtrail),
        workload("tiny", tiny),
        workload("large", [large]),
    ]
}

fn count(number: u64, times: f64) -> u64 {
    (number as f64 * times) as u64
}

fn workload(name: &'static str, texts: impl IntoIterator<Item = String>) -> Workload {
    // The level of Java's GZIPOutputStream, which writes these records at AWS.
    let mut deflate = Compressor::new(CompressionLvl::new(6).expect("a level"));
    let data: Vec<String> = texts
        .into_iter()
        .map(|text| {
            let mut packed = vec![0; deflate.gzip_compress_bound(text.len())];
            let length = deflate
                .gzip_compress(text.as_bytes(), &mut packed)
                .expect("the bound holds");
            base64_simd::STANDARD.encode_to_string(&packed[..length])
        })
        .collect();
    let mut event = String::from(
        r#"{"invocationId":"0f8fad5b-d9cb-469f-a165-70867728950e","deliveryStreamArn":"arn:aws:firehose:us-west-2:999988887777:deliverystream/catchment","sourceKinesisStreamArn":"arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream","region":"us-west-2","records":["#,
    );
    for (index, data) in data.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(
            event,
            r#"{comma}{{"recordId":"4957873408644225903749749298{index:028}","approximateArrivalTimestamp":1696086923000,"data":"{data}","kinesisRecordMetadata":{{"shardId":"shardId-000000000000","partitionKey":"4d1ad2b9-24f8-4b9d-a088-76e9947c317a","approximateArrivalTimestamp":1696086923000,"sequenceNumber":"49546986683135544286507457936321625675700192471156785154","subsequenceNumber":0}}}}"#
        )
        .expect("a String takes all");
    }
    event.push_str("]}");
    Workload {
        name,
        data,
        event: event.into_bytes(),
    }
}

fn flow_logs(random: &mut Random, events: u64) -> String {
    let interface = random.below(1 << 40);
    let group = format!("cwl_vpc_fl_member_account_{}", random.below(9));
    let stream = format!("eni-0{interface:016x}-all");
    message(random, &group, &stream, events, |random, text| {
        let start = 1_696_086_000 + random.below(900);
        write!(
            text,
            "2 111122223333 eni-0{interface:016x} 10.{}.{}.{} {}.{}.{}.{} {} {} {} {} {} {start} {} {} OK",
            random.below(4),
            random.below(16),
            random.below(256),
            random.below(224),
            random.below(256),
            random.below(256),
            random.below(256),
            random.between(1024, 65535),
            [443, 80, 53, 22, 3389, 8080, 6379, 5432][random.below(8) as usize],
            [6, 6, 6, 17][random.below(4) as usize],
            random.between(1, 400),
            random.between(40, 400_000),
            start + random.between(10, 60),
            if random.below(5) == 0 { "REJECT" } else { "ACCEPT" },
        )
        .expect("a String takes all");
    })
}

fn trail(random: &mut Random, events: u64) -> String {
    message(
        random,
        "CloudTrail/member_account_1",
        "111122223333_CloudTrail_us-west-2",
        events,
        |random, text| {
            let (service, action) = [
                ("ec2", "DescribeInstances"),
                ("s3", "GetObject"),
                ("sts", "AssumeRole"),
                ("iam", "ListRoles"),
                ("kms", "Decrypt"),
                ("logs", "PutLogEvents"),
            ][random.below(6) as usize];
            let role = random.below(40);
            // Ids of a principal and of its session's key: the same in all that the role does.
            let principal = Random(role).next();
            let key = Random(role + 100).next();
            let mut record = format!(
                r#"{{"eventVersion":"1.09","userIdentity":{{"type":"AssumedRole","principalId":"AROA{:016X}:session-{role}","arn":"arn:aws:sts::111122223333:assumed-role/service-role-{role}/session-{role}","accountId":"111122223333","accessKeyId":"ASIA{:016X}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROA{:016X}","arn":"arn:aws:iam::111122223333:role/service-role-{role}","accountId":"111122223333","userName":"service-role-{role}"}},"attributes":{{"creationDate":"2023-09-30T14:{:02}:{:02}Z","mfaAuthenticated":"false"}}}}}},"eventTime":"2023-09-30T15:{:02}:{:02}Z","eventSource":"{service}.amazonaws.com","eventName":"{action}","awsRegion":"us-west-2","sourceIPAddress":"10.0.{}.{}","userAgent":"aws-sdk-rust/1.3.{} os/linux lang/rust/1.9{}","requestParameters":{{"#,
                principal,
                key,
                principal,
                random.below(60),
                random.below(60),
                random.below(60),
                random.below(60),
                random.below(256),
                random.below(256),
                random.below(40),
                random.below(6),
            );
            for parameter in 0..random.between(1, 5) {
                write!(
                    record,
                    r#""parameter{parameter}":"{:016x}/{}","#,
                    random.next(),
                    random.below(10_000)
                )
                .expect("a String takes all");
            }
            write!(
            record,
            r#""maxResults":{}}},"responseElements":null,"requestID":"{:016x}-{:08x}","eventID":"{:016x}-{:08x}","readOnly":{},"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{service}.us-west-2.amazonaws.com"}}}}"#,
            random.below(1000), random.next(), random.below(1 << 32), random.next(), random.below(1 << 32), random.below(2) == 0,
        )
        .expect("a String takes all");
            text.push_str(&record.replace('"', "\\\""));
        },
    )
}

fn message(
    random: &mut Random,
    group: &str,
    stream: &str,
    events: u64,
    write_message: impl Fn(&mut Random, &mut String),
) -> String {
    let mut text = format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"{group}","logStream":"{stream}","subscriptionFilters":["catchment"],"logEvents":["#
    );
    let begin = 1_696_086_922_000 + random.below(1_000_000);
    for event in 0..events {
        let comma = if event == 0 { "" } else { "," };
        write!(
            text,
            r#"{comma}{{"id":"37811{:018}{:018}{:015}","timestamp":{},"message":""#,
            begin,
            random.below(1_000_000_000_000_000_000),
            event,
            begin + event * 7
        )
        .expect("a String takes all");
        write_message(random, &mut text);
        text.push_str("\"}");
    }
    text.push_str("]}");
    text
}

/// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>): the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }
}
