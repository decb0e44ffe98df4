//! Texts with wildcards, and regular expressions, as tests of a field.

use regex::RegexBuilder;
use rsigma_parser::{SigmaString, SpecialChar, StringPart};

use super::condition::Test;
use super::text::{Place, Text};
use crate::limits::RULE_REGEX_BYTES_MAX;

/// What a text with wildcards, in this place of a field, asks for.
pub(super) fn test(text: &SigmaString, place: Place, is_cased: bool) -> Result<Test, String> {
    let any = StringPart::Special(SpecialChar::WildcardMulti);
    let mut parts = text.parts.clone();
    if matches!(place, Place::End | Place::Anywhere) {
        parts.insert(0, any.clone());
    }
    if matches!(place, Place::Begin | Place::Anywhere) {
        parts.push(any.clone());
    }
    parts.dedup_by(|one, other| *one == any && *other == any);
    let plain = |place, text: &str| Ok(Test::Text(Text::new(place, text, is_cased)));
    match parts.as_slice() {
        [] => plain(Place::All, ""),
        [one] if *one == any => plain(Place::Anywhere, ""),
        [StringPart::Plain(text)] => plain(Place::All, text),
        [StringPart::Plain(text), end] if *end == any => plain(Place::Begin, text),
        [begin, StringPart::Plain(text)] if *begin == any => plain(Place::End, text),
        [begin, StringPart::Plain(text), end] if *begin == any && *end == any => {
            plain(Place::Anywhere, text)
        }
        parts => {
            let parts = parts.iter().map(|part| match part {
                StringPart::Plain(text) => regex::escape(text),
                StringPart::Special(SpecialChar::WildcardMulti) => ".*".to_owned(),
                StringPart::Special(SpecialChar::WildcardSingle) => ".".to_owned(),
            });
            let pattern = format!("^{}$", parts.collect::<String>());
            regex(&pattern, |builder| {
                builder
                    .case_insensitive(!is_cased)
                    .dot_matches_new_line(true);
            })
        }
    }
}

/// A regular expression, which may stand anywhere in a field.
pub(super) fn regex(pattern: &str, set: impl FnOnce(&mut RegexBuilder)) -> Result<Test, String> {
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(RULE_REGEX_BYTES_MAX);
    set(&mut builder);
    let regex = builder.build();
    regex.map(Test::Regex).map_err(|error| {
        // The reason is in the last line, below a picture of the place.
        let error = error.to_string();
        let why = error.lines().last().unwrap_or_default();
        let why = why.trim_start_matches("error: ");
        format!("`{pattern}` is not a regular expression that rules can have: {why}")
    })
}
