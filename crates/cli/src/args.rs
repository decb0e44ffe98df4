//! The command line, as clap types. Their doc comments are the manual.

mod capture;
mod discover;
mod infra;
mod provision;
mod replay;
mod verify;

use std::path::PathBuf;

use anstream::ColorChoice;
use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use capture::{Capture, FromStream, Since, Wanted};
pub use discover::Discover;
pub use infra::{Infra, InfraCommand, InfraParameters, InfraTemplate};
pub use provision::{
    Apply, ByHand, Calls, Changes, Consent, Destroy, Plan, Policies, Scope, Shown, Status, Target,
};
pub use replay::{Put, PutTarget, Remote, Replay, Settings};
pub use verify::Verify;

/// Gathers the logs of many AWS accounts into one
///
/// Delivers VPC Flow Logs, CloudTrail events, GuardDuty findings, Route 53 Resolver query logs and any other log group
/// from member accounts to one logging account in near real time, through CloudWatch Logs subscription filters, a
/// cross-account logs::Destination, a Kinesis stream and a Firehose stream.
///
/// Results go to standard output; progress and summaries go to standard error.
///
/// Exit codes: 0 if done or in sync, 1 if anything failed, 2 if the usage is invalid, 3 if changes are pending (only
/// with --exit-code), 130 if interrupted with Ctrl-C.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,

    /// When to use colour; auto: on a terminal, unless NO_COLOR or CLICOLOR=0 is set
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        display_order = 998
    )]
    pub color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Init(Init),
    Discover(Discover),
    Plan(Plan),
    Apply(Apply),
    Status(Status),
    Verify(Verify),
    Destroy(Destroy),
    Infra(Infra),
    Policies(Policies),
    Capture(Capture),
    Replay(Box<Replay>),
    Completions(Completions),
    Man(Man),
    /// Print the JSON Schema of what --output json prints
    ///
    /// Describes the documents of discover, plan, apply, destroy, status, verify, policies and replay. Each has `version`, which is raised if a key
    /// is removed or changes its meaning, and `kind`, which names the command's result.
    Schema,
}

/// Write a commented fleet file to start from
///
/// The fleet file describes the logging account, with its Regions, stream, role and logs::Destination, and each member
/// account with its log groups. An existing file is never overwritten.
#[derive(Debug, clap::Args)]
pub struct Init {
    /// Path of the new file
    #[arg(long, value_name = "FILE", default_value = FLEET_FILE)]
    pub fleet: PathBuf,
}

/// Print a completion script for a shell
///
/// For bash, run: catchment completions bash > ~/.local/share/bash-completion/completions/catchment
#[derive(Debug, clap::Args)]
pub struct Completions {
    pub shell: Shell,
}

/// Print the manual page of catchment or of a command
///
/// To read it, run: catchment man plan | man -l -
#[derive(Debug, clap::Args)]
pub struct Man {
    /// The command, such as `plan` or `infra parameters` [default: catchment itself]
    pub command: Vec<String>,

    /// Write the pages of all commands into this folder instead
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Format {
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: OutputFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Plain text, for people
    Text,
    /// One JSON document, for programs; `catchment schema` describes it
    Json,
}

const FLEET_FILE: &str = "catchment.toml";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Args::command().debug_assert();
    }
}
