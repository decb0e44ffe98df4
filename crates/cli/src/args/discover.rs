//! What can be typed after `catchment discover`.

use std::path::PathBuf;

use super::{Calls, FLEET_FILE, Format};
use crate::provision::name::{AccountTag, MemberName, ProfileName, Unit};

/// Find the log groups of the sources, and propose lines for the fleet file
///
/// Searches the members' accounts for log groups with VPC Flow Logs, CloudTrail events, GuardDuty findings and Route 53
/// Resolver query logs: by the names that AWS gives to log groups and log streams, otherwise by the latest log event.
/// Says which of them the fleet file names, which could be added, and which cannot be subscribed and why. Other log
/// groups are only counted. Names the account-level policy of each account and Region, and the log groups that it delivers.
///
/// With --organization, searches the accounts of the AWS organization instead, in the fleet file or not. They are entered by
/// `assume_role` under [defaults], and accounts that are alike become one table. Suspended accounts and the logging account
/// are left out. Names the members that are no longer in the organization, and removes none.
///
/// Changes nothing in AWS, and the fleet file only with --write, which keeps its comments.
///
/// `catchment policies` prints the permissions that this needs. Exits 1 if an account could not be read,
/// but not if only its account-level policy could not.
#[derive(Debug, clap::Args)]
#[command(after_long_help = DISCOVER_EXAMPLES)]
pub struct Discover {
    /// Path of the fleet file
    #[arg(long, value_name = "FILE", default_value = FLEET_FILE)]
    pub fleet: PathBuf,

    /// Limit to this member of the fleet file; may be given more than once
    #[arg(long = "member", value_name = "NAME")]
    pub members: Vec<MemberName>,

    /// Search the account of this AWS profile, in the fleet file or not; may be given more than once
    #[arg(long = "profile", value_name = "PROFILE")]
    pub profiles: Vec<ProfileName>,

    /// Search the accounts of the AWS organization
    #[arg(long, conflicts_with_all = ["members", "profiles"])]
    pub organization: bool,

    /// The AWS profile that lists the organization's accounts: of its management account or of a delegated administrator;
    /// default: that of the logging account
    #[arg(long, value_name = "PROFILE", requires = "organization")]
    pub management_profile: Option<ProfileName>,

    /// Limit to the accounts in this organizational unit and in those below: `Workloads/Production`, or its id; may be
    /// given more than once
    #[arg(long = "unit", value_name = "UNIT", requires = "organization")]
    pub units: Vec<Unit>,

    /// Limit to the accounts with this tag in AWS Organizations; given more than once, all are needed
    #[arg(long = "tag", value_name = "KEY=VALUE", requires = "organization")]
    pub tags: Vec<AccountTag>,

    /// Add what is proposed to the fleet file
    #[arg(long)]
    pub write: bool,

    #[command(flatten)]
    pub calls: Calls,

    #[command(flatten)]
    pub format: Format,
}

const DISCOVER_EXAMPLES: &str = "\
Examples:
  catchment discover                          all members of catchment.toml
  catchment discover --profile dev3 --write   add the account of a profile as a member
  catchment discover --organization --unit Workloads --tag logs=on --write
                                              add the organization's accounts in a unit that have a tag";
