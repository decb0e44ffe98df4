//! GuardDuty: how its findings are recognised, in EventBridge's envelope, and what that has.

use super::{Objects, Profile};

pub(super) const PROFILE: Profile = Profile {
    // EventBridge delivers to log groups of this prefix only; what follows is the user's choice.
    by_name: |group, _| group.starts_with("/aws/events/") && group.contains("guardduty"),
    by_content: |content| {
        content.field("source") == Some(r#""aws.guardduty""#)
            && content.field("detail-type") == Some(r#""GuardDuty Finding""#)
    },
    objects: Some(Objects {
        // Of the envelope (<https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>).
        members: &[
            "account",
            "detail",
            "detail-type",
            "id",
            "region",
            "resources",
            "source",
            "time",
            "version",
        ],
        example: "detail.severity",
        recognised_by: &["detail", "detail-type", "source"],
        required: "detail",
        any_case: true,
    }),
};
