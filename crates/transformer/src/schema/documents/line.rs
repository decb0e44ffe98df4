//! A log event and where it comes from, as documents are made of it.

use crate::json::JsonStr;
use crate::schema::Accounts;
use crate::schema::mapping::{Context, Given, LITERALS};
use crate::source::Carried;
use crate::subscription::LogEvent;
use crate::timestamp::Timestamps;

/// A log event, and where it comes from.
pub(crate) struct Line<'a> {
    pub(crate) carried: Carried,
    pub(crate) account: JsonStr<'a>,
    /// May be `null`.
    pub(crate) region: JsonStr<'a>,
    pub(crate) log_group: JsonStr<'a>,
    pub(crate) log_stream: JsonStr<'a>,
    pub(crate) event: LogEvent<'a>,
    /// For how many events it is delivered, as a JSON string; empty if it is not one of several.
    pub(crate) rate: &'a str,
}

impl<'a> Line<'a> {
    #[inline(always)]
    pub(super) fn is_utf8(&self) -> bool {
        self.event.message.is_utf8()
            & self.event.id.is_utf8()
            & self.account.is_utf8()
            & self.region.is_utf8()
            & self.log_group.is_utf8()
            & self.log_stream.is_utf8()
    }

    /// What is known of an event besides its fields. `error` is a JSON string, or empty.
    #[inline(always)]
    pub(super) fn given(
        &self,
        keeps_original: bool,
        error: &'a [u8],
        (accounts, timestamps): (&'a Accounts, &'a mut Timestamps),
    ) -> Given<'a> {
        let mut literals: [&[u8]; LITERALS] = [b""; LITERALS];
        let region = match self.region.literal() {
            b"null" | b"\"\"" => b"",
            known => known,
        };
        let message = self.event.message.literal();
        for (context, literal) in [
            (Context::Account, self.account.literal()),
            (Context::Region, region),
            (Context::LogGroup, self.log_group.literal()),
            (Context::LogStream, self.log_stream.literal()),
            (Context::EventId, self.event.id.literal()),
            (Context::Source, self.carried.source.literal().as_bytes()),
            (Context::Message, message),
            (
                Context::Original,
                if keeps_original { message } else { b"" },
            ),
            (Context::Error, error),
            (Context::SampleRate, self.rate.as_bytes()),
        ] {
            literals[context as usize] = literal;
        }
        Given {
            literals,
            timestamp: self.event.timestamp,
            timestamps,
            accounts,
            notes: (),
        }
    }
}
