//! What can be typed after `catchment infra`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::{FLEET_FILE, Format};
use crate::provision::name::{MemberName, Region};

/// What the CloudFormation templates of infra/ need
#[derive(Debug, clap::Args)]
pub struct Infra {
    #[command(subcommand)]
    pub command: InfraCommand,
}

#[derive(Debug, Subcommand)]
pub enum InfraCommand {
    Parameters(InfraParameters),
    Settings(InfraSettings),
}

/// Print the transformer's settings that follow from the fleet file, for its settings file
///
/// The names of accounts, the source of each log group and the format of its flow logs, rules, and what is redacted. Of these, the
/// template `logging` has a parameter for sources and formats only, Sources, and no room for many: a Lambda's environment holds 4 KB in
/// all. Save this as catchment.json in a layer, and give the layer's version to the template as SettingsLayerArn. The schema, and what
/// else the fleet file does not say, stay parameters of the template.
#[derive(Debug, clap::Args)]
#[command(after_long_help = INFRA_SETTINGS_EXAMPLES)]
pub struct InfraSettings {
    /// The fleet file
    #[arg(long, value_name = "FILE", default_value = FLEET_FILE)]
    pub fleet: PathBuf,
}

/// Print the parameters of a template that follow from the fleet file
///
/// As text, one KEY=VALUE a line, for the AWS CLI; as JSON, one object, for SAM, which reads it from a file whose name
/// ends in .yaml. Give what the fleet file does not say, such as VpcId1 or AlarmEmail, beside them.
#[derive(Debug, clap::Args)]
#[command(after_long_help = INFRA_PARAMETERS_EXAMPLES)]
pub struct InfraParameters {
    /// The template
    #[arg(default_value = "logging")]
    pub template: InfraTemplate,

    /// The fleet file
    #[arg(long, value_name = "FILE", default_value = FLEET_FILE)]
    pub fleet: PathBuf,

    /// The member account, for the template `member`
    #[arg(long, value_name = "NAME", required_if_eq("template", "member"))]
    pub member: Option<MemberName>,

    /// The bucket of all members' trails, for `cloudtrail-bucket` and `member`
    #[arg(long, value_name = "BUCKET", required_if_eq_any([("template", "cloudtrail-bucket"), ("template", "member")]))]
    pub trail_bucket: Option<String>,

    /// The transformer's zip, for the template `logging`: Architecture follows from the build in it
    ///
    /// If it is not given, target/lambda/transformer.zip, where `make lambda` leaves it. If that is missing,
    /// Architecture is left out.
    #[arg(long, value_name = "FILE")]
    pub zip: Option<PathBuf>,

    /// Leave Sources out of the parameters of the template `logging`
    ///
    /// The transformer then tells the sources by the names that AWS gives to log groups and log streams, and by content;
    /// what it does not know is `other`.
    #[arg(long)]
    pub without_sources: bool,

    /// The name of the members' trails
    #[arg(long, value_name = "TRAIL", default_value = "catchment")]
    pub trail: String,

    /// The home Region of the logging account's own trail, if the fleet has several
    #[arg(long, value_name = "REGION")]
    pub region: Option<Region>,

    #[command(flatten)]
    pub format: Format,
}

/// The templates of infra/ that a person deploys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InfraTemplate {
    /// infra/logging.yaml
    Logging,
    /// infra/cloudtrail-bucket.yaml
    CloudtrailBucket,
    /// infra/member.yaml
    Member,
    /// infra/guardduty.yaml
    Guardduty,
}

const INFRA_SETTINGS_EXAMPLES: &str = "\
Examples:
  catchment infra settings > catchment.json
  catchment replay --settings catchment.json captured.json
  zip settings.zip catchment.json
  aws lambda publish-layer-version --layer-name catchment-settings --zip-file fileb://settings.zip \\
    --query LayerVersionArn --output text";

const INFRA_PARAMETERS_EXAMPLES: &str = "\
Examples:
  catchment infra parameters --output json > parameters.yaml
  sam deploy --template-file infra/logging.yaml --parameter-overrides file://parameters.yaml …
  aws cloudformation deploy --template-file infra/cloudtrail-bucket.yaml … \\
    --parameter-overrides $(catchment infra parameters cloudtrail-bucket --trail-bucket example-trails)
  aws cloudformation deploy --template-file infra/member.yaml … --parameter-overrides VpcId1=vpc-0abc \\
    $(catchment infra parameters member --member dev1 --trail-bucket example-trails)";
