//! The role: what it may do, and on whose requests CloudWatch Logs may use it.

use std::collections::BTreeSet;

use super::Role;
use super::build::DesiredError;
use crate::provision::fleet::{self, Fleet};
use crate::provision::name::{Arn, PolicyName};
use crate::provision::policy::{Document, Template, TemplateValue};
use crate::provision::resource::{Encryption, Tags};

/// A role's trust policy, white space not counted
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub(super) const TRUST_POLICY_CHARACTERS_MAX: usize = 2_048;

/// The role, with both its policies.
pub(super) fn role(fleet: &Fleet, tags: &Tags) -> Result<Role, DesiredError> {
    let fleet::Logging {
        account,
        regions,
        role: name,
        stream,
        ..
    } = &fleet.logging;
    let streams = regions
        .iter()
        .map(|region| Arn::stream(region, account, &stream.name))
        .collect();
    let keys = match &stream.encryption {
        Encryption::None | Encryption::AwsManaged => TemplateValue::Many(Vec::new()),
        Encryption::Customer(key) => TemplateValue::Many(vec![key.to_string()]),
    };
    let policy = Template::DeliveryRole.render([("streams", streams), ("keys", keys)])?;
    Ok(Role {
        name: name.clone(),
        trust: trust(fleet)?,
        policy_name: PolicyName::delivery(),
        policy,
        tags: tags.clone(),
    })
}

/// Who may have CloudWatch Logs use the role: each member and the logging account, in their Regions; or, where the fleet names
/// its organization, all of that, in the fleet's Regions.
fn trust(fleet: &Fleet) -> Result<Document, DesiredError> {
    let fleet::Logging {
        account,
        regions,
        role,
        organization,
        ..
    } = &fleet.logging;
    if let Some(organization) = organization {
        let sources = regions.iter().map(Arn::logs_of_all).collect();
        let organization = TemplateValue::One(organization.to_string());
        return Ok(Template::DeliveryRoleTrustOrganization
            .render([("sources", sources), ("organization", organization)])?);
    }
    let of_members = fleet.members.values().flat_map(|member| {
        member
            .regions
            .iter()
            .map(|region| Arn::logs_of(region, &member.account))
    });
    let of_logging = regions.iter().map(|region| Arn::logs_of(region, account));
    let sources: BTreeSet<Arn> = of_members.chain(of_logging).collect();
    let trust = Template::DeliveryRoleTrust.render([("sources", sources.iter().collect())])?;
    let characters = trust.to_json().chars().count();
    if characters > TRUST_POLICY_CHARACTERS_MAX {
        let accounts: BTreeSet<_> = fleet
            .members
            .values()
            .map(|member| &member.account)
            .chain([account])
            .collect();
        return Err(DesiredError::TrustTooLong {
            role: role.to_string(),
            characters,
            accounts: accounts.len(),
        });
    }
    Ok(trust)
}

#[cfg(test)]
mod tests {
    use super::super::Desired;
    use super::super::build::tests::fleet;
    use super::*;

    #[test]
    fn a_customer_key_needs_its_permission() {
        let text = fleet::TEMPLATE.replace(
            "retention_hours = 168",
            "encryption = \"arn:aws:kms:us-west-2:999988887777:key/k\"\nretention_hours = 168",
        );
        let role = Desired::of_fleet(&Fleet::parse(&text).unwrap())
            .unwrap()
            .logging
            .unwrap()
            .role;
        insta::assert_snapshot!(role.policy.to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"CatchmentPutRecord","Effect":"Allow","Action":"kinesis:PutRecord","Resource":["arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream"]},{"Sid":"CatchmentDataKey","Effect":"Allow","Action":"kms:GenerateDataKey","Resource":["arn:aws:kms:us-west-2:999988887777:key/k"]}]}"#);
    }

    #[test]
    fn a_fleet_too_large_for_the_trust_policy_says_so_and_an_organization_mends_it() {
        assert!(Desired::of_fleet(&fleet(40, "")).is_ok());
        let error = Desired::of_fleet(&fleet(60, "")).unwrap_err();
        insta::assert_snapshot!(error, @"the trust policy of role cwrole is 2641 characters long for 61 accounts; IAM takes 2048");
        assert!(error.hint().unwrap().contains("organization"));
        let desired = Desired::of_fleet(&fleet(300, "organization = \"o-a1b2c3d4e5\"")).unwrap();
        insta::assert_snapshot!(desired.logging.unwrap().role.trust.to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"CatchmentDelivery","Effect":"Allow","Principal":{"Service":"logs.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEqualsIfExists":{"aws:SourceOrgID":"o-a1b2c3d4e5"},"StringLike":{"aws:SourceArn":["arn:aws:logs:us-west-2:*:*"]}}}]}"#);
    }
}
