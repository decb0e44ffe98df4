//! The `catchment` command.
#![expect(
    dead_code,
    unused_imports,
    reason = "the commands that use these rooms come with branch `aws`, which removes this"
)]

mod desired;
mod fleet;
mod name;
mod observed;
mod plan;
mod policy;
mod resource;

fn main() {}
