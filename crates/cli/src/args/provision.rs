//! The commands that set up, check and remove the accounts' resources: `plan`, `apply`, `status`, `destroy`, `policies`.

use std::num::NonZeroU16;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{FLEET_FILE, Format};
use crate::provision::name::{AccountId, MemberName};

/// Show what `apply` would change, without changing anything
///
/// Reads every account in scope through its own profile, compares it with the fleet file, and lists what would be
/// created, updated or deleted and why, in the order in which `apply` would do it. Policies are compared by meaning.
/// Resources that belong to someone else are shown and left alone. If a resource cannot be read, the reason is shown
/// and nothing is planned for it.
///
/// A plan that does not fit a screen shows resources that are alike as one, with the number of members; --detail shows
/// each.
///
/// Exits 1 if anything could not be read; with --exit-code, also if anything cannot be set up as the file says.
#[derive(Debug, clap::Args)]
#[command(after_long_help = PLAN_EXAMPLES)]
pub struct Plan {
    #[command(flatten)]
    pub target: Target,

    /// Save the plan to FILE, for `apply FILE`, which carries out exactly this plan or nothing
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Show what `destroy` would remove instead
    #[arg(long, conflicts_with_all = ["prune", "take_over"])]
    pub destroy: bool,

    /// With --destroy: also delete the stream
    #[arg(long, requires = "destroy")]
    pub delete_stream: bool,

    /// Exit 3 if there are changes to make, and 1 if `apply` could not make all of them
    #[arg(long)]
    pub exit_code: bool,

    #[command(flatten)]
    pub consent: Consent,

    #[command(flatten)]
    pub shown: Shown,

    #[command(flatten)]
    pub format: Format,
}

const PLAN_EXAMPLES: &str = "\
Examples:
  catchment plan                              everything in catchment.toml
  catchment plan --member dev1 --member dev2  two members, using only their own profiles
  catchment plan --exit-code                  in a pipeline: 0 in sync, 3 changes pending, 1 failed
  catchment plan --out fleet.plan             save it; later, run `catchment apply fleet.plan`
  catchment plan --destroy                    what `destroy` would remove
  catchment plan --output json | jq '.changes[].subject'";

/// Make the accounts match the fleet file
///
/// Shows the plan and asks for confirmation; without a terminal, --yes is required. Then reads again what is about to
/// change, leaves alone what has changed since the plan was shown, and makes the changes one after another, with
/// independent accounts in parallel. If one account fails, the others continue; if several fail in a row for the same
/// reason, the rest are not tried. A report at the end lists what was done, what failed and how to fix it, and what was
/// not tried. Run the command again to continue from where it stopped.
///
/// Ctrl-C lets the calls in flight finish, and reports; a second Ctrl-C ends at once.
///
/// Changes only resources that carry this fleet's tag, or that the fleet file names and nobody else owns. A stream is
/// never shrunk, and policy statements that others added are kept.
///
/// An account or Region removed from the fleet file keeps delivering: it is listed as an orphan, and keeps its
/// permission until you pass --prune. Its filters deliver no more then, but stay on their log groups; to remove them too,
/// run `catchment destroy --member NAME` before you remove the member from the file. A log group removed from the file is
/// no longer looked at, and keeps delivering; see `catchment destroy --help`.
///
/// Exits 1 if anything failed or could not be set up as the file says.
#[derive(Debug, clap::Args)]
#[command(after_long_help = APPLY_EXAMPLES)]
pub struct Apply {
    #[command(flatten)]
    pub consent: Consent,

    #[command(flatten)]
    pub changes: Changes,
}

const APPLY_EXAMPLES: &str = "\
Examples:
  catchment apply                   everything in catchment.toml
  catchment apply --logging         the logging account only
  catchment apply --member dev1     one member only: its subscription filters
  catchment apply fleet.plan        what `catchment plan --out fleet.plan` showed, and nothing else
  catchment apply --profile dev1 \\
      --destination-arn arn:aws:logs:us-west-2:999988887777:destination:kinesisDest \\
      --vpc-flow-logs cwl_vpc_fl_member_account_1 --cloudtrail CloudTrail/member_account_1
                                    one member by hand, without a fleet file";

/// Show the state of each resource: in sync, drifted, absent, unknown or foreign
///
/// Changes nothing. Exits 1 if anything could not be read. To prove that log events arrive, use `verify`.
#[derive(Debug, clap::Args)]
pub struct Status {
    #[command(flatten)]
    pub target: Target,

    /// Also show the last hour's delivery errors, throttling, iterator age and failed records
    ///
    /// As CloudWatch counted them: for each subscription filter in its own account, for each stream in the logging account.
    #[arg(long)]
    pub health: bool,

    /// Exit 3 if anything is not in sync
    #[arg(long)]
    pub exit_code: bool,

    #[command(flatten)]
    pub shown: Shown,

    #[command(flatten)]
    pub format: Format,
}

/// Remove what catchment set up, and nothing else
///
/// Deletes the subscription filters first, then the logs::Destination, then the role. Resources that belong to someone
/// else are kept. So is the stream, which may hold unread log events, unless you pass --delete-stream.
///
/// With --member or --account, deletes the subscription filters of those accounts, and then takes them out of the
/// policies of the logging account if you have its credentials. If the fleet file no longer names an account, its
/// filters cannot be found: they stay on their log groups, and deliver no more.
///
/// To remove a single log group, use --destination-arn; if the fleet file sets the name of the filters (`filter`),
/// destroy the member instead, remove the log group from the file, and apply.
///
/// Asks for confirmation, goes on and reports in the same way as `apply`. Exits 1 if anything failed or could not be removed;
/// resources kept on purpose do not count.
#[derive(Debug, clap::Args)]
#[command(after_long_help = DESTROY_EXAMPLES)]
pub struct Destroy {
    /// Also delete the stream, with any unread log events in it
    #[arg(long, conflicts_with = "plan")]
    pub delete_stream: bool,

    /// Limit to this account, even if the fleet file no longer names it; may be given more than once
    #[arg(
        long = "account",
        value_name = "ID",
        conflicts_with_all = ["destination_arn", "plan"]
    )]
    pub accounts: Vec<AccountId>,

    #[command(flatten)]
    pub changes: Changes,
}

const DESTROY_EXAMPLES: &str = "\
Examples:
  catchment destroy --member dev1          stop delivery from one member's log groups
  catchment destroy --account 111122223333 one account, in the fleet file or not
  catchment destroy                        everything except the stream
  catchment destroy --delete-stream --yes  everything, without asking
  catchment destroy --profile dev1 \\
      --destination-arn arn:aws:logs:us-west-2:999988887777:destination:kinesisDest \\
      --cloudtrail CloudTrail/member_account_1
                                           one log group, by hand";

/// Print every policy document, and the permissions that each operator needs
///
/// Works from the fleet file alone, without credentials. Prints the role's trust and permissions policies, the
/// destination policy of each Region, and, for each account, the least-privilege identity policy of the operator who
/// runs catchment there.
#[derive(Debug, clap::Args)]
pub struct Policies {
    #[command(flatten)]
    pub scope: Scope,

    /// Print a CloudFormation template instead, with the role that `assume_role` names and its policy, once for all members
    #[arg(long, conflicts_with_all = ["bucket", "logging"])]
    pub stackset: bool,

    /// The bucket behind Firehose, for the policies of whoever replays its error output or verifies the path up to it
    #[arg(long, value_name = "BUCKET")]
    pub bucket: Option<String>,

    #[command(flatten)]
    pub format: Format,
}

/// The flags that `apply` and `destroy` share.
#[derive(Debug, clap::Args)]
pub struct Changes {
    /// A plan saved by `plan --out`: carried out exactly as saved, or refused if anything has changed since
    #[arg(value_name = "PLAN", conflicts_with_all = ["fleet", "logging", "members", "destination_arn"])]
    pub plan: Option<PathBuf>,

    #[command(flatten)]
    pub target: Target,

    /// Do not ask for confirmation
    #[arg(long, short = 'y')]
    pub yes: bool,

    #[command(flatten)]
    pub shown: Shown,

    #[command(flatten)]
    pub format: Format,
}

/// What `plan` and `apply` do only if asked to.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Consent {
    /// Cut off accounts and Regions that the fleet file no longer names: their filters deliver no more
    #[arg(long, conflicts_with = "destination_arn")]
    pub prune: bool,

    /// Take back subscription filters with our name that somebody redirected; the plan says to where
    #[arg(long)]
    pub take_over: bool,
}

/// How much of a plan or a status is shown.
#[derive(Debug, clap::Args)]
pub struct Shown {
    /// Show each resource and all values, also if they do not fit a screen
    ///
    /// Without it, a long text shows resources that are alike as one, with the number of members.
    #[arg(long)]
    pub detail: bool,
}

/// The accounts that a command works on.
#[derive(Debug, Clone, clap::Args)]
pub struct Target {
    #[command(flatten)]
    pub scope: Scope,

    #[command(flatten)]
    pub calls: Calls,

    #[command(flatten)]
    pub by_hand: ByHand,
}

/// How AWS is called.
#[derive(Debug, Clone, clap::Args)]
pub struct Calls {
    /// Talk to at most this many accounts at a time; an account in two Regions counts twice
    #[arg(long, value_name = "NUMBER", default_value = "32")]
    pub concurrency: NonZeroU16,

    /// Give up on an account that leaves a call unanswered for this many seconds
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub timeout: NonZeroU16,
}

/// The fleet file, or a part of it.
#[derive(Debug, Clone, clap::Args, Serialize, Deserialize)]
pub struct Scope {
    /// Path of the fleet file
    #[arg(long, value_name = "FILE", default_value = FLEET_FILE)]
    pub fleet: PathBuf,

    /// Limit to the logging account
    #[arg(long)]
    pub logging: bool,

    /// Limit to this member account; may be given more than once
    #[arg(long = "member", value_name = "NAME")]
    pub members: Vec<MemberName>,
}

/// One member, without a fleet file.
#[derive(Debug, Clone, clap::Args, Serialize, Deserialize)]
pub struct ByHand {
    /// The logs::Destination to deliver to; the log groups must be in the same Region
    #[arg(long, help_heading = BY_HAND, value_name = "ARN", conflicts_with_all = ["fleet", "logging", "members"])]
    pub destination_arn: Option<String>,

    /// The member's AWS profile [default: the default credential chain]
    #[arg(long, help_heading = BY_HAND, value_name = "PROFILE", requires = "destination_arn")]
    pub profile: Option<String>,

    /// A log group with VPC Flow Logs; may be given more than once
    #[arg(long, help_heading = BY_HAND, value_name = "GROUP", requires = "destination_arn")]
    pub vpc_flow_logs: Vec<String>,

    /// A log group with CloudTrail events; may be given more than once
    #[arg(long, help_heading = BY_HAND, value_name = "GROUP", requires = "destination_arn")]
    pub cloudtrail: Vec<String>,

    /// A log group with GuardDuty findings; may be given more than once
    #[arg(long, help_heading = BY_HAND, value_name = "GROUP", requires = "destination_arn")]
    pub guardduty: Vec<String>,

    /// A log group with Route 53 Resolver query logs; may be given more than once
    #[arg(long, help_heading = BY_HAND, value_name = "GROUP", requires = "destination_arn")]
    pub route53_resolver_query_logs: Vec<String>,

    /// A log group with anything else; may be given more than once
    #[arg(long, help_heading = BY_HAND, value_name = "GROUP", requires = "destination_arn")]
    pub other: Vec<String>,
}

const BY_HAND: &str = "One member by hand, without a fleet file";
