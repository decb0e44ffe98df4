//! An account-level subscription filter policy: one filter for all log groups of an account in a Region, but for those left out
//! (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html>).

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Distribution, FilterPattern, SubscriptionFilter};
use crate::provision::name::{LogGroupName, NameError};

/// How long `selectionCriteria` may be: 25 KB, as
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html> says; the smaller reading of it.
pub const SELECTION_BYTES_MAX: usize = 25_000;

/// An account-level subscription filter policy, desired or observed. CloudWatch Logs takes one per account and Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountPolicy {
    #[serde(flatten)]
    pub filter: SubscriptionFilter,
    /// The log groups that it leaves out; `None` if what it selects is not written as we do.
    pub left_out: Option<BTreeSet<LogGroupName>>,
}

/// The only operator that AWS takes.
const LEFT_OUT: &str = "LogGroupName NOT IN ";

/// `policyDocument`: these are all the fields that AWS documents.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DocumentShape {
    destination_arn: String,
    role_arn: Option<String>,
    #[serde(default)]
    filter_pattern: String,
    distribution: Option<String>,
}

/// A policy that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AccountPolicyError {
    #[error("its document is not that of a subscription filter policy: {0}")]
    Document(#[from] serde_json::Error),
    #[error(transparent)]
    Name(#[from] NameError),
}

impl AccountPolicy {
    /// Reads what DescribeAccountPolicies returns.
    ///
    /// # Errors
    /// Fails if the document or a name in it is not as AWS documents it.
    pub fn parse(
        name: &str,
        document: &str,
        selection: Option<&str>,
    ) -> Result<Self, AccountPolicyError> {
        let DocumentShape {
            destination_arn,
            role_arn,
            filter_pattern,
            distribution,
        } = serde_json::from_str(document)?;
        let role = role_arn.filter(|arn| !arn.is_empty());
        Ok(Self {
            filter: SubscriptionFilter {
                name: name.parse()?,
                pattern: FilterPattern::new(filter_pattern),
                destination: destination_arn.parse()?,
                distribution: match distribution.as_deref() {
                    Some("Random") => Distribution::Random,
                    _ => Distribution::ByLogStream,
                },
                system_fields: BTreeSet::new(),
                role: role.as_deref().map(str::parse).transpose()?,
            },
            left_out: match selection.map(str::trim).filter(|text| !text.is_empty()) {
                None => Some(BTreeSet::new()),
                Some(text) => left_out(text),
            },
        })
    }

    /// The `policyDocument` of PutAccountPolicy.
    pub fn document(&self) -> String {
        let SubscriptionFilter {
            name: _,
            pattern,
            destination,
            distribution,
            system_fields: _,
            role,
        } = &self.filter;
        let mut document = serde_json::json!({
            "DestinationArn": destination,
            "FilterPattern": pattern.as_str(),
            "Distribution": distribution,
        });
        if let Some(role) = role {
            document["RoleArn"] = role.as_str().into();
        }
        document.to_string()
    }

    /// The `selectionCriteria` of PutAccountPolicy; `None` if it leaves nothing out.
    pub fn selection(&self) -> Option<String> {
        let left_out = self.left_out.as_ref().filter(|one| !one.is_empty())?;
        let names: Vec<String> = left_out.iter().map(|name| format!("\"{name}\"")).collect();
        Some(format!("{LEFT_OUT}[{}]", names.join(", ")))
    }

    /// Whether it leaves a log group out.
    pub fn leaves_out(&self, group: &LogGroupName) -> bool {
        let left_out = self.left_out.as_ref();
        left_out.is_some_and(|left_out| left_out.contains(group))
    }
}

fn left_out(text: &str) -> Option<BTreeSet<LogGroupName>> {
    let names: Vec<String> = serde_json::from_str(text.strip_prefix(LEFT_OUT.trim_end())?).ok()?;
    names.into_iter().map(|name| name.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str =
        r#"{"DestinationArn":"arn:aws:logs:us-west-2:999988887777:destination:d","New":1}"#;

    #[test]
    fn what_is_put_reads_as_it_was() {
        let policy = AccountPolicy {
            filter: SubscriptionFilter {
                name: "catchment-d".parse().unwrap(),
                pattern: FilterPattern::new(r#"{ $.a = "b" }"#),
                destination: "arn:aws:logs:us-west-2:999988887777:destination:d"
                    .parse()
                    .unwrap(),
                distribution: Distribution::Random,
                system_fields: BTreeSet::new(),
                role: Some("arn:aws:iam::111122223333:role/r".parse().unwrap()),
            },
            left_out: Some(["/a".parse().unwrap(), "b".parse().unwrap()].into()),
        };
        insta::assert_snapshot!(policy.document(), @r#"{"DestinationArn":"arn:aws:logs:us-west-2:999988887777:destination:d","Distribution":"Random","FilterPattern":"{ $.a = \"b\" }","RoleArn":"arn:aws:iam::111122223333:role/r"}"#);
        let selection = policy.selection().unwrap();
        assert_eq!(selection, r#"LogGroupName NOT IN ["/a", "b"]"#);
        let read = AccountPolicy::parse("catchment-d", &policy.document(), Some(&selection));
        assert_eq!(read.unwrap(), policy);
    }

    #[test]
    fn what_others_wrote_is_read_as_far_as_it_can_be() {
        let left_out = |selection| {
            let policy = AccountPolicy::parse("theirs", DOCUMENT, selection).unwrap();
            assert_eq!(policy.filter.distribution, Distribution::ByLogStream);
            policy.left_out.map(|names| names.len())
        };
        assert_eq!(left_out(None), Some(0));
        assert_eq!(left_out(Some("LogGroupName NOT IN[\"a\"]")), Some(1));
        assert_eq!(left_out(Some("LogGroupName NOT IN [ a b ]")), None);
        assert_eq!(left_out(Some("LogGroupName IN [\"a\"]")), None);
        AccountPolicy::parse("theirs", "[]", None).unwrap_err();
    }
}
