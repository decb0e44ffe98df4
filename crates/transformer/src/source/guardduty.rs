//! GuardDuty: how its findings are told, in EventBridge's envelope.

use super::Rules;

pub(super) const RULES: Rules = Rules {
    // EventBridge delivers to log groups of this prefix only; what follows is the user's choice.
    by_name: |group, _| group.starts_with("/aws/events/") && group.contains("guardduty"),
    by_content: |content| {
        content.field("source") == Some(r#""aws.guardduty""#)
            && content.field("detail-type") == Some(r#""GuardDuty Finding""#)
    },
};
