//! From a Sigma detection section to a condition over numbered fields.

use std::collections::BTreeMap;

use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, Modifier, Quantifier, SelectorPattern, SigmaString,
    SigmaValue, parse_sigma_yaml,
};
use serde_json::{Value as Json, json};

use super::Condition;
use super::condition::{Cidr, Order, Test};
use super::pattern::{regex, test};
use super::section::check;
use super::text::Place;
use crate::limits::RULE_FIELDS_MAX;
use crate::source::vpc_flow_logs::{FIELDS, native_name};
use crate::source::{Source, is_path};

/// Compiles the detection section of a rule. Returns its condition, and the fields that the condition names by their
/// index.
pub(super) fn compile(
    name: &str,
    source: Source,
    detection: &Json,
) -> Result<(Condition, Vec<String>), String> {
    check(detection)?;
    // Every JSON text is YAML.
    let rule =
        json!({"title": name, "logsource": {"service": source.name()}, "detection": detection});
    let parsed = parse_sigma_yaml(&rule.to_string()).map_err(|error| error.to_string())?;
    if let Some(error) = parsed.errors.first() {
        return Err(error.clone());
    }
    let [rule] = parsed.rules.as_slice() else {
        return Err("not a detection section".to_owned());
    };
    if rule.detection.timeframe.is_some() {
        return Err("timeframe: each event is looked at by itself".to_owned());
    }
    let selections = rule.detection.named.iter();
    let mut compiler = Compiler {
        source,
        selections: selections.map(|(name, one)| (name.as_str(), one)).collect(),
        fields: Vec::new(),
    };
    for (name, selection) in compiler.selections.clone() {
        // Also those that no condition names.
        compiler.named(name, selection)?;
    }
    let mut any = Vec::new();
    for condition in &rule.detection.conditions {
        any.push(compiler.condition(condition)?);
    }
    Ok((Condition::Any(any), compiler.fields))
}

struct Compiler<'r> {
    source: Source,
    selections: BTreeMap<&'r str, &'r Detection>,
    fields: Vec<String>,
}

impl Compiler<'_> {
    fn condition(&mut self, condition: &ConditionExpr) -> Result<Condition, String> {
        let all = |this: &mut Self, parts: &[ConditionExpr]| {
            let parts = parts.iter().map(|part| this.condition(part));
            parts.collect::<Result<Vec<_>, _>>()
        };
        Ok(match condition {
            ConditionExpr::And(parts) => Condition::All(all(self, parts)?),
            ConditionExpr::Or(parts) => Condition::Any(all(self, parts)?),
            ConditionExpr::Not(part) => Condition::Not(Box::new(self.condition(part)?)),
            ConditionExpr::Identifier(name) => {
                let selection = self.selections.get(name.as_str()).copied();
                let selection = selection.ok_or_else(|| {
                    let expected = self.expected();
                    format!("condition: `{name}` is none of the selections{expected}")
                })?;
                self.named(name, selection)?
            }
            ConditionExpr::Selector {
                quantifier,
                pattern,
            } => self.some(quantifier, pattern)?,
        })
    }

    /// Compiles `1 of …` or `all of …`.
    fn some(
        &mut self,
        quantifier: &Quantifier,
        pattern: &SelectorPattern,
    ) -> Result<Condition, String> {
        let mut some = Vec::new();
        for (name, selection) in self.selections.clone() {
            if pattern.matches_detection_name(name) {
                some.push(self.named(name, selection)?);
            }
        }
        if some.is_empty() {
            let expected = self.expected();
            return Err(format!(
                "condition: there is no selection `{pattern}`{expected}"
            ));
        }
        if let Quantifier::Count(count) = quantifier
            && !(1..=some.len() as u64).contains(count)
        {
            return Err(format!(
                "condition: `{count} of {pattern}`, and there are {} of these selections",
                some.len()
            ));
        }
        Ok(match quantifier {
            Quantifier::Any => Condition::Any(some),
            Quantifier::All => Condition::All(some),
            Quantifier::Count(count) => Condition::AtLeast(*count, some),
        })
    }

    /// Which selections a condition may name.
    fn expected(&self) -> String {
        let names: Vec<_> = self.selections.keys().copied().collect();
        match names.is_empty() {
            true => String::new(),
            false => format!("; expected one of: {}", names.join(", ")),
        }
    }

    fn named(&mut self, name: &str, selection: &Detection) -> Result<Condition, String> {
        self.selection(selection)
            .map_err(|why| format!("{name}: {why}"))
    }

    fn selection(&mut self, selection: &Detection) -> Result<Condition, String> {
        match selection {
            Detection::AllOf(items) if items.is_empty() => Err("no fields".to_owned()),
            Detection::AllOf(items) => {
                let items = items.iter().map(|item| self.item(item));
                Ok(Condition::All(items.collect::<Result<_, _>>()?))
            }
            Detection::AnyOf(any) => {
                let any = any.iter().map(|one| self.selection(one));
                Ok(Condition::Any(any.collect::<Result<_, _>>()?))
            }
            Detection::Keywords(_) => Err("values without a field are not supported".to_owned()),
            _ => Err("array selectors are not supported".to_owned()),
        }
    }

    fn item(&mut self, item: &DetectionItem) -> Result<Condition, String> {
        let name = item.field.name.as_deref().unwrap_or_default();
        let field = self.field(name)?;
        self.tests(field, item)
            .map_err(|why| format!("{name}: {why}"))
    }

    fn tests(&self, field: usize, item: &DetectionItem) -> Result<Condition, String> {
        let modifiers = Modifiers::read(&item.field.modifiers)?;
        if modifiers.operator == Some(Modifier::Exists) {
            return match item.values.as_slice() {
                [SigmaValue::Bool(exists)] => Ok(Condition::Exists(field, *exists)),
                _ => Err("exists: expected true or false".to_owned()),
            };
        }
        if item.values.is_empty() {
            return Err("no values".to_owned());
        }
        if modifiers.all && item.values.len() == 1 {
            return Err("all: expected more than one value".to_owned());
        }
        if self.is_integer(field) {
            item.values
                .iter()
                .try_for_each(|value| modifiers.integer(value))?;
        }
        let tests = item.values.iter().map(|value| modifiers.test(value));
        Ok(Condition::Field {
            field,
            all: modifiers.all,
            tests: tests.collect::<Result<_, _>>()?,
        })
    }

    /// Whether a field is always an integer, if it is there.
    fn is_integer(&self, field: usize) -> bool {
        let name = self.fields.get(field).map(String::as_str);
        let mut known = FIELDS.iter();
        let known = known.find(|known| Some(known.name) == name);
        let kind = known.filter(|_| self.source == Source::VpcFlowLogs);
        kind.is_some_and(|known| known.kind.is_integer())
    }

    /// The number of a field, which the source has to have.
    fn field(&mut self, name: &str) -> Result<usize, String> {
        let field = match self.source {
            Source::VpcFlowLogs => {
                let known = FIELDS.iter().map(|field| field.name);
                let mut known = known.filter(|known| native_name(known) == name);
                known.next().map(str::to_owned)
            }
            _ => is_path(name).then(|| name.to_owned()),
        };
        let field = field.ok_or_else(|| match self.source {
            Source::VpcFlowLogs => {
                let expected = match FIELDS.iter().any(|known| known.name == name) {
                    true => format!("`{}`", native_name(name)),
                    false => "one such as `srcaddr`".to_owned(),
                };
                format!("`{name}` is not a field of flow logs, as the schema `native` has them; expected {expected}")
            }
            _ => format!("`{name}` is not a path, such as userIdentity.type or resources.0.ARN"),
        })?;
        if let Some(known) = self.fields.iter().position(|known| *known == field) {
            return Ok(known);
        }
        let number = self.fields.len();
        if number == RULE_FIELDS_MAX {
            return Err(format!("more than {RULE_FIELDS_MAX} fields"));
        }
        self.fields.push(field);
        Ok(number)
    }
}

/// What the modifiers of a field say.
#[derive(Default)]
struct Modifiers {
    /// How values are compared, if not by equality.
    operator: Option<Modifier>,
    all: bool,
    cased: bool,
    ignore_case: bool,
    multiline: bool,
    dot_all: bool,
}

impl Modifiers {
    fn read(modifiers: &[Modifier]) -> Result<Self, String> {
        use Modifier::{
            All, Cased, Cidr, Contains, DotAll, EndsWith, Exists, Gt, Gte, IgnoreCase, Lt, Lte,
            Multiline, Re, StartsWith,
        };
        let mut read = Self::default();
        for modifier in modifiers {
            match modifier {
                Contains | StartsWith | EndsWith | Re | Cidr | Exists | Lt | Lte | Gt | Gte => {
                    if read.operator.replace(*modifier).is_some() {
                        return Err(
                            "more than one of the modifiers that say how to compare".to_owned()
                        );
                    }
                }
                All => read.all = true,
                Cased => read.cased = true,
                IgnoreCase => read.ignore_case = true,
                Multiline => read.multiline = true,
                DotAll => read.dot_all = true,
                Modifier::Expand => {
                    return Err("the modifier `expand` is not supported: nothing says what a placeholder stands for".to_owned());
                }
                other => {
                    let name = format!("{other:?}").to_lowercase();
                    return Err(format!("the modifier `{name}` is not supported"));
                }
            }
        }
        let is_text = matches!(read.operator, None | Some(Contains | StartsWith | EndsWith));
        if read.cased && !is_text {
            return Err("the modifier `cased` is for texts".to_owned());
        }
        let has_flags = read.ignore_case || read.multiline || read.dot_all;
        if has_flags && read.operator != Some(Re) {
            return Err("the modifiers `i`, `m` and `s` are for `re`".to_owned());
        }
        Ok(read)
    }

    /// Checks that an integer can be what a value asks.
    fn integer(&self, value: &SigmaValue) -> Result<(), String> {
        let is_text = match value {
            SigmaValue::String(text) => {
                let text = &text.original;
                !text.contains(['*', '?']) && text.parse::<f64>().is_err()
            }
            SigmaValue::Bool(_) => true,
            _ => false,
        };
        match self.operator {
            Some(Modifier::Cidr) => Err("it is an integer, and no address".to_owned()),
            None if is_text => Err("it is an integer; expected a number".to_owned()),
            _ => Ok(()),
        }
    }

    /// What a value asks of a field.
    fn test(&self, value: &SigmaValue) -> Result<Test, String> {
        let place = match self.operator {
            None => Place::All,
            Some(Modifier::StartsWith) => Place::Begin,
            Some(Modifier::EndsWith) => Place::End,
            Some(Modifier::Contains) => Place::Anywhere,
            Some(Modifier::Re) => {
                return regex(&plain(value)?, |builder| {
                    builder
                        .case_insensitive(self.ignore_case)
                        .multi_line(self.multiline)
                        .dot_matches_new_line(self.dot_all);
                });
            }
            Some(Modifier::Cidr) => {
                let text = plain(value)?;
                let cidr = Cidr::parse(&text);
                let cidr =
                    cidr.ok_or_else(|| format!("`{text}` is not a range such as 10.0.0.0/8"))?;
                return Ok(Test::Cidr(cidr));
            }
            Some(Modifier::Lt) => return number(Order::Less, value),
            Some(Modifier::Lte) => return number(Order::LessOrEqual, value),
            Some(Modifier::Gt) => return number(Order::Greater, value),
            Some(_) => return number(Order::GreaterOrEqual, value),
        };
        match value {
            SigmaValue::String(text) => test(text, place, self.cased),
            SigmaValue::Integer(_) | SigmaValue::Float(_) if place == Place::All => {
                number(Order::Equal, value)
            }
            SigmaValue::Bool(expected) if place == Place::All => Ok(Test::Bool(*expected)),
            SigmaValue::Null if place == Place::All => Ok(Test::Null),
            other => test(&SigmaString::from_raw(&plain(other)?), place, self.cased),
        }
    }
}

fn number(order: Order, value: &SigmaValue) -> Result<Test, String> {
    let number = match value {
        SigmaValue::Integer(number) => Some(*number as f64),
        SigmaValue::Float(number) => Some(*number),
        SigmaValue::String(text) => text.original.parse().ok(),
        _ => None,
    };
    let number = number.filter(|number: &f64| number.is_finite());
    number
        .map(|number| Test::Number(order, number))
        .ok_or_else(|| "expected a number".to_owned())
}

/// A value as it was written.
fn plain(value: &SigmaValue) -> Result<String, String> {
    match value {
        SigmaValue::String(text) => Ok(text.original.clone()),
        SigmaValue::Integer(number) => Ok(number.to_string()),
        SigmaValue::Float(number) => Ok(number.to_string()),
        SigmaValue::Bool(_) | SigmaValue::Null => Err("expected a text".to_owned()),
    }
}
