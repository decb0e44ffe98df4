//! Rules: which log events are dropped, and of which only some are delivered.
//!
//! What a rule is for is a Sigma detection section
//! (<https://sigmahq.io/docs/basics/rules.html#detection>): selections of fields, and a condition over them. It is
//! compiled once, to comparisons of fields that the schema finds. The first rule that an event fits decides.

mod compile;
mod condition;
mod pattern;
mod section;
mod text;

use std::sync::Arc;

use serde_json::Value as Json;

use crate::json::{distinct, members};
use crate::limits::{RULE_NAME_BYTES_MAX, RULES_MAX, SAMPLE_RATE_MAX};
use crate::source::Source;

pub(crate) use condition::{Condition, Value};

/// The rules of a transformer.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// As they were written.
    json: Json,
    rules: Arc<[Rule]>,
}

/// What becomes of some log events of a source.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) action: Action,
    pub(crate) condition: Condition,
    /// The fields that the condition names by their index here: AWS's names of a flow log's, or paths in JSON.
    pub(crate) fields: Vec<String>,
}

/// What becomes of a log event that fits a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// It is delivered, whatever later rules say.
    Keep,
    Drop,
    /// One of so many is delivered.
    Sample(u32),
}

impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl Eq for Rules {}

impl Rules {
    /// Reads rules from a JSON list.
    ///
    /// # Errors
    /// Says what is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json = distinct(text, EXPECTED)?;
        let list = json
            .as_array()
            .ok_or_else(|| format!("not a list; expected {EXPECTED}"))?;
        if list.len() > RULES_MAX {
            return Err(format!(
                "{} rules; expected at most {RULES_MAX}",
                list.len()
            ));
        }
        let mut rules: Vec<Rule> = Vec::new();
        for (index, one) in list.iter().enumerate() {
            let place = match one.get("name").and_then(Json::as_str) {
                Some(name) => format!("rule {} (`{name}`)", index + 1),
                None => format!("rule {}", index + 1),
            };
            let rule = rule(one).map_err(|why| format!("{place}: {why}"))?;
            if rules.iter().any(|other| other.name == rule.name) {
                return Err(format!("{place}: an earlier rule has the same name"));
            }
            rules.push(rule);
        }
        let rules = rules.into();
        Ok(Self { json, rules })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether there are some that deliver one of several.
    pub(crate) fn sample(&self) -> bool {
        let mut actions = self.rules.iter().map(|rule| rule.action);
        actions.any(|action| matches!(action, Action::Sample(_)))
    }

    /// The name of the rule with this index.
    pub(crate) fn name(&self, index: usize) -> &str {
        self.rules.get(index).map_or("", |rule| &rule.name)
    }

    pub(crate) fn all(&self) -> &[Rule] {
        &self.rules
    }
}

const EXPECTED: &str = r#"a JSON list of rules, such as [{"name":"small","source":"vpc-flow-logs","action":"drop","detection":{"small":{"bytes|lt":100},"condition":"small"}}]"#;

fn rule(json: &Json) -> Result<Rule, String> {
    const KEYS: [&str; 5] = ["name", "source", "action", "rate", "detection"];
    let members = members(json, &KEYS)?;
    let text = |key: &str| match members.get(key) {
        Some(Json::String(text)) => Ok(text.as_str()),
        Some(_) => Err(format!("{key}: expected a string")),
        None => Err(format!("{key}: missing")),
    };
    let name = text("name")?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if !(1..=RULE_NAME_BYTES_MAX).contains(&name.len()) || !name.bytes().all(is_plain) {
        return Err(format!(
            "name: expected 1 to {RULE_NAME_BYTES_MAX} letters, digits, _ and -"
        ));
    }
    let source = Source::with_fields(text("source")?).map_err(|why| format!("source: {why}"))?;
    let action = action(text("action")?, members.get("rate"))?;
    let detection = members.get("detection").ok_or("detection: missing")?;
    let of_detection = |why| format!("detection: {why}");
    let (condition, fields) = compile::compile(name, source, detection).map_err(of_detection)?;
    for field in &fields {
        let member = field.split('.').next().unwrap_or_default();
        let known = source.has_member(member);
        known.map_err(|why| of_detection(format!("{field}: {why}")))?;
    }
    Ok(Rule {
        name: name.to_owned(),
        source,
        action,
        condition,
        fields,
    })
}

fn action(name: &str, rate: Option<&Json>) -> Result<Action, String> {
    let action = match (name, rate) {
        ("keep", None) => Action::Keep,
        ("drop", None) => Action::Drop,
        ("sample", Some(rate)) => {
            let rate = rate.as_u64().and_then(|rate| u32::try_from(rate).ok());
            let rate = rate.filter(|rate| (2..=SAMPLE_RATE_MAX).contains(rate));
            Action::Sample(rate.ok_or_else(|| {
                format!("rate: expected a whole number from 2 to {SAMPLE_RATE_MAX}: of so many events, one is delivered")
            })?)
        }
        ("sample", None) => {
            return Err("rate: missing; of so many events, one is delivered".to_owned());
        }
        ("keep" | "drop", Some(_)) => {
            return Err("rate: only the action `sample` has one".to_owned());
        }
        _ => return Err("action: expected one of: drop, sample, keep".to_owned()),
    };
    Ok(action)
}

#[cfg(test)]
mod edges;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod tests;
