//! What CloudTrail's events are, by their source and their name.

use super::super::activity::{account, api, authentication};
use super::Activity;

/// What an event of the class Authentication is; `None` if it is of another class. The names are those of
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html>,
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html> and
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>.
pub(super) fn authentication(fields: &[&[u8]]) -> Option<&'static Activity> {
    let [source, name] = fields else { return None };
    Some(match (*source, *name) {
        (b"signin.amazonaws.com", b"ConsoleLogin" | b"SwitchRole" | b"UserAuthentication")
        | (
            b"sts.amazonaws.com",
            b"AssumeRole"
            | b"AssumeRoleWithSAML"
            | b"AssumeRoleWithWebIdentity"
            | b"AssumeRoot"
            | b"GetFederationToken"
            | b"GetSessionToken",
        )
        | (b"sso.amazonaws.com", b"Authenticate" | b"Federate") => &authentication::LOGON,
        (b"signin.amazonaws.com", b"ExitRole" | b"Logout") => &authentication::LOGOFF,
        (
            b"signin.amazonaws.com",
            b"CheckMfa"
            | b"CredentialChallenge"
            | b"CredentialVerification"
            | b"GetSigninToken"
            | b"RenewRole",
        ) => &authentication::OTHER,
        _ => return None,
    })
}

/// What an event of the class Account Change is; `None` if it is of another class.
pub(super) fn account_change(fields: &[&[u8]]) -> Option<&'static Activity> {
    let [source, name] = fields else { return None };
    if *source != b"iam.amazonaws.com" {
        return None;
    }
    Some(match *name {
        b"CreateRole" | b"CreateServiceLinkedRole" | b"CreateUser" => &account::CREATE,
        b"ChangePassword" => &account::PASSWORD_CHANGE,
        b"UpdateLoginProfile" => &account::PASSWORD_RESET,
        b"DeleteRole" | b"DeleteServiceLinkedRole" | b"DeleteUser" => &account::DELETE,
        b"AttachRolePolicy" | b"AttachUserPolicy" | b"PutRolePolicy" | b"PutUserPolicy" => {
            &account::ATTACH_POLICY
        }
        b"DeleteRolePolicy" | b"DeleteUserPolicy" | b"DetachRolePolicy" | b"DetachUserPolicy" => {
            &account::DETACH_POLICY
        }
        b"EnableMFADevice" => &account::MFA_ENABLE,
        b"DeactivateMFADevice" => &account::MFA_DISABLE,
        b"CreateAccessKey"
        | b"CreateLoginProfile"
        | b"DeleteAccessKey"
        | b"DeleteLoginProfile"
        | b"DeleteRolePermissionsBoundary"
        | b"DeleteUserPermissionsBoundary"
        | b"PutRolePermissionsBoundary"
        | b"PutUserPermissionsBoundary"
        | b"UpdateAccessKey"
        | b"UpdateAssumeRolePolicy"
        | b"UpdateRole"
        | b"UpdateUser" => &account::OTHER,
        _ => return None,
    })
}

pub(super) fn authentication_or_other(fields: &[&[u8]]) -> &'static Activity {
    authentication(fields).unwrap_or(&authentication::OTHER)
}

pub(super) fn account_change_or_other(fields: &[&[u8]]) -> &'static Activity {
    account_change(fields).unwrap_or(&account::OTHER)
}

/// What an event of the class API Activity is.
pub(super) fn api(fields: &[&[u8]]) -> &'static Activity {
    let [read_only, name] = fields else {
        return &api::OTHER;
    };
    if *read_only == b"true" {
        return &api::READ;
    }
    // The first word ends where the next capital letter, or a digit, is.
    let end = name
        .iter()
        .skip(1)
        .position(|byte| !byte.is_ascii_lowercase());
    match &name[..end.map_or(name.len(), |end| end + 1)] {
        b"Allocate" | b"Copy" | b"Create" | b"Generate" | b"Import" | b"Register" | b"Run" => {
            &api::CREATE
        }
        b"Describe" | b"Get" | b"Head" | b"List" | b"Lookup" | b"Query" | b"Scan" | b"Search"
        | b"Select" => &api::READ,
        b"Add" | b"Associate" | b"Attach" | b"Authorize" | b"Cancel" | b"Change" | b"Detach"
        | b"Disable" | b"Disassociate" | b"Enable" | b"Modify" | b"Put" | b"Reboot" | b"Remove"
        | b"Replace" | b"Reset" | b"Restore" | b"Revoke" | b"Set" | b"Start" | b"Stop" | b"Tag"
        | b"Untag" | b"Update" => &api::UPDATE,
        b"Delete" | b"Deregister" | b"Release" | b"Terminate" => &api::DELETE,
        _ => &api::OTHER,
    }
}
