//! What the fleet file asks for, what AWS has, and the plan from one to the other. Pure: no I/O, no clock.

pub mod desired;
pub mod discovery;
pub mod fleet;
pub mod health;
pub mod name;
pub mod observed;
pub mod parameters;
pub mod plan;
pub mod policy;
pub mod resource;
pub mod status;
pub mod verification;
