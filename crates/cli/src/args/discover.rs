//! What can be typed after `catchment discover`.

use std::path::PathBuf;

use super::{Calls, FLEET_FILE, Format};
use crate::provision::name::{MemberName, ProfileName};

/// Find the log groups of the sources, and propose lines for the fleet file
///
/// Searches the members' accounts for log groups with VPC Flow Logs, CloudTrail events, GuardDuty findings and Route 53
/// Resolver query logs: by the names that AWS gives to log groups and log streams, otherwise by the latest log event.
/// Says which of them the fleet file names, which could be added, and which cannot be subscribed and why. Other log
/// groups are only counted.
///
/// Changes nothing in AWS, and the fleet file only with --write, which keeps its comments.
///
/// `catchment policies` prints the permissions that this needs. Exits 1 if an account could not be read.
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
  catchment discover --profile dev3 --write   add the account of a profile as a member";
