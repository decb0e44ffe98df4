//! Reads a `logs::Destination`: its stream and role, its policy, its tags.

use crate::aws::{CallError, Connection, unknown};
use crate::provision::name::{Arn, DestinationName};
use crate::provision::observed::{Destination, State};
use crate::provision::policy::Document;
use crate::provision::resource::{DestinationEnds, Tags};

pub(super) async fn destination(
    connection: &Connection,
    name: &DestinationName,
) -> State<Destination> {
    let found = match found(connection, name).await {
        Ok(Some(found)) => found,
        Ok(None) => return State::Absent,
        Err(error) => return unknown(&error),
    };
    let arn = |text: Option<&str>| text.unwrap_or_default().parse::<Arn>();
    let (target, role, own) = match (
        arn(found.target_arn()),
        arn(found.role_arn()),
        arn(found.arn()),
    ) {
        (Ok(target), Ok(role), Ok(own)) => (target, role, own),
        (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => {
            return State::Unknown(error.to_string());
        }
    };
    let policy = match found.access_policy() {
        None | Some("") => State::Absent,
        Some(text) => match Document::parse(text) {
            Ok(document) => State::Present(document),
            Err(error) => State::Unknown(crate::aws::chain(&error)),
        },
    };
    let tags = match tags(connection, name, &own).await {
        Ok(tags) => State::Present(tags),
        Err(error) => unknown(&error),
    };
    State::Present(Destination {
        ends: DestinationEnds { target, role },
        policy,
        tags,
    })
}

/// Returns the one with exactly this name. DescribeDestinations itself matches by prefix.
async fn found(
    connection: &Connection,
    name: &DestinationName,
) -> Result<Option<aws_sdk_cloudwatchlogs::types::Destination>, CallError> {
    let mut token = None;
    loop {
        let page = connection
            .caller
            .call(
                "logs:DescribeDestinations",
                &format!("logs::Destination {name}"),
                || {
                    connection
                        .logs
                        .describe_destinations()
                        .destination_name_prefix(name.as_str())
                        .set_next_token(token.clone())
                        .send()
                },
            )
            .await?;
        let same = |one: &aws_sdk_cloudwatchlogs::types::Destination| {
            one.destination_name() == Some(name.as_str())
        };
        let found = page.destinations.unwrap_or_default().into_iter().find(same);
        token = page.next_token;
        if found.is_some() || token.is_none() {
            return Ok(found);
        }
    }
}

async fn tags(
    connection: &Connection,
    name: &DestinationName,
    arn: &Arn,
) -> Result<Tags, CallError> {
    let answer = connection
        .caller
        .call(
            "logs:ListTagsForResource",
            &format!("logs::Destination {name}"),
            || {
                connection
                    .logs
                    .list_tags_for_resource()
                    .resource_arn(arn.as_str())
                    .send()
            },
        )
        .await?;
    Ok(answer.tags.unwrap_or_default().into_iter().collect())
}
