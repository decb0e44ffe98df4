//! The command line of `catchment replay`.

use std::fmt;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::str::FromStr;

use super::OutputFormat;
use crate::provision::name::{FirehoseName, NameError, ProfileName, Region, StreamName};

/// Run captured batches, or what failed, through the transformer here; send again what passes
///
/// Reads Firehose transformation events as Lambda receives them, Firehose's error output (`processing-failed/` and the
/// like), and subscription messages as Kinesis delivers them to S3: JSON documents one after another, plain or gzip. Prints
/// exactly what the destination would receive, and a summary on standard error: records by outcome, each failed record's
/// id and reason, the number of log events, bytes in and out. Files may be of any size: they are read in small parts.
///
/// Exits 1 if a record failed or a response differs. Only --put with --yes sends something; only it and s3:// read
/// credentials.
#[derive(Debug, clap::Args)]
#[command(after_long_help = REPLAY_EXAMPLES)]
pub struct Replay {
    /// Files, and folders with all files inside; objects as s3://BUCKET/PREFIX; `-` is standard input [default: -]
    #[arg(value_name = "PATH")]
    pub batches: Vec<PathBuf>,

    /// Print the Lambda function's response instead, one JSON document per batch, or per record of other files
    #[arg(long, conflicts_with = "expect")]
    pub response: bool,

    /// Print what the destination would receive for a person to read: decompressed, and each line of JSON indented
    #[arg(long, conflicts_with_all = ["response", "expect", "explain", "put"])]
    pub pretty: bool,

    /// Compare the responses with those in FILE, as printed by --response, and print the difference
    ///
    /// Data is decoded first, so the difference shows log events, not base64. Exits 1 if there is a difference.
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,

    /// Print why records fail instead: how many, from when to when, of which account and log group, and what would let
    /// them pass
    ///
    /// Shows no log data. Each record of a file that is not a Firehose event is taken as a batch of its own.
    #[arg(long, conflicts_with_all = ["response", "expect"])]
    pub explain: bool,

    /// The format in which --explain and --put print
    #[arg(long, value_name = "FORMAT", default_value = "text", conflicts_with_all = ["response", "expect"])]
    pub output: OutputFormat,

    #[command(flatten)]
    pub remote: Remote,

    #[command(flatten)]
    pub put: Put,

    #[command(flatten)]
    pub settings: Settings,
}

/// The account of the bucket and the stream.
#[derive(Debug, clap::Args)]
pub struct Remote {
    /// The Region of the bucket and the stream
    #[arg(long, value_name = "REGION")]
    pub region: Option<Region>,

    /// The AWS profile of their account [default: the default credential chain]
    #[arg(long, value_name = "NAME", requires = "region")]
    pub profile: Option<ProfileName>,
}

/// Sending again what failed.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Sending again")]
pub struct Put {
    /// Send the records that pass back into this Kinesis stream, or into a Firehose stream that takes records directly, and
    /// print what --explain prints
    ///
    /// Without --yes, only says how many. Records that fail, and those that hold nothing to deliver, are left where they
    /// are. A Firehose stream that reads a Kinesis stream takes no others: put into its Kinesis stream.
    #[arg(long, value_name = "kinesis:NAME|firehose:NAME", requires = "region", conflicts_with_all = ["response", "expect", "explain"])]
    pub put: Option<PutTarget>,

    /// Send them
    #[arg(long, requires = "put")]
    pub yes: bool,

    /// The file that remembers which records the stream has acknowledged
    ///
    /// A record in it is not sent again, whichever file it comes from; so a run that was interrupted, even killed, can be
    /// repeated. What the stream took in the moment of the interruption may come twice, with the same event ids.
    #[arg(long, value_name = "FILE", default_value = "catchment-replay.ledger")]
    pub ledger: PathBuf,

    /// How much to send at most, in MiB a second; a shard takes one, live records included
    #[arg(long, value_name = "MIB", default_value = "1", requires = "put")]
    pub mib_per_second: NonZeroU16,
}

/// A stream to put records into.
#[derive(Debug, Clone)]
pub enum PutTarget {
    Kinesis(StreamName),
    Firehose(FirehoseName),
}

impl FromStr for PutTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = |error: NameError| error.to_string();
        match text.split_once(':') {
            Some(("kinesis", name)) => name.parse().map(Self::Kinesis).map_err(refused),
            Some(("firehose", name)) => name.parse().map(Self::Firehose).map_err(refused),
            _ => Err("expected kinesis:NAME or firehose:NAME".to_owned()),
        }
    }
}

impl fmt::Display for PutTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kinesis(name) => write!(f, "kinesis:{name}"),
            Self::Firehose(name) => write!(f, "firehose:{name}"),
        }
    }
}

const REPLAY_EXAMPLES: &str = "\
Examples:
  catchment replay captured.json                          what the destination would receive
  catchment replay --format message captured.json | grep REJECT
  catchment replay --explain processing-failed/           why records failed, and what would let them pass
  catchment replay --explain --region us-west-2 s3://BUCKET/processing-failed/
                                                          the same of what is in the bucket
  catchment replay --put kinesis:catchment --region us-west-2 processing-failed/
                                                          what of it would be sent again; --yes sends it
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

    /// The fields to parse messages into; none: each message stays a string; native: an object, with the source's own names;
    /// ecs: each line is a document of the Elastic Common Schema; ocsf-1.1, ocsf-1.5: each line is an event of the Open
    /// Cybersecurity Schema Framework [default: none]
    #[arg(long)]
    pub schema: Option<String>,

    /// keep, or drop: whether documents of a schema hold the message that they come from [default: keep]
    #[arg(long)]
    pub original: Option<String>,

    /// The names of accounts, as JSON, e.g. {"111122223333":"dev1"} [default: none]
    #[arg(long, value_name = "JSON")]
    pub accounts: Option<String>,

    /// none, or gzip with one member per record [default: none]
    #[arg(long)]
    pub compression: Option<String>,

    /// Keys for dynamic partitioning: any of account,region,source,class,log_group,year,month,day,hour [default: none]
    #[arg(long, value_name = "KEYS")]
    pub partition_keys: Option<String>,

    /// The source of each log group, as JSON, e.g. {"CloudTrail/*":"cloudtrail"}; with a custom format of flow logs
    /// {"flow":{"source":"vpc-flow-logs","format":"${version} …"}} [default: detected from name and content]
    #[arg(long, value_name = "JSON")]
    pub sources: Option<String>,

    /// Rules that drop or sample log events, as JSON, such as `catchment infra settings` writes from the fleet file [default: none]
    #[arg(long, value_name = "JSON")]
    pub rules: Option<String>,

    /// Fields to mask, or to replace by a keyed hash, as JSON, such as `catchment infra settings` writes from the fleet file [default:
    /// none]
    #[arg(long, value_name = "JSON")]
    pub redact: Option<String>,

    /// The file that holds the key of these hashes [default: none]
    #[arg(long, value_name = "FILE")]
    pub redact_key: Option<PathBuf>,

    /// What to do with a record that does not fit into the response; fail: send it to the error output; reingest: put it
    /// back, which is taken as done here [default: fail]
    #[arg(long)]
    pub overflow: Option<String>,

    /// Maximum size of one record after decompression, in MiB [default: 64]
    #[arg(long, value_name = "MIB")]
    pub max_decoded_mib: Option<String>,

    /// A file with these settings as JSON, such as `catchment infra settings` writes; flags win over it
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
}
