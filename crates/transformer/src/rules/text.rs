//! Texts that a field is compared with: without regard to case, unless a rule says otherwise, as Sigma has it.

use regex::RegexBuilder;
use rsigma_parser::{SigmaString, SpecialChar, StringPart};

use super::condition::Test;
use crate::limits::RULE_REGEX_BYTES_MAX;

/// A text, and how a field has to relate to it.
#[derive(Debug)]
pub(crate) struct Text {
    place: Place,
    /// In lower case, unless `is_cased`.
    text: Box<str>,
    is_cased: bool,
}

/// Where a field has to have the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    All,
    Begin,
    End,
    Anywhere,
}

impl Text {
    pub(super) fn holds(&self, field: &str) -> bool {
        if self.is_cased {
            return self.place.holds(field, &self.text);
        }
        if !field.is_ascii() {
            return self.place.holds(&field.to_lowercase(), &self.text);
        }
        let (field, text) = (field.as_bytes(), self.text.as_bytes());
        match (self.place, field.len().checked_sub(text.len())) {
            (_, None) => false,
            (Place::All, Some(more)) => more == 0 && field.eq_ignore_ascii_case(text),
            (Place::Begin, _) => field[..text.len()].eq_ignore_ascii_case(text),
            (Place::End, Some(more)) => field[more..].eq_ignore_ascii_case(text),
            (Place::Anywhere, _) => {
                memchr::memmem::find(&field.to_ascii_lowercase(), text).is_some()
            }
        }
    }
}

impl Place {
    fn holds(self, field: &str, text: &str) -> bool {
        match self {
            Self::All => field == text,
            Self::Begin => field.starts_with(text),
            Self::End => field.ends_with(text),
            Self::Anywhere => field.contains(text),
        }
    }
}

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
    let plain = |place, text: &str| {
        let text = if is_cased {
            text.to_owned()
        } else {
            text.to_lowercase()
        };
        Ok(Test::Text(Text {
            place,
            text: text.into(),
            is_cased,
        }))
    };
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
    regex
        .map(Test::Regex)
        .map_err(|error| error.to_string().replace('\n', " "))
}
