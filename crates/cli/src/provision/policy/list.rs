//! The lists in our statements: which accounts, sources, streams and keys a document names, and how to name more or fewer.

use std::collections::BTreeSet;

use serde_json::Value;

use super::merge::has_our_sid;
use super::{Document, Statement};

/// A list in the statements that our templates write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List {
    action: &'static str,
    /// The path of the list, as in [`Statement::fields`].
    path: &'static str,
    /// The statement's other fields. A statement that somebody made conditional has more, and is not counted.
    beside: &'static [&'static str],
}

impl List {
    /// The streams that a role may put records into.
    pub(crate) const STREAMS: Self = Self {
        action: "kinesis:PutRecord",
        path: "Resource",
        beside: &[],
    };
    /// The keys that a role may encrypt records with.
    pub(crate) const KEYS: Self = Self {
        action: "kms:GenerateDataKey",
        path: "Resource",
        beside: &[],
    };
    /// The accounts that may subscribe to a `logs::Destination`.
    pub(crate) const SUBSCRIBERS: Self = Self {
        action: "logs:PutSubscriptionFilter",
        path: "Principal.AWS",
        beside: &["Resource"],
    };
    /// The organizations whose accounts may subscribe.
    pub(crate) const ORGANIZATIONS: Self = Self {
        action: "logs:PutSubscriptionFilter",
        path: "Condition.StringEquals.aws:PrincipalOrgID",
        beside: &["Principal.AWS", "Resource"],
    };
    /// The log groups whose events the role of a member's filters may send.
    pub(crate) const LOG_GROUPS: Self = Self {
        action: "logs:PutLogEvents",
        path: "Resource",
        beside: &[],
    };
    /// The accounts and Regions for which CloudWatch Logs may assume a role.
    pub(crate) const SOURCES: Self = Self {
        action: "sts:AssumeRole",
        path: "Condition.StringLike.aws:SourceArn",
        beside: &["Principal.Service"],
    };
    /// The Regions for which CloudWatch Logs may assume a role, for all accounts of an organization.
    pub(crate) const SOURCES_OF_ORGANIZATION: Self = Self {
        beside: &[
            "Principal.Service",
            "Condition.StringEqualsIfExists.aws:SourceOrgID",
        ],
        ..Self::SOURCES
    };

    /// What our statements in `document` list, as written.
    pub(crate) fn of(self, document: &Document) -> BTreeSet<String> {
        let ours = document.statements.iter().filter(|one| has_our_sid(one));
        ours.filter_map(|one| self.values(one)).flatten().collect()
    }

    /// `document` with `more` in the list of the first statement that has one. If none has, `document` stays as it is.
    pub(crate) fn with(self, document: &Document, more: &BTreeSet<String>) -> Document {
        let mut document = document.clone();
        let mut statements = document.statements.iter_mut();
        if let Some(statement) = statements.find(|one| self.values(one).is_some())
            && let Some(list) = self.list(statement)
        {
            let more = more.iter().cloned().map(Value::String);
            let more: Vec<_> = more.filter(|one| !list.contains(one)).collect();
            list.extend(more);
        }
        document
    }

    /// `document` without those values in the lists of our statements for which `goes` holds. A statement whose list would be empty
    /// goes as a whole.
    pub(crate) fn without(self, document: &Document, goes: impl Fn(&str) -> bool) -> Document {
        let mut document = document.clone();
        document.statements.retain_mut(|statement| {
            if !has_our_sid(statement) || self.values(statement).is_none() {
                return true;
            }
            self.list(statement).is_none_or(|list| {
                list.retain(|value| !value.as_str().is_some_and(&goes));
                !list.is_empty()
            })
        });
        document
    }

    /// The values, if the statement allows the action and has no other fields than our template writes.
    fn values(self, statement: &Statement) -> Option<Vec<String>> {
        let mut fields = statement.fields();
        let position = |name: &str| {
            let is_it = |(path, _): &(String, _)| path.eq_ignore_ascii_case(name);
            fields.iter().position(is_it)
        };
        let beside = self.beside.iter().all(|name| position(name).is_some());
        let (effect, action) = (position("Effect")?, position("Action")?);
        let is_action = |one: &String| one.eq_ignore_ascii_case(self.action);
        let is_plain = fields.len() == self.beside.len() + 3
            && beside
            && fields[effect].1 == ["Allow"]
            && fields[action].1.iter().any(is_action);
        let index = position(self.path)?;
        is_plain.then(|| fields.swap_remove(index).1)
    }

    /// The list itself; a single value becomes a list of one.
    fn list(self, statement: &mut Statement) -> Option<&mut Vec<Value>> {
        let (first, rest) = self.path.split_once('.').unwrap_or((self.path, ""));
        let mut value = statement.0.get_mut(first)?;
        for key in rest.split('.').filter(|key| !key.is_empty()) {
            let fields = value.as_object_mut()?;
            let name = fields.keys().find(|name| name.eq_ignore_ascii_case(key));
            let name = name?.clone();
            value = fields.get_mut(&name)?;
        }
        if !value.is_array() {
            *value = Value::Array(vec![value.take()]);
        }
        value.as_array_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(statement: &str) -> Document {
        Document::parse(&format!(r#"{{"Statement":[{statement}]}}"#)).unwrap()
    }

    fn keys(sid: &str, more: &str) -> Document {
        document(&format!(
            r#"{{"Sid":"{sid}","Effect":"Allow","Action":["kms:generatedatakey","b:B"],"Resource":["x","y"]{more}}}"#
        ))
    }

    const TRUST: &str = r#"{"Sid":"CatchmentDelivery","Effect":"Allow","Principal":{"Service":"logs.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringLike":{"aws:SourceArn":"a"}}}"#;

    #[test]
    fn only_our_plain_statements_count() {
        let of = |document: &Document| List::KEYS.of(document).len();
        let ours = keys("CatchmentA", "");
        assert_eq!(of(&ours), 2);
        assert_eq!(of(&keys("Their", "")), 0);
        let conditional = keys("CatchmentA", r#","Condition":{"Bool":{"k":true}}"#);
        assert_eq!(of(&conditional), 0);
        let changed = |from, to| document(&ours.statements()[0].to_json().replace(from, to));
        assert_eq!(of(&changed("kms:g", "c:C")), 0);
        assert_eq!(of(&changed("Allow", "Deny")), 0);
    }

    #[test]
    fn a_list_takes_more_values_and_fewer() {
        let trust = document(TRUST);
        let more = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        let with = List::SOURCES.with(&trust, &more);
        assert_eq!(List::SOURCES.of(&with), more);
        assert!(List::SOURCES_OF_ORGANIZATION.of(&with).is_empty());
        assert_eq!(List::SOURCES.without(&with, |value| value == "b"), trust);
        let none = List::SOURCES.without(&trust, |_| true);
        assert!(none.statements().is_empty());
        let theirs = document(&TRUST.replace("CatchmentDelivery", "Their"));
        assert_eq!(List::SOURCES.without(&theirs, |_| true), theirs);
    }

    impl Statement {
        fn to_json(&self) -> String {
            serde_json::to_string(self).unwrap()
        }
    }
}
