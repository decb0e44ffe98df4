//! `catchment infra`: what the CloudFormation templates of infra/ need from the fleet file.

use std::fmt::Write;

use super::operations::exit::{ExitStatus, Usage};
use super::operations::fleet;
use crate::args::{self, InfraCommand, InfraTemplate, OutputFormat};
use crate::output::{Hinted, Output};
use crate::provision::fleet::Fleet;
use crate::provision::name::Region;
use crate::provision::parameters::{self, Parameters};

/// Runs the command.
///
/// # Errors
/// A fleet file that cannot be used, or that a template cannot be given as it is.
pub(super) fn run(args: &args::Infra, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let InfraCommand::Parameters(args) = &args.command;
    let parameters = parameters_of(args)?;
    match args.format.output {
        OutputFormat::Json => output.json(&parameters)?,
        OutputFormat::Text => {
            let mut lines = String::new();
            for (key, value) in &parameters {
                writeln!(lines, "{key}={value}")?;
            }
            output.result(lines.as_bytes())?;
        }
    }
    Ok(ExitStatus::Done)
}

fn parameters_of(args: &args::InfraParameters) -> anyhow::Result<Parameters> {
    let fleet = fleet::fleet(&args.fleet)?;
    // clap has asked for the bucket where a template needs it.
    let bucket = args.trail_bucket.as_deref().unwrap_or_default();
    let parameters = match args.template {
        InfraTemplate::Logging => parameters::of_logging(&fleet),
        InfraTemplate::Guardduty => parameters::of_guardduty(&fleet),
        InfraTemplate::CloudtrailBucket => parameters::of_trail_bucket(
            &fleet,
            home(&fleet, args.region.as_ref())?,
            bucket,
            &args.trail,
        ),
        InfraTemplate::Member => {
            let found = args
                .member
                .as_ref()
                .and_then(|name| fleet.members.get_key_value(name));
            let (name, member) = found.ok_or_else(|| {
                let names: Vec<_> = fleet.members.keys().map(ToString::to_string).collect();
                Usage(format!("--member: the fleet has {}", names.join(", ")))
            })?;
            parameters::of_member(name, member, bucket, &args.trail)
        }
    };
    Ok(parameters.map_err(|error| {
        let hint = error.hint();
        Hinted::new(error, hint)
    })?)
}

/// The Region that was given, or the only one.
fn home<'a>(fleet: &'a Fleet, given: Option<&'a Region>) -> Result<&'a Region, Usage> {
    let mut regions = fleet.logging.regions.iter();
    match (given, regions.next(), regions.next()) {
        (Some(region), ..) | (None, Some(region), None) => Ok(region),
        _ => Err(Usage(
            "the fleet has several Regions: --region says where the trails have their home"
                .to_owned(),
        )),
    }
}
