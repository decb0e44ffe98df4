//! What commands share: how they end, and how they read the fleet file, talk to AWS and make changes.

pub(super) mod change;
pub(super) mod connect;
pub(super) mod exit;
pub(super) mod fleet;
pub(super) mod interrupt;
pub(super) mod purpose;
mod recheck;
pub(super) mod saved;
pub(super) mod session;
