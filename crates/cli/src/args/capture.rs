//! The command line of `catchment capture`.

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::FLEET_FILE;
use crate::provision::name::{AccountId, MemberName, ProfileName, Region, StreamName};

/// Capture a part of the Kinesis stream into a file for `replay`
///
/// Reads some seconds, or the last hour, and writes a new file that only you may read: one Firehose event a line, as the
/// transformer would get it. It registers no consumer, leaves nothing behind, and uses at most half of a shard's limits,
/// so that Firehose keeps up. Ctrl-C ends it early; the file then has what was captured until then.
///
/// The file holds log data. With --mask, account ids, IP and MAC addresses, access keys, ids of resources, and names (of
/// log groups, streams, users, roles, hosts, buckets and so on) are replaced, the same one alike in every place, so that
/// the file can be a fixture in a public repository. In JSON, every text counts as a name, unless AWS fixes its values.
/// In free text, a word is replaced if it is part of a name anywhere in the capture. Other words stay: read through the
/// file before you publish it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Capture {
    /// The new file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Capture what arrives in the next so many seconds
    #[arg(
        long,
        value_name = "SECONDS",
        default_value = "10",
        conflicts_with = "since"
    )]
    pub seconds: NonZeroU16,

    /// Capture what has arrived since so long ago, such as 90s, 30m, 1h or 2d
    #[arg(long, value_name = "TIME")]
    pub since: Option<Since>,

    /// Replace account ids, addresses, names and keys
    #[arg(long)]
    pub mask: bool,

    #[command(flatten)]
    pub wanted: Wanted,

    #[command(flatten)]
    pub stream: FromStream,
}

/// Which records to capture.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Which records; all by default")]
pub struct Wanted {
    /// Those of this member of the fleet
    #[arg(long, value_name = "NAME", conflicts_with_all = ["account", "stream"])]
    pub member: Option<MemberName>,

    /// Those of this account
    #[arg(long, value_name = "ID")]
    pub account: Option<AccountId>,

    /// Those of this log group
    #[arg(long, value_name = "GROUP")]
    pub log_group: Option<String>,

    /// Those of this source: vpc-flow-logs, cloudtrail, guardduty, route53-resolver-query-logs or other
    ///
    /// As the fleet file says; otherwise recognised by the names and the content.
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
}

/// Where to read.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The stream; that of the fleet file by default")]
pub struct FromStream {
    /// The fleet file
    #[arg(long, value_name = "FILE", default_value = FLEET_FILE, conflicts_with = "stream")]
    pub fleet: PathBuf,

    /// The name of the stream, without a fleet file
    #[arg(long, value_name = "NAME", requires = "region")]
    pub stream: Option<StreamName>,

    /// The stream's Region, if the fleet has several
    #[arg(long, value_name = "REGION")]
    pub region: Option<Region>,

    /// The AWS profile of the stream's account, without a fleet file [default: the default credential chain]
    #[arg(long, value_name = "NAME", requires = "stream")]
    pub profile: Option<ProfileName>,
}

/// A time with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since(pub Duration);

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str =
            "expected a whole number with s, m, h or d, such as 30m, and at most 365d";
        let (number, seconds) = match text.split_at_checked(text.len().saturating_sub(1)) {
            Some((number, "s")) => (number, 1),
            Some((number, "m")) => (number, 60),
            Some((number, "h")) => (number, 60 * 60),
            Some((number, "d")) => (number, 24 * 60 * 60),
            _ => return Err(EXPECTED),
        };
        let number: u32 = number.parse().map_err(|_| EXPECTED)?;
        let seconds = u64::from(number) * seconds;
        // no stream keeps its records for longer
        match seconds {
            1..=SECONDS_MAX => Ok(Self(Duration::from_secs(seconds))),
            _ => Err(EXPECTED),
        }
    }
}

/// The longest retention of a stream: 8,760 hours
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html>).
const SECONDS_MAX: u64 = 8_760 * 60 * 60;

const EXAMPLES: &str = "\
Examples:
  catchment capture captured.json                        ten seconds of the fleet's stream
  catchment capture --since 1h --member dev1 dev1.json   what dev1 sent in the last hour
  catchment capture --since 30m --mask --source cloudtrail fixture.json
                                                         a fixture for your own tests
  catchment capture --stream logs --region us-west-2 --profile logging captured.json
  catchment replay captured.json                         what the destination gets of it";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_is_within_what_a_stream_keeps() {
        for (text, seconds) in [
            ("90s", 90),
            ("30m", 1_800),
            ("1h", 3_600),
            ("365d", 31_536_000),
        ] {
            assert_eq!(
                text.parse(),
                Ok(Since(Duration::from_secs(seconds))),
                "{text}"
            );
        }
        for text in [
            "",
            "h",
            "1",
            "0s",
            "-1h",
            "1.5h",
            "366d",
            "1é",
            "9999999999h",
            "1 h",
        ] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }
}
