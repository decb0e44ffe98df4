//! Reads the account-level subscription filter policy.

use aws_sdk_cloudwatchlogs::types::PolicyType;

use crate::aws::{Connection, unknown};
use crate::provision::observed::State;
use crate::provision::resource::AccountPolicy;

/// Reads the policy of the account in the Region, of which CloudWatch Logs takes one.
pub(in crate::aws) async fn policy(connection: &Connection) -> State<AccountPolicy> {
    let mut token = None;
    loop {
        let page = connection
            .caller
            .call(
                "logs:DescribeAccountPolicies",
                "account-level subscription filter policies",
                || {
                    let call = connection.logs.describe_account_policies();
                    let call = call.policy_type(PolicyType::SubscriptionFilterPolicy);
                    call.set_next_token(token.clone()).send()
                },
            )
            .await;
        let page = match page {
            Ok(page) => page,
            Err(error) if error.is_not_found() => return State::Absent,
            Err(error) => return unknown(&error),
        };
        if let Some(one) = page.account_policies().first() {
            let parsed = AccountPolicy::parse(
                one.policy_name().unwrap_or_default(),
                one.policy_document().unwrap_or_default(),
                one.selection_criteria(),
            );
            return match parsed {
                Ok(policy) => State::Present(policy),
                Err(error) => State::Unknown(error.to_string()),
            };
        }
        token = page.next_token;
        if token.is_none() {
            return State::Absent;
        }
    }
}
