//! From rows to what writes them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::code::{Code, Program, Step};
use super::padded::Padded;
use super::program::COMPUTED_FIELDS_MAX;
use super::{Finder, Row, Value};
use crate::source::vpc_flow_logs::{FIELDS, native_name};

/// Where fields come from: a line with known columns, or JSON that is searched.
pub(in crate::schema) enum Places<'p> {
    /// The columns of the line, by field.
    Columns(&'p [&'static str]),
    Json(&'p mut Finder),
}

/// The most bytes of a line.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Growth {
    /// How often what stands in an event may stand in its line, above once.
    pub(crate) times: usize,
    /// Bytes on top of that.
    pub(crate) bytes: usize,
}

/// What the program of some rows takes.
#[derive(Default)]
pub(in crate::schema) struct Needs {
    /// The most bytes of a document besides what it is given.
    pub(in crate::schema) bytes: usize,
    /// For each slot, how often its field may be written, and at the end whatever is searched in parts.
    pub(in crate::schema) uses: Vec<usize>,
    /// The slots whose fields are written.
    read: BTreeSet<usize>,
}

/// Compiles rows. Places of one object stand together, in the order of the first of them.
pub(in crate::schema) fn compile(
    rows: &[Row],
    places: &mut Places<'_>,
    needs: &mut Needs,
) -> Program {
    let mut order = BTreeMap::new();
    let mut sorted: Vec<(Vec<usize>, Vec<&str>, Code)> = Vec::new();
    for row in rows {
        let Some(code) = code(&row.value, places, needs) else {
            continue;
        };
        let path: Vec<&str> = row.to.split('.').collect();
        let place = (1..=path.len()).map(|length| {
            let count = order.len();
            *order.entry(path[..length].to_vec()).or_insert(count)
        });
        sorted.push((place.collect(), path.clone(), code));
    }
    sorted.sort_by(|one, other| one.0.cmp(&other.0));
    let mut steps: Vec<(usize, usize, Vec<String>, Option<Code>)> = Vec::new();
    let mut before: Vec<&str> = Vec::new();
    for (_, path, code) in sorted {
        let around = path.len() - 1;
        let same = before.iter().zip(&path[..around]);
        let shared = same.take_while(|(one, other)| one == other).count();
        let mut leads: Vec<String> = (0..=around)
            .map(|open| format!(",\"{}\":", path[open..].join("\":{\"")))
            .collect();
        needs.bytes += leads[0].len() + around;
        let closing = before.len() - shared;
        before = path[..around].to_vec();
        let code = match code {
            Code::Constant(json) => {
                leads.iter_mut().for_each(|lead| *lead += &json.text());
                None
            }
            code => Some(code),
        };
        match steps.last_mut() {
            Some((_, depth, texts, None)) if code.is_none() => {
                let more = format!("{}{}", "}".repeat(closing), leads[shared]);
                texts.iter_mut().for_each(|text| *text += &more);
                *depth = around;
            }
            _ => steps.push((shared, around, leads, code)),
        }
    }
    let mut program = Program::default();
    for (shared, depth, leads, code) in steps {
        let lead = program.leads.len();
        program.steps.push(Step {
            shared,
            depth,
            lead,
            code,
        });
        leads.iter().for_each(|lead| program.lead(lead));
    }
    program
}

/// Compiles a value. Returns `None` if it is absent in every event.
fn code(value: &Value, places: &mut Places<'_>, needs: &mut Needs) -> Option<Code> {
    let all = |values: &[Value], places: &mut Places<'_>, needs: &mut Needs| {
        let codes = values.iter().filter_map(|value| code(value, places, needs));
        Some(codes.collect()).filter(|codes: &Vec<_>| !codes.is_empty())
    };
    Some(match value {
        Value::Constant(json) => {
            needs.bytes += json.len();
            Code::Constant(Padded::new(json))
        }
        Value::Context(context) => {
            needs.bytes += 32;
            Code::Context(*context)
        }
        Value::Field(path, how) => {
            let slot = places.slot(path)?;
            needs.uses(slot, 1);
            needs.read.insert(slot);
            // A number becomes a time; a word of a table, JSON.
            needs.bytes += how.bytes_max();
            Code::Field(slot, *how)
        }
        Value::First(values) => match all(values, places, needs)? {
            one if one.len() == 1 => one.into_iter().next()?,
            codes => Code::First(codes),
        },
        Value::List(values) => {
            needs.bytes += values.len() + 2;
            Code::List(all(values, places, needs)?.into())
        }
        Value::Object(rows) => {
            let program = compile(rows, places, needs);
            // Of constants alone, it is absent in every event.
            if program.has_constants_alone() {
                return None;
            }
            match program.condition() {
                Some((slots, by)) => Code::When(slots, by, Box::new(Code::Object(program))),
                None => Code::Object(program),
            }
        }
        Value::Each(path, rows) => each(path, places, needs, |places, needs| {
            Some(Code::Object(compile(rows, places, needs)))
        })?,
        Value::OfEach(path, value) => each(path, places, needs, |places, needs| {
            code(value, places, needs)
        })?,
        Value::Elements(path, how) => {
            let slot = places.slot(path)?;
            needs.uses(slot, 1 + how.bytes_max());
            needs.read.insert(slot);
            Code::Elements(slot, *how)
        }
        Value::Name(account) => Code::Name(Box::new(code(account, places, needs)?)),
        Value::Computed(computed) => {
            needs.bytes += COMPUTED_BYTES_MAX;
            match places.slots(computed.fields) {
                slots if are_in_no_event(&slots) => {
                    let json = (computed.by)(
                        &[b"".as_slice(); COMPUTED_FIELDS_MAX][..computed.fields.len()],
                    )?;
                    Code::Constant(Padded::new(json))
                }
                slots => Code::Computed(slots, computed.by),
            }
        }
        Value::When(when, value) => match places.slots(when.fields) {
            slots if are_in_no_event(&slots) => {
                let is_so = (when.by)(&[b"".as_slice(); COMPUTED_FIELDS_MAX][..when.fields.len()]);
                return is_so.then(|| code(value, places, needs)).flatten();
            }
            slots => Code::When(slots, when.by, Box::new(code(value, places, needs)?)),
        },
        Value::With(fields, value) => {
            let slots: Option<Vec<_>> = fields.iter().map(|field| places.slot(field)).collect();
            Code::If(slots?, true, Box::new(code(value, places, needs)?))
        }
        Value::Without(fields, value) => {
            let slots: Vec<_> = fields
                .iter()
                .filter_map(|field| places.slot(field))
                .collect();
            let code = code(value, places, needs)?;
            if slots.is_empty() {
                return Some(code);
            }
            Code::If(slots, false, Box::new(code))
        }
        Value::Rest => match places {
            Places::Columns(_) => return None,
            Places::Json(finder) => {
                finder.wants_rest = true;
                Code::Rest(Vec::new())
            }
        },
    })
}

/// Compiles what becomes of each object in an array.
fn each(
    path: &'static str,
    places: &mut Places<'_>,
    needs: &mut Needs,
    compile: impl FnOnce(&mut Places<'_>, &mut Needs) -> Option<Code>,
) -> Option<Code> {
    let slot = places.slot(path)?;
    let mut finder = Finder::new(places.any_case());
    let mut inner = Needs::default();
    let code = compile(&mut Places::Json(&mut finder), &mut inner)?;
    // The shortest element with a value in it is `{"a":1}`.
    needs.uses(slot, finder.uses_max(&inner.uses) + inner.bytes / 7 + 1);
    needs.read.insert(slot);
    Some(Code::Each(slot, finder, Box::new(code)))
}

/// Whether none of the fields in these slots is in any event.
fn are_in_no_event(slots: &[usize]) -> bool {
    slots.iter().all(|slot| *slot == usize::MAX)
}

impl Places<'_> {
    /// The slot of a field; `None` if it is in no event.
    pub(in crate::schema) fn slot(&mut self, path: &'static str) -> Option<usize> {
        match self {
            Self::Columns(columns) => columns.iter().position(|column| *column == path),
            Self::Json(finder) => Some(finder.slot(path)),
        }
    }

    /// The slots of fields, with `usize::MAX` for those that are in no event.
    pub(in crate::schema) fn slots(&mut self, fields: &[&'static str]) -> Vec<usize> {
        let fields = fields.iter().take(COMPUTED_FIELDS_MAX);
        let slots = fields.map(|field| self.slot(field).unwrap_or(usize::MAX));
        slots.collect()
    }

    fn any_case(&self) -> bool {
        match self {
            Self::Columns(_) => false,
            Self::Json(finder) => finder.any_case(),
        }
    }
}

impl Needs {
    /// How much longer than an event its line can be.
    pub(in crate::schema) fn growth(&self, places: &Places<'_>) -> Growth {
        let (times, rest) = match places {
            Places::Columns(columns) => {
                let times = columns.iter().zip(&self.uses).map(|(column, uses)| {
                    let field = FIELDS.iter().find(|field| field.name == *column);
                    uses * field.map_or(1, |field| field.kind.times_max())
                });
                (times.max().unwrap_or_default(), 0)
            }
            // The shortest member is `"":0,`.
            Places::Json(finder) if finder.wants_rest => (
                finder.uses_max(&self.uses),
                2 + finder.prefix_bytes_max() / 5,
            ),
            Places::Json(finder) => (finder.uses_max(&self.uses), 0),
        };
        Growth {
            // The message itself may stand in the document.
            times: times.max(1) + rest,
            bytes: self.bytes,
        }
    }

    fn uses(&mut self, slot: usize, count: usize) {
        if self.uses.len() <= slot {
            self.uses.resize(slot + 1, 0);
        }
        self.uses[slot] += count;
    }
}

/// Has the rest of a program, if it has one, hold the fields that are found, but which it does not write: those that others write, or
/// that only decide.
pub(in crate::schema) fn with_unread(
    program: &mut Program,
    places: &Places<'_>,
    needs: &mut Needs,
) {
    let Places::Json(finder) = places else { return };
    for step in &mut program.steps {
        let Some(Code::Rest(unread)) = &mut step.code else {
            continue;
        };
        for (path, slot) in finder.outermost() {
            if needs.read.contains(&slot) {
                continue;
            }
            needs.uses(slot, 1);
            needs.bytes += path.len() + 6;
            unread.push((slot, Padded::new(&format!(",\"{path}\":"))));
        }
    }
}

/// Rows for the fields of flow logs that no row reads, under the path of the row that is to hold the rest.
pub(in crate::schema) fn with_rest(rows: Vec<Row>, fields: &[&'static str]) -> Vec<Row> {
    let mut read = Vec::new();
    for row in &rows {
        row.value.fields(&mut read);
    }
    let mut all = Vec::new();
    for row in rows {
        if !matches!(row.value, Value::Rest) {
            all.push(row);
            continue;
        }
        let unread = fields.iter().filter(|field| !read.contains(*field));
        all.extend(unread.map(|field| Row {
            to: Cow::Owned(format!("{}.{}", row.to, native_name(field))),
            value: super::keyword(field),
        }));
    }
    all
}

/// The most bytes of JSON that a computed value has. Our own choice of bound.
const COMPUTED_BYTES_MAX: usize = 128;

#[cfg(test)]
mod tests;
