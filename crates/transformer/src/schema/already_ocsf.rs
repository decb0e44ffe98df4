//! Messages that are events of OCSF already, because the log group has a transformer, or a pipeline made them so.

use super::Misfit;
use super::mapping::{Finder, Found, Kind};
use super::object::compact;
use super::ocsf::CLASS_UID;
use crate::buffer::Buffer;
use crate::json::Fields;
use crate::settings::Schema;

/// What a schema of documents makes of an event that is OCSF already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AlreadyOcsf {
    /// The schema is OCSF, too.
    PassedOn,
    /// The schema has no document for it.
    Refused,
}

impl AlreadyOcsf {
    pub(super) fn new(schema: Schema) -> Self {
        match schema {
            Schema::Ocsf11 | Schema::Ocsf15 => Self::PassedOn,
            Schema::None | Schema::Native | Schema::Ecs => Self::Refused,
        }
    }

    /// Has a finder without slots find what [`Self::write_found`] looks at.
    pub(super) fn look_for(finder: &mut Finder) {
        finder.slot("class_uid");
    }

    /// Appends an event that is OCSF already. Returns `false` if the message is none.
    ///
    /// # Errors
    /// Fails if it is one, and the schema is not OCSF.
    #[inline(always)]
    pub(super) fn write_found(
        self,
        found: &Found,
        text: &[u8],
        out: &mut Buffer,
    ) -> Result<bool, Misfit> {
        match found.spans[0].kind {
            Kind::Absent => Ok(false),
            _ => self.write(text, out),
        }
    }

    /// The same of any text.
    #[cold]
    pub(super) fn write(self, text: &[u8], out: &mut Buffer) -> Result<bool, Misfit> {
        match (ocsf(text), self) {
            (None, _) => Ok(false),
            (Some(_), Self::Refused) => Err(Misfit::AlreadyOcsf),
            (Some((event, class)), Self::PassedOn) => {
                pass_on(&event, class, out);
                Ok(true)
            }
        }
    }
}

/// Whether a message is OCSF already, and so not as its source writes it.
#[cold]
pub(super) fn is_ocsf(text: &[u8]) -> bool {
    ocsf(text).is_some()
}

/// Appends an event as it is, but with its class first, as all lines of OCSF have it.
fn pass_on(event: &Fields<'_>, class: &str, out: &mut Buffer) {
    let begin = out.len();
    out.extend_with([CLASS_UID, class.as_bytes()]);
    for (name, value) in event.members() {
        if value.as_ptr() != class.as_ptr() {
            out.extend_with([b",", name.as_bytes(), b":", value.as_bytes()]);
        }
    }
    out.push(b'}');
    compact(out, begin);
}

/// The members of an event of OCSF, and its class.
fn ocsf(text: &[u8]) -> Option<(Fields<'_>, &str)> {
    let event = std::str::from_utf8(text).ok().and_then(Fields::of)?;
    let class = event.only("class_uid").filter(|json| is_class(json))?;
    let metadata = event.only("metadata").and_then(Fields::of)?;
    let version = metadata.only("version")?;
    version.starts_with('"').then_some((event, class))
}

fn is_class(json: &str) -> bool {
    (1..=9).contains(&json.len()) && json.bytes().all(|byte| byte.is_ascii_digit())
}
