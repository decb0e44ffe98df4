//! Reads TOML tables key by key, and collects every mistake with its line instead of stopping at the first.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Mistake;
use crate::provision::name::{Name, NameError};

/// The text of the file, and the mistakes found so far.
pub(super) struct Reader<'a> {
    text: &'a str,
    /// Where each line ends. A large file has tens of thousands of values, and the line of each is asked for.
    line_ends: Vec<usize>,
    pub mistakes: Vec<Mistake>,
}

/// A table of the file.
#[derive(Clone)]
pub(super) struct Table<'a> {
    /// For example `members[2]`; empty at the top.
    path: String,
    pub line: usize,
    entries: &'a DeTable<'a>,
}

/// A value and its line.
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

    pub(super) fn has_table(&self, key: &str) -> bool {
        let value = self.entries.get(key);
        value.is_some_and(|value| value.get_ref().is_table())
    }

    /// What the table has under these keys, as JSON.
    pub(super) fn json(&self, keys: &[&str]) -> Json {
        let mut all = json_of_table(self.entries);
        if let Json::Object(members) = &mut all {
            members.retain(|key, _| keys.contains(&key.as_str()));
        }
        all
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            line_ends: text.match_indices('\n').map(|(byte, _)| byte).collect(),
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
        1 + self.line_ends.partition_point(|end| *end < byte)
    }

    /// The table at the top of the file. `known` are the keys that it may have.
    pub(super) fn top(&mut self, entries: &'a DeTable<'a>, known: &[&str]) -> Table<'a> {
        self.known_table(String::new(), 1, entries, known)
    }

    /// A table inside a table. If `known` is empty, any key will do.
    pub(super) fn table(
        &mut self,
        outer: &Table<'a>,
        key: &str,
        known: &[&str],
    ) -> Option<Table<'a>> {
        let value = outer.entries.get(key)?;
        let path = outer.key(key);
        let Some(entries) = value.get_ref().as_table() else {
            self.mistyped(value, path, &format!("a table [{key}]"));
            return None;
        };
        Some(self.known_table(path, self.line_of(value), entries, known))
    }

    /// The tables of a list as JSON, as the transformer's settings file has it. `check` reads the list as the transformer does; what is
    /// wrong follows these characters in its error, which then says in which entry.
    pub(super) fn passed_on(
        &mut self,
        outer: &Table<'a>,
        key: &str,
        known: &[&str],
        (behind, check): (&str, impl Fn(&str) -> Result<(), String>),
    ) -> Vec<serde_json::Value> {
        let mut entries = Vec::new();
        for table in self.tables(outer, key, known) {
            entries.push(table.json(known));
            let so_far = serde_json::Value::from(entries.clone()).to_string();
            if let Err(why) = check(&so_far) {
                // The mistake's own key says which entry it is.
                let what = why.split_once(behind).map_or(&*why, |(_, what)| what);
                self.mistake(table.line, table.key("").trim_end_matches('.'), what);
                entries.pop();
            }
        }
        entries
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
        let expected = format!("a list of tables [[{key}]]");
        let Some(items) = value.get_ref().as_array() else {
            self.mistyped(value, outer.key(key), &expected);
            return Vec::new();
        };
        if items.is_empty() {
            let what = format!("the list is empty; add at least one [[{key}]]");
            self.mistake(self.line_of(value), outer.key(key), what);
        }
        let mut tables = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match item.get_ref().as_table() {
                Some(entries) => {
                    let path = format!("{key}[{}]", index + 1);
                    tables.push(self.known_table(path, self.line_of(item), entries, known));
                }
                None => self.mistyped(item, outer.key(key), &expected),
            }
        }
        tables
    }

    /// Reports a required key that is missing.
    pub(super) fn needs(&mut self, table: &Table<'a>, key: &str, example: &str) {
        if !table.has(key) {
            let what = format!("missing; for example {example}");
            self.mistake(table.line, table.key(key), what);
        }
    }

    /// A name, if the key is present.
    pub(super) fn name<T: Name>(&mut self, table: &Table<'a>, key: &str) -> Option<At<T>> {
        let value = table.entries.get(key)?;
        self.parse_name(value, table.key(key))
    }

    /// A list of names, if the key is present.
    pub(super) fn names<T: Name + PartialEq + Display>(
        &mut self,
        table: &Table<'a>,
        key: &str,
    ) -> Vec<At<T>> {
        let named = self.named(table, key, &[]);
        named.into_iter().map(|(name, _)| name).collect()
    }

    /// A list of names, if the key is present. Unless `known` is empty, an entry may be a table with a `name` and others of these
    /// keys.
    pub(super) fn named<T: Name + PartialEq + Display>(
        &mut self,
        table: &Table<'a>,
        key: &str,
        known: &[&str],
    ) -> Vec<(At<T>, Option<Table<'a>>)> {
        let Some(value) = table.entries.get(key) else {
            return Vec::new();
        };
        let path = table.key(key);
        let Some(items) = value.get_ref().as_array() else {
            self.mistyped(value, path, &format!("a list such as {key} = [\"…\"]"));
            return Vec::new();
        };
        if items.is_empty() {
            let what = "the list is empty; add at least one entry, or remove the key";
            self.mistake(self.line_of(value), path, what);
            return Vec::new();
        }
        let mut names: Vec<(At<T>, Option<Table<'a>>)> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let entries = item.get_ref().as_table().filter(|_| !known.is_empty());
            let own = entries.map(|entries| {
                let path = format!("{path}[{}]", index + 1);
                self.known_table(path, self.line_of(item), entries, known)
            });
            let name = match &own {
                Some(own) => {
                    self.needs(own, "name", "name = \"…\"");
                    self.name(own, "name")
                }
                None => self.parse_name::<T>(item, path.clone()),
            };
            let Some(name) = name else {
                continue;
            };
            if names.iter().any(|(other, _)| other.value == name.value) {
                let what = format!("`{}` is listed twice", name.value);
                self.mistake(name.line, path.clone(), what);
            } else {
                names.push((name, own));
            }
        }
        names
    }

    /// Whether the key has an empty list.
    pub(super) fn is_empty_list(table: &Table<'a>, key: &str) -> bool {
        let value = table.entries.get(key);
        let list = value.and_then(|value| value.get_ref().as_array());
        list.is_some_and(|list| list.is_empty())
    }

    /// A whole number within `range`, if the key is present.
    pub(super) fn number(
        &mut self,
        table: &Table<'a>,
        key: &str,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let value = table.entries.get(key)?;
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|digits| u32::from_str_radix(digits.as_str(), digits.radix()).ok())
            .filter(|number| range.contains(number));
        if number.is_none() {
            let (min, max) = (range.start(), range.end());
            let what = format!(
                "`{}` is not a whole number from {min} to {max}",
                self.source(value)
            );
            self.mistake(self.line_of(value), table.key(key), what);
        }
        number
    }

    /// `true` or `false`, if the key is present.
    pub(super) fn flag(&mut self, table: &Table<'a>, key: &str) -> Option<bool> {
        let value = table.entries.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.mistyped(value, table.key(key), "true or false");
        }
        flag
    }

    /// A string, if the key is present. `expected` describes it in a mistake.
    pub(super) fn text(
        &mut self,
        table: &Table<'a>,
        key: &str,
        expected: &str,
    ) -> Option<At<&'a str>> {
        let value = table.entries.get(key)?;
        let line = self.line_of(value);
        let text = value.get_ref().as_str().map(|value| At { line, value });
        if text.is_none() {
            self.mistyped(value, table.key(key), expected);
        }
        text
    }

    /// Every key of a table whose values are strings.
    pub(super) fn texts(&mut self, table: &Table<'a>) -> BTreeMap<&'a str, At<&'a str>> {
        let keys = table.entries.keys().map(|key| key.get_ref().as_ref());
        keys.filter_map(|key| Some((key, self.text(table, key, "a string")?)))
            .collect()
    }

    fn parse_name<T: Name>(&mut self, value: &Spanned<DeValue<'a>>, path: String) -> Option<At<T>> {
        let line = self.line_of(value);
        let source = || self.source(value).to_owned();
        let parsed = match value.get_ref().as_str() {
            Some(text) => text.parse(),
            None => Err(NameError::new::<T>(source())),
        };
        parsed
            .map(|value| At { line, value })
            .map_err(|error| self.mistake(line, path, error.to_string()))
            .ok()
    }

    /// Reports a value of the wrong type.
    fn mistyped(&mut self, value: &Spanned<DeValue<'a>>, path: String, expected: &str) {
        let found = value.get_ref().type_str();
        let article = if found.starts_with(['a', 'i']) {
            "an"
        } else {
            "a"
        };
        let what = format!("expected {expected}, found {article} {found}");
        self.mistake(self.line_of(value), path, what);
    }

    /// A table, after reporting its unknown keys. If `known` is empty, all keys are known.
    fn known_table(
        &mut self,
        path: String,
        line: usize,
        entries: &'a DeTable<'a>,
        known: &[&str],
    ) -> Table<'a> {
        let table = Table {
            path,
            line,
            entries,
        };
        for key in entries.keys() {
            let name = key.get_ref().as_ref();
            if !known.is_empty() && !known.contains(&name) {
                let what = match nearest(name, known) {
                    Some(similar) => format!("unknown key; did you mean `{similar}`?"),
                    None => format!("unknown key; expected one of: {}", known.join(", ")),
                };
                self.mistake(self.line(key.span().start), table.key(name), what);
            }
        }
        table
    }

    fn line_of(&self, value: &Spanned<DeValue<'_>>) -> usize {
        self.line(value.span().start)
    }

    /// The first line of a value as it is written in the file.
    fn source(&self, value: &Spanned<DeValue<'_>>) -> &'a str {
        let text = self.text.get(value.span()).unwrap_or_default();
        text.lines().next().unwrap_or_default()
    }
}

fn json_of_table(table: &DeTable<'_>) -> Json {
    let members = table.iter();
    let members = members.map(|(key, value)| (key.get_ref().to_string(), json_of(value.get_ref())));
    Json::Object(members.collect())
}

fn json_of(value: &DeValue<'_>) -> Json {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Boolean(is_true) => (*is_true).into(),
        DeValue::Integer(digits) => {
            let integer = i64::from_str_radix(digits.as_str(), digits.radix());
            integer.map_or_else(|_| digits.to_string().into(), Json::from)
        }
        DeValue::Float(digits) => {
            let float = digits.as_str().parse::<f64>();
            float.map_or_else(|_| digits.to_string().into(), Json::from)
        }
        DeValue::Datetime(time) => time.to_string().into(),
        DeValue::Array(values) => values
            .iter()
            .map(|value| json_of(value.get_ref()))
            .collect(),
        DeValue::Table(table) => json_of_table(table),
    }
}

/// How similar two keys must be for a suggestion, by strsim's measure, where 1 means equal.
const SIMILARITY_MIN: f64 = 0.7;

fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), *candidate))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}
