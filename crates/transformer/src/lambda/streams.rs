//! The streams of AWS that records are put back to. Nothing is made or connected before the first record is.

use aws_sdk_firehose::primitives::Blob as FirehoseBlob;
use aws_sdk_firehose::types::Record as FirehoseRecord;
use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kinesis::primitives::Blob as KinesisBlob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use tokio::time::Instant;

use super::put::{Put, PutError, Stream, put};
use crate::limits::{PUT_RECORD_BATCH_BYTES_MAX, PUT_RECORDS_BYTES_MAX};
use crate::overflow::{Piece, Target};

/// What Lambda gives a function to call AWS with.
#[derive(Debug, Clone)]
pub struct Access {
    /// The credentials of the function's role.
    pub credentials: Credentials,
    /// Another endpoint than AWS's own.
    pub endpoint: Option<String>,
}

/// Puts records back.
pub struct Streams {
    access: Option<Access>,
    client: Option<(Target, Client)>,
}

enum Client {
    Kinesis(Kinesis),
    Firehose(Firehose),
}

struct Kinesis {
    client: aws_sdk_kinesis::Client,
    arn: String,
}

struct Firehose {
    client: aws_sdk_firehose::Client,
    name: String,
}

impl Streams {
    /// With this access; without any, nothing can be put.
    pub fn new(access: Option<Access>) -> Self {
        Self {
            access,
            client: None,
        }
    }

    /// Puts records into a stream, until `deadline` at the latest.
    pub async fn put(&mut self, target: &Target, pieces: &[Piece], deadline: Instant) -> Put {
        if self
            .client
            .as_ref()
            .is_none_or(|(made_for, _)| made_for != target)
        {
            let access = self.access.as_ref();
            self.client = access.map(|access| (target.clone(), client(access, target)));
        }
        match &self.client {
            Some((_, Client::Kinesis(stream))) => put(stream, pieces, deadline).await,
            Some((_, Client::Firehose(stream))) => put(stream, pieces, deadline).await,
            None => Put {
                is_put: vec![false; pieces.len()],
                calls: 0,
                error: Some("no credentials".to_owned()),
            },
        }
    }
}

/// Makes a client for a stream, in the stream's own Region. It retries nothing, because [`put`] does.
fn client(access: &Access, target: &Target) -> Client {
    /// Every SDK has a builder of its own, with the same methods.
    macro_rules! client {
        ($sdk:ident, $arn:expr) => {{
            let mut config = $sdk::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(region($arn))
                .credentials_provider(access.credentials.clone())
                .http_client(http())
                .retry_config(RetryConfig::disabled());
            config.set_endpoint_url(access.endpoint.clone());
            $sdk::Client::from_conf(config.build())
        }};
    }
    match target {
        Target::Kinesis(arn) => Client::Kinesis(Kinesis {
            client: client!(aws_sdk_kinesis, arn),
            arn: arn.clone(),
        }),
        Target::Firehose(arn) => Client::Firehose(Firehose {
            client: client!(aws_sdk_firehose, arn),
            name: arn.rsplit('/').next().unwrap_or_default().to_owned(),
        }),
    }
}

fn region(arn: &str) -> Region {
    Region::new(arn.split(':').nth(3).unwrap_or_default().to_owned())
}

fn http() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

impl Stream for Kinesis {
    const LONGEST_CALL: usize = PUT_RECORDS_BYTES_MAX;

    async fn put(&self, records: &[&Piece]) -> Result<Vec<bool>, PutError> {
        let mut call = self.client.put_records().stream_arn(&self.arn);
        for record in records {
            let entry = PutRecordsRequestEntry::builder()
                .data(KinesisBlob::new(record.data()))
                .partition_key(record.partition_key());
            call = call.records(entry.build().map_err(|_| not_sent())?);
        }
        let answer = call.send().await.map_err(|error| failed(&error))?;
        let results = answer.records().iter();
        Ok(results
            .map(|result| result.error_code().is_none())
            .collect())
    }
}

impl Stream for Firehose {
    const LONGEST_CALL: usize = PUT_RECORD_BATCH_BYTES_MAX;

    async fn put(&self, records: &[&Piece]) -> Result<Vec<bool>, PutError> {
        let mut call = self
            .client
            .put_record_batch()
            .delivery_stream_name(&self.name);
        for record in records {
            let entry = FirehoseRecord::builder().data(FirehoseBlob::new(record.data()));
            call = call.records(entry.build().map_err(|_| not_sent())?);
        }
        let answer = call.send().await.map_err(|error| failed(&error))?;
        let results = answer.request_responses().iter();
        Ok(results
            .map(|result| result.error_code().is_none())
            .collect())
    }
}

fn not_sent() -> PutError {
    PutError {
        code: "a record cannot be built".to_owned(),
        is_transient: false,
    }
}

/// An error as AWS names it. What AWS refuses for what the call is, it refuses again; everything else may pass.
fn failed<E: ProvideErrorMetadata>(error: &SdkError<E>) -> PutError {
    let SdkError::ServiceError(refused) = error else {
        return PutError {
            code: "no answer".to_owned(),
            is_transient: true,
        };
    };
    let code = refused.err().code().unwrap_or("an error without a code");
    PutError {
        is_transient: refused.raw().status().as_u16() >= 500
            || TRANSIENT.iter().any(|part| code.contains(part)),
        code: code.to_owned(),
    }
}

/// Parts of the codes of errors that pass, by
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html> and
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html>.
const TRANSIENT: [&str; 4] = [
    "Throttl",
    "ThroughputExceeded",
    "LimitExceeded",
    "Unavailable",
];
