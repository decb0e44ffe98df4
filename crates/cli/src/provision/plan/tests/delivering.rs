//! Whether what delivers has all that it needs to put records into its stream.

use crate::provision::desired::{self, Grants};
use crate::provision::observed::{Destination, Logging, Role, State, StreamStatus};
use crate::provision::resource::Encryption;

/// Whether a `logs::Destination` may put records into its stream, with the role and stream of the fleet as it `was` or as it `is`. A role
/// or stream that the fleet no longer names is as it was.
pub(super) fn puts(
    destination: &Destination,
    logging: &Logging,
    is: &desired::Logging,
    was: &desired::Logging,
) -> bool {
    let ends = &destination.ends;
    let policy = match &logging.role {
        State::Present(Role {
            policy: State::Present(policy),
            ..
        }) if ends.role == is.role.arn => policy,
        _ if ends.role == is.role.arn || ends.role != was.role.arn => return false,
        _ => &was.role.policy,
    };
    let of_target = |fleet: &desired::Logging| {
        let mut regions = fleet.regions.iter();
        let found = regions.find(|(_, place)| place.stream.arn == ends.target);
        found.map(|(region, place)| (region.clone(), place.stream.encryption.clone()))
    };
    let encryption = match (of_target(is), of_target(was)) {
        (Some((region, _)), _) => match &logging.regions[&region].stream {
            State::Present(stream) if stream.status != StreamStatus::Deleting => {
                stream.encryption.clone()
            }
            _ => return false,
        },
        (None, Some((_, old))) => old,
        (None, None) => return false,
    };
    let Grants { streams, keys } = Grants::of(policy);
    let has_key = match encryption {
        Encryption::None | Encryption::AwsManaged => true,
        Encryption::Customer(key) => keys.contains(key.as_str()),
    };
    streams.contains(ends.target.as_str()) && has_key
}
