//! The HTTP clients of a run: almost always one, with a limited pool, through the proxies and under the CAs that the
//! environment and the profiles name.
//!
//! <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-proxy.html>
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html>

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::config::SharedHttpClient;
use aws_smithy_http_client::pool::{Client, ConnectionPool};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::environment::variable;
use super::login::Cause;

/// A client for each bundle of CAs.
#[derive(Debug)]
pub(super) struct HttpClients {
    /// To one host.
    connections_max: usize,
    clients: Mutex<BTreeMap<Option<PathBuf>, SharedHttpClient>>,
}

/// Calls of one account follow each other within a second; a connection that rests for longer is one of an account that is done.
const IDLE_MAX: Duration = Duration::from_secs(10);

const BUNDLE: &str = "AWS_CA_BUNDLE";

impl HttpClients {
    pub(super) fn new(connections_max: usize) -> Self {
        Self {
            connections_max,
            clients: Mutex::default(),
        }
    }

    /// The client of a profile, which may name a bundle of its own; the environment's comes before it.
    pub(super) fn of(&self, bundle: Option<&str>) -> Result<SharedHttpClient, Cause> {
        let bundle = variable(BUNDLE)
            .or_else(|| bundle.map(ToOwned::to_owned))
            .map(PathBuf::from);
        let kept = |clients: &BTreeMap<_, SharedHttpClient>| clients.get(&bundle).cloned();
        if let Some(client) = self.clients.lock().ok().and_then(|clients| kept(&clients)) {
            return Ok(client);
        }
        let client = self.client(bundle.as_deref())?;
        if let Ok(mut clients) = self.clients.lock() {
            clients.insert(bundle.clone(), client.clone());
        }
        Ok(client)
    }

    fn client(&self, bundle: Option<&Path>) -> Result<SharedHttpClient, Cause> {
        no_socks()?;
        let mut trusted = TrustStore::default();
        if let Some(bundle) = bundle {
            // as in the AWS CLI, a bundle takes the place of the system's own
            trusted = TrustStore::empty();
            for certificate in certificates(bundle)? {
                trusted = trusted.with_pem_certificate(certificate);
            }
        }
        let broken = |error: &dyn std::fmt::Display| {
            Cause::new(
                format!("no HTTPS client can be made: {error}"),
                "this is a bug in catchment: please report it",
            )
        };
        let context = TlsContext::builder().with_trust_store(trusted).build();
        // the SDK's own default is aws-lc, which is minutes of C to build; ring speaks the same TLS
        let pool = ConnectionPool::builder()
            .max_connections_per_host(self.connections_max)
            .idle_timeout(IDLE_MAX)
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(context.map_err(|error| broken(&error))?)
            .build_https()
            .map_err(|error| broken(&error))?;
        let client = Client::new(&pool).map_err(|error| broken(&error))?;
        Ok(SharedHttpClient::new(client))
    }
}

/// The certificates of a bundle, each as PEM. The HTTP client panics over what is no certificate, and over one that cannot be a
/// CA's; bundles hold some of the latter, which other tools skip too.
fn certificates(bundle: &Path) -> Result<Vec<String>, Cause> {
    let wrong = |what: &str| {
        Cause::new(
            format!("the bundle of CAs {} {what}", bundle.display()),
            format!(
                "correct {BUNDLE}, or ca_bundle of the profile: a file with certificates in PEM form"
            ),
        )
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "connecting reads the trusted CAs"
    )]
    let text = std::fs::read(bundle).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    let text = String::from_utf8_lossy(&text);
    let blocks = text.split_inclusive(END).filter_map(|block| {
        let pem = block.get(block.find(BEGIN)?..)?;
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        webpki::anchor_from_trusted_cert(&der).ok()?;
        Some(format!("{pem}\n"))
    });
    let certificates: Vec<_> = blocks.collect();
    if certificates.is_empty() {
        return Err(wrong("holds no certificate of a CA"));
    }
    Ok(certificates)
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The HTTP client would speak HTTP to a SOCKS proxy.
fn no_socks() -> Result<(), Cause> {
    let names = [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ];
    let socks = |name: &&str| {
        variable(name).is_some_and(|value| value.to_ascii_lowercase().starts_with("socks"))
    };
    match names.into_iter().find(socks) {
        None => Ok(()),
        Some(name) => Err(Cause::new(
            format!("{name} names a SOCKS proxy, which catchment does not support"),
            "name an HTTP proxy, or unset it",
        )),
    }
}
