//! Finds all values at the paths that are redacted in a JSON object, in one walk.

use crate::json::{Cursor, Invalid, JsonStr, Simd, Walk, walk};
use crate::limits::JSON_DEPTH_MAX;
use crate::redact::Action;

/// The paths that are redacted of a source's messages.
pub(super) struct Paths {
    /// The first is the object itself.
    nodes: Vec<Node>,
    /// The member that a message has to have.
    required: &'static str,
    /// Whether a key may begin with a capital letter as well.
    any_case: bool,
}

#[derive(Default)]
struct Node {
    children: Vec<(String, usize)>,
    action: Option<Action>,
}

/// A value to be redacted, at its place in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) begin: usize,
    pub(super) end: usize,
    pub(super) action: Action,
}

impl Paths {
    pub(super) fn new<'a>(
        (required, any_case): (&'static str, bool),
        redacted: impl Iterator<Item = (&'a str, Action)>,
    ) -> Self {
        let mut nodes = vec![Node::default()];
        for (path, action) in redacted {
            let mut at = 0;
            for key in path.split('.') {
                let mut children = nodes[at].children.iter();
                let known = children.find(|(known, _)| known == key);
                at = match known {
                    Some((_, known)) => *known,
                    None => {
                        let new = nodes.len();
                        nodes.push(Node::default());
                        nodes[at].children.push((key.to_owned(), new));
                        new
                    }
                };
            }
            nodes[at].action = Some(action);
        }
        Self {
            nodes,
            required,
            any_case,
        }
    }

    /// Notes the values in a text, in order.
    ///
    /// # Errors
    /// Fails if the text is not a message of the source.
    pub(super) fn find(&self, text: &[u8], hits: &mut Vec<Hit>) -> Result<(), Invalid> {
        walk(text, Find(self, hits))
    }

    fn child(&self, node: usize, key: JsonStr<'_>) -> Option<usize> {
        let children = &self.nodes[node].children;
        if children.is_empty() {
            return None;
        }
        let key = key.text();
        let mut children = children.iter();
        let found = children.find(|(known, _)| self.is_same(known, &key));
        found.map(|(_, node)| *node)
    }

    fn is_same(&self, known: &str, key: &str) -> bool {
        if !self.any_case || known == key {
            return known == key;
        }
        let (mut known, mut key) = (known.chars(), key.chars());
        let first = (known.next(), key.next());
        matches!(first, (Some(a), Some(b)) if a.eq_ignore_ascii_case(&b))
            && known.as_str() == key.as_str()
    }
}

struct Find<'f>(&'f Paths, &'f mut Vec<Hit>);

/// An object or array that the walk is in.
#[derive(Clone, Copy)]
struct Open {
    node: usize,
    is_array: bool,
}

impl<'a> Walk<'a> for Find<'_> {
    type Found = Result<(), Invalid>;

    #[inline(always)]
    fn walk<S: Simd>(self, mut cursor: Cursor<'a, S>) -> Self::Found {
        let Self(paths, hits) = self;
        cursor.white_space();
        let has_required = object(&mut cursor, paths, hits)?;
        cursor.white_space();
        match cursor.rest().is_empty() && has_required {
            true => Ok(()),
            false => Err(Invalid::Syntax),
        }
    }
}

/// Returns whether the object has the member that it has to have.
#[inline(always)]
fn object<S: Simd>(
    cursor: &mut Cursor<'_, S>,
    paths: &Paths,
    hits: &mut Vec<Hit>,
) -> Result<bool, Invalid> {
    let mut has_required = false;
    let mut outer: Vec<Open> = Vec::new();
    let mut open = Open {
        node: 0,
        is_array: false,
    };
    let mut goes_on = cursor.open_object()?;
    loop {
        while !goes_on {
            let Some(around) = outer.pop() else {
                return Ok(has_required);
            };
            open = around;
            goes_on = next(cursor, open)?;
        }
        // All values of an array stand at the array's own path.
        let mut child = Some(open.node);
        if !open.is_array {
            let key = cursor.key()?;
            has_required |= outer.is_empty() && key.text() == paths.required;
            child = paths.child(open.node, key);
        }
        let first = cursor.peek();
        let action = child.and_then(|child| paths.nodes[child].action);
        let is_entered = first == Some(b'[') || (first == Some(b'{') && action.is_none());
        if let Some(node) = child.filter(|_| is_entered) {
            let is_array = first == Some(b'[');
            outer.push(open);
            if outer.len() as u32 >= JSON_DEPTH_MAX {
                return Err(Invalid::TooDeep);
            }
            open = Open { node, is_array };
            goes_on = match is_array {
                true => cursor.open_array()?,
                false => cursor.open_object()?,
            };
            continue;
        }
        let begin = cursor.at();
        cursor.value(outer.len() as u32 + 1)?;
        if let Some(action) = action.filter(|_| first != Some(b'n')) {
            hits.push(Hit {
                begin,
                end: cursor.at(),
                action,
            });
        }
        goes_on = next(cursor, open)?;
    }
}

#[inline(always)]
fn next<S: Simd>(cursor: &mut Cursor<'_, S>, open: Open) -> Result<bool, Invalid> {
    match open.is_array {
        true => cursor.next_value(),
        false => cursor.next_member(),
    }
}
