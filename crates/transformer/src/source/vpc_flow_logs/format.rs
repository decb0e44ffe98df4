//! The format of a flow log: which fields its lines have, and in which order.

use std::fmt;

use super::fields::{FIELDS, Field};

/// The format of a flow log, as it was given to AWS when the flow log was made: `${version} ${account-id} …`. No line says which it
/// has, so that whoever reads the lines must know.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowLogFormat {
    /// In the order of a line, each an index of [`FIELDS`], and each at most once.
    fields: Vec<usize>,
}

impl FlowLogFormat {
    /// Reads a format as `aws ec2 describe-flow-logs` shows it under `LogFormat`.
    ///
    /// # Errors
    /// Returns a sentence that says which field is wrong: one that AWS does not document, or one that occurs twice.
    pub fn parse(format: &str) -> Result<Self, String> {
        let mut fields = Vec::new();
        for part in format.split_ascii_whitespace() {
            let name = part
                .strip_prefix("${")
                .and_then(|rest| rest.strip_suffix('}'))
                .ok_or_else(|| format!("`{part}` is not a field; expected a format such as ${{version}} ${{account-id}} ${{srcaddr}}"))?;
            let field = FIELDS.iter().position(|field| field.name == name);
            let field = field.ok_or_else(|| {
                format!("`{name}` is not a field of flow logs up to version {LATEST}")
            })?;
            if fields.contains(&field) {
                return Err(format!("field `{name}` occurs twice"));
            }
            fields.push(field);
        }
        if fields.is_empty() {
            return Err("the format has no fields".to_owned());
        }
        Ok(Self { fields })
    }

    /// The fields in the order of a line.
    pub(crate) fn fields(&self) -> impl ExactSizeIterator<Item = &'static Field> {
        self.fields.iter().map(|index| &FIELDS[*index])
    }

    /// Whether this is AWS's default format.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// AWS's default format: the fields of version 2.
impl Default for FlowLogFormat {
    fn default() -> Self {
        let fields = FIELDS.iter().take_while(|field| field.since == 2);
        Self {
            fields: (0..fields.count()).collect(),
        }
    }
}

impl fmt::Display for FlowLogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, field) in self.fields().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}${{{}}}", field.name)?;
        }
        Ok(())
    }
}

impl fmt::Debug for FlowLogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The latest version of the flow log format whose fields are known.
const LATEST: u8 = FIELDS[FIELDS.len() - 1].since;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_what_its_text_says() {
        for text in ["${srcaddr}", "${bytes} ${version} ${instance-tag-2}"] {
            let format = FlowLogFormat::parse(text).unwrap();
            assert_eq!(format.to_string(), text);
            assert_eq!(format!("{format:?}"), text);
        }
        assert_eq!(
            FlowLogFormat::default().to_string(),
            "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
        );
    }

    #[test]
    fn a_wrong_format_is_refused_with_its_field() {
        for (text, expected) in [
            ("", "the format has no fields"),
            (
                "version srcaddr",
                "`version` is not a field; expected a format such as ${version} ${account-id} ${srcaddr}",
            ),
            ("${bytes} ${srcaddr} ${bytes}", "field `bytes` occurs twice"),
            (
                "${version} ${scraddr}",
                "`scraddr` is not a field of flow logs up to version 11",
            ),
        ] {
            assert_eq!(FlowLogFormat::parse(text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn every_version_has_its_fields_and_no_name_occurs_twice() {
        let count = |since| FIELDS.iter().filter(|field| field.since == since).count();
        assert_eq!(
            (2..=LATEST).map(count).collect::<Vec<_>>(),
            [14, 7, 4, 4, 18, 10, 1, 1, 1, 12]
        );
        let mut names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FIELDS.len());
        assert!(FIELDS.is_sorted_by_key(|field| field.since));
    }
}
