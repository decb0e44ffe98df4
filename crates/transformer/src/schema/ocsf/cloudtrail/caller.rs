//! Who called, as CloudTrail's `userIdentity` says.

use super::super::super::mapping::{As, Row, Value, When, row, text};

/// The caller, the session and the identity provider.
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("actor.user.name", name()),
        row("actor.user.type", text("userIdentity.type")),
        // A user needs a name, an account or this, so that what else there is stands in for it.
        row(
            "actor.user.uid",
            text("userIdentity.arn").or(HAS_NO_ID.then(
                text("userIdentity.principalId")
                    .or(text("userIdentity.onBehalfOf.userId"))
                    .or(text("userIdentity.accessKeyId"))
                    .or(text("userIdentity.credentialId")),
            )),
        ),
        row(
            "actor.user.uid_alt",
            text("userIdentity.principalId").or(text("userIdentity.onBehalfOf.userId")),
        ),
        row(
            "actor.user.credential_uid",
            text("userIdentity.accessKeyId").or(text("userIdentity.credentialId")),
        ),
        row("actor.user.account.uid", text("userIdentity.accountId")),
        row(
            "actor.user.account.name",
            Value::Name(Box::new(text("userIdentity.accountId"))),
        ),
        row(
            "actor.session.created_time",
            Value::Field(
                "userIdentity.sessionContext.attributes.creationDate",
                As::Milliseconds,
            ),
        ),
        row(
            "actor.session.is_mfa",
            Value::Field(
                "userIdentity.sessionContext.attributes.mfaAuthenticated",
                As::Boolean,
            ),
        ),
        row(
            "actor.session.issuer",
            text("userIdentity.sessionContext.sessionIssuer.arn"),
        ),
        row(
            "actor.idp.name",
            text("userIdentity.identityProvider").or(text(
                "userIdentity.sessionContext.webIdFederationData.federatedProvider",
            )),
        ),
        row(
            "actor.idp.uid",
            text("userIdentity.onBehalfOf.identityStoreArn"),
        ),
    ]
}

pub(super) fn name() -> Value {
    text("userIdentity.userName")
        .or(text("additionalEventData.UserName"))
        .or(HAS_NO_ID.then(text("userIdentity.invokedBy").or(text("userIdentity.type"))))
}

pub(super) const HAS_NO_ID: When = When {
    about: "`userIdentity` has no ARN and no account",
    fields: &["userIdentity.arn", "userIdentity.accountId"],
    by: |fields| fields.iter().all(|field| field.is_empty()),
};

pub(super) const IS_NOBODY: When = When {
    about: "`userIdentity` says nothing of a caller",
    fields: &[
        "userIdentity.type",
        "userIdentity.userName",
        "userIdentity.arn",
        "userIdentity.accountId",
        "userIdentity.principalId",
        "additionalEventData.UserName",
    ],
    by: |fields| fields.iter().all(|field| field.is_empty()),
};
