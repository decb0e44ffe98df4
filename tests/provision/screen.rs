//! What a person sees: colour, the width of the terminal, hostile names, `head`.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::fleet::{Fleet, Run};
use crate::support::emulator::Emulator;
use crate::support::repository;
use crate::terminal::PSEUDO_TERMINAL;

/// The command in a shell whose standard output is a terminal of this width, with the variables of a terminal. Progress, on standard
/// error, is thrown away.
fn on_terminal(fleet: &Fleet<'_>, columns: usize, line: &str) -> Command {
    in_shell(fleet, columns, &format!("{line} 2>/dev/null"))
}

/// The same, with redirections of its own.
fn in_shell(fleet: &Fleet<'_>, columns: usize, line: &str) -> Command {
    let shell = format!("stty cols {columns} rows 50; exec \"$0\" {line}");
    let program = fleet.emulator.catchment();
    let mut command = fleet
        .emulator
        .command(repository().join(".venv/bin/python"));
    command
        .args(["-c", PSEUDO_TERMINAL, "sh", "-c", &shell])
        .arg(program.get_program())
        .env_remove("NO_COLOR")
        .env("TERM", "xterm-256color")
        .stdin(Stdio::null());
    command
}

fn shown(command: &mut Command) -> String {
    Run::of(&command.output().unwrap()).stdout.replace('\r', "")
}

/// Otherwise the `^C` that the terminal prints begins a new line, and the bar stays on the screen.
#[test]
fn progress_leaves_room_for_the_sign_of_ctrl_c() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let text = shown(&mut in_shell(&fleet, 60, "plan >/dev/null"));
    assert!(text.contains("reading accounts"), "{text:?}");
    let (drawn, next) = text.split_once("\u{1b}[4D").unwrap();
    assert_eq!(drawn.chars().count(), 60, "the line is full: {drawn:?}");
    assert!(
        next.starts_with("\u{1b}[2K"),
        "then it is cleared: {next:?}"
    );
}

const GREEN_SIGN: &str = "\u{1b}[32m+\u{1b}[0m role cwrole";

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let line = "plan --logging";
    let text = shown(&mut on_terminal(&fleet, 80, line));
    assert!(text.contains(GREEN_SIGN), "{text:?}");
    let never = "plan --logging --color never";
    for mut command in [
        on_terminal(&fleet, 80, never),
        on_terminal(&fleet, 80, "plan --logging --output json"),
    ] {
        let text = shown(&mut command);
        assert!(
            text.contains("cwrole") && !text.contains('\u{1b}'),
            "{text:?}"
        );
    }
    for (variable, value) in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
        let text = shown(on_terminal(&fleet, 80, line).env(variable, value));
        assert!(!text.contains('\u{1b}'), "{variable}: {text:?}");
    }
    // a pipe
    let plain = shown(fleet.command(line).env_remove("NO_COLOR"));
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    let forced = shown(&mut fleet.command("plan --logging --color always"));
    assert!(forced.contains(GREEN_SIGN), "{forced:?}");
    let forced = shown(
        fleet
            .command(line)
            .env_remove("NO_COLOR")
            .env("CLICOLOR_FORCE", "1"),
    );
    assert!(forced.contains(GREEN_SIGN), "{forced:?}");
}

#[test]
fn a_narrow_terminal_breaks_lines_between_words_only() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    for columns in [40, 80] {
        let text = shown(&mut on_terminal(&fleet, columns, "plan --color never"));
        for line in text.lines() {
            let is_one_word = !line.trim_start().contains(' ');
            assert!(line.chars().count() <= columns || is_one_word, "{line:?}");
        }
        let words =
            |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        assert_eq!(words(&text), words(&fleet.expect(0, "plan").stdout));
    }
}

#[test]
fn escape_sequences_from_aws_are_shown_and_not_obeyed() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let stream = json!({ "StreamName": "Demo_Kinesis_Stream", "ShardCount": 4 });
    fleet.call(&fleet.logging, "kinesis", "CreateStream", &stream);
    let fleet_tag = "a\u{1b}[2J\u{9b}31mb\u{202e}c\nd";
    let tags =
        json!({ "StreamName": "Demo_Kinesis_Stream", "Tags": { "catchment:fleet": fleet_tag } });
    fleet.call(&fleet.logging, "kinesis", "AddTagsToStream", &tags);
    let visible = "a\\u{1b}[2J\\u{9b}31mb\\u{202e}c\\u{a}d";
    for line in ["plan", "status", "plan --detail"] {
        let text = shown(fleet.command(line).env("NO_COLOR", "1"));
        assert!(text.contains(visible), "{text:?}");
    }
    let text = shown(&mut fleet.command("plan --output json"));
    assert!(text.contains(r"a\u001b[2J\u009b31mb\u202ec\nd"), "{text:?}");
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    let why = plan["declined"][0]["why"].as_str().unwrap();
    assert!(why.contains(fleet_tag), "{why:?}");
}
