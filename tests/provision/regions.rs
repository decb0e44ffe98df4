//! Several Regions with a stream in each, and with one stream for all: no event is refused or lost on the way from the one to the
//! other, and each says its Region.

use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::fleet::{Fleet, REGION};
use crate::live::{emulator, in_two_regions};
use crate::support::emulator::Emulator;
use crate::verify;

const FAR: &str = "eu-west-1";

/// A fleet in two Regions.
struct Two<'a> {
    fleet: Fleet<'a>,
    text: String,
}

impl<'a> Two<'a> {
    fn new(emulator: &'a Emulator) -> Self {
        let fleet = Fleet::new(emulator);
        let text = in_two_regions(&fleet);
        Self { fleet, text }
    }

    /// Writes the fleet file with this line about its stream.
    fn write(&self, stream: &str) {
        let stream = format!("shards = 1\n{stream}");
        self.fleet
            .write_file(&self.text.replace("shards = 1", &stream));
    }
}

fn log(fleet: &Fleet<'_>, region: &str, group: &str, message: &str) {
    let place = json!({ "logGroupName": group, "logStreamName": "stream" });
    let call = |operation: &str, params: &Value| {
        let emulator = fleet.emulator;
        emulator.try_call(&fleet.dev1, region, "logs", operation, params)
    };
    // it may be there from before
    let _ = call("CreateLogStream", &place);
    let mut event = place;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let timestamp = u64::try_from(now.as_millis()).unwrap();
    event["logEvents"] = json!([{ "timestamp": timestamp, "message": message }]);
    call("PutLogEvents", &event).unwrap();
}

fn streams(fleet: &Fleet<'_>, region: &str) -> Value {
    let emulator = fleet.emulator;
    let answer = emulator.call(&fleet.logging, region, "kinesis", "ListStreams", &json!({}));
    answer["StreamNames"].clone()
}

fn target(fleet: &Fleet<'_>, region: &str) -> String {
    let params = json!({ "DestinationNamePrefix": "kinesisDest" });
    let answer = fleet.emulator.call(
        &fleet.logging,
        region,
        "logs",
        "DescribeDestinations",
        &params,
    );
    let target = answer["destinations"][0]["targetArn"].as_str().unwrap();
    target.split(':').nth(3).unwrap().to_owned()
}

#[test]
fn one_stream_serves_every_region() {
    let emulator = Emulator::start();
    let two = Two::new(&emulator);
    let fleet = &two.fleet;
    two.write("region = \"us-west-2\"");
    fleet.expect(0, "apply --yes");
    assert_eq!(streams(fleet, REGION), json!(["Demo_Kinesis_Stream"]));
    assert_eq!(streams(fleet, FAR), json!([]));
    assert_eq!([target(fleet, REGION), target(fleet, FAR)], [REGION; 2]);
    fleet.expect(0, "plan --exit-code");
    fleet.expect(0, "status --exit-code");
    // the stream no longer tells the Region, so that each event does
    let filters = fleet.filters(&fleet.dev1, "CloudTrail/member_account_1");
    let fields = json!(["@aws.account", "@aws.region"]);
    assert_eq!(filters[0]["emitSystemFields"], fields);
    let policies = fleet.json(0, "policies --logging");
    let role = policies["policies"].as_array().unwrap().iter();
    let mut role = role.filter(|one| one["title"].as_str().unwrap().starts_with("inline policy"));
    let streams_of_role = &role.next().unwrap()["document"]["Statement"][0]["Resource"];
    let only = json!(["arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream"]);
    assert_eq!(*streams_of_role, only);
    fleet.expect(0, "destroy --yes --delete-stream");
    assert_eq!(streams(fleet, REGION), json!([]));
}

#[test]
fn a_region_without_a_stream_of_its_own_is_an_orphan_once_it_is_taken_out() {
    let emulator = Emulator::start();
    let two = Two::new(&emulator);
    let fleet = &two.fleet;
    two.write("region = \"us-west-2\"");
    fleet.expect(0, "apply --yes");
    fleet.write("");
    let plan = fleet.json(3, "plan --exit-code");
    assert_eq!(plan["orphans"][0]["regions"], json!([FAR]), "{plan:#}");
    fleet.expect(0, "apply --yes");
    assert_eq!(target(fleet, FAR), REGION);
    fleet.expect(0, "apply --yes --prune");
    let plan = fleet.json(0, "plan --exit-code");
    assert_eq!(plan["orphans"], json!([]));
}

#[test]
fn no_event_is_refused_on_the_way_from_a_stream_in_each_region_to_one_and_back() {
    let emulator = emulator();
    let two = Two::new(&emulator);
    let fleet = &two.fleet;
    two.write("");
    fleet.expect(0, "apply --yes");
    let group = "CloudTrail/member_account_1";
    let mut sent = Vec::new();
    let mut send = |step: &str| {
        for region in [REGION, FAR] {
            let message = format!("{step} in {region}");
            log(fleet, region, group, &message);
            sent.push(message);
        }
    };
    send("before");
    for (stream, code) in [("region = \"us-west-2\"", 1), ("", 2)] {
        two.write(stream);
        // killed at each write, events go on; then it completes
        for number in 1.. {
            emulator.break_after(number);
            let mut command = fleet.command("apply --yes");
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().unwrap();
            let is_held = emulator.wait_for_breakpoint(30.0);
            if is_held {
                child.kill().unwrap();
            }
            child.wait().unwrap();
            emulator.clear_breakpoint();
            send(&format!("{code}.{number}"));
            if !is_held {
                break;
            }
        }
        fleet.expect(0, "plan --exit-code");
    }
    let delivered = emulator.delivered();
    assert_eq!(delivered["refused"], json!([]));
    let messages = delivered["messages"].as_array().unwrap().iter();
    let events = messages.flat_map(|message| message["events"].as_array().unwrap());
    let mut arrived: Vec<_> = events
        .map(|event| event["message"].as_str().unwrap().to_owned())
        .collect();
    arrived.sort();
    sent.sort();
    assert_eq!(arrived, sent);
}

#[test]
fn a_stream_that_is_left_behind_is_named_until_it_is_gone() {
    let emulator = Emulator::start();
    let two = Two::new(&emulator);
    let fleet = &two.fleet;
    two.write("");
    fleet.expect(0, "apply --yes");
    assert_eq!(target(fleet, FAR), FAR);
    two.write("region = \"us-west-2\"");
    fleet.expect(0, "apply --yes");
    assert_eq!(target(fleet, FAR), REGION);
    let plan = fleet.expect(0, "plan --exit-code");
    plan.says("stream Demo_Kinesis_Stream in eu-west-1 is not in the fleet file");
    fleet
        .expect(3, "status --exit-code")
        .says("orphan   stream Demo_Kinesis_Stream");
    fleet.expect(0, "destroy --yes --delete-stream");
    assert_eq!(streams(fleet, FAR), json!([]));
}

#[test]
fn events_of_both_regions_are_proven_to_reach_the_only_stream() {
    let emulator = verify::emulator();
    let two = Two::new(&emulator);
    let fleet = &two.fleet;
    two.write("region = \"us-west-2\"");
    fleet.expect(0, "apply --yes");
    verify::create_bucket(fleet);
    verify::create_firehose(fleet, verify::BUCKET);

    emulator.clear_calls();
    let verification = fleet.json(0, "verify --destination");
    let paths = verification["paths"].as_array().unwrap();
    let mut places: Vec<_> = paths
        .iter()
        .map(|path| {
            assert_eq!(path["state"], "proven", "{path:#}");
            assert_eq!(path["objects"][0]["firehose"], "to-s3", "{path:#}");
            path["subject"]["region"].as_str().unwrap()
        })
        .collect();
    places.sort_unstable();
    assert_eq!(places, [FAR, FAR, FAR, REGION, REGION, REGION]);
    let calls = emulator.calls();
    let reading = calls
        .iter()
        .filter(|call| call["operation"] == "ListShards");
    let read: Vec<_> = reading.map(|call| &call["region"]).collect();
    assert_eq!(read, [REGION], "one reading for both Regions");

    // the far Region's filters are counted there, the stream where it is
    let count = |region: &str, account: &str, namespace: &str, name: &str, dimensions: Value| {
        emulator.count(&json!({
            "account": account, "region": region, "namespace": namespace, "name": name,
            "dimensions": dimensions, "value": 5,
        }));
    };
    let stream = json!({ "StreamName": "Demo_Kinesis_Stream" });
    let refused = "WriteProvisionedThroughputExceeded";
    count(REGION, &fleet.logging, "AWS/Kinesis", refused, stream);
    let filter = json!({
        "LogGroupName": "CloudTrail/member_account_1", "FilterName": "catchment-kinesisDest", "DestinationType": "Destination",
    });
    count(FAR, &fleet.dev1, "AWS/Logs", "DeliveryErrors", filter);
    let status = fleet.json(0, "status --health");
    let health = status["health"].as_array().unwrap();
    let of = |kind: &'static str| health.iter().filter(move |one| one[kind].is_object());
    let streams: Vec<_> = of("stream")
        .map(|one| (&one["subject"]["region"], &one["stream"]["refused"]))
        .collect();
    assert_eq!(streams, [(&json!(REGION), &json!(5))]);
    let errors = of("filter").filter(|one| one["filter"]["errors"] == 5);
    let errors: Vec<_> = errors.map(|one| &one["subject"]["region"]).collect();
    assert_eq!(errors, [FAR]);
    assert_eq!(of("filter").count(), 6);
}
