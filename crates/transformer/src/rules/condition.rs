//! Conditions over the fields of a log event.

use std::borrow::Cow;
use std::net::IpAddr;

use regex::Regex;

use super::text::Text;

/// What has to hold of a log event.
#[derive(Debug)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    /// So many of these.
    AtLeast(u64, Vec<Condition>),
    Not(Box<Condition>),
    /// The field with this index is present, or not.
    Exists(usize, bool),
    /// One of these holds of the field with this index, or all.
    Field {
        field: usize,
        all: bool,
        tests: Vec<Test>,
    },
}

/// What has to hold of a field.
#[derive(Debug)]
pub(crate) enum Test {
    Null,
    Bool(bool),
    Number(Order, f64),
    Text(Text),
    Regex(Regex),
    Cidr(Cidr),
}

/// How a number compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A field of a log event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// It is not there, or `null`.
    Absent,
    Text(Cow<'a, str>),
    /// A number, `true` or `false`.
    Scalar(&'a str),
    /// What holds of one of these holds of all of it.
    List(Vec<Value<'a>>),
    Object,
}

impl Condition {
    /// Whether the condition holds, given the fields.
    pub(crate) fn holds<'a>(&self, field: &impl Fn(usize) -> Value<'a>) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(field)),
            Self::Any(any) => any.iter().any(|one| one.holds(field)),
            Self::AtLeast(count, some) => {
                let held = some.iter().filter(|one| one.holds(field)).count();
                held as u64 >= *count
            }
            Self::Not(other) => !other.holds(field),
            Self::Exists(index, exists) => (field(*index) != Value::Absent) == *exists,
            Self::Field {
                field: index,
                all,
                tests,
            } => {
                let value = field(*index);
                let holds = |test: &Test| test.holds(&value);
                if *all {
                    tests.iter().all(holds)
                } else {
                    tests.iter().any(holds)
                }
            }
        }
    }
}

impl Test {
    fn holds(&self, value: &Value<'_>) -> bool {
        let text = match value {
            Value::Absent => return matches!(self, Self::Null),
            Value::Object => return false,
            Value::List(values) => return values.iter().any(|value| self.holds(value)),
            Value::Text(text) => text,
            Value::Scalar(text) => *text,
        };
        match self {
            Self::Null => false,
            Self::Bool(expected) => match value {
                Value::Scalar("true") => *expected,
                Value::Scalar("false") => !*expected,
                Value::Scalar(_) => false,
                _ => boolean(text) == Some(*expected),
            },
            Self::Number(order, expected) => match number(text) {
                Some(number) => order.holds(number, *expected),
                None => false,
            },
            Self::Text(expected) => expected.holds(text),
            Self::Regex(regex) => regex.is_match(text),
            Self::Cidr(cidr) => text.parse().is_ok_and(|address| cidr.contains(address)),
        }
    }
}

impl Order {
    fn holds(self, number: f64, expected: f64) -> bool {
        match self {
            Self::Equal => number == expected,
            Self::Less => number < expected,
            Self::LessOrEqual => number <= expected,
            Self::Greater => number > expected,
            Self::GreaterOrEqual => number >= expected,
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match () {
        () if is(["true", "1", "yes"]) => Some(true),
        () if is(["false", "0", "no"]) => Some(false),
        () => None,
    }
}

fn number(text: &str) -> Option<f64> {
    // Most are integers that are exact as they are.
    if (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = text
            .bytes()
            .fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
        return Some(number as f64);
    }
    text.parse().ok()
}

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cidr {
    address: IpAddr,
    /// How many bits of an address are not part of the prefix.
    host_bits: u32,
}

impl Cidr {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let is_number = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = prefix.parse().ok().filter(|_| is_number)?;
        let host_bits = u32::checked_sub(bits, prefix)?;
        Some(Self { address, host_bits })
    }

    fn contains(self, address: IpAddr) -> bool {
        let differ = match (self.address, address) {
            (IpAddr::V4(one), IpAddr::V4(other)) => u128::from(one.to_bits() ^ other.to_bits()),
            (IpAddr::V6(one), IpAddr::V6(other)) => one.to_bits() ^ other.to_bits(),
            _ => return false,
        };
        differ.checked_shr(self.host_bits).unwrap_or(0) == 0
    }
}
