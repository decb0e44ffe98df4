//! The `catchment` command.
#![expect(
    dead_code,
    reason = "the commands that use these rooms come with branch `aws`, which removes this line"
)]

mod desired;
mod fleet;
mod name;
mod observed;
mod plan;
mod policy;
mod resource;

fn main() {}
