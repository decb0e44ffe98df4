//! Reads the objects of an S3 bucket, in parts as they arrive.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;

use super::Connection;
use super::call::{CallError, Caller, Fault, GET_OBJECT, LIST_BUCKET};

/// An object, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub key: String,
    pub bytes: u64,
}

/// A page of a list of objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub objects: Vec<Listed>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// A bucket, and who reads it.
#[derive(Debug)]
pub struct Bucket<'a> {
    caller: &'a Caller,
    client: Client,
    name: String,
}

/// An object while it is read.
#[derive(Debug)]
pub struct Object {
    client: Client,
    bucket: String,
    key: String,
    /// Which version of it is read.
    tag: Option<String>,
    body: ByteStream,
    bytes_read: u64,
    tries: u32,
}

/// How often in a row reading an object is resumed after its connection broke.
const TRIES_MAX: u32 = 5;

impl<'a> Bucket<'a> {
    pub fn new(connection: &'a Connection, name: String) -> Self {
        Self {
            caller: &connection.caller,
            client: connection.s3(),
            name,
        }
    }

    /// Lists the objects under a prefix, by their keys: the first page, or the one that begins with `token`.
    ///
    /// # Errors
    /// Fails if the service refuses the call.
    pub async fn list(&self, prefix: &str, token: Option<&str>) -> Result<Page, CallError> {
        let send = || {
            let list = self
                .client
                .list_objects_v2()
                .bucket(&self.name)
                .prefix(prefix);
            list.set_continuation_token(token.map(ToOwned::to_owned))
                .send()
        };
        let resource = format!("bucket {}", self.name);
        let answer = self.caller.call(LIST_BUCKET, &resource, send).await?;
        let objects = answer.contents.unwrap_or_default().into_iter();
        let listed = |object: aws_sdk_s3::types::Object| {
            Some(Listed {
                key: object.key?,
                bytes: object.size.unwrap_or_default().unsigned_abs(),
            })
        };
        Ok(Page {
            objects: objects.filter_map(listed).collect(),
            next: answer.next_continuation_token,
        })
    }

    /// Opens an object.
    ///
    /// # Errors
    /// Fails if the service refuses the call.
    pub async fn open(&self, key: &str) -> Result<Object, CallError> {
        let send = || self.client.get_object().bucket(&self.name).key(key).send();
        let resource = format!("object {key} of bucket {}", self.name);
        let answer: GetObjectOutput = self.caller.call(GET_OBJECT, &resource, send).await?;
        Ok(Object {
            client: self.client.clone(),
            bucket: self.name.clone(),
            key: key.to_owned(),
            tag: answer.e_tag,
            body: answer.body,
            bytes_read: 0,
            tries: 0,
        })
    }
}

impl Object {
    /// The next bytes; `None` at the end. If the connection breaks, it goes on from there.
    ///
    /// # Errors
    /// Fails if the service does not go on, or the object has changed meanwhile.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        loop {
            match self.body.next().await {
                None => return Ok(None),
                Some(Ok(bytes)) => {
                    self.tries = 0;
                    self.bytes_read += bytes.len() as u64;
                    return Ok(Some(bytes.to_vec()));
                }
                Some(Err(_)) if self.tries < TRIES_MAX => self.resume().await?,
                Some(Err(error)) => return Err(Fault::Unanswered(super::chain(&error))),
            }
        }
    }

    async fn resume(&mut self) -> Result<(), Fault> {
        self.tries += 1;
        let get = self.client.get_object().bucket(&self.bucket).key(&self.key);
        let get = get.range(format!("bytes={}-", self.bytes_read));
        let answer = get.set_if_match(self.tag.clone()).send().await;
        self.body = answer.map_err(|error| Fault::of(&error))?.body;
        Ok(())
    }
}
