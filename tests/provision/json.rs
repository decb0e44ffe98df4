//! `--output json` is an interface: every document is of the committed schema, which is the one that the program prints.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::batch::message;
use crate::fleet::{Fleet, REGION};
use crate::support::emulator::Emulator;
use crate::support::repository;

/// Prints what is wrong with each document, as a list of lists.
const VALIDATE: &str = "
import json, sys
from jsonschema import Draft202012Validator as Validator
schema, documents = json.load(sys.stdin)
Validator.check_schema(schema)
faults = lambda one: [f'{error.json_path}: {error.message[:300]}' for error in Validator(schema).iter_errors(one)]
print(json.dumps([faults(one) for one in documents]))
";

/// The schema that the program prints.
pub(crate) fn schema(fleet: &Fleet<'_>) -> Value {
    serde_json::from_str(&fleet.expect(0, "schema").stdout).unwrap()
}

pub(crate) fn validate(
    emulator: &Emulator,
    schema: &Value,
    documents: &[Value],
) -> Vec<Vec<String>> {
    let mut child = emulator
        .command(repository().join(".venv/bin/python"))
        .args(["-c", VALIDATE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = json!([schema, documents]).to_string();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_document_is_of_the_committed_schema() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let printed = fleet.expect(0, "schema").stdout;
    let path = repository().join("crates/cli/schema.json");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &printed).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == printed, "run `make bless`");
    let schema: Value = serde_json::from_str(&printed).unwrap();

    fleet.put_filter(&fleet.dev2, "CloudTrail/member_account_2", "to-splunk");
    fleet.put_filter(&fleet.dev2, "CloudTrail/member_account_2", "to-lambda");
    let failed = json!({ "errorCode": "Lambda.FunctionError", "rawData": "e30=", "lambdaArn": "arn", "arrivalTimestamp": 7 });
    let good = message("111122223333", "g", "s", &[(7, "x")]);
    emulator.write("failed.json", &format!("{failed}{good}"));
    let documents = [
        fleet.json(1, "replay --explain failed.json"),
        fleet.json(
            1,
            &format!("replay --put kinesis:s --region {REGION} failed.json"),
        ),
        fleet.json(0, "policies"),
        fleet.json(0, "plan"),
        fleet.json(0, "discover --profile dev2"),
        fleet.json(0, "status"),
        // the third filter of a log group is refused
        fleet.json(1, "apply --yes"),
        fleet.json(0, "status --health"),
        fleet.json(1, "verify --destination --wait 1"),
        fleet.json(0, "plan --destroy --delete-stream"),
        fleet.json(0, "destroy --yes --delete-stream"),
    ];
    let kinds: Vec<_> = documents.iter().map(|one| &one["kind"]).collect();
    assert_eq!(
        kinds,
        [
            "explanation",
            "explanation",
            "policies",
            "plan",
            "discovery",
            "status",
            "report",
            "status",
            "verification",
            "plan",
            "report"
        ]
    );
    assert!(documents.iter().all(|one| one["version"] == 1));
    let faults = validate(&emulator, &schema, &documents);
    assert!(faults.iter().all(Vec::is_empty), "{faults:#?}");

    let [fails, passes] = [0, 1].map(|group| &documents[1]["groups"][group]["verdict"]);
    assert_eq!((fails, passes), (&json!("passes"), &json!("fails")));
    let put = json!({
        "to": "kinesis:s in us-west-2", "is_dry": true, "sent": 0, "left": 1, "sent_before": 0, "too_large": 0,
    });
    assert_eq!(
        (&documents[0]["put"], &documents[1]["put"]),
        (&Value::Null, &put)
    );
    fleet
        .expect(2, "replay --output json failed.json")
        .says("--output json needs --explain or --put");

    // the schema refuses what is of another shape
    let plan = &documents[3];
    let with = |pointer: &str, value: Value| {
        let mut wrong = plan.clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        wrong
    };
    let wrong = [
        with("/version", json!(2)),
        with("/kind", json!("plans")),
        with("/changes/0/action", json!("delete-everything")),
        with("/changes/0/subject/party", json!("logging")),
        with("/changes/0/subject/resource", json!({ "role": "cwrole" })),
        with("/changes/0/subject/account", json!(null)),
    ];
    for (faults, document) in validate(&emulator, &schema, &wrong).iter().zip(&wrong) {
        assert!(!faults.is_empty(), "not refused: {document:#}");
    }
}
