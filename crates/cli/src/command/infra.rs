//! `catchment infra`: what the CloudFormation templates of infra/ need from the fleet file.

use std::fmt::Write;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use anyhow::{Context, anyhow};
use zip::ZipArchive;

use super::operations::exit::{ExitStatus, Usage};
use super::operations::fleet;
use crate::args::{self, InfraCommand, InfraTemplate, OutputFormat};
use crate::output::{Hinted, Output};
use crate::provision::fleet::Fleet;
use crate::provision::name::Region;
use crate::provision::parameters::{
    self, Architecture, HEADER_BYTES, Logging, Parameters, ParametersError, Shortened,
};

/// Runs the command.
///
/// # Errors
/// A fleet file that cannot be used, or that a template cannot be given as it is.
pub(super) fn run(args: &args::Infra, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let args = match &args.command {
        InfraCommand::Parameters(args) => args,
        InfraCommand::Settings(args) => {
            let settings = parameters::settings(&fleet::fleet(&args.fleet)?);
            output.json(&settings.map_err(hinted)?)?;
            return Ok(ExitStatus::Done);
        }
    };
    let parameters = parameters_of(args, output)?;
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

fn parameters_of(args: &args::InfraParameters, output: &mut Output) -> anyhow::Result<Parameters> {
    let fleet = fleet::fleet(&args.fleet)?;
    // clap has asked for the bucket if the template needs it.
    let bucket = args.trail_bucket.as_deref().unwrap_or_default();
    let parameters = match args.template {
        InfraTemplate::Logging => {
            let architecture = architecture(args.zip.as_deref(), output)?;
            let logging = parameters::of_logging(&fleet, architecture, !args.without_sources);
            match logging {
                Ok(logging) => {
                    notes(&logging, output)?;
                    Ok(logging.parameters)
                }
                Err(error) => Err(error),
            }
        }
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
            parameters::of_member(&fleet, name, member, bucket, &args.trail)
        }
    };
    Ok(parameters.map_err(hinted)?)
}

fn hinted(error: ParametersError) -> Hinted {
    let hint = error.hint();
    Hinted::new(error, hint)
}

/// Says what was done to make the parameters fit.
fn notes(logging: &Logging, output: &mut Output) -> anyhow::Result<()> {
    if let Some(Shortened {
        log_groups,
        entries,
        bytes,
        bytes_max,
    }) = logging.shortened
    {
        output.note(&format!(
            "Sources has {entries} entries for {log_groups} log groups, merged by prefix: one entry each would need {bytes} bytes, \
             but a Lambda's environment has room for {bytes_max}. Run this command again whenever the fleet file changes"
        ))?;
    }
    if let Some(accounts) = logging.accounts_left_out {
        output.note(&format!(
            "Accounts is left out, because {accounts} accounts do not fit into a parameter; if the destination is s3, deploy with \
             PartitionKeys=source-date"
        ))?;
    }
    if !logging.only_in_settings.is_empty() {
        let left_out = logging.only_in_settings.iter();
        let left_out: Vec<_> = left_out
            .map(|(count, of)| format!("{count} {of}"))
            .collect();
        output.note(&format!(
            "no parameter passes on {}: `catchment infra settings` writes them into the transformer's settings file, whose layer is \
             the parameter SettingsLayerArn",
            left_out.join(" and ")
        ))?;
    }
    Ok(())
}

/// The architecture of the build in the transformer's zip. `None` if no zip is named and there is none to find.
fn architecture(zip: Option<&Path>, output: &mut Output) -> anyhow::Result<Option<Architecture>> {
    let path = zip.unwrap_or(Path::new(ZIP));
    #[expect(clippy::disallowed_methods, reason = "a command may read files")]
    let file = match File::open(path) {
        Err(error) if zip.is_none() && error.kind() == ErrorKind::NotFound => {
            output.note(&format!(
                "{ZIP} is missing, so Architecture is left out: `make lambda` builds the zip, --zip names another"
            ))?;
            return Ok(None);
        }
        opened => opened.with_context(|| path.display().to_string())?,
    };
    let mut header = [0; HEADER_BYTES];
    ZipArchive::new(file)
        .and_then(|mut zip| Ok(zip.by_name("bootstrap")?.read_exact(&mut header)?))
        .with_context(|| format!("{}: no transformer in it", path.display()))?;
    let found = Architecture::of_executable(header).ok_or_else(|| {
        let error = anyhow!(
            "{}: bootstrap is not an executable for Lambda",
            path.display()
        );
        Hinted::new(error, "`make lambda` builds the zip anew")
    })?;
    Ok(Some(found))
}

/// The Region that was given, or the only one.
fn home<'a>(fleet: &'a Fleet, given: Option<&'a Region>) -> Result<&'a Region, Usage> {
    let mut regions = fleet.logging.regions.iter();
    match (given, regions.next(), regions.next()) {
        (Some(region), ..) | (None, Some(region), None) => Ok(region),
        _ => Err(Usage(
            "the fleet has several Regions: --region says in which the logging account's own trail is made"
                .to_owned(),
        )),
    }
}

/// Where `make lambda` leaves the transformer's zip.
const ZIP: &str = "target/lambda/transformer.zip";
