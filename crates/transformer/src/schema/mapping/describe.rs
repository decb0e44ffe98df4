//! Mappings as Markdown.

use std::fmt::{self, Write};

use super::{As, Context, Mapping, Row, Value};
use crate::source::Source;

/// Appends a mapping as Markdown. `since` says which version of its source brought a field, if that is known.
pub(in crate::schema) fn describe(
    mapping: &Mapping,
    since: impl Fn(Option<Source>, &str) -> Option<u8>,
    text: &mut String,
) -> fmt::Result {
    let since = |field: &str| since(mapping.source, field);
    match mapping.source {
        Some(source) => write!(text, "\n### `{source}`\n")?,
        None => write!(text, "\n### All other log events\n")?,
    }
    write!(text, "\n{}\n", mapping.about)?;
    for layout in &mapping.layouts {
        if !layout.name.is_empty() {
            write!(text, "\n#### {}\n", layout.name)?;
        }
        text.push_str("\n| in the document | type | from |\n|---|---|---|\n");
        for row in &layout.rows {
            describe_row(row, "", &since, text)?;
        }
    }
    Ok(())
}

fn describe_row(
    row: &Row,
    prefix: &str,
    since: &impl Fn(&str) -> Option<u8>,
    text: &mut String,
) -> fmt::Result {
    let to = format!("{prefix}{}", row.to);
    writeln!(
        text,
        "| `{to}` | {} | {} |",
        row.value.kind(),
        whole(&row.value, since)
    )?;
    for row in rows_of_items(&row.value) {
        describe_row(row, &format!("{to}[]."), since, text)?;
    }
    Ok(())
}

/// The rows of the objects that a value takes from an array, also if that is one of several things it may be.
fn rows_of_items(value: &Value) -> Vec<&Row> {
    match value {
        Value::Each(_, rows) => rows.iter().collect(),
        Value::First(values) | Value::List(values) => {
            values.iter().flat_map(rows_of_items).collect()
        }
        Value::When(_, value) | Value::With(_, value) | Value::Without(_, value) => {
            rows_of_items(value)
        }
        _ => Vec::new(),
    }
}

/// Where all that stands in a place comes from.
fn whole(value: &Value, since: &impl Fn(&str) -> Option<u8>) -> String {
    let from = from(value, since);
    match value {
        Value::Constant(_) => format!("always {from}"),
        _ => from,
    }
}

/// Where a value comes from.
fn from(value: &Value, since: &impl Fn(&str) -> Option<u8>) -> String {
    let all = |values: &[Value], between: &str| {
        let values = values.iter().map(|value| from(value, since));
        values.collect::<Vec<_>>().join(between)
    };
    let field = |path: &str| match since(path) {
        Some(version) => format!("`{path}` (version {version})"),
        None => format!("`{path}`"),
    };
    match value {
        Value::Constant(json) => format!("`{json}`"),
        Value::Context(context) => context.about().to_owned(),
        Value::Field(path, As::Map(table)) => {
            let pairs = table.iter().map(|(from, to)| format!("{from}: `{to}`"));
            format!("{}: {}", field(path), pairs.collect::<Vec<_>>().join(", "))
        }
        Value::Field(path, As::Domain) => {
            format!("{}, without the dot at its end", field(path))
        }
        Value::Field(path, As::ReverseIp) => {
            format!("the address that {} asks for in reverse", field(path))
        }
        Value::Field(path, As::NoIp) => format!("{}, if it is no IP address", field(path)),
        Value::Field(path, As::IpVersion([four, six])) => {
            format!(
                "{}, by its version of IP: 4: `{four}`, 6: `{six}`",
                field(path)
            )
        }
        Value::Field(path, _) | Value::Each(path, _) => field(path),
        Value::Elements(path, _) => format!("the items of {}", field(path)),
        Value::OfEach(path, value) => {
            format!("of each of {}: {}", field(path), from(value, since))
        }
        Value::First(values) => all(values, ", or else "),
        Value::List(values) => all(values, ", "),
        Value::Object(rows) => {
            let rows = rows.iter().map(|row| {
                let whole = whole(&row.value, since);
                format!("`{}` ({}): {whole}", row.to, row.value.kind())
            });
            format!("{{{}}}", rows.collect::<Vec<_>>().join("; "))
        }
        Value::Name(account) => format!(
            "the name that the settings have for {}",
            from(account, since)
        ),
        Value::Computed(computed) => computed.about.to_owned(),
        Value::When(when, value) => conditional(value, &from(value, since), when.about),
        Value::With(fields, value) => {
            conditional(value, &from(value, since), &are(fields, "there"))
        }
        Value::Without(fields, value) => {
            conditional(value, &from(value, since), &are(fields, "absent"))
        }
        Value::Rest => "all fields that stand in no other row, by name or path".to_owned(),
    }
}

/// Where a value comes from, under a condition.
fn conditional(value: &Value, from: &str, about: &str) -> String {
    match value {
        // so that it shows that the condition is on all of them
        Value::First(all) | Value::List(all) if all.len() > 1 => format!("({from}), if {about}"),
        // which have a condition of their own
        Value::When(..) | Value::With(..) | Value::Without(..) | Value::Field(_, As::NoIp) => {
            format!("{from}, and {about}")
        }
        _ => format!("{from}, if {about}"),
    }
}

/// That fields are there, or absent.
fn are(fields: &[&str], what: &str) -> String {
    let names: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
    match names.split_last() {
        Some((last, [])) => format!("{last} is {what}"),
        Some((last, others)) => format!("{} and {last} are {what}", others.join(", ")),
        None => String::new(),
    }
}

impl Value {
    /// The type of the JSON, in words.
    pub(in crate::schema) fn kind(&self) -> String {
        match self {
            Self::Constant(json) => kind_of(json).to_owned(),
            Self::Context(Context::Milliseconds) => "integer".to_owned(),
            Self::Context(Context::Time) => "time".to_owned(),
            Self::Context(_) | Self::Name(_) => "string".to_owned(),
            Self::Field(_, how) => how.kind().to_owned(),
            Self::First(values) => {
                let mut kinds: Vec<_> = values.iter().map(Self::kind).collect();
                kinds.dedup();
                kinds.join(" or ")
            }
            Self::List(values) => match values.first() {
                Some(each @ Self::OfEach(..)) => each.kind(),
                Some(first) => format!("array of {}", first.kind()),
                None => "array".to_owned(),
            },
            Self::Object(_) | Self::Rest => "object".to_owned(),
            Self::Each(..) => "array of object".to_owned(),
            Self::OfEach(_, value) => format!("array of {}", value.kind()),
            Self::Elements(_, how) => format!("array of {}", how.kind()),
            Self::Computed(computed) => computed.kind.to_owned(),
            Self::When(_, value) | Self::With(_, value) | Self::Without(_, value) => value.kind(),
        }
    }

    /// Adds the fields that the value reads.
    pub(super) fn fields(&self, fields: &mut Vec<&'static str>) {
        match self {
            Self::Constant(_) | Self::Context(_) | Self::Rest => {}
            Self::Field(path, _)
            | Self::Each(path, _)
            | Self::OfEach(path, _)
            | Self::Elements(path, _) => fields.push(path),
            Self::First(values) | Self::List(values) => {
                values.iter().for_each(|value| value.fields(fields));
            }
            Self::Name(account) => account.fields(fields),
            Self::Object(rows) => rows.iter().for_each(|row| row.value.fields(fields)),
            Self::Computed(computed) => fields.extend(computed.fields),
            Self::When(when, value) => {
                fields.extend(when.fields);
                value.fields(fields);
            }
            Self::With(present, value) | Self::Without(present, value) => {
                fields.extend(present);
                value.fields(fields);
            }
        }
    }
}

impl As {
    fn kind(self) -> &'static str {
        match self {
            Self::Keyword | Self::Text | Self::Domain | Self::NoIp => "string",
            Self::Number => "number",
            Self::Long | Self::Whole | Self::Milliseconds | Self::MillisecondsOfSeconds => {
                "integer"
            }
            Self::Port => "integer to 65,535",
            Self::Ip | Self::ReverseIp => "IP address",
            Self::IpVersion([json, _]) => kind_of(json),
            Self::Boolean => "boolean",
            Self::Date | Self::DateOfSeconds => "time",
            Self::Map(table) => table.first().map_or("string", |(_, json)| kind_of(json)),
        }
    }

    /// The most bytes that a value has besides those of its field.
    pub(super) fn bytes_max(self) -> usize {
        match self {
            Self::Map(table) => {
                let lengths = table.iter().map(|(_, json)| json.len());
                lengths.max().unwrap_or_default()
            }
            Self::IpVersion([four, six]) => four.len().max(six.len()),
            Self::Long | Self::Port | Self::Number | Self::Whole | Self::Boolean => 0,
            Self::Keyword | Self::Text | Self::Domain | Self::Ip | Self::NoIp | Self::ReverseIp => {
                2
            }
            Self::Date | Self::DateOfSeconds | Self::Milliseconds | Self::MillisecondsOfSeconds => {
                26
            }
        }
    }
}

/// The type of JSON.
fn kind_of(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "string",
        Some(b'[') => "array of string",
        Some(b'{') => "object",
        Some(b't' | b'f') => "boolean",
        _ => "integer",
    }
}

impl Context {
    const fn about(self) -> &'static str {
        match self {
            Self::Account => "the account of the event",
            Self::Region => "the Region of the event, if it is known",
            Self::LogGroup => "the log group",
            Self::LogStream => "the log stream",
            Self::EventId => "the id that CloudWatch Logs gave the event",
            Self::Source => "the source, such as `cloudtrail`",
            Self::Message => "the message",
            Self::Original => "the message, unless the settings leave originals out",
            Self::Error => "why the message is not as its source writes it",
            Self::SampleRate => "for how many events this one is delivered, if rules sample it",
            Self::Time | Self::Milliseconds => "the time that CloudWatch Logs has of the event",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{When, constant, keyword, row};
    use super::*;

    #[test]
    fn a_row_has_a_type_and_the_rows_of_what_is_in_its_array() {
        const WHEN: When = When {
            about: "so",
            fields: &[],
            by: |_| true,
        };
        let items = || Value::Each("x", vec![row("b", keyword("y"))]);
        let mut text = String::new();
        for (value, expected) in [
            (
                items(),
                "| `a` | array of object | `x` |\n| `a[].b` | string | `y` |\n",
            ),
            (
                WHEN.then(items()),
                "| `a` | array of object | `x`, if so |\n| `a[].b` | string | `y` |\n",
            ),
            (constant("{}"), "| `a` | object | always `{}` |\n"),
            (constant("[]"), "| `a` | array of string | always `[]` |\n"),
            (constant("7"), "| `a` | integer | always `7` |\n"),
        ] {
            text.clear();
            describe_row(&row("a", value), "", &|_| None, &mut text).unwrap();
            assert_eq!(text, expected);
        }
    }
}
