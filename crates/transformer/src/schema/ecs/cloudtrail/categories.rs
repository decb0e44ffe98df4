//! What ECS calls an event of CloudTrail, by its name, as Elastic's integration has it.

use std::sync::LazyLock;

use crate::schema::mapping::Computed;

pub(super) const CATEGORY: Computed = Computed {
    about: "by `eventName`, if it is one of those that Elastic categorises, such as `[\"iam\"]`",
    kind: "array of string",
    fields: &["eventName"],
    by: |fields| Some(found(fields[0])?.1),
};

pub(super) const TYPE: Computed = Computed {
    about: "by `eventName`, if it is one of those that Elastic categorises, such as `[\"user\",\"creation\"]`; `[\"info\"]` in all other \
            records",
    kind: "array of string",
    fields: &["eventName"],
    by: |fields| found(fields[0]).map_or(Some(INFO), |(_, _, kind)| *kind),
};

/// A name, its category, and its type if it has one.
type Event = (&'static str, &'static str, Option<&'static str>);

fn found(name: &[u8]) -> Option<&'static Event> {
    // Lengths first: they are compared faster than texts.
    static BY_LENGTH: LazyLock<Vec<&Event>> = LazyLock::new(|| {
        let mut events: Vec<_> = EVENTS.iter().collect();
        events.sort_by_key(|event| (event.0.len(), event.0.as_bytes()));
        events
    });
    let key = (name.len(), name);
    let place = BY_LENGTH.binary_search_by_key(&key, |event| (event.0.len(), event.0.as_bytes()));
    Some(BY_LENGTH[place.ok()?])
}

const API: &str = r#"["api"]"#;
const AUTHENTICATION: &str = r#"["authentication"]"#;
const CONFIGURATION: &str = r#"["configuration"]"#;
const DATABASE: &str = r#"["database"]"#;
const FILE: &str = r#"["file"]"#;
const HOST: &str = r#"["host"]"#;
const IAM: &str = r#"["iam"]"#;
const NETWORK: &str = r#"["network"]"#;
const PACKAGE: &str = r#"["package"]"#;
const PROCESS: &str = r#"["process"]"#;
const SESSION: &str = r#"["session"]"#;

const ACCESS: &str = r#"["access"]"#;
const ADMIN_CHANGE: &str = r#"["admin","change"]"#;
const ADMIN_CREATION: &str = r#"["admin","creation"]"#;
const CHANGE: &str = r#"["change"]"#;
const CREATION: &str = r#"["creation"]"#;
const DELETION: &str = r#"["deletion"]"#;
const END: &str = r#"["end"]"#;
const GROUP_CHANGE: &str = r#"["group","change"]"#;
const GROUP_CREATION: &str = r#"["group","creation"]"#;
const GROUP_DELETION: &str = r#"["group","deletion"]"#;
const GROUP_INFO: &str = r#"["group","info"]"#;
const INFO: &str = r#"["info"]"#;
const START: &str = r#"["start"]"#;
const USER_CHANGE: &str = r#"["user","change"]"#;
const USER_CREATION: &str = r#"["user","creation"]"#;
const USER_DELETION: &str = r#"["user","deletion"]"#;
const USER_INFO: &str = r#"["user","info"]"#;

/// In the order of the names. Elastic calls `DeleteObject` a `delete`, which is no type of ECS.
const EVENTS: &[Event] = &[
    ("AddUserToGroup", IAM, Some(GROUP_CHANGE)),
    ("AssumeRole", AUTHENTICATION, Some(INFO)),
    ("AttachGroupPolicy", IAM, Some(GROUP_CHANGE)),
    ("AttachRolePolicy", IAM, Some(CHANGE)),
    ("AttachUserPolicy", IAM, Some(USER_CHANGE)),
    ("AuthorizeSecurityGroupIngress", NETWORK, Some(ACCESS)),
    ("ChangePassword", IAM, Some(USER_CHANGE)),
    ("ConsoleLogin", AUTHENTICATION, Some(INFO)),
    ("Converse", API, None),
    ("CreateAccessKey", IAM, Some(USER_CHANGE)),
    ("CreateBucket", FILE, Some(CREATION)),
    ("CreateControlChannel", SESSION, Some(START)),
    ("CreateDataChannel", SESSION, Some(START)),
    ("CreateDocument", FILE, Some(CREATION)),
    ("CreateGroup", IAM, Some(GROUP_CREATION)),
    ("CreateKeyPair", IAM, Some(ADMIN_CREATION)),
    ("CreatePolicy", IAM, Some(CREATION)),
    ("CreateTopic", CONFIGURATION, Some(CREATION)),
    ("CreateUser", IAM, Some(USER_CREATION)),
    ("CreateVirtualMFADevice", IAM, Some(USER_CHANGE)),
    ("DeactivateMFADevice", IAM, Some(USER_CHANGE)),
    ("DeleteAccessKey", IAM, Some(USER_CHANGE)),
    ("DeleteBucket", FILE, Some(DELETION)),
    ("DeleteGroup", IAM, Some(GROUP_DELETION)),
    ("DeleteGroupPolicy", IAM, Some(GROUP_CHANGE)),
    ("DeleteObject", FILE, Some(DELETION)),
    ("DeleteSSHPublicKey", IAM, Some(USER_CHANGE)),
    ("DeleteTrail", CONFIGURATION, Some(DELETION)),
    ("DeleteUser", IAM, Some(USER_DELETION)),
    ("DeleteUserPermissionsBoundary", IAM, Some(USER_CHANGE)),
    ("DeleteUserPolicy", IAM, Some(USER_CHANGE)),
    ("DeleteVirtualMFADevice", IAM, Some(USER_CHANGE)),
    ("DescribeDBInstances", DATABASE, Some(INFO)),
    ("DescribeInstances", HOST, Some(INFO)),
    ("DescribeLoadBalancers", NETWORK, Some(INFO)),
    ("DescribeNetworkAcls", NETWORK, Some(INFO)),
    ("DescribeNetworkInterfaces", NETWORK, Some(INFO)),
    ("DescribeRegions", API, Some(INFO)),
    ("DescribeSecurityGroups", NETWORK, Some(INFO)),
    ("DescribeTrails", CONFIGURATION, Some(INFO)),
    ("DescribeVolumes", HOST, Some(INFO)),
    ("DescribeVpcs", NETWORK, Some(INFO)),
    ("DetachGroupPolicy", IAM, Some(GROUP_CHANGE)),
    ("DetachUserPolicy", IAM, Some(USER_CHANGE)),
    ("EnableMFADevice", IAM, Some(USER_CHANGE)),
    ("GetCallerIdentity", AUTHENTICATION, Some(INFO)),
    ("GetGroup", IAM, Some(GROUP_INFO)),
    ("GetGroupPolicy", IAM, Some(GROUP_INFO)),
    ("GetObject", FILE, Some(INFO)),
    ("GetPolicy", IAM, Some(INFO)),
    ("GetUser", IAM, Some(USER_INFO)),
    ("GetUserPolicy", IAM, Some(USER_INFO)),
    ("HeadObject", FILE, Some(INFO)),
    ("ListAttachedGroupPolicies", IAM, Some(GROUP_INFO)),
    ("ListAttachedRolePolicies", IAM, Some(INFO)),
    ("ListAttachedUserPolicies", IAM, Some(USER_INFO)),
    ("ListBuckets", FILE, Some(INFO)),
    ("ListFunctions", PACKAGE, Some(INFO)),
    ("ListGroupPolicies", IAM, Some(GROUP_INFO)),
    ("ListGroups", IAM, Some(GROUP_INFO)),
    ("ListGroupsForUser", IAM, Some(USER_INFO)),
    ("ListInstanceAssociations", HOST, Some(INFO)),
    ("ListObjects", FILE, Some(INFO)),
    ("ListRoles", IAM, Some(INFO)),
    ("ListTables", DATABASE, Some(INFO)),
    ("ListUserPolicies", IAM, Some(USER_INFO)),
    ("ListUserTags", IAM, Some(USER_INFO)),
    ("ListUsers", IAM, Some(USER_INFO)),
    ("OpenControlChannel", SESSION, Some(START)),
    ("OpenDataChannel", SESSION, Some(START)),
    ("Publish", API, None),
    ("PutGroupPolicy", IAM, Some(GROUP_CHANGE)),
    ("PutObject", FILE, Some(CHANGE)),
    ("PutUserPermissionsBoundary", IAM, Some(USER_CHANGE)),
    ("PutUserPolicy", IAM, Some(USER_CHANGE)),
    ("RemoveUserFromGroup", IAM, Some(GROUP_CHANGE)),
    ("SendCommand", PROCESS, None),
    ("SetDefaultPolicyVersion", IAM, Some(ADMIN_CHANGE)),
    (
        "SetSecurityTokenServicePreferences",
        IAM,
        Some(ADMIN_CHANGE),
    ),
    ("StartSession", SESSION, Some(START)),
    ("Subscribe", CONFIGURATION, Some(CHANGE)),
    ("TagUser", IAM, Some(USER_CHANGE)),
    ("TerminateSession", SESSION, Some(END)),
    ("UntagUser", IAM, Some(USER_CHANGE)),
    ("UpdateAccessKey", IAM, Some(USER_CHANGE)),
    ("UpdateAccountPasswordPolicy", IAM, Some(ADMIN_CHANGE)),
    ("UpdateGroup", IAM, Some(GROUP_CHANGE)),
    ("UpdateLoginProfile", IAM, Some(USER_CHANGE)),
    ("UpdateRole", IAM, Some(ADMIN_CHANGE)),
    ("UpdateSSHPublicKey", IAM, Some(USER_CHANGE)),
    ("UpdateUser", IAM, Some(USER_CHANGE)),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// ECS's categories, and the types that it expects of each
    /// (<https://www.elastic.co/docs/reference/ecs/ecs-allowed-values-event-category>).
    const EXPECTED: &[(&str, &str)] = &[
        (
            API,
            "access admin allowed change creation deletion denied end info start user",
        ),
        (AUTHENTICATION, "end info start"),
        (CONFIGURATION, "access change creation deletion info"),
        (DATABASE, "access change error info"),
        (FILE, "access change creation deletion info"),
        (HOST, "access change end info start"),
        (IAM, "admin change creation deletion group info user"),
        (
            NETWORK,
            "access allowed connection denied end info protocol start",
        ),
        (PACKAGE, "access change deletion info installation start"),
        (PROCESS, "access change end info start"),
        (SESSION, "end info start"),
    ];

    #[test]
    fn every_event_has_a_category_of_ecs_with_types_that_it_expects() {
        assert!(EVENTS.is_sorted_by(|one, other| one.0 < other.0));
        for (name, category, kind) in EVENTS {
            let expected = EXPECTED.iter().find(|(known, _)| known == category);
            let (_, expected) = expected.unwrap();
            let kinds: Vec<String> = serde_json::from_str(kind.unwrap_or("[]")).unwrap();
            for kind in kinds {
                assert!(expected.split(' ').any(|known| known == kind), "{name}");
            }
        }
    }

    #[test]
    fn an_event_that_elastic_does_not_know_is_info_of_no_category() {
        for (name, category, kind) in [
            ("ListGroupsForUser", Some(IAM), Some(USER_INFO)),
            ("Converse", Some(API), None),
            ("RunInstances", None, Some(INFO)),
            ("", None, Some(INFO)),
        ] {
            let fields = [name.as_bytes()];
            assert_eq!((CATEGORY.by)(&fields), category, "{name}");
            assert_eq!((TYPE.by)(&fields), kind, "{name}");
        }
    }
}
