//! The fields that can be redacted: what a name or a path has to be, so that a misspelt one stops the start instead of letting values pass.

use super::Action;
use crate::source::vpc_flow_logs::{FIELDS, native_name};
use crate::source::{Objects, Source, is_path};

/// The field with this name: AWS's name of a flow log's field, or a path.
pub(super) fn field(source: Source, name: &str, action: Action) -> Result<String, String> {
    match source.objects() {
        Some(objects) => path(name, source, objects),
        None => of_flow_logs(name, action),
    }
}

/// Whether fields of a source are the same, or one stands in the other.
pub(super) fn meet(source: Source, one: &str, other: &str) -> bool {
    // Indexes of arrays: a redaction is for all values of one.
    let keys = |path: &str| -> Vec<String> {
        let keys = path.split('.');
        let keys = keys.filter(|key| !is_index(key));
        let plain = |key: &str| match source.any_case() {
            true => key.to_ascii_lowercase(),
            false => key.to_owned(),
        };
        keys.map(plain).collect()
    };
    let (one, other) = (keys(one), keys(other));
    one.iter().zip(&other).all(|(one, other)| one == other)
}

fn of_flow_logs(name: &str, action: Action) -> Result<String, String> {
    let mut known = FIELDS.iter();
    let field = known
        .find(|field| field.name == name || native_name(field.name) == name)
        .ok_or("not a field of flow logs; expected one such as srcaddr")?;
    if ["version", "log-status"].contains(&field.name) {
        return Err("flow logs are recognised by it, so it has to stay".to_owned());
    }
    if action == Action::Hash && field.kind.is_integer() {
        return Err("it is an integer, and a hash is none; expected the action `mask`".to_owned());
    }
    Ok(field.name.to_owned())
}

fn path(path: &str, source: Source, objects: &Objects) -> Result<String, String> {
    let keys: Vec<&str> = path.split('.').collect();
    if !is_path(path) {
        return Err("not a path, such as userIdentity.userName".to_owned());
    }
    if let Some(index) = keys.iter().find(|key| is_index(key)) {
        return Err(format!(
            "leave out `{index}`: a path leads to every value of an array"
        ));
    }
    source.has_member(keys[0])?;
    match objects.recognised_by.contains(&path) {
        true => Err("messages of this source are recognised by it, so it has to stay".to_owned()),
        false => Ok(path.to_owned()),
    }
}

fn is_index(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}
