//! What the templates of infra/ are given, worked out from the fleet file, so that names are written once.

use std::collections::BTreeMap;

use catchment_transformer::source::Source;

use crate::provision::fleet::{Fleet, Member};
use crate::provision::name::{LogGroupName, MemberName, Region};
use crate::provision::resource::Encryption;

/// Values by parameter.
pub type Parameters = BTreeMap<&'static str, String>;

/// What a parameter holds at most, in bytes
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
const PARAMETER_BYTES_MAX: usize = 4_096;

/// What a Lambda's whole environment holds at most, in bytes, less what the other settings take
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const SOURCES_BYTES_MAX: usize = 4_096 - 512;

/// A fleet that a template cannot be given as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParametersError {
    /// The transformer tells sources apart by the log group's name alone.
    #[error("log group {log_group} carries {one} in one member and {other} in another")]
    TwoSources {
        log_group: LogGroupName,
        one: Source,
        other: Source,
    },
    /// A template makes one log group of a source.
    #[error("{member} has {count} {of} log groups, and the template makes one")]
    NotOneLogGroup {
        member: MemberName,
        of: Source,
        count: usize,
    },
    /// Nobody of the fleet has what the template is for.
    #[error("no member has a {of} log group")]
    NoLogGroup { of: Source },
    #[error("parameter {parameter} takes {bytes} bytes, and {bytes_max} at most fit")]
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
            Self::TwoSources { .. } => {
                "give the log groups different names, or let a stack of their own carry them"
            }
            Self::NotOneLogGroup { .. } => {
                "deploy the template for one of them by hand; the fleet file may name them all"
            }
            Self::NoLogGroup { .. } => "name it in the fleet file first",
            Self::TooLong {
                parameter: "Sources",
                ..
            } => "leave it out where names and content tell the sources apart, or split the fleet",
            Self::TooLong { .. } => "an organization trail needs one entry for all members",
        }
    }
}

/// For `logging.yaml`: the stream, its key, and which log groups carry which source.
///
/// # Errors
/// One log group's name with two sources; more log groups than a Lambda's environment holds.
pub fn of_logging(fleet: &Fleet) -> Result<Parameters, ParametersError> {
    let mut parameters = Parameters::from([
        ("StreamName", fleet.logging.stream.name.to_string()),
        (
            "Sources",
            fitting("Sources", sources(fleet)?, SOURCES_BYTES_MAX)?,
        ),
    ]);
    if let Encryption::Customer(key) = &fleet.logging.stream.encryption {
        parameters.insert("StreamKeyArn", key.to_string());
    }
    Ok(parameters)
}

/// For `cloudtrail-bucket.yaml`: the trails of all members that have a CloudTrail log group, and where each may write.
///
/// # Errors
/// No such member; more of them than a parameter holds.
pub fn of_trail_bucket(
    fleet: &Fleet,
    region: &Region,
    bucket: &str,
    trail: &str,
) -> Result<Parameters, ParametersError> {
    let has_trail = |member: &&Member| {
        member
            .log_groups
            .values()
            .any(|group| group.source == Source::CloudTrail)
    };
    let partition = region.partition();
    let (arns, objects): (Vec<_>, Vec<_>) = fleet
        .members
        .values()
        .filter(has_trail)
        .map(|Member { account, .. }| {
            (
                format!("arn:{partition}:cloudtrail:{region}:{account}:trail/{trail}"),
                format!("arn:{partition}:s3:::{bucket}/AWSLogs/{account}/*"),
            )
        })
        .unzip();
    if arns.is_empty() {
        return Err(ParametersError::NoLogGroup {
            of: Source::CloudTrail,
        });
    }
    Ok(Parameters::from([
        ("BucketName", bucket.to_owned()),
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

/// For `member.yaml`: the log groups of one member, and its trail where it has one.
///
/// # Errors
/// More than one log group of a source.
pub fn of_member(
    name: &MemberName,
    member: &Member,
    bucket: &str,
    trail: &str,
) -> Result<Parameters, ParametersError> {
    let mut parameters = Parameters::new();
    if let Some(group) = only_one(name, member, Source::VpcFlowLogs)? {
        parameters.insert("FlowLogGroupName", group.to_string());
    }
    if let Some(group) = only_one(name, member, Source::CloudTrail)? {
        parameters.insert("TrailLogGroupName", group.to_string());
        parameters.insert("TrailName", trail.to_owned());
        parameters.insert("TrailBucketName", bucket.to_owned());
    }
    Ok(parameters)
}

/// For `guardduty.yaml`: the logging account's log group of findings.
///
/// # Errors
/// None, or more than one.
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

/// `CATCHMENT_SOURCES`, as the transformer reads it: a JSON object from log group to source.
fn sources(fleet: &Fleet) -> Result<String, ParametersError> {
    let mut sources: BTreeMap<&LogGroupName, Source> = BTreeMap::new();
    for (log_group, group) in fleet.members.values().flat_map(|member| &member.log_groups) {
        let one = *sources.entry(log_group).or_insert(group.source);
        if one != group.source {
            return Err(ParametersError::TwoSources {
                log_group: log_group.clone(),
                one,
                other: group.source,
            });
        }
    }
    let entries = sources
        .into_iter()
        .map(|(group, source)| (group.to_string(), source.to_string().into()))
        .collect();
    Ok(serde_json::Value::Object(entries).to_string())
}

fn only_one<'a>(
    name: &MemberName,
    member: &'a Member,
    source: Source,
) -> Result<Option<&'a LogGroupName>, ParametersError> {
    let mut groups = member
        .log_groups
        .iter()
        .filter(|(_, group)| group.source == source)
        .map(|(name, _)| name);
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
mod tests {
    use super::*;

    const FLEET: &str = r#"
        [logging]
        account = "999988887777"
        regions = ["us-west-2"]
        destination = "kinesisDest"
        role = "cwrole"
        [logging.stream]
        name = "Demo_Kinesis_Stream"
        shards = 4
        [[members]]
        name = "dev1"
        account = "111122223333"
        vpc_flow_logs = ["flow"]
        cloudtrail = ["CloudTrail/one"]
        [[members]]
        name = "dev2"
        account = "444455556666"
        cloudtrail = ["CloudTrail/two"]
        other = ["app"]
        [[members]]
        name = "own"
        account = "999988887777"
        guardduty = ["/aws/events/guardduty"]
    "#;

    fn fleet(text: &str) -> Fleet {
        Fleet::parse(text).unwrap()
    }

    fn lines(parameters: &Parameters) -> String {
        parameters
            .iter()
            .map(|(key, value)| format!("{key}={value}\n"))
            .collect()
    }

    fn region() -> Region {
        "us-west-2".parse().unwrap()
    }

    #[test]
    fn logging_yaml_gets_the_stream_and_the_sources() {
        insta::assert_snapshot!(lines(&of_logging(&fleet(FLEET)).unwrap()), @r#"
        Sources={"/aws/events/guardduty":"guardduty","CloudTrail/one":"cloudtrail","CloudTrail/two":"cloudtrail","app":"other","flow":"vpc-flow-logs"}
        StreamName=Demo_Kinesis_Stream
        "#);
    }

    #[test]
    fn a_customers_key_of_the_stream_is_passed_on() {
        let key = "arn:aws:kms:us-west-2:999988887777:key/1";
        let text = FLEET.replace("shards = 4", &format!("shards = 4\nencryption = \"{key}\""));
        assert_eq!(of_logging(&fleet(&text)).unwrap()["StreamKeyArn"], key);
    }

    #[test]
    fn the_transformer_reads_the_sources() {
        let sources = of_logging(&fleet(FLEET))
            .unwrap()
            .remove("Sources")
            .unwrap();
        catchment_transformer::Settings::from_pairs([("CATCHMENT_SOURCES".to_owned(), sources)])
            .unwrap();
    }

    #[test]
    fn one_name_with_two_sources_is_refused() {
        let text = FLEET.replace("other = [\"app\"]", "other = [\"flow\"]");
        let error = of_logging(&fleet(&text)).unwrap_err();
        insta::assert_snapshot!(error, @"log group flow carries vpc-flow-logs in one member and other in another");
    }

    #[test]
    fn more_sources_than_an_environment_holds_are_refused() {
        let many = (0..200)
            .map(|n| format!("\"application-{n:04}\""))
            .collect::<Vec<_>>()
            .join(",");
        let error = of_logging(&fleet(&FLEET.replace("\"app\"", &many))).unwrap_err();
        insta::assert_snapshot!(error, @"parameter Sources takes 5520 bytes, and 3584 at most fit");
    }

    #[test]
    fn the_trail_bucket_knows_the_members_that_have_a_trail() {
        let parameters = of_trail_bucket(&fleet(FLEET), &region(), "trails", "catchment").unwrap();
        insta::assert_snapshot!(lines(&parameters), @"
        BucketName=trails
        TrailArns=arn:aws:cloudtrail:us-west-2:111122223333:trail/catchment,arn:aws:cloudtrail:us-west-2:444455556666:trail/catchment
        TrailObjects=arn:aws:s3:::trails/AWSLogs/111122223333/*,arn:aws:s3:::trails/AWSLogs/444455556666/*
        ");
    }

    #[test]
    fn member_yaml_gets_the_members_own_log_groups() {
        let fleet = fleet(FLEET);
        let of = |name: &str| {
            let name = name.parse().unwrap();
            of_member(&name, &fleet.members[&name], "trails", "catchment").unwrap()
        };
        insta::assert_snapshot!(lines(&of("dev1")), @"
        FlowLogGroupName=flow
        TrailBucketName=trails
        TrailLogGroupName=CloudTrail/one
        TrailName=catchment
        ");
        assert_eq!(of("own"), Parameters::new());
    }

    #[test]
    fn two_log_groups_of_one_source_are_more_than_member_yaml_makes() {
        let fleet = fleet(&FLEET.replace("[\"flow\"]", "[\"flow\", \"flow2\"]"));
        let name = "dev1".parse().unwrap();
        let error = of_member(&name, &fleet.members[&name], "trails", "catchment").unwrap_err();
        insta::assert_snapshot!(error, @"dev1 has 2 vpc-flow-logs log groups, and the template makes one");
    }

    #[test]
    fn guardduty_yaml_gets_the_logging_accounts_own_log_group() {
        let parameters = of_guardduty(&fleet(FLEET)).unwrap();
        assert_eq!(
            parameters,
            Parameters::from([("LogGroupName", "/aws/events/guardduty".to_owned())])
        );
        let without = FLEET.replace("guardduty =", "other =");
        assert_eq!(
            of_guardduty(&fleet(&without)),
            Err(ParametersError::NoLogGroup {
                of: Source::GuardDuty
            })
        );
    }
}
