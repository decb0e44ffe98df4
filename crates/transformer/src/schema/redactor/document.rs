//! Hides what a subscription message says of its log events besides their messages.

use super::splices::Splices;
use crate::json::{Cursor, Invalid, Simd, Walk, walk};

/// Leaves of each log event its id, time, message and system fields. CloudWatch Logs extracts fields of messages as the pattern of a
/// filter says (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>), under names that say nothing of what
/// they hold. The message begins at `begin` of the record.
pub(super) fn hide(message: &[u8], begin: usize, splices: &mut Splices) -> Result<(), Invalid> {
    walk(message, Hide { begin, splices })
}

struct Hide<'s> {
    begin: usize,
    splices: &'s mut Splices,
}

impl<'a> Walk<'a> for Hide<'_> {
    type Found = Result<(), Invalid>;

    #[inline(always)]
    fn walk<S: Simd>(mut self, mut cursor: Cursor<'a, S>) -> Self::Found {
        let mut goes_on = cursor.open_object()?;
        while goes_on {
            if cursor.key()?.text() == "logEvents" {
                let mut goes_on = cursor.open_array()?;
                while goes_on {
                    self.event(&mut cursor)?;
                    goes_on = cursor.next_value()?;
                }
            } else {
                cursor.value(1)?;
            }
            goes_on = cursor.next_member()?;
        }
        Ok(())
    }
}

impl Hide<'_> {
    #[inline(always)]
    fn event<S: Simd>(&mut self, cursor: &mut Cursor<'_, S>) -> Result<(), Invalid> {
        let mut goes_on = cursor.open_object()?;
        while goes_on {
            let key = cursor.key()?.text();
            let is_fields = key == "extractedFields" && cursor.peek() == Some(b'{');
            let begin = cursor.at();
            if is_fields {
                let kept = system_fields(cursor)?;
                let fields = [b"{", kept.as_slice(), b"}"].concat();
                if fields.as_slice() != cursor.since(begin) {
                    self.replace(begin, cursor.at(), &fields);
                }
            } else {
                cursor.value(3)?;
                if !["id", "timestamp", "message"].contains(&&*key) {
                    self.replace(begin, cursor.at(), b"null");
                }
            }
            goes_on = cursor.next_member()?;
        }
        Ok(())
    }

    fn replace(&mut self, begin: usize, end: usize, part: &[u8]) {
        self.splices
            .push(self.begin + begin, self.begin + end, part);
    }
}

/// The members of `extractedFields` that are system fields, such as `@aws.account`.
#[inline(always)]
fn system_fields<S: Simd>(cursor: &mut Cursor<'_, S>) -> Result<Vec<u8>, Invalid> {
    let mut kept = Vec::new();
    let mut goes_on = cursor.open_object()?;
    while goes_on {
        let begin = cursor.at();
        let is_system = cursor.key()?.text().starts_with("@aws.");
        cursor.value(4)?;
        if is_system {
            if !kept.is_empty() {
                kept.push(b',');
            }
            kept.extend_from_slice(cursor.since(begin));
        }
        goes_on = cursor.next_member()?;
    }
    Ok(kept)
}
