//! Faults behind the Kinesis stream.

use super::{assert_fails, lost};
use crate::provision::verification::{
    Arrival, BucketTarget, Delivery, Evidence, Firehose, Hop, Looked, PathState, Target, judge,
};

fn firehose(target: Target) -> Firehose {
    Firehose {
        name: "f".to_owned(),
        status: "ACTIVE".to_owned(),
        target,
        log_group: Some("/aws/kinesisfirehose/x".to_owned()),
    }
}

fn bucket() -> BucketTarget {
    BucketTarget {
        bucket: "b".to_owned(),
        prefix: String::new(),
        error_prefix: String::new(),
        is_utc: true,
        is_columnar: false,
        buffer_seconds: 60,
    }
}

/// An event that arrived in the stream, and what was seen of it behind.
fn behind(firehoses: Vec<(Firehose, Looked)>) -> Evidence {
    Evidence {
        arrival: Arrival::Found { ms: 7 },
        delivery: Some(Delivery {
            stream: "s".to_owned(),
            bucket: None,
            firehoses,
            unread: None,
            flags: "--profile logging --region us-west-2".to_owned(),
        }),
        ..lost(Vec::new())
    }
}

#[test]
fn each_fault_behind_the_stream_names_its_hop_and_what_mends_it() {
    let in_bucket = || firehose(Target::Bucket(bucket()));
    let one = |looked| behind(vec![(in_bucket(), looked)]);
    assert_fails(
        "none",
        &behind(Vec::new()),
        Hop::Firehose,
        "no Firehose stream reads stream s",
        "sam deploy",
    );
    let mut stopped = in_bucket();
    stopped.status = "CREATING_FAILED (no role)".to_owned();
    let stopped = behind(vec![(stopped, Looked::Missing { seconds: 9 })]);
    assert_fails(
        "stopped",
        &stopped,
        Hop::Firehose,
        "CREATING_FAILED (no role)",
        "describe-delivery-stream",
    );
    let failed = Looked::Failed {
        url: "s3://b/k".to_owned(),
        code: Some("Lambda.FunctionError".to_owned()),
        message: Some("it crashed".to_owned()),
    };
    assert_fails(
        "transformer",
        &one(failed),
        Hop::Transformer,
        "Lambda.FunctionError: it crashed",
        "--explain s3://b/k",
    );
    assert_fails(
        "no bucket",
        &one(Looked::NoBucket),
        Hop::Bucket,
        "bucket b,",
        "sam deploy",
    );
    let missing = Looked::Missing { seconds: 9 };
    assert_fails(
        "silent",
        &one(missing.clone()),
        Hop::Firehose,
        "after 9 s",
        "aws logs tail /aws/kinesisfirehose/x",
    );
    let found = || Looked::Found {
        url: "s3://b/k".to_owned(),
        ms: 9,
    };
    let mut wrong = one(found());
    wrong.delivery.as_mut().unwrap().bucket = Some("other".to_owned());
    assert_fails(
        "wrong bucket",
        &wrong,
        Hop::Bucket,
        "to bucket b, not to other",
        "sam deploy",
    );

    let (state, fault, objects) = judge(&one(found()));
    assert_eq!((state, fault, objects.len()), (PathState::Proven, None, 1));
    // one that fails counts, whatever the others do
    let second = (in_bucket(), missing.clone());
    let (state, ..) = judge(&behind(vec![(in_bucket(), found()), second]));
    assert_eq!(state, PathState::Failed);
    let mut columnar = bucket();
    columnar.is_columnar = true;
    for unproven in [
        (firehose(Target::Bucket(columnar)), missing),
        (firehose(Target::Other("OpenSearch")), Looked::No),
    ] {
        assert_eq!(judge(&behind(vec![unproven])).0, PathState::NotProven);
    }
    let why = "no".to_owned();
    assert_eq!(judge(&one(Looked::Unread { why })).0, PathState::Unknown);
    let mut unread = behind(Vec::new());
    unread.delivery.as_mut().unwrap().unread = Some("no".to_owned());
    assert_eq!(judge(&unread).0, PathState::Unknown);
}
