//! `catchment replay` end to end, with the real binary.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests stop if their setup fails"
)]

#[path = "support/batch.rs"]
mod batch;
#[path = "replay/redact.rs"]
mod redact;
#[path = "replay/settings.rs"]
mod settings;
mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use batch::Case;
use serde_json::json;

/// Exit code, standard output and standard error of one run, with `input` on standard input.
fn replay(arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_catchment"))
        .arg("replay")
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // a run that refuses its arguments does not read its input
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn event(name: &str) -> Vec<u8> {
    Case::read(&support::repository().join("tests/batches").join(name)).event()
}

#[test]
fn standard_output_has_what_the_destination_would_receive() {
    let (code, out, err) = replay(&["--format", "message"], &event("format-message"));
    assert_eq!(code, 0, "{err}");
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].ends_with("ACCEPT OK"), "{}", lines[0]);
    assert!(
        lines[2].starts_with(r#"{"eventVersion":"1.08""#),
        "{}",
        lines[2]
    );
}

#[test]
fn documents_are_indented_for_a_person_and_hostile_characters_made_visible() {
    let events = [(1_696_086_922_000, "\u{202e}\u{9b}31m")];
    let message = batch::message("111122223333", "g", "s", &events);
    let (code, out, err) = replay(&["--pretty", "--schema", "ecs"], message.as_bytes());
    assert_eq!(code, 0, "{err}");
    let begin = "{\n  \"@timestamp\": \"2023-09-30T15:15:22.000Z\",\n  \"message\": \"\\u202e\\u009b31m\",\n";
    assert!(out.starts_with(begin) && out.ends_with("\n}\n"), "{out}");
}

#[test]
fn the_summary_counts_records_and_names_failed_ones() {
    let (code, out, err) = replay(&[], &event("unreadable"));
    assert_eq!(code, 1);
    assert_eq!(out.lines().count(), 2);
    insta::assert_snapshot!(err);
}

#[test]
fn several_events_and_files_give_a_total() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.jsonl");
    let two = [
        event("sources"),
        b"\n".to_vec(),
        event("dropped"),
        b"\n".to_vec(),
    ]
    .concat();
    std::fs::write(&path, two).unwrap();
    let (code, out, err) = replay(&[path.to_str().unwrap(), "-"], &event("encodings"));
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.lines().count(), 12);
    let err = err.replace(folder.path().to_str().unwrap(), "FOLDER");
    insta::assert_snapshot!(err);
}

/// A line of the error output, as Firehose writes it for a failed transformation.
fn failed(data: &[u8]) -> String {
    let data = base64_simd::STANDARD.encode_to_string(data);
    json!({
        "attemptsMade": 4,
        "arrivalTimestamp": 1_696_086_923_000_u64,
        "errorCode": "Lambda.FunctionError",
        "errorMessage": "The Lambda function was successfully invoked but it returned an error result.",
        "attemptEndingTimestamp": 1_696_086_990_000_u64,
        "rawData": data,
        "lambdaArn": "arn:aws:lambda:us-west-2:999988887777:function:transformer:$LATEST",
    })
    .to_string()
}

#[test]
fn error_output_and_raw_messages_are_replayed_from_a_folder() {
    let message = |n: u32| {
        let text = format!("line {n}");
        batch::message("111122223333", "g", "s", &[(1_696_086_922_000, &text)])
    };
    let packed = |n| batch::gzip(message(n).as_bytes());
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, bytes: &[u8]| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    let lines = [failed(&packed(1)), failed(b"damaged"), failed(&packed(2))].join("\n");
    write("processing-failed/2023/a", lines.as_bytes());
    write(
        "processing-failed/2023/b.gz",
        &batch::gzip(failed(&packed(3)).as_bytes()),
    );
    // as Firehose writes what it reads from a Kinesis stream: members back to back
    write("raw", &[packed(4), packed(5)].concat());
    let (code, out, err) = replay(
        &["--format", "message", folder.path().to_str().unwrap()],
        b"",
    );
    assert_eq!(code, 1);
    assert_eq!(out, "line 1\nline 2\nline 3\nline 4\nline 5\n");
    let err = err.replace(folder.path().to_str().unwrap(), "FOLDER");
    insta::assert_snapshot!(err);
    let (code, out, err) = replay(&["--explain", folder.path().to_str().unwrap()], b"");
    assert_eq!((code, err.as_str()), (1, ""));
    insta::assert_snapshot!("explained", out);
}

#[test]
fn a_recorded_response_matches_until_a_setting_changes() {
    let folder = tempfile::tempdir().unwrap();
    let golden = folder.path().join("golden.json");
    let golden = golden.to_str().unwrap();
    let (code, response, _) = replay(&["--response", "--compression", "gzip"], &event("sources"));
    assert_eq!(code, 0);
    std::fs::write(golden, response).unwrap();

    let (code, out, err) = replay(
        &["--expect", golden, "--compression", "gzip"],
        &event("sources"),
    );
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(err.ends_with("as expected\n"));

    let (code, out, _) = replay(
        &["--expect", golden, "--sources", r#"{"*":"other"}"#],
        &event("sources"),
    );
    assert_eq!(code, 1);
    insta::assert_snapshot!(out);
}

#[test]
fn an_expected_failure_is_not_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let golden = folder.path().join("golden.json");
    let (code, response, _) = replay(&["--response"], &event("unreadable"));
    assert_eq!(code, 1);
    std::fs::write(&golden, response).unwrap();
    let (code, _, err) = replay(
        &["--expect", golden.to_str().unwrap()],
        &event("unreadable"),
    );
    assert_eq!(code, 0, "{err}");
}

/// A run with `input` flowing into it: what it takes at once is what it needs, not what it is given.
struct Flow {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Flow {
    /// Begins a run with at most `mib` MiB of memory that it may write to: RLIMIT_DATA, which does not count the binary.
    fn begin(mib: u32) -> Self {
        let mut child = Command::new("sh")
            .args([
                "-c",
                &format!("ulimit -d {}; exec \"$0\" replay", mib * 1024),
            ])
            .arg(env!("CARGO_BIN_EXE_catchment"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }
}

#[test]
fn the_first_line_comes_before_the_input_ends() {
    let mut flow = Flow::begin(512);
    for _ in 0..3 {
        flow.input.write_all(&event("sources")).unwrap();
        flow.input.flush().unwrap();
        let mut line = String::new();
        flow.output.read_line(&mut line).unwrap();
        assert!(line.starts_with(r#"{"timestamp""#), "{line}");
    }
    drop(flow.input);
    drop(flow.output);
    flow.child.wait().unwrap();
}

#[test]
fn any_number_of_batches_fit_into_little_memory() {
    // Noise, so that 48 MiB have to be read; the transformer refuses it.
    let noise = "QUJD".repeat(1 << 18);
    let event = batch::event([noise]);
    let mut flow = Flow::begin(48);
    let answers = std::thread::spawn(move || flow.output.lines().count());
    for _ in 0..48 {
        flow.input.write_all(&event).unwrap();
    }
    drop(flow.input);
    assert_eq!(answers.join().unwrap(), 0);
    let output = flow.child.wait_with_output().unwrap();
    let notes = String::from_utf8(output.stderr).unwrap();
    let total = notes.lines().last().unwrap();
    assert!(total.starts_with("48 batches: 48 records"), "{total}");
}

#[test]
fn errors_name_the_cause_and_the_next_step() {
    for (arguments, input, code, expected) in [
        (
            &["--format", "json"][..],
            "",
            2,
            "error: --format: unknown value `json`; expected one of: events, document, message",
        ),
        (
            &["--schema", "ocsf-1.2"],
            "",
            2,
            "error: --schema: unknown value `ocsf-1.2`; expected one of: none, native, ecs, ocsf-1.1, ocsf-1.5",
        ),
        (
            &["--overflow", "drop"],
            "",
            2,
            "error: --overflow: unknown value `drop`; expected one of: fail, reingest",
        ),
        (
            &["--max-decoded-mib", "0"],
            "",
            2,
            "error: --max-decoded-mib: `0` is not a whole number from 1 to 1024",
        ),
        (
            &["--sources", "{"],
            "",
            2,
            "error: --sources: not JSON: EOF while parsing an object at line 1 column 1; expected a JSON object",
        ),
        (&["--formt", "json"], "", 2, "--format"),
        (
            &["--response", "--expect", "x"],
            "",
            2,
            "cannot be used with",
        ),
        (&["s3://b/p"], "", 2, "error: s3:// needs --region"),
        (&["absent.json"], "", 1, "error: cannot read absent.json"),
        (
            &["--expect", "absent.json"],
            "",
            1,
            "error: cannot read absent.json",
        ),
        (
            &[],
            "",
            1,
            "because: it is empty; expected Firehose events, error output or subscription messages",
        ),
        (&[], "{,}", 1, "because: it is not JSON (line 1, column 2)"),
        (
            &[],
            r#"{"awslogs":{"data":"secret"}}"#,
            1,
            "because: the event is a CloudWatch Logs event for a Lambda function",
        ),
        (
            &[],
            r#"{"rawData":7}"#,
            1,
            "because: its rawData is not a string",
        ),
        (
            &[],
            r#"{"records":[{"recordId":"1","result":"Ok","data":""}]}"#,
            1,
            "pass it to --expect",
        ),
    ] {
        let (given, out, err) = replay(arguments, input.as_bytes());
        assert_eq!((given, out.as_str()), (code, ""), "{arguments:?}: {err}");
        assert!(err.contains(expected), "{arguments:?}: {err}");
        assert!(!err.contains("secret"), "{err}");
    }
}

#[test]
fn what_would_steer_a_terminal_is_visible_in_an_explanation() {
    let group = "evil\u{1b}[2J\u{202e}\n";
    let message = batch::message("111122223333", group, "s", &[(7, "x")]);
    for flags in [&["--explain"][..], &["--explain", "--output", "json"]] {
        let (_, out, _) = replay(flags, message.as_bytes());
        assert!(out.contains("evil\\u") && out.contains("202e"), "{out}");
        assert!(!out.contains(['\u{1b}', '\u{202e}']), "{out}");
    }
}

#[test]
fn a_folder_without_files_is_said_to_hold_no_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let nothing = (0, String::new(), "no records\n".to_owned());
    assert_eq!(replay(&[path], b""), nothing);
}

#[test]
fn a_full_disk_is_said_to_hold_up_the_result() {
    let full = std::fs::File::options().write(true).open("/dev/full");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("batch.json");
    std::fs::write(&path, event("sources")).unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_catchment"))
        .args(["replay", path.to_str().unwrap()])
        .stdout(full.unwrap())
        .output()
        .unwrap();
    let err = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        err.contains("error: cannot write the result: No space left"),
        "{err}"
    );
}

#[test]
fn a_closed_output_ends_it_quietly() {
    let event = event("sources");
    let many = event.repeat(2000);
    let mut child = Command::new(env!("CARGO_BIN_EXE_catchment"))
        .arg("replay")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let _ = stdin.write_all(&many);
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
