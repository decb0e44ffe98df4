//! The explanation as text, for a person.

use std::fmt::{self, Display, Write};

use jiff::Timestamp;

use super::{Cure, Explainer, Group, Verdict};
use crate::count::counted;

impl Display for Explainer {
    /// A paragraph for each verdict, and what to do about it. Names are shown without what would steer a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.groups.is_empty() {
            return f.write_str("no records\n");
        }
        for (index, (verdict, group)) in self.groups.iter().enumerate() {
            if index > 0 {
                f.write_char('\n')?;
            }
            write!(f, "{}: {}", counted(group.records, "record"), says(verdict))?;
            f.write_char('\n')?;
            match group.time {
                Some((first, last)) if first < last => {
                    writeln!(f, "  from {} to {}", time(first), time(last))?;
                }
                Some((only, _)) => writeln!(f, "  at {}", time(only))?,
                None => {}
            }
            group.rows(f)?;
            if !group.example.is_empty() && *verdict != Verdict::Transformed {
                writeln!(f, "  because {}", visible(&group.example))?;
            }
            writeln!(f, "  {}", advice(verdict, group))?;
        }
        Ok(())
    }
}

fn says(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Passes => "passes".to_owned(),
        Verdict::Dropped(why) => format!("nothing to deliver ({why})"),
        Verdict::Transformed => "already transformed, refused by the destination".to_owned(),
        Verdict::Curable(why, _) => format!("fails ({why}), passes with another setting"),
        Verdict::Fails(why) => format!("fails ({why})"),
    }
}

/// What to do next.
fn advice(verdict: &Verdict, group: &Group) -> String {
    match verdict {
        Verdict::Passes => "next: --put sends it again".to_owned(),
        Verdict::Dropped(_) => "next: nothing, no log event is in it".to_owned(),
        Verdict::Transformed => {
            "next: mend the destination, and load the decoded rawData into it; the stream takes only what CloudWatch Logs sends"
                .to_owned()
        }
        Verdict::Curable(_, Cure::MaxDecoded) => format!(
            "next: set CATCHMENT_MAX_DECODED_MIB={} and the function's memory to match, deploy, and replay with --max-decoded-mib {}",
            group.mib, group.mib
        ),
        Verdict::Curable(_, Cure::Gzip) => {
            "next: use a smaller Firehose buffer, or CATCHMENT_COMPRESSION=gzip if the destination is S3".to_owned()
        }
        Verdict::Fails("no-room") => {
            "next: no setting lets it pass as it is: it opens to more than a response can hold".to_owned()
        }
        Verdict::Fails("not-redacted") => {
            "next: find out what else is in these log groups, or tell their source and format in the fleet file; without redaction, it passes as it is"
                .to_owned()
        }
        Verdict::Fails(_) => {
            "next: no setting lets it pass; find out what else writes into the stream".to_owned()
        }
    }
}

impl Group {
    fn rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut origins: Vec<_> = self.origins.iter().collect();
        origins.sort_by_key(|(_, records)| std::cmp::Reverse(**records));
        for ((account, log_group), records) in origins.iter().take(ROWS_MAX) {
            let (account, log_group) = (visible(account), visible(log_group));
            writeln!(
                f,
                "  {records:>8}  account {account}, log group {log_group}"
            )?;
        }
        if let Some(more) = origins.len().checked_sub(ROWS_MAX).filter(|more| *more > 0) {
            let records: usize = origins[ROWS_MAX..]
                .iter()
                .map(|(_, records)| **records)
                .sum();
            writeln!(f, "  {records:>8}  {more} other log groups")?;
        }
        for (code, records) in &self.codes {
            writeln!(f, "  {records:>8}  failed with {}", visible(code))?;
        }
        Ok(())
    }
}

/// As many log groups as fit on a screen with the rest.
const ROWS_MAX: usize = 20;

fn time(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds)
        .map_or_else(|_| milliseconds.to_string(), |time| time.to_string())
}

/// The text with its control characters escaped: whoever writes a log chooses them.
fn visible(text: &str) -> String {
    let each = text.chars().map(|char| match char.is_control() {
        true => char.escape_unicode().to_string(),
        false => char.to_string(),
    });
    each.collect()
}
