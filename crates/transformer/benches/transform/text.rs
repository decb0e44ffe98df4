//! Subscription messages as text: flow logs, CloudTrail, what an application logs, in the shapes that occur.

use std::fmt::Write;

/// How subscription messages are written. The default is how CloudWatch Logs writes them today.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    #[default]
    Usual,
    /// One event in each record.
    Tiny,
    /// The filter emits `@aws.account` and `@aws.region`.
    SystemFields,
    /// One field more in the envelope and in each event.
    UnknownFields,
    /// A space behind each colon and comma.
    WhiteSpace,
    /// Keys in alphabetical order, so that the events come before what they share.
    KeyOrder,
}

/// How much the log events of a record differ.
#[derive(Clone, Copy)]
pub(crate) enum Variety {
    /// More than in real logs, so that they compress less well.
    Wide,
    /// As in real logs.
    Real,
}

impl Variety {
    fn of<T>(self, wide: T, real: T) -> T {
        match self {
            Self::Wide => wide,
            Self::Real => real,
        }
    }
}

/// Flow logs of one network interface.
pub(crate) fn flow_logs(
    random: &mut Random,
    shape: Shape,
    variety: Variety,
    events: u64,
) -> String {
    let interface = random.below(1 << 40);
    let group = format!("cwl_vpc_fl_member_account_{}", random.below(9));
    let stream = format!("eni-0{interface:016x}-all");
    // Hosts that it talks to, and how many bytes a packet has.
    let peers = variety.of(u64::MAX, 90);
    message(random, shape, &group, &stream, events, |random, text| {
        let start = 1_696_086_000 + random.below(variety.of(900, 120));
        let mut peer = Random(random.below(peers));
        let packets = random.between(1, variety.of(400, 40));
        let bytes = variety.of(
            random.between(40, 400_000),
            packets * [52, 60, 72, 1420][random.below(4) as usize],
        );
        write!(
            text,
            "2 111122223333 eni-0{interface:016x} 10.{}.{}.{} {}.{}.{}.{} {} {} {} {packets} {bytes} {start} {} {} OK",
            peer.below(4),
            peer.below(16),
            peer.below(256),
            peer.below(224),
            peer.below(256),
            peer.below(256),
            peer.below(256),
            random.between(1024, 65535),
            [443, 80, 53, 22, 3389, 8080, 6379, 5432][random.below(8) as usize],
            [6, 6, 6, 17][random.below(4) as usize],
            start + variety.of(random.between(10, 60), 59),
            if random.below(5) == 0 { "REJECT" } else { "ACCEPT" },
        )
        .expect("a String takes all");
    })
}

/// CloudTrail of one account and Region.
pub(crate) fn trail(random: &mut Random, shape: Shape, variety: Variety, events: u64) -> String {
    let (roles, parameters) = variety.of((40, 5), (16, 4));
    message(
        random,
        shape,
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
            let role = random.below(roles);
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
            for parameter in 0..random.between(1, parameters) {
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

/// What a service writes: short lines, of which neither name nor content tells a source.
pub(crate) fn application(random: &mut Random, events: u64) -> String {
    let stream = format!("2023/09/30/[$LATEST]{:016x}", random.next());
    message(
        random,
        Shape::Usual,
        "/aws/lambda/orders-api",
        &stream,
        events,
        |random, text| {
            let (level, did) = [
                ("INFO", "request finished"),
                ("INFO", "cache refreshed, \\\"orders\\\" is new"),
                ("WARN", "retry after timeout"),
                ("DEBUG", "connection returned\\tto pool"),
            ][random.below(4) as usize];
            write!(
                text,
                "2023-09-30T15:15:{:02}.{:03}Z {level} [{:08x}] {did} path=/v1/orders/{} status={} ms={}\\n",
                random.below(60),
                random.below(1000),
                random.below(1 << 32),
                random.below(100_000),
                [200, 200, 200, 404, 500][random.below(5) as usize],
                random.below(900),
            )
            .expect("a String takes all");
        },
    )
}

/// A subscription message in the shape asked for.
fn message(
    random: &mut Random,
    shape: Shape,
    group: &str,
    stream: &str,
    events: u64,
    write_message: impl Fn(&mut Random, &mut String),
) -> String {
    let begin = 1_696_086_922_000 + random.below(1_000_000);
    let events: Vec<String> = (0..events)
        .map(|event| {
            let id = format!(
                "\"37811{begin:018}{:018}{event:015}\"",
                random.below(1_000_000_000_000_000_000)
            );
            let mut message = String::from("\"");
            write_message(random, &mut message);
            message.push('"');
            let mut members = vec![
                ("id", id),
                ("timestamp", (begin + event * 7).to_string()),
                ("message", message),
            ];
            if shape == Shape::SystemFields {
                let fields = vec![
                    ("@aws.account", "\"111122223333\"".to_owned()),
                    ("@aws.region", "\"us-west-2\"".to_owned()),
                ];
                members.push(("extractedFields", object(shape, fields)));
            }
            if shape == Shape::UnknownFields {
                members.push(("ingestionTime", (begin + 900).to_string()));
            }
            object(shape, members)
        })
        .collect();
    let comma = if shape == Shape::WhiteSpace {
        ", "
    } else {
        ","
    };
    let mut members = vec![
        ("messageType", "\"DATA_MESSAGE\"".to_owned()),
        ("owner", "\"111122223333\"".to_owned()),
        ("logGroup", format!("\"{group}\"")),
        ("logStream", format!("\"{stream}\"")),
        ("subscriptionFilters", "[\"catchment\"]".to_owned()),
        ("logEvents", format!("[{}]", events.join(comma))),
    ];
    if shape == Shape::UnknownFields {
        members.insert(
            5,
            (
                "logGroupArn",
                format!("\"arn:aws:logs:us-west-2:111122223333:log-group:{group}\""),
            ),
        );
    }
    object(shape, members)
}

fn object(shape: Shape, mut members: Vec<(&str, String)>) -> String {
    if shape == Shape::KeyOrder {
        members.sort_unstable();
    }
    let (comma, colon) = if shape == Shape::WhiteSpace {
        (", ", ": ")
    } else {
        (",", ":")
    };
    let members: Vec<String> = members
        .iter()
        .map(|(key, value)| format!("\"{key}\"{colon}{value}"))
        .collect();
    format!("{{{}}}", members.join(comma))
}

/// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>): the same numbers on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }
}
