//! Lists log groups with their classes.

use std::collections::BTreeMap;

use crate::aws::{CallError, Connection, unknown};
use crate::provision::name::LogGroupName;
use crate::provision::observed::State;

/// Lists the log groups whose names begin with one of the prefixes.
pub(super) async fn listed(
    connection: &Connection,
    prefixes: &[&str],
) -> State<BTreeMap<LogGroupName, String>> {
    let mut all = BTreeMap::new();
    for prefix in prefixes {
        match log_groups(connection, prefix).await {
            Ok(groups) => all.extend(groups),
            Err(error) => return unknown(&error),
        }
    }
    State::Present(all)
}

/// Every log group whose name begins with the prefix, and AWS's name of its class.
pub(in crate::aws) async fn log_groups(
    connection: &Connection,
    prefix: &str,
) -> Result<BTreeMap<LogGroupName, String>, CallError> {
    let mut groups = BTreeMap::new();
    let mut token = None;
    // AWS takes no empty prefix
    let beginning = Some(prefix).filter(|prefix| !prefix.is_empty());
    let resource = match beginning {
        Some(prefix) => format!("log groups {prefix}*"),
        None => "all log groups".to_owned(),
    };
    loop {
        let page = connection
            .caller
            .call("logs:DescribeLogGroups", &resource, || {
                let call = connection.logs.describe_log_groups();
                let call = call.set_log_group_name_prefix(beginning.map(str::to_owned));
                call.set_next_token(token.clone()).send()
            })
            .await?;
        for group in page.log_groups() {
            // a name that AWS does not document cannot be in a fleet file either
            if let Some(Ok(name)) = group.log_group_name().map(str::parse) {
                let class = group.log_group_class().map(|class| class.as_str());
                groups.insert(name, class.unwrap_or("STANDARD").to_owned());
            }
        }
        token = page.next_token;
        if token.is_none() {
            return Ok(groups);
        }
    }
}
