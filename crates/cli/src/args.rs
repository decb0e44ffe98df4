//! What can be typed: clap types only. Their docs are the manual.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Gathers the logs of many AWS accounts into one
///
/// VPC Flow Logs, CloudTrail and GuardDuty findings of member accounts reach one logging account in near real time:
/// CloudWatch Logs subscription filter, cross-account logs::Destination, Kinesis stream, Firehose stream.
///
/// Results go to standard output, progress and summaries to standard error.
///
/// Exit codes: 0 done or in sync; 1 failed, in part or whole; 2 usage; 3 changes pending (only with --exit-code).
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Replay(Replay),
}

/// Run captured Firehose batches through the transformer, here, with no AWS
///
/// Reads Firehose transformation events as Lambda receives them (one JSON document, or several one after another, as
/// in JSON Lines) and prints exactly what the destination would receive. On standard error stands a summary: records
/// by outcome, the reason of each failure with its record id, log events, bytes in and out.
///
/// Nothing is sent anywhere, and no credentials are read. Exits 1 where a record failed or an answer differs.
#[derive(Debug, clap::Args)]
#[command(after_long_help = REPLAY_EXAMPLES)]
pub(crate) struct Replay {
    /// Files with captured events; `-` or none: standard input
    #[arg(value_name = "BATCH")]
    pub(crate) batches: Vec<PathBuf>,

    /// Print the Lambda's own answer instead, one JSON document a batch
    #[arg(long, conflicts_with = "expect")]
    pub(crate) response: bool,

    /// Compare the answers with those recorded in FILE (as --response prints them) and print the difference
    ///
    /// The data of both is opened first, so that the difference is one of log events, not of base64. Exits 1 where
    /// there is one.
    #[arg(long, value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

const REPLAY_EXAMPLES: &str = "\
Examples:
  catchment replay captured.json                          what the destination would receive
  catchment replay --format message captured.json | grep REJECT
  catchment replay --response captured.json > golden.json
  catchment replay --expect golden.json captured.json     in a test of your own: exit 1 where it differs";

/// The transformer's settings, under the names of its environment variables (`--format` is `CATCHMENT_FORMAT`).
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Transformer settings")]
pub(crate) struct Settings {
    /// events: one JSON object a line per log event, with its context; document: the whole subscription message as one
    /// JSON object a line, for OpenSearch; message: the bare messages [default: events]
    #[arg(long)]
    pub(crate) format: Option<String>,

    /// Into which fields messages are parsed; none: the message stays the string that it was [default: none]
    #[arg(long)]
    pub(crate) schema: Option<String>,

    /// none, or gzip: one member per record [default: none]
    #[arg(long)]
    pub(crate) compression: Option<String>,

    /// Any of account,region,source,log_group,year,month,day,hour
    #[arg(long, value_name = "KEYS")]
    pub(crate) partition_keys: Option<String>,

    /// Which log groups carry which source, as JSON, e.g. {"CloudTrail/*":"cloudtrail"} [default: told by name and
    /// content]
    #[arg(long, value_name = "JSON")]
    pub(crate) sources: Option<String>,

    /// What becomes of a record whose answer does not fit; fail: it goes to the error output [default: fail]
    #[arg(long)]
    pub(crate) overflow: Option<String>,

    /// The most MiB that one record may open to [default: 64]
    #[arg(long, value_name = "MIB")]
    pub(crate) max_decoded_mib: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_well_formed() {
        super::Args::command().debug_assert();
    }
}
