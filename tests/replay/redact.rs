//! What is redacted, and that its key is never shown.

use super::{batch, replay};

#[test]
fn what_is_redacted_is_shown_as_the_destination_would_receive_it_and_the_key_never() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "0123456789abcdef0123456789abcdef\n").unwrap();
    let key = path.to_str().unwrap();
    let redact = r#"[{"source":"vpc-flow-logs","fields":["srcaddr"],"action":"hash"}]"#;
    let line = "2 123456789010 eni-1235b8ca123456789 203.0.113.7 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";
    let good = batch::message("111122223333", "flow", "eni-1-all", &[(1, line)]);
    let bad = batch::message("111122223333", "flow", "eni-1-all", &[(1, "203.0.113.7")]);
    let flags = ["--redact", redact, "--redact-key", key];
    let (code, out, err) = replay(&flags, good.as_bytes());
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("55a7c9ba39c762e973ffcf294361c78f"), "{out}");
    assert!(err.contains("; 1 log event redacted"), "{err}");
    for more in [&[][..], &["--explain"], &["--response"]] {
        let flags = [&flags[..], more].concat();
        for message in [&good, &bad] {
            let (_, out, err) = replay(&flags, message.as_bytes());
            assert!(!format!("{out}{err}").contains("0123456789abcdef"));
            assert!(!format!("{out}{err}").contains("203.0.113.7"));
        }
    }
    let (_, out, err) = replay(&[&flags[..], &["--explain"]].concat(), bad.as_bytes());
    assert!(
        format!("{out}{err}").contains("fails (not-redacted)"),
        "{out}{err}"
    );
    let (code, _, err) = replay(&flags[..2], good.as_bytes());
    assert_eq!(code, 2);
    assert!(err.contains("--redact-key: missing"), "{err}");
    let (code, _, err) = replay(&["--redact", redact, "--redact-key", "/none"], b"");
    assert_eq!(code, 1);
    assert!(err.contains("cannot read --redact-key /none"), "{err}");
    std::fs::write(&path, "").unwrap();
    let (code, _, err) = replay(&flags, b"");
    assert_eq!(code, 2);
    assert_eq!(err, "error: --redact-key: the file is empty\n");
}
