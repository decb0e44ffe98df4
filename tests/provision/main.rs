//! `catchment plan`, `apply`, `status` and `destroy` as a person runs them: the real binary, over HTTP, against the emulator.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up has to stop, and tests touch files, processes and clocks"
)]

#[path = "../support/mod.rs"]
mod support;

mod by_hand;
mod credentials;
mod drift;
mod faults;
mod fleet;
mod foreign;
mod kill;
mod network;
mod permissions;
mod refusals;
mod roles;
mod seed;
mod terminal;
mod text;
