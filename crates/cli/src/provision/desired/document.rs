//! Every policy document of a fleet, and the least privilege of each operator: what `catchment policies` prints.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::{AccountLevel, Desired, DesiredError, Filters, Member, Role};
use crate::provision::name::Arn;
use crate::provision::policy::{Document, Template, TemplateError, TemplateValue};
use crate::provision::resource::{Encryption, Party};

/// A policy document and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NamedDocument {
    pub party: Party,
    /// For example `trust policy of role cwrole`.
    pub title: String,
    pub document: Document,
}

/// The log stream that `verify` makes in each log group, and deletes.
pub const TEST_EVENTS: &str = "catchment-verify";

/// Returns the logging account's documents, then each member's. `bucket` is that of the error output, if it is to be read.
///
/// # Errors
/// Fails if a template is wrong.
pub fn documents(
    desired: &Desired,
    bucket: Option<&str>,
) -> Result<Vec<NamedDocument>, DesiredError> {
    let mut documents = Vec::new();
    let mut add = |party: &Party, title: String, document: Document| {
        documents.push(NamedDocument {
            party: party.clone(),
            title,
            document,
        });
    };
    if let Some(logging) = &desired.logging {
        let party = Party::Logging;
        let role = &logging.role;
        add(
            &party,
            format!("trust policy of role {}", role.name),
            role.trust.clone(),
        );
        add(
            &party,
            format!("inline policy {} of role {}", role.policy_name, role.name),
            role.policy.clone(),
        );
        for (region, place) in &logging.regions {
            let title = format!(
                "policy of logs::Destination {} in {region}",
                place.destination.name
            );
            add(&party, title, place.destination.policy.clone());
        }
        let places = || logging.regions.values();
        let operator = Template::OperatorLogging.render([
            (
                "streams",
                in_every_region(places().map(|place| &place.stream.arn)),
            ),
            (
                "destinations",
                in_every_region(places().map(|place| &place.destination.arn)),
            ),
        ])?;
        add(
            &party,
            "identity policy of the logging account's operator".to_owned(),
            operator.and(of_role(role)?),
        );
        let keys = places().filter_map(|place| match &place.stream.encryption {
            Encryption::Customer(key) => Some(key),
            Encryption::None | Encryption::AwsManaged => None,
        });
        let streams = places().filter(|place| place.has_stream);
        let streams: TemplateValue = streams.map(|place| &place.stream.arn).collect();
        let keys: TemplateValue = keys.take(1).collect();
        let arn = |path: &str| {
            let bucket = bucket?;
            let partition = logging.home.partition();
            Some(format!("arn:{partition}:s3:::{bucket}{path}"))
        };
        let replay = Template::OperatorReplay.render([
            ("streams", streams.clone()),
            ("keys", keys.clone()),
            ("buckets", arn("").iter().collect()),
            ("error_output", arn("/processing-failed/*").iter().collect()),
        ])?;
        add(
            &party,
            "identity policy of whoever sends records again with `catchment replay --put`"
                .to_owned(),
            replay,
        );
        let capture = Template::OperatorCapture
            .render([("streams", streams.clone()), ("keys", keys.clone())])?;
        add(
            &party,
            "identity policy of whoever captures records with `catchment capture`".to_owned(),
            capture,
        );
        let organization = logging.organization.as_ref();
        let organization = organization.map_or("o-*".to_owned(), ToString::to_string);
        let partition = logging.home.partition().to_owned();
        let list = Template::OperatorOrganization.render([
            ("partition", TemplateValue::One(partition)),
            ("organization", TemplateValue::One(organization)),
        ])?;
        add(
            &party,
            "identity policy of whoever lists the accounts for `catchment discover --organization`, in the management account or a delegated administrator's"
                .to_owned(),
            list,
        );
        let account = &logging.login.account;
        let regions = places().filter_map(|place| place.stream.arn.region());
        let firehoses = regions.map(|region| Arn::firehoses(&region, account));
        let verify = Template::OperatorVerifyLogging.render([
            ("streams", streams),
            ("keys", keys),
            ("role", TemplateValue::One(role.arn.to_string())),
            (
                "destinations",
                places().map(|place| &place.destination.arn).collect(),
            ),
            ("firehoses", firehoses.collect()),
            ("buckets", arn("").iter().collect()),
            ("objects", arn("/*").iter().collect()),
        ])?;
        add(
            &party,
            "identity policy of whoever runs `catchment verify` or `catchment status --health`"
                .to_owned(),
            verify,
        );
    }
    for (name, member) in &desired.members {
        let account = &member.login.account;
        let mut groups = BTreeSet::new();
        let mut listed = BTreeSet::new();
        let mut streams = BTreeSet::new();
        for (region, filters) in &member.regions {
            for group in filters.concerned() {
                streams.insert(Arn::log_stream(region, account, &group, TEST_EVENTS));
                groups.extend(Arn::log_group(region, account, &group));
            }
            if filters.needs_list() {
                listed.insert(Arn::log_groups(region, account));
            }
        }
        let filters = member.regions.values().flat_map(Filters::all);
        let destinations = filters.map(|filter| &filter.destination);
        let operator = Template::OperatorMember.render([
            ("log_groups", in_every_region(&groups)),
            ("listed", in_every_region(&listed)),
            ("destinations", in_every_region(destinations)),
            ("account_policies", account_policies(member, |_| true)),
            (
                "put_account_policies",
                account_policies(member, |one| one.is_wanted),
            ),
        ])?;
        let party = Party::Member(name.clone());
        let role = member.role().filter(|_| member.needs_role());
        let operator = match &role {
            Some(role) => operator.and(of_role(role)?),
            None => operator,
        };
        if let Some(role) = role {
            add(
                &party,
                format!("trust policy of role {}", role.name),
                role.trust,
            );
            add(
                &party,
                format!("inline policy {} of role {}", role.policy_name, role.name),
                role.policy,
            );
        }
        add(
            &party,
            format!(
                "identity policy of the operator of {name} ({})",
                member.login.account
            ),
            operator,
        );
        let verify = Template::OperatorVerifyMember.render([
            ("log_groups", groups.iter().collect()),
            ("listed", listed.iter().collect()),
            ("log_streams", streams.iter().collect()),
            ("account_policies", account_policies(member, |_| true)),
        ])?;
        add(
            &party,
            format!(
                "identity policy of whoever runs `catchment verify` in {name} ({})",
                member.login.account
            ),
            verify,
        );
        let regions = member.regions.keys();
        let discover = Template::OperatorDiscover.render([(
            "log_groups",
            regions
                .map(|region| Arn::log_groups(region, &member.login.account))
                .collect(),
        )])?;
        add(
            &party,
            format!(
                "identity policy of whoever runs `catchment discover` in {name} ({})",
                member.login.account
            ),
            discover,
        );
    }
    Ok(documents)
}

/// The resource of calls for account-level policies, if the member has such a one in a Region. IAM has no narrower one
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>).
fn account_policies(member: &Member, is_so: impl Fn(&AccountLevel) -> bool) -> TemplateValue {
    let has = member.has_account_policy(is_so);
    has.then_some("*").iter().collect()
}

/// What an operator may do with a role: set it up, and have CloudWatch Logs assume it.
pub(super) fn of_role(role: &Role) -> Result<Document, TemplateError> {
    of_role_as(role, Arn::to_string)
}

/// The same, with its ARNs written otherwise.
pub(super) fn of_role_as(
    role: &Role,
    written: impl Fn(&Arn) -> String,
) -> Result<Document, TemplateError> {
    let arn = || written(&role.arn);
    let (made, bound) = (!role.is_ready_made, role.boundary.as_ref());
    let only_if = |is_so: bool| is_so.then(arn).iter().collect();
    let boundary = bound.map(&written).unwrap_or_default();
    Template::OperatorRole.render([
        ("role", TemplateValue::One(arn())),
        ("made_role", only_if(made)),
        ("unbounded_role", only_if(made && bound.is_none())),
        ("bounded_role", only_if(made && bound.is_some())),
        ("boundary", TemplateValue::One(boundary)),
    ])
}

/// The resources in every Region: one that is taken out of the fleet file must still be read, and pruned.
fn in_every_region<'a>(arns: impl IntoIterator<Item = &'a Arn>) -> TemplateValue {
    let arns: BTreeSet<_> = arns.into_iter().map(Arn::in_every_region).collect();
    arns.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::fleet::{Fleet, TEMPLATE};

    #[test]
    fn every_document_of_the_seed_fleet() {
        let desired = Desired::of_fleet(&Fleet::parse(TEMPLATE).unwrap()).unwrap();
        let text: Vec<String> = documents(&desired, Some("example-bucket"))
            .unwrap()
            .iter()
            .map(|one| {
                format!(
                    "{}: {}\n{}",
                    one.party,
                    one.title,
                    one.document.to_pretty_json()
                )
            })
            .collect();
        insta::assert_snapshot!(text.join("\n\n"));
    }
}
