//! The role: what it may do, and for which accounts CloudWatch Logs may assume it.

use std::collections::BTreeSet;

use super::Role;
use super::error::TRUST_POLICY_CHARACTERS_MAX;
use crate::provision::fleet::{self, Fleet};
use crate::provision::name::{Arn, PolicyName, Region};
use crate::provision::policy::{Document, List, Template, TemplateError, TemplateValue};
use crate::provision::resource::{Encryption, Tags};

/// Builds the role and both its policies. `home` tells the partition of its ARN.
pub(super) fn role(fleet: &Fleet, home: &Region, tags: &Tags) -> Result<Role, TemplateError> {
    let fleet::Logging {
        account,
        role: name,
        stream,
        boundary,
        ready_made,
        ..
    } = &fleet.logging;
    let boundary = boundary.as_ref();
    let streams = fleet.logging.stream_regions();
    let streams = streams
        .into_iter()
        .map(|region| Arn::stream(region, account, &stream.name).to_string())
        .collect();
    let keys = match &stream.encryption {
        Encryption::None | Encryption::AwsManaged => Vec::new(),
        Encryption::Customer(key) => vec![key.to_string()],
    };
    let policy = policy(streams, keys)?;
    Ok(Role {
        name: name.clone(),
        arn: Arn::role(home, account, name),
        trust: trust(fleet)?,
        boundary: boundary.and_then(|boundary| boundary.arn(account, home)),
        is_ready_made: ready_made.iter().any(|key| !key.is_of_members()),
        policy_name: PolicyName::delivery(),
        policy,
        tags: tags.clone(),
    })
}

/// Lets the role put records into `streams`, encrypted with `keys`.
fn policy(streams: Vec<String>, keys: Vec<String>) -> Result<Document, TemplateError> {
    let (streams, keys) = (TemplateValue::Many(streams), TemplateValue::Many(keys));
    Template::DeliveryRole.render([("streams", streams), ("keys", keys)])
}

impl Role {
    /// The policy, allowing `more` too.
    pub fn policy_and(&self, more: &Grants) -> Document {
        let Grants { streams, keys } = Grants::of(&self.policy);
        let with = |ours: BTreeSet<String>, more: &BTreeSet<String>| {
            let more = more.difference(&ours).cloned().collect::<Vec<_>>();
            ours.into_iter().chain(more).collect()
        };
        #[expect(clippy::expect_used, reason = "the same template was rendered before")]
        policy(with(streams, &more.streams), with(keys, &more.keys)).expect("a valid template")
    }
}

/// What a role may use to deliver, as written in its policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    pub streams: BTreeSet<String>,
    pub keys: BTreeSet<String>,
}

impl Grants {
    /// What our statements in a role's policy allow.
    pub fn of(policy: &Document) -> Self {
        Self {
            streams: List::STREAMS.of(policy),
            keys: List::KEYS.of(policy),
        }
    }
}

/// Lets CloudWatch Logs assume the role for each member and the logging account in their Regions; or, if the fleet names its
/// organization, or has more accounts than AWS takes, for every account in the fleet's Regions. Then the destination policy alone
/// decides who subscribes, because AWS does not document that `aws:SourceOrgID` is sent on delivery.
fn trust(fleet: &Fleet) -> Result<Document, TemplateError> {
    let fleet::Logging {
        account,
        regions,
        organization,
        ..
    } = &fleet.logging;
    let everywhere = || regions.iter().map(Arn::logs_of_all);
    if let Some(organization) = organization {
        let sources = everywhere().collect();
        let organization = TemplateValue::One(organization.to_string());
        return Template::DeliveryRoleTrustOrganization
            .render([("sources", sources), ("organization", organization)]);
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
    if trust.to_json().chars().count() > TRUST_POLICY_CHARACTERS_MAX {
        return Template::DeliveryRoleTrust.render([("sources", everywhere().collect())]);
    }
    Ok(trust)
}
