//! Any text as a fleet file: a fleet, or all mistakes in it.

#![no_main]

use catchment::provision::fleet::Fleet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = Fleet::parse(text) {
        assert!(!error.to_string().is_empty());
    }
});
