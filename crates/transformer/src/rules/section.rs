//! What a detection section has to look like, before `rsigma-parser` reads it: that takes what it does not know for texts, and does not
//! say where a mistake is.

use rsigma_parser::{SigmaParserError, parse_condition};
use serde_json::Value as Json;

/// Checks the form of a detection section.
///
/// # Errors
/// Says what is wrong, and in which selection.
pub(super) fn check(detection: &Json) -> Result<(), String> {
    let section = detection
        .as_object()
        .ok_or("expected an object of selections and a condition")?;
    match section.get("condition") {
        None => return Err("condition: missing".to_owned()),
        Some(Json::String(one)) => condition(one)?,
        Some(Json::Array(several)) if !several.is_empty() => {
            for one in several {
                condition(one.as_str().ok_or(NO_CONDITION)?)?;
            }
        }
        Some(_) => return Err(NO_CONDITION.to_owned()),
    }
    for (name, one) in section {
        if name != "condition" {
            selection(one).map_err(|why| format!("{name}: {why}"))?;
        }
    }
    Ok(())
}

fn condition(text: &str) -> Result<(), String> {
    let Err(error) = parse_condition(text) else {
        return Ok(());
    };
    let why = match &error {
        SigmaParserError::Condition(_, Some(place)) => {
            format!("`{text}` is not understood from character {} on", place.col)
        }
        other => other.to_string(),
    };
    Err(format!(
        "condition: {why}; expected selections with and, or, not, 1 of and all of, in small letters"
    ))
}

fn selection(selection: &Json) -> Result<(), String> {
    match selection {
        Json::Object(fields) => {
            for (key, value) in fields {
                field(key, value)?;
            }
            Ok(())
        }
        Json::Array(any) => any.iter().try_for_each(self::selection),
        _ => Ok(()),
    }
}

fn field(key: &str, value: &Json) -> Result<(), String> {
    let mut parts = key.split('|');
    let name = parts.next().unwrap_or_default();
    let is_one = |value: &Json| !value.is_object() && !value.is_array();
    let values = value.as_array();
    if !values.map_or(is_one(value), |values| values.iter().all(is_one)) {
        return Err(format!("{name}: expected a value, or a list of values"));
    }
    let unknown = parts.find(|part| part.parse::<rsigma_parser::Modifier>().is_err());
    match unknown {
        Some(unknown) => Err(format!(
            "{name}: unknown modifier `{unknown}`; expected one of: {MODIFIERS}"
        )),
        None => Ok(()),
    }
}

const NO_CONDITION: &str = "condition: expected a text, or a list of texts";

/// Those that rules may have.
const MODIFIERS: &str =
    "contains, startswith, endswith, re, i, m, s, cidr, lt, lte, gt, gte, exists, all, cased";
