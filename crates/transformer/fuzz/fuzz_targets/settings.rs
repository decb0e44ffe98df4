//! Any text as the Lambda's environment, a variable a line: settings, or an error that says what is wrong.

#![no_main]

use catchment_transformer::Settings;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    if let Err(error) = Settings::from_pairs(pairs) {
        assert!(error.to_string().contains("; expected "));
    }
});
