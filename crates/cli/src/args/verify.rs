//! The command line of `catchment verify`.

use std::num::NonZeroU16;

use super::{Format, Shown, Target};

/// Prove that log events arrive, with a test event in each log group
///
/// Reads the configuration as `status` does. Then writes a marked test event into each log group, in a log stream of its own
/// named catchment-verify, and looks for it in the Kinesis stream, which it reads without registering a consumer. With
/// --destination, also looks for it in the bucket to which Firehose delivers, and in the error output there. At the end it
/// deletes the log streams, also after Ctrl-C. If it is killed, the next run deletes what is left, and says so.
///
/// If an event does not arrive, says at which hop it ended (log group, filter, logs::Destination, destination policy, role,
/// trust policy, stream, Firehose stream, transformer or bucket), why, and the command that mends it.
///
/// The test event is delivered like every other, so that whoever reads the destination finds it. Its message is
/// {"catchment":"verify","id":"catchment-verify-…","note":"…"}. A filter with a pattern may hold it back: then the path is
/// `not proven`, which is no failure.
///
/// With --member, the credentials of the logging account are not needed: without them, only the member's half is proven, and
/// the path is `sent`. `catchment policies` prints the permissions that this needs.
///
/// Exits 1 if an event did not arrive, or if the logging account is in scope and could not be read.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Verify {
    #[command(flatten)]
    pub target: Target,

    /// Also look for the test events in the bucket behind Firehose
    #[arg(long)]
    pub destination: bool,

    /// With --destination: the bucket in which they must be [default: wherever Firehose delivers]
    #[arg(long, value_name = "BUCKET", requires = "destination")]
    pub bucket: Option<String>,

    /// Wait for this many seconds until an event has arrived; behind the stream, for as long as Firehose gathers in addition
    ///
    /// CloudWatch Logs usually delivers within three minutes.
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    pub wait: NonZeroU16,

    #[command(flatten)]
    pub shown: Shown,

    #[command(flatten)]
    pub format: Format,
}

const EXAMPLES: &str = "\
Examples:
  catchment verify                     every log group, as far as the Kinesis stream
  catchment verify --destination       also in the bucket
  catchment verify --member dev1       one member; also without the logging account's credentials
  catchment verify --output json | jq '.paths[] | select(.state == \"failed\")'";
