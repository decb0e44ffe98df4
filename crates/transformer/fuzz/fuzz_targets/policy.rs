//! Any text as a policy document from AWS: refused, or a document that is printed and read back as the same.

#![no_main]

use catchment::provision::policy::Document;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(document) = Document::parse(text) {
        let again = Document::parse(&document.to_pretty_json()).expect("what was printed");
        assert_eq!(again, document);
    }
});
