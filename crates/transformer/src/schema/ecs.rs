//! The schema `ecs`: the Elastic Common Schema, and the fields that Elastic's integration for AWS adds to it.

mod cloudtrail;
mod guardduty;
mod other;
mod route53_resolver_query_logs;
mod vpc_flow_logs;

use super::mapping::{Context, Mapping, RateRow, Row, Value, constant, row};

/// What a reader should know of the schema.
pub(super) const ABOUT: &str = "\
The [Elastic Common Schema](https://www.elastic.co/docs/reference/ecs), version 9.4. The line is the document. Its fields are those \
that Elastic's integration for AWS fills without a database, under the same names. Flow logs that `parseVPC` has made objects become what \
their lines would; an object without `version` or `logStatus`, or with other members, keeps its `message`. So does a message of flow logs, \
CloudTrail, GuardDuty or the Resolver that is OCSF already, as [below](#ocsf-11-ocsf-15): `error.message` says so, and the schemas of OCSF \
pass it on. ECS has no field for the rate of a sample: an event that rules sample has it in `labels.sample_rate`, as a string, such as \
`\"100\"`. A string of more than 32,766 bytes, which no index takes as a term, is cut and ends with `… (cut)`; if it was JSON, it is none \
then. A whole message, in `event.original`, or in `message` of an event that is not parsed, is never cut.";

/// Where an event says for how many it is delivered: `labels` are "custom key/value pairs", keywords
/// (<https://www.elastic.co/docs/reference/ecs/ecs-base#field-labels>).
pub(super) const RATE: RateRow = RateRow {
    row: || row("labels.sample_rate", Value::Context(Context::SampleRate)),
    prefix: "",
};

/// The mapping of each source.
pub(super) fn mappings() -> Vec<Mapping> {
    vec![
        vpc_flow_logs::mapping(),
        cloudtrail::mapping(),
        guardduty::mapping(),
        route53_resolver_query_logs::mapping(),
        other::mapping(),
    ]
}

/// What all documents have.
fn base() -> [Row; 5] {
    [
        row("ecs.version", constant("\"9.4.0\"")),
        row("cloud.provider", constant("\"aws\"")),
        row("event.id", Value::Context(Context::EventId)),
        row(
            "aws.cloudwatch.log_group",
            Value::Context(Context::LogGroup),
        ),
        row(
            "aws.cloudwatch.log_stream",
            Value::Context(Context::LogStream),
        ),
    ]
}

/// The message that a document comes from.
fn original() -> Row {
    row("event.original", Value::Context(Context::Original))
}

/// The account that `id` is, and its name.
fn account(id: fn() -> Value) -> [Row; 2] {
    [
        row("cloud.account.id", id()),
        row("cloud.account.name", Value::Name(Box::new(id()))),
    ]
}

#[cfg(test)]
mod tests;
