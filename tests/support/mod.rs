//! What the integration tests of both crates share: AWS's place-holders, started, driven and ended.

#![allow(
    dead_code,
    reason = "each test binary compiles all of this and uses a part"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot be set up has to stop"
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
