//! What a policy allows, as far as its statements say: enough to tell that a hop cannot work. Only CloudWatch Logs knows that it does.

use crate::provision::name::{AccountId, Arn, Region};
use crate::provision::policy::{Document, is_like};

/// A statement's fields: paths such as `Principal.AWS`, and their values.
type Fields = Vec<(String, Vec<String>)>;

/// Whether a destination policy may let the account subscribe.
pub(super) fn may_subscribe(policy: &Document, account: &AccountId) -> bool {
    let is_account = |principal: &String| {
        principal == "*"
            || principal == account.as_str()
            || principal.parse::<Arn>().is_ok_and(|arn| {
                arn.resource_name() == "root" && arn.account().as_ref() == Some(account)
            })
    };
    granting(policy, "logs:PutSubscriptionFilter").any(|fields| {
        let principals = values(&fields, "Principal").chain(values(&fields, "Principal.AWS"));
        principals.into_iter().any(is_account)
    })
}

/// Whether CloudWatch Logs may assume the role for the account's log groups.
pub(super) fn may_assume(trust: &Document, region: &Region, account: &AccountId) -> bool {
    let source = format!(
        "arn:{}:logs:{region}:{account}:log-group:g:*",
        region.partition()
    );
    let regional = format!("logs.{region}.amazonaws.com");
    granting(trust, "sts:AssumeRole").any(|fields| {
        let is_logs = values(&fields, "Principal.Service")
            .any(|service| service == "logs.amazonaws.com" || *service == regional);
        let conditions = fields.iter().filter_map(|(path, values)| {
            let key = path.strip_prefix("Condition.")?.split_once('.')?.1;
            Some((key, values))
        });
        let is_met = |(key, values): (&str, &Vec<String>)| match key.to_ascii_lowercase().as_str() {
            "aws:sourcearn" => values.iter().any(|value| is_like(&source, value)),
            "aws:sourceaccount" => values.iter().any(|value| is_like(account.as_str(), value)),
            // what else is asked for cannot be told from here
            _ => true,
        };
        is_logs && conditions.into_iter().all(is_met)
    })
}

/// Whether a role's policy allows the action on the resource.
pub(super) fn may(policy: &Document, action: &str, resource: &Arn) -> bool {
    granting(policy, action)
        .any(|fields| values(&fields, "Resource").any(|one| is_like(resource.as_str(), one)))
}

/// The fields of each statement that allows the action.
fn granting(policy: &Document, action: &str) -> impl Iterator<Item = Fields> {
    let statements = policy.statements().iter().map(|one| one.fields());
    statements.filter(move |fields| {
        let is_allowed = values(fields, "Effect").any(|effect| effect == "Allow");
        let action = action.to_ascii_lowercase();
        is_allowed
            && values(fields, "Action").any(|one| is_like(&action, &one.to_ascii_lowercase()))
    })
}

fn values<'f>(fields: &'f Fields, path: &str) -> impl Iterator<Item = &'f String> {
    let field = fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(path));
    field.into_iter().flat_map(|(_, values)| values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(statement: &str) -> Document {
        Document::parse(&format!(r#"{{"Statement":[{statement}]}}"#)).unwrap()
    }

    #[test]
    fn who_may_subscribe() {
        let account = "111122223333".parse().unwrap();
        for (principal, expected) in [
            (r#"{"AWS":["111122223333","4"]}"#, true),
            (r#"{"AWS":"arn:aws:iam::111122223333:root"}"#, true),
            (r#""*""#, true),
            (r#"{"AWS":"444455556666"}"#, false),
        ] {
            let policy = document(&format!(
                r#"{{"Effect":"Allow","Principal":{principal},"Action":"logs:Put*","Resource":"*"}}"#
            ));
            assert_eq!(may_subscribe(&policy, &account), expected, "{principal}");
        }
        let denied = document(r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#);
        assert!(!may_subscribe(&denied, &account));
    }

    #[test]
    fn for_whom_a_role_is_assumed() {
        let (region, account) = (
            "us-west-2".parse().unwrap(),
            "111122223333".parse().unwrap(),
        );
        let trust = |service: &str, condition: &str| {
            document(&format!(
                r#"{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"{condition}}}"#
            ))
        };
        let source =
            |arn: &str| format!(r#","Condition":{{"StringLike":{{"aws:SourceArn":["{arn}"]}}}}"#);
        for (service, condition, expected) in [
            ("logs.amazonaws.com", String::new(), true),
            ("logs.us-west-2.amazonaws.com", String::new(), true),
            ("logs.eu-west-1.amazonaws.com", String::new(), false),
            (
                "logs.amazonaws.com",
                source("arn:aws:logs:us-west-2:111122223333:*"),
                true,
            ),
            (
                "logs.amazonaws.com",
                source("arn:aws:logs:us-west-2:*:*"),
                true,
            ),
            (
                "logs.amazonaws.com",
                source("arn:aws:logs:us-west-2:444455556666:*"),
                false,
            ),
        ] {
            let trust = trust(service, &condition);
            assert_eq!(
                may_assume(&trust, &region, &account),
                expected,
                "{service} {condition}"
            );
        }
    }
}
