//! Parameters of the templates in `infra/`, derived from the fleet file so that each name is written once.

mod architecture;
mod sources;

use std::collections::{BTreeMap, BTreeSet};

use catchment_transformer::source::Source;

use crate::provision::fleet::{Fleet, Member};
use crate::provision::name::{LogGroupName, LogGroupPattern, MemberName, Region};
use crate::provision::resource::Encryption;

pub use architecture::{Architecture, HEADER_BYTES};
pub use sources::Shortened;
use sources::Sources;

/// Values by the name of the parameter.
pub type Parameters = BTreeMap<&'static str, String>;

/// The longest value of a parameter, in bytes
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
const PARAMETER_BYTES_MAX: usize = 4_096;

/// The parameters of `logging.yaml`, and what was done to make them fit.
#[derive(Debug, PartialEq, Eq)]
pub struct Logging {
    pub parameters: Parameters,
    /// Set if `Sources` had to be shortened.
    pub shortened: Option<Shortened>,
    /// The number of accounts, if they are too many for `Accounts`, which is then left out.
    pub accounts_left_out: Option<usize>,
    /// What only a settings file passes on: so many of what.
    pub only_in_settings: Vec<(usize, &'static str)>,
}

/// Why a template cannot take this fleet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParametersError {
    /// `Sources` has one entry for all log groups of a name.
    #[error("log group {log_group} carries {one} in one member and {other} in another")]
    TwoSources {
        log_group: LogGroupPattern,
        one: Source,
        other: Source,
    },
    /// So do formats.
    #[error(
        "the flow logs of log group {log_group} have one format in one member and another in another"
    )]
    TwoFormats { log_group: LogGroupPattern },
    /// A template creates one log group for a source.
    #[error("{member} has {count} {of} log groups, but the template creates one")]
    NotOneLogGroup {
        member: MemberName,
        of: Source,
        count: usize,
    },
    /// A multi-Region trail is one trail, with one log group in its home Region.
    #[error(
        "{member} has a CloudTrail log group in {count} Regions, but a trail has one only in its home Region"
    )]
    TrailInSeveralRegions { member: MemberName, count: usize },
    #[error("no member has a {of} log group")]
    NoLogGroup { of: Source },
    #[error(
        "the sources of {} log groups need {} bytes, or {bytes} if they are merged by prefix, but a Lambda's environment has room for {}",
        .shortened.log_groups, .shortened.bytes, .shortened.bytes_max
    )]
    ManySources { shortened: Shortened, bytes: usize },
    #[error("parameter {parameter} needs {bytes} bytes, but can have at most {bytes_max}")]
    TooLong {
        parameter: &'static str,
        bytes: usize,
        bytes_max: usize,
    },
}

impl ParametersError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TwoSources { .. } | Self::TwoFormats { .. } => {
                "give the log groups different names, or move one of the members to another fleet, with a stack of its own"
            }
            Self::NotOneLogGroup { .. } => {
                "deploy the template by hand for one of them; the fleet file may list them all"
            }
            Self::TrailInSeveralRegions { .. } => {
                "in the fleet file, name the trail's home Region: cloudtrail = [{ name = \"…\", regions = [\"…\"] }]"
            }
            Self::NoLogGroup { .. } => "add it to the fleet file first",
            Self::ManySources { .. } => {
                "pass --without-sources, and give the transformer the sources in a file, which `catchment infra settings` writes"
            }
            Self::TooLong { .. } => {
                "use an organization trail, which needs one entry for all members"
            }
        }
    }
}

/// The parameters of `logging.yaml`: the stream and its key, how long it may be silent, the name of the filters, the accounts, the
/// source of each log group (unless `with_sources` is false: then the transformer finds it out), and the transformer's
/// `architecture`, if it is known.
///
/// # Errors
/// Fails if log groups of one name carry two sources or formats, or if there are more than a Lambda's environment has room for.
pub fn of_logging(
    fleet: &Fleet,
    architecture: Option<Architecture>,
    with_sources: bool,
) -> Result<Logging, ParametersError> {
    let mut parameters = Parameters::from([
        ("StreamName", fleet.logging.stream.name.to_string()),
        ("FilterName", fleet.logging.filter.to_string()),
        ("SilentHours", fleet.logging.silent_hours.to_string()),
    ]);
    let accounts = accounts(fleet);
    let accounts_left_out = match accounts.join(",") {
        joined if joined.len() > PARAMETER_BYTES_MAX => Some(accounts.len()),
        joined => {
            parameters.insert("Accounts", joined);
            None
        }
    };
    let mut shortened = None;
    if with_sources {
        let sources = Sources::of(fleet)?;
        parameters.insert("Sources", sources.json);
        shortened = sources.shortened;
    }
    if let Encryption::Customer(key) = &fleet.logging.stream.encryption {
        parameters.insert("StreamKeyArn", key.to_string());
    }
    if let Some(architecture) = architecture {
        parameters.insert("Architecture", architecture.to_string());
    }
    Ok(Logging {
        parameters,
        shortened,
        accounts_left_out,
        only_in_settings: [
            (fleet.rules.len(), "[[rules]]"),
            (fleet.redact.len(), "[[redact]]"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .collect(),
    })
}

/// The transformer's settings file: which log groups carry which source, in which format, what the accounts are called, the rules, and
/// what is redacted.
///
/// # Errors
/// Fails if a log group's name stands for two sources.
pub fn settings(fleet: &Fleet) -> Result<serde_json::Value, ParametersError> {
    let names: BTreeMap<&str, &str> = fleet
        .members
        .iter()
        .map(|(name, member)| (member.account.as_str(), name.as_str()))
        .collect();
    let mut settings = serde_json::json!({"accounts": names, "sources": sources::whole(fleet)?});
    if !fleet.rules.is_empty() {
        settings["rules"] = fleet.rules.clone().into();
    }
    if !fleet.redact.is_empty() {
        settings["redact"] = fleet.redact.clone().into();
    }
    Ok(settings)
}

/// The parameters of `cloudtrail-bucket.yaml`: the trail of each member that has a CloudTrail log group, and where it may write;
/// also the logging account's own trail, in `home`, unless `member.yaml` creates it.
///
/// # Errors
/// Fails if no member has a trail, if one has it in several Regions, or if the trails do not fit into a parameter.
pub fn of_trail_bucket(
    fleet: &Fleet,
    home: &Region,
    bucket: &str,
    trail: &str,
) -> Result<Parameters, ParametersError> {
    let mut homes = BTreeMap::new();
    for (name, member) in &fleet.members {
        if let Some(group) = only_one(name, member, Source::CloudTrail)? {
            homes.insert(&member.account, trail_home(name, member, &group)?);
        }
    }
    if homes.is_empty() {
        return Err(ParametersError::NoLogGroup {
            of: Source::CloudTrail,
        });
    }
    let logging = &fleet.logging.account;
    let logging_trail = if homes.contains_key(logging) {
        String::new()
    } else {
        homes.insert(logging, home);
        trail.to_owned()
    };
    let partition = home.partition();
    let (arns, objects): (Vec<_>, Vec<_>) = homes
        .into_iter()
        .map(|(account, home)| {
            (
                format!("arn:{partition}:cloudtrail:{home}:{account}:trail/{trail}"),
                format!("arn:{partition}:s3:::{bucket}/AWSLogs/{account}/*"),
            )
        })
        .unzip();
    Ok(Parameters::from([
        ("BucketName", bucket.to_owned()),
        ("LoggingTrailName", logging_trail),
        (
            "TrailArns",
            fitting("TrailArns", arns.join(","), PARAMETER_BYTES_MAX)?,
        ),
        (
            "TrailObjects",
            fitting("TrailObjects", objects.join(","), PARAMETER_BYTES_MAX)?,
        ),
    ]))
}

/// The parameters of `member.yaml`: the name of the filters, the log groups of one member, and its trail if it has one.
///
/// # Errors
/// Fails if the member has several log groups of one source, or its trail in several Regions.
pub fn of_member(
    fleet: &Fleet,
    name: &MemberName,
    member: &Member,
    bucket: &str,
    trail: &str,
) -> Result<Parameters, ParametersError> {
    let mut parameters = Parameters::from([("FilterName", fleet.logging.filter.to_string())]);
    if let Some(group) = only_one(name, member, Source::VpcFlowLogs)? {
        parameters.insert("FlowLogGroupName", group.to_string());
    }
    if let Some(group) = only_one(name, member, Source::CloudTrail)? {
        parameters.insert("TrailLogGroupName", group.to_string());
        parameters.insert("TrailName", trail.to_owned());
        parameters.insert("TrailBucketName", bucket.to_owned());
        parameters.insert("HomeRegion", trail_home(name, member, &group)?.to_string());
    }
    Ok(parameters)
}

/// The parameter of `guardduty.yaml`: the logging account's log group of findings.
///
/// # Errors
/// Fails unless the fleet file lists exactly one.
pub fn of_guardduty(fleet: &Fleet) -> Result<Parameters, ParametersError> {
    let mut own = fleet
        .members
        .iter()
        .filter(|(_, member)| member.account == fleet.logging.account);
    let found =
        own.find_map(|(name, member)| only_one(name, member, Source::GuardDuty).transpose());
    match found {
        Some(group) => Ok(Parameters::from([("LogGroupName", group?.to_string())])),
        None => Err(ParametersError::NoLogGroup {
            of: Source::GuardDuty,
        }),
    }
}

/// The members' accounts, each once.
fn accounts(fleet: &Fleet) -> Vec<&str> {
    let accounts = fleet.members.values().map(|member| member.account.as_str());
    accounts.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The home Region of a member's trail: the only Region in which the fleet file expects its log group.
fn trail_home<'a>(
    name: &MemberName,
    member: &'a Member,
    group: &LogGroupName,
) -> Result<&'a Region, ParametersError> {
    let of_group = member.log_group(group);
    let of_group = of_group.and_then(|group| group.regions.as_ref());
    let in_regions = of_group.unwrap_or(&member.regions);
    let mut regions = in_regions.iter();
    match (regions.next(), regions.next()) {
        (Some(home), None) => Ok(home),
        _ => Err(ParametersError::TrailInSeveralRegions {
            member: name.clone(),
            count: in_regions.len(),
        }),
    }
}

fn only_one(
    name: &MemberName,
    member: &Member,
    source: Source,
) -> Result<Option<LogGroupName>, ParametersError> {
    let mut groups = member
        .log_groups
        .iter()
        .filter(|(_, group)| group.source == source)
        // a template creates no log group of a pattern
        .filter_map(|(name, _)| name.exact());
    match (groups.next(), groups.count()) {
        (group, 0) => Ok(group),
        (_, more) => Err(ParametersError::NotOneLogGroup {
            member: name.clone(),
            of: source,
            count: more + 1,
        }),
    }
}

fn fitting(
    parameter: &'static str,
    value: String,
    bytes_max: usize,
) -> Result<String, ParametersError> {
    match value.len() {
        bytes if bytes > bytes_max => Err(ParametersError::TooLong {
            parameter,
            bytes,
            bytes_max,
        }),
        _ => Ok(value),
    }
}

#[cfg(test)]
mod tests;
