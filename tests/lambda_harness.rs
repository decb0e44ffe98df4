//! The Lambda harness itself: answers come through, environments are what the test gave, and nothing outlives it.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test that cannot be set up has to stop"
)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::{fs, thread, time::Duration};

use support::lambda::Lambda;

/// A runtime in a dozen lines, so that the harness is tested without the binary it is for.
const BOOTSTRAP: &str = r#"#!/usr/bin/env python3
import os, sys, urllib.request
open(os.environ["PID_FILE"], "w").write(str(os.getpid()))
if os.environ.get("GREETING") is None:
    sys.exit("GREETING is not set")
api = "http://%s/2018-06-01/runtime/invocation/" % os.environ["AWS_LAMBDA_RUNTIME_API"]
while True:
    with urllib.request.urlopen(api + "next") as call:
        event, id = call.read(), call.headers["Lambda-Runtime-Aws-Request-Id"]
    print("one event", file=sys.stderr, flush=True)
    urllib.request.urlopen(api + id + "/response", data=b'"%s, %s"' % (os.environ["GREETING"].encode(), event))
"#;

fn bootstrap(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("bootstrap");
    fs::write(&path, BOOTSTRAP).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn alive(pid_file: &Path) -> bool {
    let pid = fs::read_to_string(pid_file).unwrap();
    Path::new("/proc").join(pid).exists()
}

#[test]
fn invokes_the_binary_and_takes_it_down() {
    let folder = tempfile::tempdir().unwrap();
    let pid_file = folder.path().join("pid");
    let lambda = Lambda::start(
        &bootstrap(folder.path()),
        &[
            ("GREETING", "good day"),
            ("PID_FILE", pid_file.to_str().unwrap()),
        ],
    );
    for number in 1..=2 {
        let answer = lambda.invoke(number.to_string().as_bytes());
        assert_eq!(
            answer,
            (200, format!("\"good day, {number}\"").into_bytes())
        );
    }
    assert!(lambda.log().contains("one event"));
    assert!(alive(&pid_file));
    drop(lambda);
    thread::sleep(Duration::from_millis(50));
    assert!(!alive(&pid_file), "the binary outlived its harness");
}

#[test]
fn shows_why_a_binary_did_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let pid_file = folder.path().join("pid");
    let lambda = Lambda::start(
        &bootstrap(folder.path()),
        &[("PID_FILE", pid_file.to_str().unwrap())],
    );
    assert_eq!(lambda.invoke(b"{}"), (502, Vec::new()));
    assert!(lambda.log().contains("GREETING is not set"));
}
