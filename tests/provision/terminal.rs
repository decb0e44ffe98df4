//! On a terminal: the prompt, both replies, and a change in AWS while the prompt is open.

use std::io::{Read, Write};
use std::process::{Child, Stdio};

use serde_json::json;

use crate::fleet::Fleet;
use crate::support::emulator::Emulator;
use crate::support::repository;

/// Runs a command on a pseudo-terminal that is connected to standard input and output.
const PSEUDO_TERMINAL: &str =
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

fn on_terminal(fleet: &Fleet<'_>, line: &str) -> Child {
    let program = fleet.emulator.catchment();
    fleet
        .emulator
        .command(repository().join(".venv/bin/python"))
        .args(["-c", PSEUDO_TERMINAL])
        .arg(program.get_program())
        .args(line.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads up to the prompt.
fn read_prompt(child: &mut Child) -> String {
    let stdout = child.stdout.as_mut().unwrap();
    let mut output = Vec::new();
    let mut byte = [0];
    while !output.ends_with(b"[y/N] ") && stdout.read(&mut byte).unwrap() == 1 {
        output.push(byte[0]);
    }
    String::from_utf8(output).unwrap()
}

fn reply(mut child: Child, text: &str) -> (Option<i32>, String) {
    child
        .stdin
        .as_mut()
        .unwrap()
        .write_all(format!("{text}\n").as_bytes())
        .unwrap();
    let mut output = String::new();
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    (child.wait().unwrap().code(), output)
}

#[test]
fn apply_asks_and_obeys_the_reply() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);

    let mut child = on_terminal(&fleet, "apply --logging");
    read_prompt(&mut child);
    let (code, output) = reply(child, "n");
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("nothing was changed"), "{output}");
    assert!(fleet.writes().is_empty());

    let mut child = on_terminal(&fleet, "apply --logging");
    read_prompt(&mut child);
    let (code, output) = reply(child, "y");
    assert_eq!(code, Some(0), "{output}");
    fleet.expect(0, "plan --logging --exit-code");

    // plan, progress and report keep their order on a terminal
    let (code, output) = reply(on_terminal(&fleet, "destroy --yes --logging"), "");
    assert_eq!(code, Some(0), "{output}");
    let places = ["0 to update", "[1/", "done, 0 failed"].map(|text| output.find(text));
    assert!(
        places.is_sorted() && places[0].is_some(),
        "{places:?} in {output}"
    );
}

#[test]
fn nothing_is_changed_if_aws_changed_after_the_plan_was_shown() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes --logging");

    let mut child = on_terminal(&fleet, "apply --member dev1");
    read_prompt(&mut child);
    fleet.put_filter(&fleet.dev1, "CloudTrail/member_account_1", "to-splunk");
    let (code, output) = reply(child, "y");
    assert_eq!(code, Some(1), "{output}");
    assert!(
        output.contains("no longer as the plan shows them"),
        "{output}"
    );
    let ours = json!("catchment-kinesisDest");
    let filters = fleet.filters(&fleet.dev1, "CloudTrail/member_account_1");
    assert!(
        filters.iter().all(|filter| filter["filterName"] != ours),
        "{filters:?}"
    );
}
