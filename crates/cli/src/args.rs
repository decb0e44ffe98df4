//! What can be typed: clap types only. Their docs are the manual.

mod infra;

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::provision::name::MemberName;

pub use infra::{Infra, InfraCommand, InfraParameters, InfraTemplate};

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
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Init(Init),
    Plan(Plan),
    Apply(Apply),
    Status(Status),
    Destroy(Destroy),
    Infra(Infra),
    Policies(Policies),
    Replay(Replay),
    Completions(Completions),
    /// Print the manual page
    ///
    /// To read it: catchment man | man -l -
    Man,
}

/// Write a commented fleet file to start from
///
/// The fleet file names the logging account, its Regions, stream, role and logs::Destination, and each member account
/// with its log groups. Nothing is overwritten.
#[derive(Debug, clap::Args)]
pub struct Init {
    /// Where to write it
    #[arg(long, value_name = "FILE", default_value = FLEET_FILE)]
    pub fleet: PathBuf,
}

/// Show what would be changed, and change nothing
///
/// Reads every account in scope, each through its own profile, and compares it with the fleet file: account by account,
/// Region by Region, what is made, changed or deleted and why, in the order in which `apply` would do it. Policies are
/// compared by meaning. What is someone else's is shown and left alone; what could not be read is shown with the reason,
/// and nothing is planned from it.
///
/// Exits 1 where something could not be read; with --exit-code also where something cannot be made as the file says.
#[derive(Debug, clap::Args)]
#[command(after_long_help = PLAN_EXAMPLES)]
pub struct Plan {
    #[command(flatten)]
    pub scope: Scope,

    /// Exit 3 where there are changes to make, and 1 where `apply` could not make all of them
    #[arg(long)]
    pub exit_code: bool,

    #[command(flatten)]
    pub format: Format,

    #[command(flatten)]
    pub by_hand: ByHand,
}

const PLAN_EXAMPLES: &str = "\
Examples:
  catchment plan                              everything in catchment.toml
  catchment plan --member dev1 --member dev2  two members, through their own profiles alone
  catchment plan --exit-code                  in a pipeline: 0 in sync, 3 changes pending, 1 failed
  catchment plan --output json | jq '.changes[].subject'";

/// Make the accounts as the fleet file says
///
/// Shows the plan, asks (on a terminal; else --yes is needed), reads the accounts again, stops if they are no longer as
/// they were shown, and makes one change after the other, independent accounts side by side. Where an account fails, the
/// others go on. At the end stand what was done, what failed with what to do about it, and what was not tried. Run again,
/// it goes on from where it stopped.
///
/// Only what bears this fleet's tag, or is named in the fleet file and is nobody else's, is changed. A stream is never
/// shrunk, and statements that others added to a policy stay.
///
/// What is no longer in the fleet file is not looked at, and keeps delivering. Before taking a member or a log group out
/// of the file: `catchment destroy --member NAME`; for one log group alone see `catchment destroy --help`.
///
/// Exits 1 where anything failed or could not be made as the file says.
#[derive(Debug, clap::Args)]
#[command(after_long_help = APPLY_EXAMPLES)]
pub struct Apply {
    #[command(flatten)]
    pub scope: Scope,

    /// Do not ask
    #[arg(long, short = 'y')]
    pub yes: bool,

    #[command(flatten)]
    pub format: Format,

    #[command(flatten)]
    pub by_hand: ByHand,
}

const APPLY_EXAMPLES: &str = "\
Examples:
  catchment apply                   everything in catchment.toml
  catchment apply --logging         the logging account alone
  catchment apply --member dev1     one member alone: its subscription filters
  catchment apply --profile dev1 \\
      --destination-arn arn:aws:logs:us-west-2:999988887777:destination:kinesisDest \\
      --vpc-flow-logs cwl_vpc_fl_member_account_1 --cloudtrail CloudTrail/member_account_1
                                    one member by hand, with no fleet file";

/// Show how each thing stands: in sync, drifted, absent, unknown, foreign
///
/// Changes nothing. Exits 1 where something could not be read.
#[derive(Debug, clap::Args)]
pub struct Status {
    #[command(flatten)]
    pub scope: Scope,

    #[command(flatten)]
    pub format: Format,

    #[command(flatten)]
    pub by_hand: ByHand,
}

/// Take down what catchment set up, and nothing else
///
/// Subscription filters first, then the logs::Destination, then the role. What is someone else's stays, and so does the
/// stream, which may hold log events that nobody has read yet, unless --delete-stream says otherwise.
///
/// Only what is in the fleet file is looked at. Before taking a member or a log group out of the file: `catchment destroy
/// --member NAME`. One log group alone goes by hand, with --destination-arn; where the file names the filters (`filter`),
/// destroy the member, take the log group out and apply.
///
/// Asks as `apply` does, and reports as `apply` does. Exits 1 where anything failed, or stays that was to go; what is kept
/// on purpose is no failure.
#[derive(Debug, clap::Args)]
#[command(after_long_help = DESTROY_EXAMPLES)]
pub struct Destroy {
    #[command(flatten)]
    pub scope: Scope,

    /// Delete the stream too, with the log events in it that nobody has read yet
    #[arg(long)]
    pub delete_stream: bool,

    /// Do not ask
    #[arg(long, short = 'y')]
    pub yes: bool,

    #[command(flatten)]
    pub format: Format,

    #[command(flatten)]
    pub by_hand: ByHand,
}

const DESTROY_EXAMPLES: &str = "\
Examples:
  catchment destroy --member dev1          stop one member's log groups from being delivered
  catchment destroy                        everything but the stream
  catchment destroy --delete-stream --yes  everything, unasked
  catchment destroy --profile dev1 \\
      --destination-arn arn:aws:logs:us-west-2:999988887777:destination:kinesisDest \\
      --cloudtrail CloudTrail/member_account_1
                                           one log group, by hand";

/// Print every policy document as it would be attached, and the policy that each operator needs
///
/// From the fleet file alone, with no credentials: the role's trust and permissions, the destination policy of each
/// Region, and for each account the least-privilege identity policy of whoever runs catchment there.
#[derive(Debug, clap::Args)]
pub struct Policies {
    /// The fleet file
    #[arg(long, value_name = "FILE", default_value = FLEET_FILE)]
    pub fleet: PathBuf,

    /// The logging account's alone
    #[arg(long)]
    pub logging: bool,

    /// One member's alone; can be given again
    #[arg(long = "member", value_name = "NAME")]
    pub members: Vec<MemberName>,

    #[command(flatten)]
    pub format: Format,
}

/// Print the completions for a shell
///
/// For bash: catchment completions bash > ~/.local/share/bash-completion/completions/catchment
#[derive(Debug, clap::Args)]
pub struct Completions {
    pub shell: Shell,
}

/// What a run is for: the whole fleet file, a part of it, or one account by hand.
#[derive(Debug, clap::Args)]
pub struct Scope {
    /// The fleet file
    #[arg(long, value_name = "FILE", default_value = FLEET_FILE)]
    pub fleet: PathBuf,

    /// The logging account alone
    #[arg(long)]
    pub logging: bool,

    /// One member alone; can be given again
    #[arg(long = "member", value_name = "NAME")]
    pub members: Vec<MemberName>,

    /// How many accounts to talk to at a time; one in two Regions counts twice
    #[arg(long, value_name = "NUMBER", default_value = "32")]
    pub concurrency: NonZeroU16,
}

/// One member without a fleet file.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "One member by hand, without a fleet file")]
pub struct ByHand {
    /// The logs::Destination to deliver to; its Region is the log groups' Region
    #[arg(long, value_name = "ARN", conflicts_with_all = ["fleet", "logging", "members"])]
    pub destination_arn: Option<String>,

    /// The member's AWS profile [default: the default credential chain]
    #[arg(long, value_name = "PROFILE", requires = "destination_arn")]
    pub profile: Option<String>,

    /// A log group that carries VPC Flow Logs; can be given again
    #[arg(long, value_name = "GROUP", requires = "destination_arn")]
    pub vpc_flow_logs: Vec<String>,

    /// A log group that carries CloudTrail events; can be given again
    #[arg(long, value_name = "GROUP", requires = "destination_arn")]
    pub cloudtrail: Vec<String>,

    /// A log group that carries GuardDuty findings; can be given again
    #[arg(long, value_name = "GROUP", requires = "destination_arn")]
    pub guardduty: Vec<String>,

    /// A log group that carries something else; can be given again
    #[arg(long, value_name = "GROUP", requires = "destination_arn")]
    pub other: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub struct Format {
    /// How to print the result
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: OutputFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For a person
    Text,
    /// One JSON document; later versions add keys to it and change none
    Json,
}

const FLEET_FILE: &str = "catchment.toml";

/// Run captured Firehose batches through the transformer, here, with no AWS
///
/// Reads Firehose transformation events as Lambda receives them (one JSON document, or several one after another, as
/// in JSON Lines) and prints exactly what the destination would receive. On standard error stands a summary: records
/// by outcome, the reason of each failure with its record id, log events, bytes in and out.
///
/// Nothing is sent anywhere, and no credentials are read. Exits 1 where a record failed or an answer differs.
#[derive(Debug, clap::Args)]
#[command(after_long_help = REPLAY_EXAMPLES)]
pub struct Replay {
    /// Files with captured events; `-` or none: standard input
    #[arg(value_name = "BATCH")]
    pub batches: Vec<PathBuf>,

    /// Print the Lambda's own answer instead, one JSON document a batch
    #[arg(long, conflicts_with = "expect")]
    pub response: bool,

    /// Compare the answers with those recorded in FILE (as --response prints them) and print the difference
    ///
    /// The data of both is opened first, so that the difference is one of log events, not of base64. Exits 1 where
    /// there is one.
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
  catchment replay --expect golden.json captured.json     in a test of your own: exit 1 where it differs";

/// The transformer's settings, under the names of its environment variables (`--format` is `CATCHMENT_FORMAT`).
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Transformer settings")]
pub struct Settings {
    /// events: one JSON object a line per log event, with its context; document: the whole subscription message as one
    /// JSON object a line, for OpenSearch; message: the bare messages [default: events]
    #[arg(long)]
    pub format: Option<String>,

    /// Into which fields messages are parsed; none: the message stays the string that it was [default: none]
    #[arg(long)]
    pub schema: Option<String>,

    /// none, or gzip: one member per record [default: none]
    #[arg(long)]
    pub compression: Option<String>,

    /// Any of account,region,source,log_group,year,month,day,hour
    #[arg(long, value_name = "KEYS")]
    pub partition_keys: Option<String>,

    /// Which log groups carry which source, as JSON, e.g. {"CloudTrail/*":"cloudtrail"} [default: told by name and
    /// content]
    #[arg(long, value_name = "JSON")]
    pub sources: Option<String>,

    /// What becomes of a record whose answer does not fit; fail: it goes to the error output [default: fail]
    #[arg(long)]
    pub overflow: Option<String>,

    /// The most MiB that one record may open to [default: 64]
    #[arg(long, value_name = "MIB")]
    pub max_decoded_mib: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_well_formed() {
        super::Args::command().debug_assert();
    }
}
