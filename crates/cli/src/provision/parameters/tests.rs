//! The parameters of each template for a small fleet.

use super::*;

const FLEET: &str = r#"
    [logging]
    account = "999988887777"
    regions = ["us-west-2"]
    destination = "kinesisDest"
    role = "cwrole"
    [logging.stream]
    name = "Demo_Kinesis_Stream"
    shards = 4
    [[members]]
    name = "dev1"
    account = "111122223333"
    vpc_flow_logs = ["flow"]
    cloudtrail = ["CloudTrail/one"]
    [[members]]
    name = "dev2"
    account = "444455556666"
    cloudtrail = ["CloudTrail/two"]
    other = ["app"]
    [[members]]
    name = "own"
    account = "999988887777"
    guardduty = ["/aws/events/guardduty"]
"#;

fn fleet(text: &str) -> Fleet {
    Fleet::parse(text).unwrap()
}

fn logging(text: &str) -> Parameters {
    of_logging(&fleet(text), None, true).unwrap().parameters
}

fn lines(parameters: &Parameters) -> String {
    parameters
        .iter()
        .map(|(key, value)| format!("{key}={value}\n"))
        .collect()
}

fn region() -> Region {
    "us-west-2".parse().unwrap()
}

#[test]
fn logging_yaml_gets_the_stream_and_the_sources() {
    insta::assert_snapshot!(lines(&of_logging(&fleet(FLEET), Some(Architecture::X86_64), true).unwrap().parameters), @r#"
    Accounts=111122223333,444455556666,999988887777
    Architecture=x86_64
    FilterName=catchment-kinesisDest
    SilentHours=1
    Sources={"/aws/events/guardduty":"guardduty","CloudTrail/one":"cloudtrail","CloudTrail/two":"cloudtrail","app":"other","flow":"vpc-flow-logs"}
    StreamName=Demo_Kinesis_Stream
    "#);
}

#[test]
fn the_fleet_file_says_how_long_the_stream_may_be_silent() {
    let text = FLEET.replace("role = \"cwrole\"", "role = \"cwrole\"\nsilent_hours = 0");
    assert_eq!(logging(&text)["SilentHours"], "0");
}

#[test]
fn a_customers_key_of_the_stream_is_passed_on() {
    let key = "arn:aws:kms:us-west-2:999988887777:key/1";
    let text = FLEET.replace("shards = 4", &format!("shards = 4\nencryption = \"{key}\""));
    assert_eq!(logging(&text)["StreamKeyArn"], key);
}

#[test]
fn the_transformer_reads_the_sources() {
    let sources = logging(FLEET).remove("Sources").unwrap();
    catchment_transformer::Settings::from_pairs([("CATCHMENT_SOURCES".to_owned(), sources)])
        .unwrap();
}

#[test]
fn one_name_with_two_sources_is_refused() {
    let text = FLEET.replace("other = [\"app\"]", "other = [\"flow\"]");
    let error = of_logging(&fleet(&text), None, true).unwrap_err();
    insta::assert_snapshot!(error, @"log group flow carries vpc-flow-logs in one member and other in another");
}

/// The small fleet with 500 more log groups, alternately of two sources.
fn large(name: impl Fn(usize) -> String) -> String {
    let list = |odd: usize| {
        let names: Vec<_> = (0..500).filter(|n| n % 2 == odd).map(&name).collect();
        format!("{names:?}")
    };
    FLEET
        .replace("[\"app\"]", &list(0))
        .replace("[\"flow\"]", &list(1))
}

#[test]
fn sources_that_outgrow_the_environment_are_merged_by_prefix() {
    let text = large(|n| format!("{}/member-account-{n:04}", ["app", "flow"][n % 2]));
    let Logging {
        parameters,
        shortened,
        ..
    } = of_logging(&fleet(&text), None, true).unwrap();
    insta::assert_snapshot!(parameters["Sources"], @r#"{"/aws/events/guardduty":"guardduty","CloudTrail/*":"cloudtrail","app/member-account-0*":"other","flow/member-account-0*":"vpc-flow-logs"}"#);
    let shortened = shortened.unwrap();
    assert_eq!((shortened.log_groups, shortened.entries), (503, 4));
}

#[test]
fn sources_that_cannot_be_merged_are_refused_unless_they_are_left_out() {
    let text = large(|n| format!("/member-account-{n:04}/logs"));
    let error = of_logging(&fleet(&text), None, true).unwrap_err();
    insta::assert_snapshot!(error, @"the sources of 503 log groups need 20097 bytes, or 20065 if they are merged by prefix, but a Lambda's environment has room for 3584");
    let without = of_logging(&fleet(&text), None, false).unwrap();
    assert_eq!(without.parameters.get("Sources"), None);
}

#[test]
fn accounts_that_outgrow_a_parameter_are_left_out() {
    let mut text = FLEET.to_owned();
    for n in 0..320 {
        let account = 100_000_000_000_u64 + n;
        text +=
            &format!("[[members]]\nname = \"m{n}\"\naccount = \"{account}\"\nother = [\"app\"]\n");
    }
    let found = of_logging(&fleet(&text), None, true).unwrap();
    assert_eq!(found.accounts_left_out, Some(323));
    assert_eq!(found.parameters.get("Accounts"), None);
}

#[test]
fn the_trail_bucket_lists_the_members_that_have_a_trail() {
    let parameters = of_trail_bucket(&fleet(FLEET), &region(), "trails", "catchment").unwrap();
    insta::assert_snapshot!(lines(&parameters), @"
    BucketName=trails
    LoggingTrailName=catchment
    TrailArns=arn:aws:cloudtrail:us-west-2:111122223333:trail/catchment,arn:aws:cloudtrail:us-west-2:444455556666:trail/catchment,arn:aws:cloudtrail:us-west-2:999988887777:trail/catchment
    TrailObjects=arn:aws:s3:::trails/AWSLogs/111122223333/*,arn:aws:s3:::trails/AWSLogs/444455556666/*,arn:aws:s3:::trails/AWSLogs/999988887777/*
    ");
}

#[test]
fn member_yaml_gets_the_members_own_log_groups() {
    let fleet = fleet(FLEET);
    let of = |name: &str| {
        let name = name.parse().unwrap();
        of_member(&fleet, &name, &fleet.members[&name], "trails", "catchment").unwrap()
    };
    insta::assert_snapshot!(lines(&of("dev1")), @"
    FilterName=catchment-kinesisDest
    FlowLogGroupName=flow
    HomeRegion=us-west-2
    TrailBucketName=trails
    TrailLogGroupName=CloudTrail/one
    TrailName=catchment
    ");
    assert_eq!(lines(&of("own")), "FilterName=catchment-kinesisDest\n");
}

#[test]
fn member_yaml_creates_one_log_group_of_a_source() {
    let fleet = fleet(&FLEET.replace("[\"flow\"]", "[\"flow\", \"flow2\"]"));
    let name = "dev1".parse().unwrap();
    let error = of_member(&fleet, &name, &fleet.members[&name], "trails", "catchment").unwrap_err();
    insta::assert_snapshot!(error, @"dev1 has 2 vpc-flow-logs log groups, but the template creates one");
}

#[test]
fn guardduty_yaml_gets_the_logging_accounts_own_log_group() {
    let parameters = of_guardduty(&fleet(FLEET)).unwrap();
    assert_eq!(
        parameters,
        Parameters::from([("LogGroupName", "/aws/events/guardduty".to_owned())])
    );
    let without = FLEET.replace("guardduty =", "other =");
    assert_eq!(
        of_guardduty(&fleet(&without)),
        Err(ParametersError::NoLogGroup {
            of: Source::GuardDuty
        })
    );
}

#[test]
fn the_logging_account_gets_a_trail_unless_it_is_a_member_with_one() {
    let text = FLEET.replace("guardduty =", "cloudtrail =");
    let parameters = of_trail_bucket(&fleet(&text), &region(), "trails", "catchment").unwrap();
    assert_eq!(parameters["LoggingTrailName"], "");
}

#[test]
fn a_trail_has_its_log_group_in_one_region_only() {
    let two = FLEET.replace("[\"us-west-2\"]", "[\"us-west-2\", \"eu-west-1\"]");
    let one_of_two = two.replace(
        "account = \"444455556666\"",
        "account = \"444455556666\"\nregions = [\"eu-west-1\"]",
    );
    let error = of_trail_bucket(&fleet(&one_of_two), &region(), "trails", "catchment").unwrap_err();
    insta::assert_snapshot!(error, @"dev1 has a CloudTrail log group in 2 Regions, but a trail has one only in its home Region");
    let all = one_of_two.replace(
        "account = \"111122223333\"",
        "account = \"111122223333\"\nregions = [\"us-west-2\"]",
    );
    let parameters = of_trail_bucket(&fleet(&all), &region(), "trails", "catchment").unwrap();
    insta::assert_snapshot!(parameters["TrailArns"], @"arn:aws:cloudtrail:us-west-2:111122223333:trail/catchment,arn:aws:cloudtrail:eu-west-1:444455556666:trail/catchment,arn:aws:cloudtrail:us-west-2:999988887777:trail/catchment");
}

#[test]
fn the_settings_file_has_every_log_group_with_its_format_and_the_members_names() {
    let text = FLEET.replacen(
        "\"flow\"",
        "{ name = \"flow\", format = \"${bytes} ${srcaddr}\" }",
        1,
    );
    let settings = settings(&fleet(&text)).unwrap().to_string();
    assert_eq!(
        settings,
        r#"{"accounts":{"111122223333":"dev1","444455556666":"dev2","999988887777":"own"},"sources":{"/aws/events/guardduty":"guardduty","CloudTrail/one":"cloudtrail","CloudTrail/two":"cloudtrail","app":"other","flow":{"format":"${bytes} ${srcaddr}","source":"vpc-flow-logs"}}}"#
    );
    let rule = "[[rules]]\nname = \"a\"\nsource = \"cloudtrail\"\naction = \"drop\"\ndetection = { s.readOnly = true, condition = \"s\" }";
    let with_rule = super::settings(&fleet(&format!("{text}\n{rule}"))).unwrap();
    assert_eq!(
        with_rule["rules"].to_string(),
        r#"[{"action":"drop","detection":{"condition":"s","s":{"readOnly":true}},"name":"a","source":"cloudtrail"}]"#
    );
    let redact = "[[redact]]\nsource = \"cloudtrail\"\nfields = [\"userAgent\"]\naction = \"mask\"";
    let with_both = fleet(&format!("{text}\n{rule}\n{redact}"));
    assert_eq!(
        super::settings(&with_both).unwrap()["redact"].to_string(),
        r#"[{"action":"mask","fields":["userAgent"],"source":"cloudtrail"}]"#
    );
    let only = |fleet: &Fleet| of_logging(fleet, None, true).unwrap().only_in_settings;
    assert_eq!(only(&with_both), [(1, "[[rules]]"), (1, "[[redact]]")]);
    assert_eq!(only(&fleet(&text)), []);
    let none = [("", ""); 0];
    catchment_transformer::Settings::from_file_and_pairs(Some(&settings), none).unwrap();
    // The parameter says the same.
    assert!(logging(&text)["Sources"].contains("${bytes}"));
}

#[test]
fn a_log_group_has_one_format() {
    let text = FLEET.replace(
        "other = [\"app\"]",
        "vpc_flow_logs = [{ name = \"flow\", format = \"${bytes}\" }]",
    );
    let error = settings(&fleet(&text)).unwrap_err();
    insta::assert_snapshot!(error, @"the flow logs of log group flow have one format in one member and another in another");
}
