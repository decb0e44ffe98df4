//! The objects of a bucket that are new since a first look.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt};

use crate::aws::bucket::{Bucket, Listed};
use crate::aws::{CallError, Connection, chain};

/// A bucket that is looked into again and again.
#[derive(Debug)]
pub struct NewObjects<'a> {
    bucket: Bucket<'a>,
    known: BTreeSet<String>,
}

/// Why a bucket cannot be looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    NoBucket,
    Other(String),
}

/// How many lists are read at a time. Our own choice.
const LISTS_MAX: usize = 16;

/// The largest object that is read: Firehose gathers at most 128 MiB
/// (<https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html>), and a transformer may make it longer.
const OBJECT_BYTES_MAX: u64 = 512 * 1024 * 1024;

impl<'a> NewObjects<'a> {
    pub fn of(connection: &'a Connection, bucket: &str) -> Self {
        Self {
            bucket: Bucket::new(connection, bucket.to_owned()),
            known: BTreeSet::new(),
        }
    }

    /// The keys under these prefixes that no look has found before.
    ///
    /// # Errors
    /// Fails if the bucket cannot be listed.
    pub async fn look(&mut self, prefixes: &BTreeSet<String>) -> Result<Vec<String>, Unread> {
        let bucket = &self.bucket;
        let lists = prefixes.iter().map(|prefix| list(bucket, prefix));
        let mut lists = stream::iter(lists).buffered(LISTS_MAX);
        let mut keys = Vec::new();
        while let Some(listed) = lists.next().await {
            let listed = listed.map_err(|error| unread(&error))?.into_iter();
            keys.extend(
                listed
                    .filter(|one| one.bytes <= OBJECT_BYTES_MAX)
                    .map(|one| one.key),
            );
        }
        drop(lists);
        keys.retain(|key| self.known.insert(key.clone()));
        Ok(keys)
    }

    /// An object as a whole.
    ///
    /// # Errors
    /// Fails if it cannot be read.
    pub async fn read(&self, key: &str) -> Result<Vec<u8>, Unread> {
        let mut object = self
            .bucket
            .open(key)
            .await
            .map_err(|error| unread(&error))?;
        let mut bytes = Vec::new();
        loop {
            match object.next().await {
                Ok(Some(part)) => bytes.extend(part),
                Ok(None) => return Ok(bytes),
                Err(fault) => return Err(Unread::Other(chain(&fault))),
            }
        }
    }
}

async fn list(bucket: &Bucket<'_>, prefix: &str) -> Result<Vec<Listed>, CallError> {
    let mut all = Vec::new();
    let mut token = None;
    loop {
        let page = bucket.list(prefix, token.as_deref()).await?;
        all.extend(page.objects);
        token = page.next;
        if token.is_none() {
            return Ok(all);
        }
    }
}

fn unread(error: &CallError) -> Unread {
    if error.code() == Some("NoSuchBucket") {
        Unread::NoBucket
    } else {
        Unread::Other(format!("{}; {}", chain(error), error.explanation().hint))
    }
}
