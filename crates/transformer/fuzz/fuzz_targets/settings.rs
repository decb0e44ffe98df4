//! Any text as the Lambda's environment, a variable a line, and as rules: settings, or an error that says what is wrong.

#![no_main]

use catchment_transformer::Settings;
use catchment_transformer::rules::Rules;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // The name of a rule, and what a detection section may hold.
    let rule = format!(r#"[{{"name":"a","source":"cloudtrail","action":"drop","detection":{text}}}]"#);
    Rules::parse(&rule).ok();
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    if let Err(error) = Settings::from_pairs(pairs) {
        assert!(error.to_string().starts_with("CATCHMENT_"));
    }
});
