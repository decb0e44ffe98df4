//! Checks events against OCSF's definitions: required attributes, types, enumerated values and their captions, and nothing unknown; and
//! that an observable is what stands where it says.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::{Map, Value};

/// The definitions of a version of OCSF: those that Catchment writes, as `tests/ocsf/README.md` says.
#[derive(Debug, Deserialize)]
pub(crate) struct Definitions {
    pub(crate) version: String,
    types: BTreeMap<String, Type>,
    classes: BTreeMap<String, Thing>,
    objects: BTreeMap<String, Thing>,
}

#[derive(Debug, Deserialize)]
struct Type {
    #[serde(rename = "type")]
    base: Option<String>,
    range: Option<[i64; 2]>,
}

/// A class or an object.
#[derive(Debug, Deserialize)]
struct Thing {
    uid: Option<u64>,
    #[serde(default)]
    profiles: Vec<String>,
    #[serde(default)]
    constraints: BTreeMap<String, Vec<String>>,
    attributes: BTreeMap<String, Attribute>,
}

#[derive(Debug, Deserialize)]
struct Attribute {
    #[serde(rename = "type")]
    kind: String,
    object: Option<String>,
    #[serde(default)]
    array: bool,
    #[serde(default)]
    required: bool,
    profile: Option<String>,
    #[serde(default)]
    deprecated: bool,
    #[serde(default, rename = "enum")]
    values: BTreeMap<String, String>,
    /// The attribute that holds the caption of the value.
    caption: Option<String>,
}

impl Definitions {
    /// Everything that is wrong with an event.
    pub(crate) fn faults(&self, event: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        let uid = event["class_uid"].as_u64();
        let Some(class) = self.classes.values().find(|class| class.uid == uid) else {
            return vec![format!("class_uid: {uid:?} is no class")];
        };
        let profiles: Vec<&str> = event["metadata"]["profiles"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for profile in &profiles {
            if !class.profiles.iter().any(|known| known == profile) {
                faults.push(format!("metadata.profiles: {profile} is none of the class"));
            }
        }
        if event["metadata"]["version"] != *self.version {
            faults.push("metadata.version: another".to_owned());
        }
        let type_uid = event["activity_id"]
            .as_u64()
            .map(|id| uid.unwrap() * 100 + id);
        if event["type_uid"].as_u64() != type_uid {
            faults.push("type_uid: not that of class and activity".to_owned());
        }
        match event.as_object() {
            Some(members) => self.check(class, members, "", &profiles, &mut faults),
            None => faults.push("not an object".to_owned()),
        }
        for observable in event["observables"].as_array().into_iter().flatten() {
            let (name, value) = (&observable["name"], &observable["value"]);
            if !stands_at(event, name.as_str().unwrap_or_default(), value) {
                faults.push(format!("observables: {value} does not stand at {name}"));
            }
            if observable["type_id"] == IP_ADDRESS && !is_address(value) {
                faults.push(format!("observables: {value} is no address"));
            }
        }
        faults
    }

    fn check(
        &self,
        thing: &Thing,
        members: &Map<String, Value>,
        path: &str,
        profiles: &[&str],
        faults: &mut Vec<String>,
    ) {
        let is_active = |attribute: &Attribute| {
            let profile = attribute.profile.as_deref();
            profile.is_none_or(|profile| profiles.contains(&profile))
        };
        for (name, attribute) in &thing.attributes {
            if attribute.required && is_active(attribute) && !members.contains_key(name) {
                faults.push(format!("{path}{name}: missing"));
            }
        }
        for (constraint, names) in &thing.constraints {
            let count = names
                .iter()
                .filter(|name| members.contains_key(*name))
                .count();
            let holds = match constraint.as_str() {
                "at_least_one" => count >= 1,
                "just_one" => count == 1,
                _ => false,
            };
            if !holds {
                faults.push(format!("{path}: {constraint} of {names:?}"));
            }
        }
        for (name, value) in members {
            let at = format!("{path}{name}");
            let Some(attribute) = thing.attributes.get(name).filter(|it| is_active(it)) else {
                faults.push(format!("{at}: no such attribute"));
                continue;
            };
            if attribute.deprecated {
                faults.push(format!("{at}: deprecated"));
            }
            match (attribute.array, value) {
                (true, Value::Array(values)) => {
                    for value in values {
                        self.check_value(attribute, value, &format!("{at}[]"), profiles, faults);
                    }
                }
                (true, _) => faults.push(format!("{at}: no array")),
                (false, _) => self.check_value(attribute, value, &at, profiles, faults),
            }
            let (Some(caption), Some(named)) = (
                attribute.values.get(&value.to_string()),
                attribute
                    .caption
                    .as_ref()
                    .and_then(|caption| members.get(caption)),
            ) else {
                continue;
            };
            if named != caption && *value != 99 && name != "protocol_ver_id" {
                faults.push(format!("{at}: {value} is {caption}, and not {named}"));
            }
        }
    }

    fn check_value(
        &self,
        attribute: &Attribute,
        value: &Value,
        at: &str,
        profiles: &[&str],
        faults: &mut Vec<String>,
    ) {
        let definition = self.types.get(&attribute.kind);
        let base = definition.and_then(|kind| kind.base.as_deref());
        let is_right = match base.unwrap_or(&attribute.kind) {
            // Anything would do; ours are strings.
            "json_t" | "string_t" => value.is_string(),
            "integer_t" | "long_t" => value.is_i64(),
            "float_t" => value.is_number(),
            "boolean_t" => value.is_boolean(),
            "object_t" => match (value.as_object(), attribute.object.as_deref()) {
                (None, _) => false,
                // `unmapped`: a map of strings.
                (Some(members), Some("object")) => members.values().all(Value::is_string),
                (Some(members), object) => {
                    match object.and_then(|name| self.objects.get(name)) {
                        Some(object) => {
                            self.check(object, members, &format!("{at}."), profiles, faults);
                        }
                        None => faults.push(format!("{at}: {object:?} is not in the extract")),
                    }
                    true
                }
            },
            _ => false,
        };
        if !is_right {
            faults.push(format!("{at}: {value} is no {}", attribute.kind));
        }
        if attribute.kind == "ip_t" && !is_address(value) {
            faults.push(format!("{at}: {value} is no address"));
        }
        if let (Some([least, most]), Some(number)) =
            (definition.and_then(|kind| kind.range), value.as_i64())
            && !(least..=most).contains(&number)
        {
            faults.push(format!("{at}: {value} is not from {least} to {most}"));
        }
        let key = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        if !attribute.values.is_empty() && !attribute.values.contains_key(&key) {
            faults.push(format!("{at}: {value} is none of the values"));
        }
    }
}

/// The type of observables that are IP addresses.
const IP_ADDRESS: u64 = 2;

fn is_address(value: &Value) -> bool {
    let text = value.as_str();
    text.is_some_and(|text| text.parse::<IpAddr>().is_ok())
}

/// Whether a value stands at a path: names with dots between, and `[]` behind those of arrays.
fn stands_at(place: &Value, path: &str, value: &Value) -> bool {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let found = match name.strip_suffix("[]") {
        Some(name) => place[name].as_array().map_or(&[][..], Vec::as_slice),
        None => std::slice::from_ref(&place[name]),
    };
    found.iter().any(|found| match rest {
        "" => found == value,
        rest => stands_at(found, rest, value),
    })
}
