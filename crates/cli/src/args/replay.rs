//! The command line of `catchment replay`.

use std::path::PathBuf;

/// Run captured Firehose batches through the transformer, without AWS
///
/// Reads Firehose transformation events as Lambda receives them: one JSON document, or several one after another, as in
/// JSON Lines. Prints exactly what the destination would receive, and a summary on standard error: records by outcome,
/// each failed record's id and reason, the number of log events, bytes in and out.
///
/// Sends nothing, and reads no credentials. Exits 1 if a record failed or a response differs.
#[derive(Debug, clap::Args)]
#[command(after_long_help = REPLAY_EXAMPLES)]
pub struct Replay {
    /// Files with captured events; `-` is standard input [default: -]
    #[arg(value_name = "BATCH")]
    pub batches: Vec<PathBuf>,

    /// Print the Lambda function's response instead, one JSON document per batch
    #[arg(long, conflicts_with = "expect")]
    pub response: bool,

    /// Compare the responses with those in FILE, as printed by --response, and print the difference
    ///
    /// Data is decoded first, so the difference shows log events, not base64. Exits 1 if there is a difference.
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,

    #[command(flatten)]
    pub settings: Settings,
}

const REPLAY_EXAMPLES: &str = "\
Examples:
  catchment replay captured.json                          what the destination would receive
  catchment replay --format message captured.json | grep REJECT
  catchment replay --response captured.json > golden.json
  catchment replay --expect golden.json captured.json     in a test: exits 1 on a difference";

/// The transformer's settings, named after its environment variables (`--format` is `CATCHMENT_FORMAT`).
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Transformer settings")]
pub struct Settings {
    /// events: one line per log event, a JSON object with its context; document: one line per subscription message, a
    /// JSON object, as OpenSearch needs it; message: only the messages [default: events]
    #[arg(long)]
    pub format: Option<String>,

    /// The fields to parse messages into; none: each message stays a string [default: none]
    #[arg(long)]
    pub schema: Option<String>,

    /// none, or gzip with one member per record [default: none]
    #[arg(long)]
    pub compression: Option<String>,

    /// Keys for dynamic partitioning: any of account,region,source,log_group,year,month,day,hour [default: none]
    #[arg(long, value_name = "KEYS")]
    pub partition_keys: Option<String>,

    /// The source of each log group, as JSON, e.g. {"CloudTrail/*":"cloudtrail"} [default: detected from name and
    /// content]
    #[arg(long, value_name = "JSON")]
    pub sources: Option<String>,

    /// What to do with a record that does not fit into the response; fail: send it to the error output; reingest: put it
    /// back, which is taken as done here [default: fail]
    #[arg(long)]
    pub overflow: Option<String>,

    /// Maximum size of one record after decompression, in MiB [default: 64]
    #[arg(long, value_name = "MIB")]
    pub max_decoded_mib: Option<String>,
}
