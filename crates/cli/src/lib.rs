//! The library behind the binary `catchment`: provisioning, captured batches, AWS, the terminal.
//!
//! Without the feature `aws` only the pure modules are built, `provision` and `batch`, so that they are tested without the SDK.

#![allow(
    missing_docs,
    reason = "a library for its own binary and tests; a name that says it all needs no sentence"
)]

pub mod args;
#[cfg(feature = "aws")]
pub mod aws;
pub mod batch;
#[cfg(feature = "aws")]
pub mod command;
pub mod output;
pub mod provision;
