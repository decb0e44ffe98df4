//! The library behind the binary `catchment`: provisioning, captured batches, AWS, the terminal.
//!
//! Without the feature `aws`, everything is built except for the modules that need the SDK, so that tests of the pure modules
//! do not have to compile it.

#![expect(
    missing_docs,
    reason = "only our own binary uses this library; names that say it all need no sentence"
)]

pub mod args;
#[cfg(feature = "aws")]
pub mod aws;
pub mod batch;
#[cfg(feature = "aws")]
pub mod command;
mod count;
pub mod output;
pub mod provision;
