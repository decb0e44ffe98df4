//! The summary of replayed batches, as text.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use catchment_transformer::firehose::Report;

use crate::count::counted;

/// Adds up the reports of batches, and of records that come without one.
#[derive(Debug, Default)]
pub struct Summary {
    batches: usize,
    files: usize,
    total: Counts,
    /// Of the file that is being read, the records that do not come in batches.
    loose: Counts,
}

/// What became of records, in numbers: the same size however many there are.
#[derive(Debug, Default)]
struct Counts {
    records: usize,
    ok: usize,
    dropped: BTreeMap<&'static str, usize>,
    failed: BTreeMap<&'static str, usize>,
    events: usize,
    replaced: usize,
    unparsed: usize,
    redacted: usize,
    dropped_by_rule: BTreeMap<String, usize>,
    bytes_in: usize,
    bytes_decoded: usize,
    bytes_delivered: usize,
}

impl Summary {
    /// Adds one batch, the `index`-th (from 0) of the file `name`, and describes it.
    pub fn add_batch(&mut self, name: &str, index: usize, report: &Report) -> String {
        self.batches += 1;
        self.total.add(report);
        let mut counts = Counts::default();
        counts.add(report);
        let mut text = format!("{name}, batch {}: {}", index + 1, counts.line());
        for failure in &report.failed {
            // writing to a String cannot fail
            let _ = write!(
                text,
                "\n  ProcessingFailed {}: {}",
                failure.record_id, failure.error
            );
        }
        text
    }

    /// Adds a record that does not come in a batch.
    pub fn add_record(&mut self, report: &Report) {
        self.total.add(report);
        self.loose.add(report);
    }

    /// Ends the file `name`, and describes its records that do not come in batches, if it has any.
    pub fn end_file(&mut self, name: &str) -> Option<String> {
        let loose = std::mem::take(&mut self.loose);
        self.files += usize::from(loose.records > 0);
        (loose.records > 0).then(|| format!("{name}: {}", loose.line()))
    }

    /// Whether there was nothing to add up.
    pub fn is_empty(&self) -> bool {
        self.batches == 0 && self.total.records == 0
    }

    /// Describes all together, if there are several batches or files.
    pub fn total(&self) -> Option<String> {
        let of = match (self.batches, self.files) {
            (0 | 1, 0) | (0, 1) => return None,
            (batches, 0) => format!("{batches} batches"),
            (0, files) => format!("{files} files"),
            (batches, files) => format!("{batches} batches, {files} files"),
        };
        Some(format!("{of}: {}", self.total.line()))
    }
}

impl Counts {
    fn add(&mut self, report: &Report) {
        self.records += report.records;
        self.ok += report.ok;
        self.events += report.events;
        self.replaced += report.replaced;
        self.unparsed += report.unparsed;
        self.redacted += report.redacted;
        self.bytes_in += report.bytes_in;
        self.bytes_decoded += report.bytes_decoded;
        self.bytes_delivered += report.bytes_delivered;
        for (why, count) in &report.dropped {
            *self.dropped.entry(why.name()).or_default() += count;
        }
        for (rule, count) in &report.dropped_by_rule {
            *self.dropped_by_rule.entry(rule.clone()).or_default() += count;
        }
        for (why, count) in report.failed_by_reason() {
            *self.failed.entry(why).or_default() += count;
        }
    }

    fn line(&self) -> String {
        let mut text = format!(
            "{}: {} Ok, {} Dropped{}, {} ProcessingFailed{}; {}; {} bytes in, {} decoded, {} delivered",
            counted(self.records, "record"),
            self.ok,
            self.dropped.values().sum::<usize>(),
            reasons(&self.dropped),
            self.failed.values().sum::<usize>(),
            reasons(&self.failed),
            counted(self.events, "log event"),
            self.bytes_in,
            self.bytes_decoded,
            self.bytes_delivered,
        );
        if self.replaced > 0 {
            // writing to a String cannot fail
            let replaced = counted(self.replaced, "record");
            let _ = write!(text, "; {replaced} with invalid UTF-8");
        }
        if self.unparsed > 0 {
            let unparsed = counted(self.unparsed, "log event");
            let _ = write!(text, "; {unparsed} that the schema could not be applied to");
        }
        if self.redacted > 0 {
            let redacted = counted(self.redacted, "log event");
            let _ = write!(text, "; {redacted} redacted");
        }
        if !self.dropped_by_rule.is_empty() {
            let total = counted(self.dropped_by_rule.values().sum::<usize>(), "log event");
            let by_rule = reasons(&self.dropped_by_rule);
            let _ = write!(text, "; {total} dropped by rules{by_rule}");
        }
        text
    }
}

fn reasons<K: Display>(reasons: &BTreeMap<K, usize>) -> String {
    if reasons.is_empty() {
        return String::new();
    }
    let each: Vec<_> = reasons
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    format!(" ({})", each.join(", "))
}
