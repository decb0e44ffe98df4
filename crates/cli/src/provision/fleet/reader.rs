//! Reading a TOML table key by key, gathering every mistake with its line instead of stopping at the first.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Mistake;
use crate::provision::name::Name;

/// The mistakes so far, and the text that lines are counted in.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub mistakes: Vec<Mistake>,
}

/// One table of the file: where it is, what is in it.
#[derive(Clone)]
pub(super) struct Table<'a> {
    /// For example `members[2]`; empty at the top.
    path: String,
    pub line: usize,
    entries: &'a DeTable<'a>,
}

/// A value and the line that it stands on.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub line: usize,
    pub value: T,
}

impl Table<'_> {
    /// The full name of a key of this table.
    pub(super) fn key(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            mistakes: Vec::new(),
        }
    }

    pub(super) fn mistake(&mut self, line: usize, key: impl Into<String>, what: impl Into<String>) {
        self.mistakes.push(Mistake {
            line: Some(line),
            key: key.into(),
            what: what.into(),
        });
    }

    /// The line of a byte of the text, counted from 1.
    pub(super) fn line(&self, byte: usize) -> usize {
        1 + self
            .text
            .bytes()
            .take(byte)
            .filter(|byte| *byte == b'\n')
            .count()
    }

    /// The whole file.
    pub(super) fn top(&mut self, entries: &'a DeTable<'a>, known: &[&str]) -> Table<'a> {
        let table = Table {
            path: String::new(),
            line: 1,
            entries,
        };
        self.refuse_unknown(&table, known);
        table
    }

    /// A table inside one; a mistake where it is needed and not there.
    pub(super) fn table(
        &mut self,
        outer: &Table<'a>,
        key: &str,
        known: &[&str],
    ) -> Option<Table<'a>> {
        let value = outer.entries.get(key)?;
        let path = outer.key(key);
        let line = self.line(value.span().start);
        let Some(entries) = value.get_ref().as_table() else {
            self.mistake(
                line,
                path,
                format!("{} where a table belongs: [{key}]", kind(value)),
            );
            return None;
        };
        let table = Table {
            path,
            line,
            entries,
        };
        self.refuse_unknown(&table, known);
        Some(table)
    }

    /// A list of tables, `[[key]]`.
    pub(super) fn tables(
        &mut self,
        outer: &Table<'a>,
        key: &str,
        known: &[&str],
    ) -> Vec<Table<'a>> {
        let Some(value) = outer.entries.get(key) else {
            return Vec::new();
        };
        if value
            .get_ref()
            .as_array()
            .is_some_and(|items| items.is_empty())
        {
            let line = self.line(value.span().start);
            self.mistake(
                line,
                key,
                format!("an empty list; name at least one: [[{key}]]"),
            );
        }
        let mut tables = Vec::new();
        let items = value
            .get_ref()
            .as_array()
            .map(|items| items.iter().collect::<Vec<_>>())
            .unwrap_or_else(|| vec![value]);
        for (index, item) in items.into_iter().enumerate() {
            let path = format!("{key}[{}]", index + 1);
            let line = self.line(item.span().start);
            match item.get_ref().as_table() {
                Some(entries) if value.get_ref().is_array() => {
                    let table = Table {
                        path,
                        line,
                        entries,
                    };
                    self.refuse_unknown(&table, known);
                    tables.push(table);
                }
                _ => self.mistake(
                    line,
                    outer.key(key),
                    format!("{} where tables belong: [[{key}]]", kind(item)),
                ),
            }
        }
        tables
    }

    /// A key that the table cannot do without.
    pub(super) fn needs(&mut self, table: &Table<'a>, key: &str, example: &str) {
        if !table.has(key) {
            self.mistake(
                table.line,
                table.key(key),
                format!("not there; for example {example}"),
            );
        }
    }

    /// A name, where the key is there.
    pub(super) fn name<T: Name>(&mut self, table: &Table<'a>, key: &str) -> Option<At<T>> {
        let value = table.entries.get(key)?;
        self.parse_name(value, table.key(key))
    }

    /// A list of names, where the key is there.
    pub(super) fn names<T: Name + PartialEq + std::fmt::Display>(
        &mut self,
        table: &Table<'a>,
        key: &str,
    ) -> Vec<At<T>> {
        let Some(value) = table.entries.get(key) else {
            return Vec::new();
        };
        let path = table.key(key);
        let Some(items) = value.get_ref().as_array() else {
            let line = self.line(value.span().start);
            self.mistake(
                line,
                path,
                format!("{} where a list belongs: {key} = [\"…\"]", kind(value)),
            );
            return Vec::new();
        };
        if items.is_empty() {
            let line = self.line(value.span().start);
            self.mistake(
                line,
                path,
                "an empty list; name at least one, or leave the key out",
            );
            return Vec::new();
        }
        let mut names: Vec<At<T>> = Vec::new();
        for name in items
            .iter()
            .filter_map(|item| self.parse_name::<T>(item, path.clone()))
            .collect::<Vec<_>>()
        {
            if names.iter().any(|other| other.value == name.value) {
                self.mistake(
                    name.line,
                    path.clone(),
                    format!("`{}` is named twice", name.value),
                );
            } else {
                names.push(name);
            }
        }
        names
    }

    /// A whole number within `range`, where the key is there.
    pub(super) fn number(
        &mut self,
        table: &Table<'a>,
        key: &str,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let value = table.entries.get(key)?;
        let (min, max) = (range.start(), range.end());
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|digits| u32::from_str_radix(digits.as_str(), digits.radix()).ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let line = self.line(value.span().start);
            let found = self.shown(value);
            self.mistake(
                line,
                table.key(key),
                format!("`{found}` is not a whole number from {min} to {max}"),
            );
        }
        number
    }

    /// A text, where the key is there.
    pub(super) fn text(
        &mut self,
        table: &Table<'a>,
        key: &str,
        allowed: &str,
    ) -> Option<At<&'a str>> {
        let value = table.entries.get(key)?;
        let line = self.line(value.span().start);
        let text = value.get_ref().as_str().map(|value| At { line, value });
        if text.is_none() {
            self.mistake(
                line,
                table.key(key),
                format!("{} where a text belongs: {allowed}", kind(value)),
            );
        }
        text
    }

    /// Every key of a table with a text as value.
    pub(super) fn texts(&mut self, table: &Table<'a>) -> BTreeMap<&'a str, At<&'a str>> {
        let keys = table.entries.keys().map(|key| key.get_ref().as_ref());
        keys.filter_map(|key| Some((key, self.text(table, key, "in quotes")?)))
            .collect()
    }

    fn parse_name<T: Name>(&mut self, value: &Spanned<DeValue<'a>>, path: String) -> Option<At<T>> {
        let line = self.line(value.span().start);
        let parsed = match value.get_ref().as_str() {
            Some(text) => text
                .parse()
                .map_err(|error: crate::provision::name::NameError| error.to_string()),
            None => Err(format!(
                "`{}` is not {}: {}",
                self.shown(value),
                T::WHAT,
                T::ALLOWED
            )),
        };
        parsed
            .map(|value| At { line, value })
            .map_err(|what| self.mistake(line, path, what))
            .ok()
    }

    fn refuse_unknown(&mut self, table: &Table<'a>, known: &[&str]) {
        // an empty list of known keys: the keys are the user's own
        if known.is_empty() {
            return;
        }
        for key in table.entries.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let line = self.line(key.span().start);
                let what = match nearest(name, known) {
                    Some(meant) => format!("no such key; did you mean `{meant}`?"),
                    None => format!("no such key; there are {}", known.join(", ")),
                };
                self.mistake(line, table.key(name), what);
            }
        }
    }

    /// The value as it stands in the file.
    fn shown(&self, value: &Spanned<DeValue<'_>>) -> String {
        self.text
            .get(value.span())
            .unwrap_or_default()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    }
}

fn kind(value: &Spanned<DeValue<'_>>) -> String {
    match value.get_ref().type_str() {
        kind @ ("array" | "integer") => format!("an {kind}"),
        kind => format!("a {kind}"),
    }
}

/// How alike two keys must be for the one to be taken for a slip of the other; strsim's measure, 1 is the same.
const LIKENESS_MIN: f64 = 0.7;

/// The known word that was most likely meant.
pub(super) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), *candidate))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}
