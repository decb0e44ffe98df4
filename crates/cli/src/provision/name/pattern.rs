//! Which log groups a pattern matches, and which pattern counts if several do.

use super::{LogGroupName, LogGroupPattern};

impl LogGroupPattern {
    /// Every log group.
    pub(crate) fn all() -> Self {
        Self("*".to_owned())
    }

    /// What the names begin with; `None` if it is the name of one log group.
    pub(crate) fn prefix(&self) -> Option<&str> {
        self.0.strip_suffix('*')
    }

    /// The log group, if it is the name of one.
    pub(crate) fn exact(&self) -> Option<LogGroupName> {
        self.0.parse().ok()
    }

    /// Whether this is the log group, or one of those meant.
    pub(crate) fn matches(&self, group: &LogGroupName) -> bool {
        match self.prefix() {
            Some(prefix) => group.as_str().starts_with(prefix),
            None => self.0 == group.as_str(),
        }
    }

    /// Whether every log group that `other` matches is matched by this, too.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match self.prefix() {
            Some(prefix) => other.0.trim_end_matches('*').starts_with(prefix),
            None => self == other,
        }
    }

    /// The one that counts for a log group: its name, or else the longest pattern that matches. The transformer chooses in the same way.
    pub(crate) fn of<'p>(
        all: impl IntoIterator<Item = &'p Self>,
        group: &LogGroupName,
    ) -> Option<&'p Self> {
        let matching = all.into_iter().filter(|one| one.matches(group));
        matching.max_by_key(|one| (one.prefix().is_none(), one.0.len()))
    }
}

impl From<LogGroupName> for LogGroupPattern {
    fn from(name: LogGroupName) -> Self {
        Self(name.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> LogGroupPattern {
        text.parse().unwrap()
    }

    #[test]
    fn the_name_counts_before_the_longest_pattern() {
        let all = ["*", "/aws/vpc/*", "/aws/vpc/vpc-1", "/aws/vpc/vpc-1*"].map(pattern);
        let counts = |group: &str| {
            let found = LogGroupPattern::of(&all, &group.parse().unwrap());
            found.map(LogGroupPattern::as_str)
        };
        assert_eq!(counts("/aws/vpc/vpc-1"), Some("/aws/vpc/vpc-1"));
        assert_eq!(counts("/aws/vpc/vpc-11"), Some("/aws/vpc/vpc-1*"));
        assert_eq!(counts("/aws/vpc/vpc-2"), Some("/aws/vpc/*"));
        assert_eq!(counts("/aws/vp"), Some("*"));
        assert_eq!(LogGroupPattern::of(&all[1..], &"x".parse().unwrap()), None);
    }

    #[test]
    fn a_pattern_covers_what_begins_like_it() {
        for (one, other, covers) in [
            ("/aws/vpc/*", "/aws/vpc/test-*", true),
            ("/aws/vpc/*", "/aws/vpc/a", true),
            ("/aws/vpc/*", "/aws/vpc/*", true),
            ("/aws/vpc/*", "/aws/*", false),
            ("a", "a", true),
            ("a", "a*", false),
        ] {
            assert_eq!(
                pattern(one).covers(&pattern(other)),
                covers,
                "{one} {other}"
            );
        }
    }
}
