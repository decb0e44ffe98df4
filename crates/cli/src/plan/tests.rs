//! The planner over whole worlds.
