//! The function's log: one JSON object a line.

use std::io::Write;

use serde_json::Value;

/// Writes one line to the function's log.
#[expect(
    clippy::disallowed_methods,
    reason = "Lambda logs what the function writes to standard output"
)]
pub fn log(line: &Value) {
    // A log that cannot be written must not keep a batch from its answer.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
