//! Messages that are JSON objects: what rules and redactions may name of them.

use super::Source;

/// What the messages of a source are.
pub(crate) struct Objects {
    /// The members that they may have, so that a misspelt field does not go unnoticed.
    pub(super) members: &'static [&'static str],
    /// A path of a field.
    pub(super) example: &'static str,
    /// The paths that they are recognised by, which no redaction may change.
    pub(crate) recognised_by: &'static [&'static str],
    /// The member that each of them has, and what others make of one does not.
    pub(crate) required: &'static str,
    /// Whether a key may begin with a capital letter as well.
    pub(crate) any_case: bool,
}

impl Source {
    /// Whether a key of the source's messages may begin with a capital letter as well.
    pub(crate) fn any_case(self) -> bool {
        self.objects().is_some_and(|objects| objects.any_case)
    }

    /// Checks that messages of a source of JSON may have this member.
    ///
    /// # Errors
    /// Says which they may have.
    pub(crate) fn has_member(self, name: &str) -> Result<(), String> {
        match self.objects() {
            Some(objects) if !objects.members.contains(&name) => {
                let members = objects.members.join(", ");
                Err(format!(
                    "there is no `{name}`; expected one of: {members}; or a path such as {}",
                    objects.example
                ))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a text is a path: keys with dots between, and nothing of what other languages have in paths.
pub(crate) fn is_path(text: &str) -> bool {
    text.split('.').all(|key| !key.is_empty()) && !text.contains(['[', ']', '*'])
}
