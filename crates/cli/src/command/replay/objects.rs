//! The objects of a bucket that `replay` is given as `s3://BUCKET/PREFIX`, one after another, each read as it arrives.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::rc::Rc;

use super::files::Opened;
use super::remote::Remote;
use crate::aws::CallError;
use crate::aws::bucket::{Bucket, Listed, Object};
use crate::output::Hinted;

/// The objects under a prefix.
pub(super) struct Objects {
    remote: Rc<Remote>,
    bucket: String,
    prefix: String,
    listed: VecDeque<Listed>,
    /// Where the next page begins; `None` behind the last.
    next: Option<Option<String>>,
}

impl Objects {
    pub(super) fn of(remote: Rc<Remote>, bucket: &str, prefix: &str) -> Self {
        Self {
            remote,
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            listed: VecDeque::new(),
            next: Some(None),
        }
    }

    /// The next object, if there is one. What ends in `/` is the console's mark of a folder, and holds nothing.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Listed>> {
        loop {
            if let Some(object) = self.listed.pop_front() {
                if object.bytes > 0 || !object.key.ends_with('/') {
                    return Ok(Some(object));
                }
                continue;
            }
            let Some(token) = self.next.take() else {
                return Ok(None);
            };
            let bucket = Bucket::new(&self.remote.connection, self.bucket.clone());
            let list = bucket.list(&self.prefix, token.as_deref());
            let page = self.remote.wait(list).map_err(hinted)?;
            self.listed = page.objects.into();
            self.next = page.next.map(Some);
        }
    }

    pub(super) fn open(&self, object: &Listed) -> anyhow::Result<Opened> {
        let bucket = Bucket::new(&self.remote.connection, self.bucket.clone());
        let opened = self.remote.wait(bucket.open(&object.key)).map_err(hinted)?;
        Ok(Opened {
            reader: Box::new(ObjectReader {
                remote: Rc::clone(&self.remote),
                object: opened,
                part: io::Cursor::default(),
            }),
            bytes: Some(object.bytes),
        })
    }

    /// What the object is called in messages.
    pub(super) fn name(&self, object: &Listed) -> String {
        format!("s3://{}/{}", self.bucket, object.key)
    }
}

fn hinted(error: CallError) -> Hinted {
    let hint = error.explanation().hint;
    Hinted::new(error, hint)
}

struct ObjectReader {
    remote: Rc<Remote>,
    object: Object,
    part: io::Cursor<Vec<u8>>,
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let bytes = self.part.read(buffer)?;
            if bytes > 0 || buffer.is_empty() {
                return Ok(bytes);
            }
            match self
                .remote
                .wait(self.object.next())
                .map_err(io::Error::other)?
            {
                Some(part) => self.part = io::Cursor::new(part),
                None => return Ok(0),
            }
        }
    }
}
