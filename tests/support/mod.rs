//! Shared by the integration tests of both crates: runs the emulators of AWS and of Lambda.

#![allow(dead_code, reason = "each test binary uses only a part")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests stop if their setup fails"
)]

pub(crate) mod answers;
pub(crate) mod emulator;
pub(crate) mod http;
pub(crate) mod lambda;
pub(crate) mod network;

use std::path::{Path, PathBuf};

/// The root of the repository, two folders above either crate.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
