//! The summary of replayed batches, as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use catchment_transformer::firehose::Report;

/// Adds up the reports of batches.
#[derive(Debug, Default)]
pub struct Summary {
    batches: usize,
    total: Report,
}

impl Summary {
    /// Adds one batch, the `index`-th (from 0) of the file `name`, and describes it.
    pub fn add(&mut self, name: &str, index: usize, report: &Report) -> String {
        self.batches += 1;
        let total = &mut self.total;
        total.records += report.records;
        total.ok += report.ok;
        total.events += report.events;
        total.replaced += report.replaced;
        total.bytes_in += report.bytes_in;
        total.bytes_decoded += report.bytes_decoded;
        total.bytes_delivered += report.bytes_delivered;
        total.bytes_out += report.bytes_out;
        for (why, count) in &report.dropped {
            *total.dropped.entry(*why).or_default() += count;
        }
        total.failed.extend(report.failed.iter().cloned());

        let mut text = format!("{name}, batch {}: {}", index + 1, line(report));
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

    /// Describes all batches together, if there are several.
    pub fn total(&self) -> Option<String> {
        (self.batches > 1).then(|| format!("{} batches: {}", self.batches, line(&self.total)))
    }
}

fn line(report: &Report) -> String {
    let dropped = report
        .dropped
        .iter()
        .map(|(why, count)| (why.name(), *count))
        .collect();
    let mut text = format!(
        "{} records: {} Ok, {} Dropped{}, {} ProcessingFailed{}; {} log events; {} bytes in, {} decoded, {} delivered",
        report.records,
        report.ok,
        report.dropped_total(),
        reasons(&dropped),
        report.failed.len(),
        reasons(&report.failed_by_reason()),
        report.events,
        report.bytes_in,
        report.bytes_decoded,
        report.bytes_delivered,
    );
    if report.replaced > 0 {
        let _ = write!(text, "; {} records with invalid UTF-8", report.replaced);
    }
    text
}

fn reasons(reasons: &BTreeMap<&'static str, usize>) -> String {
    if reasons.is_empty() {
        return String::new();
    }
    let each: Vec<_> = reasons
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    format!(" ({})", each.join(", "))
}
