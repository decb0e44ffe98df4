//! Texts that a field is compared with: without regard to case, unless a rule says otherwise, as Sigma has it.

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
    pub(super) fn new(place: Place, text: &str, is_cased: bool) -> Self {
        let text = if is_cased {
            text.to_owned()
        } else {
            text.to_lowercase()
        };
        Self {
            place,
            text: text.into(),
            is_cased,
        }
    }

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
