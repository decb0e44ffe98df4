//! `catchment verify` on the deployed pipeline: proven up to the bucket; and with a transformer that fails.

use serde_json::{Value, json};

use super::support::emulator::Emulator;
use super::{LOGGING, REGION, deploy, run, set_up_fleet};

fn verify(emulator: &Emulator, code: i32) -> Value {
    let line = [
        "verify",
        "--destination",
        "--wait",
        "20",
        "--output",
        "json",
    ];
    let output = emulator.catchment().args(line).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{output:?} {told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_path_is_proven_up_to_the_bucket_and_a_transformer_that_fails_is_named() {
    let emulator = Emulator::start_with(&json!({ "deliver": true }));
    set_up_fleet(&emulator);
    let catchment = env!("CARGO_BIN_EXE_catchment");
    run(&emulator, catchment, &["apply", "--logging", "--yes"]);
    let bucket = deploy(&emulator, &[]);
    run(&emulator, catchment, &["apply", "--yes"]);

    let verification = verify(&emulator, 0);
    let paths = verification["paths"].as_array().unwrap();
    assert_eq!(paths.len(), 4);
    for path in paths {
        assert_eq!(path["state"], "proven", "{path:#}");
        let [account, source] =
            [&path["subject"]["account"], &path["source"]].map(|one| one.as_str().unwrap());
        let url = format!("s3://{bucket}/logs/account={account}/source={source}/");
        assert!(
            path["objects"][0]["url"]
                .as_str()
                .unwrap()
                .starts_with(&url),
            "{path:#}"
        );
    }

    // a wrong setting stops the transformer at its start
    let params = json!({
        "FunctionName": "catchment-transformer",
        "Environment": { "Variables": { "CATCHMENT_FORMAT": "none such" } },
    });
    emulator.call(
        LOGGING,
        REGION,
        "lambda",
        "UpdateFunctionConfiguration",
        &params,
    );
    let verification = verify(&emulator, 1);
    for path in verification["paths"].as_array().unwrap() {
        assert_eq!(
            (&path["state"], &path["fault"]["hop"]),
            (&json!("failed"), &json!("transformer")),
            "{path:#}"
        );
        let hint = path["fault"]["hint"].as_str().unwrap();
        assert!(
            hint.contains(&format!("--explain s3://{bucket}/processing-failed/")),
            "{hint}"
        );
    }
}
