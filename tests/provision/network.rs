//! How a run reaches AWS: proxies, private CAs, endpoints of another kind, and what a big fleet takes of the machine.

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use crate::fleet::{Fleet, REGION, Run};
use crate::support::emulator::Emulator;
use crate::support::network::Network;

/// A run that finds AWS under its own names, through the proxy.
fn through_proxy(fleet: &Fleet<'_>, network: &Network) -> Command {
    let mut command = fleet.command("plan");
    command
        .env_remove("AWS_ENDPOINT_URL")
        .env("HTTPS_PROXY", network.proxy())
        .env("AWS_CA_BUNDLE", network.ca());
    command
}

#[track_caller]
fn works(command: &mut Command) {
    let run = Run::of(&command.output().unwrap());
    assert_eq!(run.code, Some(0), "{run:#?}");
}

#[track_caller]
fn fails(command: &mut Command, texts: &[&str]) {
    let run = Run::of(&command.output().unwrap());
    assert_eq!(run.code, Some(1), "{run:#?}");
    for text in texts {
        run.says(text);
    }
}

/// Insists on a tunnel to each of these hosts, and on none to others.
#[track_caller]
fn tunnels(network: &Network, hosts: &[&str]) {
    let mut requests = network.requests();
    requests.sort();
    requests.dedup();
    let mut expected: Vec<_> = hosts
        .iter()
        .map(|host| format!("CONNECT {host}:443"))
        .collect();
    expected.sort();
    assert_eq!(requests, expected);
}

#[test]
fn https_goes_through_the_proxy_and_trusts_the_bundle() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let network = Network::before(&emulator);
    works(&mut through_proxy(&fleet, &network));
    let hosts = [
        "sts.us-west-2",
        "logs.us-west-2",
        "kinesis.us-west-2",
        "iam",
    ];
    let hosts = hosts.map(|host| format!("{host}.amazonaws.com"));
    tunnels(&network, &hosts.each_ref().map(String::as_str));
}

#[test]
fn a_profile_can_name_the_bundle() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let network = Network::before(&emulator);
    let profiles = ["logging", "dev1", "dev2"];
    let config =
        profiles.map(|name| format!("[profile {name}]\nca_bundle = {}\n", network.ca().display()));
    emulator.write("config", &config.concat());
    works(through_proxy(&fleet, &network).env_remove("AWS_CA_BUNDLE"));
}

#[test]
fn what_no_proxy_names_goes_directly() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let network = Network::before(&emulator);
    works(
        through_proxy(&fleet, &network)
            .env("AWS_ENDPOINT_URL", network.tls_endpoint())
            .env("NO_PROXY", "example.com,localhost"),
    );
    let requests = network.requests();
    assert!(
        !requests.is_empty() && requests.iter().all(|request| request == "TLS"),
        "{requests:?}"
    );
}

#[test]
fn http_goes_through_its_own_proxy() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let network = Network::before(&emulator);
    works(fleet.command("plan").env("HTTP_PROXY", network.proxy()));
    let forwarded = format!("FORWARD {}", emulator.endpoint());
    let requests = network.requests();
    assert!(
        !requests.is_empty()
            && requests
                .iter()
                .all(|request| request.starts_with(&forwarded)),
        "{requests:?}"
    );
}

#[test]
fn fips_and_dual_stack_endpoints_are_used_as_the_environment_or_the_profile_says() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let fips = [
        "sts-fips.us-west-2.amazonaws.com",
        "logs-fips.us-west-2.amazonaws.com",
    ];
    let dual = ["sts.us-west-2.api.aws", "logs.us-west-2.api.aws"];
    for (variable, setting, hosts) in [
        ("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", fips),
        ("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", dual),
    ] {
        let members = |command: &mut Command| {
            command.args(["--member", "dev1"]);
            let run = Run::of(&command.output().unwrap());
            assert_eq!(run.code, Some(0), "{run:#?}");
        };
        emulator.write("config", "");
        let network = Network::before(&emulator);
        members(through_proxy(&fleet, &network).env(variable, "true"));
        tunnels(&network, &hosts);
        emulator.write("config", &format!("[profile dev1]\n{setting} = true\n"));
        let network = Network::before(&emulator);
        members(&mut through_proxy(&fleet, &network));
        tunnels(&network, &hosts);
    }
}

#[test]
fn a_network_that_fails_is_told_by_its_cause_alone() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let network = Network::before(&emulator);
    fails(
        fleet
            .command("plan")
            .env("AWS_ENDPOINT_URL", network.tls_endpoint()),
        &[
            "profile dev1 gives: no answer: invalid peer certificate: UnknownIssuer; check the network, HTTPS_PROXY, AWS_CA_BUNDLE and AWS_ENDPOINT_URL",
        ],
    );
    fails(
        through_proxy(&fleet, &network).env("HTTPS_PROXY", "http://127.0.0.1:9"),
        &["no answer: Connection refused"],
    );
    fails(
        through_proxy(&fleet, &network).env("HTTPS_PROXY", "socks5://127.0.0.1:9"),
        &["HTTPS_PROXY names a SOCKS proxy, which catchment does not support"],
    );
    let bundle = |text: &str| {
        emulator.write("bundle.pem", text);
        let mut command = through_proxy(&fleet, &network);
        command.env("AWS_CA_BUNDLE", emulator.home().join("bundle.pem"));
        command
    };
    let none = "bundle.pem holds no certificate of a CA";
    fails(&mut bundle("what?"), &[none]);
    fails(
        &mut bundle("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        &[none],
    );
    fails(
        through_proxy(&fleet, &network).env("AWS_CA_BUNDLE", "/nowhere.pem"),
        &["the bundle of CAs /nowhere.pem cannot be read: No such file"],
    );
    // what is no CA's certificate is left out, as other tools do
    let real = fs::read_to_string(network.ca()).unwrap();
    works(&mut bundle(&format!(
        "# ours\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{real}"
    )));
}

#[test]
fn one_account_at_a_time_is_enough_for_everything() {
    let emulator = Emulator::start();
    let fleet = Fleet::new(&emulator);
    let regions = |text: String| text.replace("\"us-west-2\"]", "\"us-west-2\", \"us-east-1\"]");
    fleet.write_file(&regions(fleet.text("shards = 1", "")));
    for (account, group) in [
        (&fleet.dev1, "cwl_vpc_fl_member_account_1"),
        (&fleet.dev1, "CloudTrail/member_account_1"),
        (&fleet.dev2, "CloudTrail/member_account_2"),
    ] {
        let params = json!({ "logGroupName": group });
        emulator.call(account, "us-east-1", "logs", "CreateLogGroup", &params);
    }
    fleet.expect(0, "apply --yes --concurrency 1");
    fleet.expect(0, "plan --exit-code --concurrency 1");
    fleet.expect(0, "destroy --yes --concurrency 1");
    fleet.expect(2, "plan --concurrency 0");
}

/// What a run took at its most.
#[derive(Debug, Default)]
struct Peak {
    sockets: usize,
    memory_mib: usize,
}

const MEMBERS: usize = 300;
const PROFILES: usize = 2001;

/// A connection for each of `--concurrency`, but for the runtime's own few.
const SOCKETS_MAX: usize = 32 + 8;

/// The runtime, the SDK, the clients of 32 accounts, what was read; a test build takes the most of it.
const MEMORY_MIB_MAX: usize = 80;

#[test]
fn a_fleet_of_hundreds_is_read_with_few_sockets_and_little_memory() {
    let emulator = Emulator::start();
    let account = |number: usize| format!("{}", 200_000_000_000 + number);
    let profiles = (0..PROFILES).map(|number| {
        format!(
            "[p{number}]\naws_access_key_id = {}\naws_secret_access_key = test\n",
            account(number)
        )
    });
    emulator.write("credentials", &profiles.collect::<String>());
    let config = (0..PROFILES)
        .map(|number| format!("[profile p{number}]\nregion = {REGION}\noutput = json\n"));
    emulator.write("config", &config.collect::<String>());
    let members = (0..MEMBERS).map(|number| {
        format!("[[members]]\nname = \"m{number}\"\nprofile = \"p{number}\"\naccount = \"{}\"\nother = [\"a\", \"b\"]\n", account(number))
    });
    let logging = format!(
        "[logging]\nprofile = \"p{MEMBERS}\"\naccount = \"{}\"\nregions = [\"{REGION}\"]\ndestination = \"kinesisDest\"\nrole = \"cwrole\"\norganization = \"o-abcdefghij\"\n[logging.stream]\nname = \"all\"\nshards = 1\n",
        account(MEMBERS)
    );
    emulator.write("catchment.toml", &(logging + &members.collect::<String>()));

    let mut child = Command::new("sh")
        .args(["-c", "ulimit -n 256 && exec \"$@\"", "sh"])
        .arg(emulator.catchment().get_program())
        .args(["plan", "--output", "json"])
        .envs(
            emulator
                .catchment()
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(emulator.home())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let peak = watch(&mut child);
    let plan = reader.join().unwrap().unwrap();

    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let unread: Vec<_> = plan["declined"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|declined| declined["reason"] == json!("unknown"))
        .collect();
    assert!(
        unread.is_empty(),
        "{} unread, first {}",
        unread.len(),
        unread[0]
    );
    assert!(
        peak.sockets > 8 && peak.sockets <= SOCKETS_MAX && peak.memory_mib <= MEMORY_MIB_MAX,
        "{peak:?}"
    );
    let of = |operation: &str| {
        let calls = emulator.calls();
        calls
            .iter()
            .filter(|call| call["operation"] == operation)
            .count()
    };
    assert_eq!(
        (of("GetCallerIdentity"), of("DescribeSubscriptionFilters")),
        (MEMBERS + 1, 2 * MEMBERS)
    );
}

/// Looks at a process until it ends.
fn watch(child: &mut Child) -> Peak {
    let process = format!("/proc/{}", child.id());
    let mut peak = Peak::default();
    while child.try_wait().unwrap().is_none() {
        let files = fs::read_dir(format!("{process}/fd"))
            .into_iter()
            .flatten()
            .flatten();
        let links = files.filter_map(|file| fs::read_link(file.path()).ok());
        let sockets = links.filter(|link| link.to_string_lossy().starts_with("socket"));
        peak.sockets = peak.sockets.max(sockets.count());
        let status = fs::read_to_string(format!("{process}/status")).unwrap_or_default();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib =
            memory.and_then(|memory| memory.trim().trim_end_matches(" kB").parse::<usize>().ok());
        peak.memory_mib = peak.memory_mib.max(kib.unwrap_or(0) / 1024);
        sleep(Duration::from_millis(10));
    }
    peak
}
