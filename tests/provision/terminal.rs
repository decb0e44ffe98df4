//! On a terminal: the prompt, both replies, and a change in AWS while the prompt is open.

use std::io::{Read, Write};
use std::process::{Child, Stdio};

use serde_json::json;

use crate::fleet::Fleet;
use crate::support::emulator::Emulator;
use crate::support::repository;

/// Runs a command on a pseudo-terminal that is connected to standard input and output.
pub(crate) const PSEUDO_TERMINAL: &str =
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

pub(crate) fn on_terminal(fleet: &Fleet<'_>, line: &str) -> Child {
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
pub(crate) fn read_prompt(child: &mut Child) -> String {
    let stdout = child.stdout.as_mut().unwrap();
    let mut told = Vec::new();
    let mut byte = [0];
    while !told.ends_with(b"[y/N] ") && stdout.read(&mut byte).unwrap() == 1 {
        told.push(byte[0]);
    }
    String::from_utf8(told).unwrap()
}

pub(crate) fn answer(child: Child, answer: &str) -> (Option<i32>, String) {
    typed(child, &format!("{answer}\n"))
}

/// Types the keys, and reads on to the end.
fn typed(mut child: Child, keys: &str) -> (Option<i32>, String) {
    child
        .stdin
        .as_mut()
        .unwrap()
        .write_all(keys.as_bytes())
        .unwrap();
    let mut told = String::new();
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    (child.wait().unwrap().code(), told)
}

#[test]
fn apply_asks_and_obeys_the_reply() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);

    let mut child = on_terminal(&fleet, "apply --logging");
    read_prompt(&mut child);
    let (code, told) = answer(child, "n");
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("nothing was changed"), "{told}");
    assert!(fleet.writes().is_empty());

    let mut child = on_terminal(&fleet, "apply --logging");
    read_prompt(&mut child);
    let (code, told) = answer(child, "y");
    assert_eq!(code, Some(0), "{told}");
    fleet.expect(0, "plan --logging --exit-code");

    // plan, progress and report keep their order on a terminal
    let (code, told) = answer(on_terminal(&fleet, "destroy --yes --logging"), "");
    assert_eq!(code, Some(0), "{told}");
    let places = ["0 to update", "[1/", "done, 0 failed"].map(|text| told.find(text));
    assert!(
        places.is_sorted() && places[0].is_some(),
        "{places:?} in {told}"
    );
}

#[test]
fn what_changed_after_the_plan_was_shown_is_named_and_left_alone() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    fleet.expect(0, "apply --yes --logging");

    let mut child = on_terminal(&fleet, "apply --member dev1");
    read_prompt(&mut child);
    fleet.put_filter(&fleet.dev1, "CloudTrail/member_account_1", "to-splunk");
    let (code, told) = answer(child, "y");
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("1 done, 1 failed, 0 not tried"), "{told}");
    let named =
        "failed: create: subscription filter catchment-kinesisDest on CloudTrail/member_account_1";
    assert!(told.contains(named), "{told}");
    assert!(
        told.contains("it has changed since the plan was made"),
        "{told}"
    );
    let ours = json!("catchment-kinesisDest");
    let filters = fleet.filters(&fleet.dev1, "CloudTrail/member_account_1");
    assert!(
        filters.iter().all(|filter| filter["filterName"] != ours),
        "{filters:?}"
    );
}

#[test]
fn ctrl_c_at_the_question_changes_nothing() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let mut child = on_terminal(&fleet, "apply --logging");
    read_prompt(&mut child);
    let (code, told) = typed(child, "\x03");
    assert_eq!(code, Some(130), "{told}");
    assert!(told.contains("interrupted; nothing was changed"), "{told}");
    assert!(fleet.writes().is_empty());
}
