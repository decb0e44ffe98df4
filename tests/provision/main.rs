//! `catchment plan`, `apply`, `status` and `destroy` end to end: the real binary, over HTTP, against the emulator.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests stop if their setup fails, and use files, processes and clocks"
)]

#[path = "../support/batch.rs"]
mod batch;
#[path = "../support/mod.rs"]
mod support;

mod account_policy;
mod assumed;
mod boundary;
mod capture;
mod carry_on;
mod credentials;
mod discover;
mod discover_organization;
mod drift;
mod faults;
mod filter;
mod fleet;
mod foreign;
mod interrupt;
mod json;
mod kill;
mod live;
mod many;
mod member_operator;
mod network;
mod organization;
mod patterns;
mod permissions;
mod put;
mod refusals;
mod regions;
mod roles;
mod saved;
mod screen;
mod seed;
mod terminal;
mod text;
mod verify;
mod verify_faults;
mod verify_permissions;
