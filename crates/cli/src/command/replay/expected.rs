//! The responses that `replay --expect` compares with, read as they are needed.

use std::path::Path;

use anyhow::Context;

use super::files;
use crate::batch::compare::difference;
use crate::batch::documents::Documents;
use crate::output::Output;

/// Recorded responses, and how the comparison with them goes.
pub(super) struct Expected {
    name: String,
    responses: Documents<'static>,
    compared: usize,
    is_equal: bool,
}

impl Expected {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let name = files::name(path);
        let opened = files::open(path).with_context(|| format!("cannot read {name}"))?;
        let responses = Documents::of(opened.reader);
        Ok(Self {
            responses: responses.with_context(|| format!("cannot compare with {name}"))?,
            name,
            compared: 0,
            is_equal: true,
        })
    }

    /// Compares the next response, and writes the difference.
    pub(super) fn compare(&mut self, actual: &[u8], output: &mut Output) -> anyhow::Result<()> {
        let expected = self.next()?;
        self.write(expected.as_deref(), Some(actual), output)
    }

    /// Writes what was expected and did not come. Returns whether everything is as expected.
    pub(super) fn end(mut self, output: &mut Output) -> anyhow::Result<bool> {
        let is_any = self.compared > 0;
        while let Some(expected) = self.next()? {
            self.write(Some(&expected), None, output)?;
        }
        Ok(self.is_equal && is_any)
    }

    fn next(&mut self) -> anyhow::Result<Option<String>> {
        let next = self.responses.next().transpose();
        let next = next.with_context(|| format!("cannot compare with {}", self.name))?;
        Ok(next.map(|document| document.json))
    }

    fn write(
        &mut self,
        expected: Option<&str>,
        actual: Option<&[u8]>,
        output: &mut Output,
    ) -> anyhow::Result<()> {
        let difference = difference(self.compared, expected.map(str::as_bytes), actual)?;
        self.compared += 1;
        self.is_equal &= difference.is_empty();
        output.result(difference.as_bytes())?;
        Ok(())
    }
}
