//! Each kind of drift.
