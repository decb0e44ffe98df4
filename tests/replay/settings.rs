//! The settings file, and what is said of a mistake in it.

use super::{event, replay};

#[test]
fn a_settings_file_is_read_and_flags_win_over_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catchment.json");
    let file = path.to_str().unwrap();
    let sources = r#"{"flow-v2":{"source":"vpc-flow-logs","format":"${version} ${bytes}"}}"#;
    std::fs::write(
        &path,
        format!(r#"{{"schema":"native","sources":{sources}}}"#),
    )
    .unwrap();
    let event = event("native-vpc-flow-logs");
    let (code, out, err) = replay(&["--settings", file], &event);
    assert_eq!(code, 0, "{err}");
    let line = out.lines().next().unwrap();
    assert!(
        line.ends_with("14 fields, and the format has 2\"}"),
        "{line}"
    );
    assert!(
        err.contains("log events that the schema could not be applied to"),
        "{err}"
    );
    let (_, out, _) = replay(&["--settings", file, "--sources", "{}"], &event);
    let line = out.lines().next().unwrap();
    assert!(line.contains(r#""event":{"version":2,"#), "{line}");
    let (_, out, _) = replay(&["--settings", file, "--schema", "none"], &event);
    assert!(!out.contains(r#""event":"#), "{out}");
    std::fs::write(&path, r#"{"schema":"wrong"}"#).unwrap();
    let (code, _, err) = replay(&["--settings", file], &event);
    assert_eq!(code, 2);
    assert!(
        err.contains(&format!("error: --settings {file}: `schema`: unknown value `wrong`; expected one of: none, native,")),
        "{err}"
    );
}
