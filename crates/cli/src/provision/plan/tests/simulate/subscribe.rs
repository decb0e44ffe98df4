//! What a strict AWS does with subscription filters and account-level policies.

use super::shown;
use crate::provision::observed::{LogGroup, State};
use crate::provision::plan::{AccountPolicyAction, FilterAction};
use crate::provision::resource::AccountPolicy;

pub(super) fn on_filter(action: &FilterAction, group: &mut LogGroup) {
    match action {
        FilterAction::Put {
            before,
            after,
            beside,
            selected_by: _,
            destination: _,
        } => {
            assert_eq!(
                group
                    .filters
                    .iter()
                    .find(|filter| filter.name == after.name),
                before.as_ref()
            );
            group.filters.retain(|filter| filter.name != after.name);
            assert_eq!(group.filters, *beside);
            group.filters.push(after.clone());
        }
        FilterAction::Delete { before } => {
            assert!(group.filters.contains(before));
            group.filters.retain(|filter| filter.name != before.name);
        }
    }
}

pub(super) fn on_account_policy(action: &AccountPolicyAction, state: &mut State<AccountPolicy>) {
    match action {
        AccountPolicyAction::Put {
            before,
            after,
            destination: _,
        } => {
            assert_eq!(shown(state), before.as_ref());
            let is_other = before
                .as_ref()
                .is_some_and(|before| before.filter.name != after.filter.name);
            assert!(!is_other, "LimitExceededException");
            *state = State::Present(after.clone());
        }
        AccountPolicyAction::Delete { before } => {
            assert_eq!(shown(state), Some(before));
            *state = State::Absent;
        }
    }
}
