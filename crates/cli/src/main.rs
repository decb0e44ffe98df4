//! The `catchment` command.
#![expect(
    dead_code,
    reason = "the commands that use these rooms come with branch `aws`, which removes this line"
)]

#[cfg(feature = "aws")]
mod aws;
mod desired;
mod name;
mod observed;
mod plan;
mod policy;
mod resource;

fn main() {}
