//! The role by which members are entered, as a CloudFormation template that is the same for all of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::document::of_role_as;
use super::error::INLINE_POLICY_CHARACTERS_MAX;
use super::{AccountLevel, Desired, DesiredError, Member};
use crate::provision::name::{AccountId, Arn};
use crate::provision::policy::{Document, Template, TemplateError, TemplateValue};
use crate::provision::resource::AssumedRole;

/// Whose credentials assume the role: the logging account's, unless the stack says otherwise.
const PRINCIPAL: &str = "arn:${AWS::Partition}:iam::${EnteringAccount}:root";
const EVERY_LOG_GROUP: &str = "arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group:*";

/// The template, with the policy that a member's operator needs for the log groups of all members. `entering` is the account whose
/// credentials assume the role.
///
/// # Errors
/// Fails if no member is entered by a role, or if their roles differ.
pub fn stack_set(desired: &Desired, entering: &AccountId) -> Result<Value, DesiredError> {
    let members: Vec<(&Member, &AssumedRole)> = desired
        .members
        .values()
        .filter_map(|member| Some((member, member.login.role.as_ref()?)))
        .collect();
    let alike: BTreeSet<_> = members.iter().map(|one| parts(*one)).collect();
    let Some(((role, external_id, _), 1)) = alike.first().zip(Some(alike.len())) else {
        return Err(match alike.is_empty() {
            true => DesiredError::NoMemberByRole,
            false => DesiredError::SeveralRoles {
                roles: alike.into_iter().map(|(role, ..)| role).collect(),
            },
        });
    };
    let (path, name) = role.rsplit_once('/').unwrap_or(("", role));
    let policy = policy(&members)?;
    Ok(json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Catchment, member account - the role that catchment enters members by; needs CAPABILITY_NAMED_IAM",
        "Parameters": {
            "EnteringAccount": {
                "Type": "String",
                "AllowedPattern": "[0-9]{12}",
                "Default": entering.as_str(),
                "Description": "The account whose credentials assume the role, those of profile under [defaults]",
            },
        },
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": name,
                    "Path": format!("/{path}/").replace("//", "/"),
                    "AssumeRolePolicyDocument": substituted(&trust(external_id.as_deref())?),
                    "Policies": [{ "PolicyName": "catchment", "PolicyDocument": substituted(&policy) }],
                },
            },
        },
        "Outputs": {
            "RoleArn": {
                "Description": "The role that assume_role names",
                "Value": { "Fn::GetAtt": ["Role", "Arn"] },
            },
        },
    }))
}

/// What must be alike in all members: the path and name of the role, its external id, and the permissions boundary of what it makes.
fn parts((member, role): (&Member, &AssumedRole)) -> (String, Option<String>, Option<String>) {
    let name = role.arn.resource().trim_start_matches("role/").to_owned();
    let boundary = member.sender.as_ref().and_then(|one| one.boundary.as_ref());
    let boundary = boundary.map(|arn| in_any_account(arn, &member.login.account));
    (
        name,
        role.external_id.as_ref().map(ToString::to_string),
        boundary,
    )
}

/// An ARN of a member, for every member.
fn in_any_account(arn: &Arn, account: &AccountId) -> String {
    let partition = format!("arn:{}:", arn.partition());
    let text = arn
        .as_str()
        .replacen(&partition, "arn:${AWS::Partition}:", 1);
    text.replacen(&format!(":{account}:"), ":${AWS::AccountId}:", 1)
}

fn trust(external_id: Option<&str>) -> Result<Document, TemplateError> {
    let only_if = |is_so: bool| -> TemplateValue { is_so.then_some(PRINCIPAL).iter().collect() };
    Template::OperatorMemberTrust.render([
        ("enterer", only_if(external_id.is_none())),
        ("enterer_with_id", only_if(external_id.is_some())),
        ("external_id", external_id.unwrap_or_default().into()),
    ])
}

/// What a member's operator needs, for the log groups of all members; for every log group if their names do not fit.
fn policy(members: &[(&Member, &AssumedRole)]) -> Result<Document, TemplateError> {
    let mut groups = BTreeSet::new();
    let mut listed = BTreeSet::new();
    let mut destinations = BTreeSet::new();
    for (member, _) in members {
        let account = &member.login.account;
        for (region, filters) in &member.regions {
            for arn in filters
                .concerned()
                .flat_map(|group| Arn::log_group(region, account, &group))
            {
                groups.insert(in_any_account(&arn.in_every_region(), account));
            }
            if filters.needs_list() {
                let all = Arn::log_groups(region, account).in_every_region();
                listed.insert(in_any_account(&all, account));
            }
            let filters = filters.all();
            destinations.extend(filters.map(|filter| filter.destination.in_every_region()));
        }
    }
    let of_accounts = |is_so: &dyn Fn(&AccountLevel) -> bool| {
        let mut members = members.iter();
        let is_any = members.any(|(member, _)| member.has_account_policy(is_so));
        is_any.then_some("*").iter().collect::<TemplateValue>()
    };
    let of = |groups: TemplateValue| -> Result<Document, TemplateError> {
        let destinations = destinations.iter().collect();
        let values = [
            ("log_groups", groups),
            ("listed", listed.iter().collect()),
            ("destinations", destinations),
            ("account_policies", of_accounts(&|_| true)),
            ("put_account_policies", of_accounts(&|one| one.is_wanted)),
        ];
        let operator = Template::OperatorMember.render(values)?;
        let mut needing = members.iter().filter(|(member, _)| member.needs_role());
        let role = needing.find_map(|(member, _)| Some((member.role()?, &member.login.account)));
        Ok(match role {
            Some((role, account)) => {
                operator.and(of_role_as(&role, |arn| in_any_account(arn, account))?)
            }
            None => operator,
        })
    };
    let policy = of(groups.iter().collect())?;
    if policy.to_json().len() <= INLINE_POLICY_CHARACTERS_MAX {
        return Ok(policy);
    }
    of([EVERY_LOG_GROUP].iter().collect())
}

/// The document as CloudFormation fills it in: each text with a placeholder becomes a substitution.
fn substituted(document: &Document) -> Value {
    fn fill(value: &mut Value) {
        match value {
            Value::String(text) if text.contains("${") => *value = json!({ "Fn::Sub": text }),
            Value::Array(items) => items.iter_mut().for_each(fill),
            Value::Object(fields) => fields.values_mut().for_each(fill),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(document).unwrap_or_default();
    fill(&mut value);
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::fleet::{Fleet, TEMPLATE};

    fn desired(defaults: &str, members: &str) -> Desired {
        let (head, _) = TEMPLATE.split_once("[[members]]").unwrap();
        let head = head.replacen(
            "[logging]",
            "[logging]\naccess = \"organization\"\norganization = \"o-a1b2c3d4e5\"",
            1,
        );
        let text = format!("{head}{members}\n[defaults]\n{defaults}\n");
        Desired::of_fleet(&Fleet::parse(&text).unwrap()).unwrap()
    }

    fn members(count: usize, groups: usize) -> String {
        let groups: Vec<_> = (0..groups)
            .map(|number| format!("\"a-log-group-{number}\""))
            .collect();
        let groups = groups.join(", ");
        let member =
            |number| format!("[[members]]\naccount = \"{number:012}\"\ncloudtrail = [{groups}]\n");
        (1..=count).map(member).collect()
    }

    const ROLE: &str = "assume_role = \"arn:{partition}:iam::{account}:role/ops/Catchment\"";

    fn stack(desired: &Desired) -> Result<Value, DesiredError> {
        stack_set(desired, &desired.logging.as_ref().unwrap().login.account)
    }

    #[test]
    fn one_template_serves_all_members() {
        let defaults = format!("{ROLE}\nexternal_id = \"fleet-1\"");
        let [few, many] =
            [2, 300].map(|count| stack(&desired(&defaults, &members(count, 1))).unwrap());
        assert_eq!(few, many);
        insta::assert_snapshot!(serde_json::to_string_pretty(&few).unwrap());
    }

    #[test]
    fn log_groups_that_do_not_fit_are_all_log_groups() {
        let template = stack(&desired(ROLE, &members(2, 200))).unwrap();
        let policy = &template["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"];
        assert!(policy.to_string().contains(EVERY_LOG_GROUP));
        assert!(policy.to_string().len() < INLINE_POLICY_CHARACTERS_MAX);
    }

    #[test]
    fn roles_that_differ_and_none_are_refused() {
        let other = "assume_role = \"arn:aws:iam::000000000002:role/Other\"\n";
        let text = members(2, 1);
        let (first, second) = text.rsplit_once("account").unwrap();
        let differing = format!("{first}{other}account{second}");
        let error = stack(&desired(ROLE, &differing)).unwrap_err();
        insta::assert_snapshot!(error, @"members are entered by roles that differ in name, external id or permissions boundary: Other, ops/Catchment");
        let text = format!(
            "{}{}",
            "[[members]]\nprofile = \"x\"",
            &members(1, 1)["[[members]]".len()..]
        );
        let error = stack(&desired("", &text)).unwrap_err();
        insta::assert_snapshot!(error, @"no member is entered by a role, so there is none to print");
    }
}
