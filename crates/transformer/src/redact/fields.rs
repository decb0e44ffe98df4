//! The fields that can be redacted: what a name or a path has to be, so that a slip of the pen stops the start instead of passing values on.

use super::Action;
use crate::source::Source;
use crate::source::vpc_flow_logs::{FIELDS, Kind};

/// A source whose messages are JSON objects.
pub(crate) struct JsonSource {
    pub(crate) source: Source,
    /// What messages of the source are told by, which stays as it is.
    tells: &'static [&'static str],
    /// The member that every message of the source has, and what is made of one by others does not.
    pub(crate) required: &'static str,
    /// Whether a key may begin with a capital letter as well.
    pub(crate) any_case: bool,
}

/// The sources of JSON whose fields are known.
pub(crate) const JSON_SOURCES: [JsonSource; 3] = [
    JsonSource {
        source: Source::CloudTrail,
        tells: &["eventVersion"],
        required: "eventVersion",
        any_case: false,
    },
    JsonSource {
        source: Source::GuardDuty,
        tells: &["detail", "detail-type", "source"],
        // A finding stands in EventBridge's envelope.
        required: "detail",
        any_case: true,
    },
    JsonSource {
        source: Source::Route53ResolverQueryLogs,
        tells: &[],
        required: "query_name",
        any_case: false,
    },
];

/// The sources whose fields are known.
pub(super) fn sources() -> impl Iterator<Item = Source> {
    let json = JSON_SOURCES.iter().map(|json| json.source);
    std::iter::once(Source::VpcFlowLogs).chain(json)
}

/// The field with this name: AWS's name of a flow log's field, or a path.
pub(super) fn field(source: Source, name: &str, action: Action) -> Result<String, String> {
    match JSON_SOURCES.iter().find(|json| json.source == source) {
        Some(json) => path(name, json),
        None => of_flow_logs(name, action),
    }
}

/// Whether fields of a source are the same, or one stands in the other.
pub(super) fn meet(source: Source, one: &str, other: &str) -> bool {
    // Indexes of arrays: a redaction is for all values of one.
    let keys = |path: &str| -> Vec<String> {
        let keys = path.split('.');
        let keys = keys.filter(|key| !is_index(key));
        let mut json = JSON_SOURCES.iter();
        let any_case = json.any(|json| json.source == source && json.any_case);
        let plain = |key: &str| match any_case {
            true => key.to_ascii_lowercase(),
            false => key.to_owned(),
        };
        keys.map(plain).collect()
    };
    let (one, other) = (keys(one), keys(other));
    one.iter().zip(&other).all(|(one, other)| one == other)
}

fn of_flow_logs(name: &str, action: Action) -> Result<String, String> {
    let mut known = FIELDS.iter();
    let field = known
        .find(|field| field.name == name || field.name.replace('-', "_") == name)
        .ok_or("not a field of flow logs")?;
    if ["version", "log-status"].contains(&field.name) {
        return Err("flow logs are told by it".to_owned());
    }
    if action == Action::Hash && matches!(field.kind, Kind::Integer | Kind::Port) {
        return Err("it is an integer, and a hash is none; expected the action `mask`".to_owned());
    }
    Ok(field.name.to_owned())
}

fn path(path: &str, source: &JsonSource) -> Result<String, String> {
    let keys: Vec<&str> = path.split('.').collect();
    if keys.iter().any(|key| key.is_empty()) || path.contains(['[', ']', '*']) {
        return Err("not a path, such as userIdentity.userName".to_owned());
    }
    if let Some(index) = keys.iter().find(|key| is_index(key)) {
        return Err(format!(
            "leave out `{index}`: a path leads to every value of an array"
        ));
    }
    source.source.has_member(keys[0])?;
    match source.tells.contains(&path) {
        true => Err("messages of this source are told by it".to_owned()),
        false => Ok(path.to_owned()),
    }
}

fn is_index(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}
