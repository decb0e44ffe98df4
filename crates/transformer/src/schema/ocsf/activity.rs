//! What happened, in the four attributes that say so: the id and the name of the activity, and those of the type of the event.

use super::super::mapping::{Computed, Row, Value, row};

/// An activity of a class, as JSON.
pub(super) struct Activity {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) type_uid: &'static str,
    pub(super) type_name: &'static str,
}

/// Activities of a class: its uid, its name, and the uid and the caption of each.
macro_rules! activities {
    ($class:literal, $name:literal: $($const:ident = $digits:literal $id:literal $caption:literal;)+) => {
        $(
            pub(in super::super) const $const: Activity = Activity {
                id: $id,
                name: concat!("\"", $caption, "\""),
                type_uid: concat!($class, $digits),
                type_name: concat!("\"", $name, ": ", $caption, "\""),
            };
        )+
    };
}

/// The rows, with the function that says from these fields which activity it is. An activity that OCSF has no name for has that of
/// `$other`.
macro_rules! rows_of_activity {
    ($about:expr, $fields:expr, $by:path, $other:expr) => {
        $crate::schema::ocsf::activity::rows(
            $about,
            $fields,
            [
                |fields| Some($by(fields).id),
                |fields| {
                    Some($by(fields))
                        .filter(|it| it.id != "99")
                        .map(|it| it.name)
                },
                |fields| Some($by(fields).type_uid),
                |fields| Some($by(fields).type_name),
            ],
            $other,
        )
    };
}

pub(super) use rows_of_activity;

/// What a computed value is computed by.
type By = fn(&[&[u8]]) -> Option<&'static str>;

/// What [`rows_of_activity`] returns.
pub(super) fn rows(
    about: &'static str,
    fields: &'static [&'static str],
    [id, name, type_uid, type_name]: [By; 4],
    other: Option<Value>,
) -> [Row; 4] {
    let computed = |kind, about, by| {
        Value::Computed(Computed {
            about,
            kind,
            fields,
            by,
        })
    };
    let name = computed("string", "the caption of `activity_id`", name);
    [
        row("activity_id", computed("integer", about, id)),
        row(
            "activity_name",
            match other {
                Some(other) => name.or(other),
                None => name,
            },
        ),
        row(
            "type_uid",
            computed("integer", "`class_uid` × 100 + `activity_id`", type_uid),
        ),
        row(
            "type_name",
            computed("string", "the caption of `type_uid`", type_name),
        ),
    ]
}

pub(super) mod network {
    //! Network Activity.

    use super::Activity;

    activities! { "4001", "Network Activity":
        UNKNOWN = "00" "0" "Unknown";
        REFUSE = "05" "5" "Refuse";
        TRAFFIC = "06" "6" "Traffic";
    }
}

pub(super) mod dns {
    //! DNS Activity.

    use super::Activity;

    activities! { "4003", "DNS Activity":
        TRAFFIC = "06" "6" "Traffic";
    }
}

pub(super) mod authentication {
    //! Authentication.

    use super::Activity;

    activities! { "3002", "Authentication":
        LOGON = "01" "1" "Logon";
        LOGOFF = "02" "2" "Logoff";
        OTHER = "99" "99" "Other";
    }
}

pub(super) mod account {
    //! Account Change.

    use super::Activity;

    activities! { "3001", "Account Change":
        CREATE = "01" "1" "Create";
        PASSWORD_CHANGE = "03" "3" "Password Change";
        PASSWORD_RESET = "04" "4" "Password Reset";
        DELETE = "06" "6" "Delete";
        ATTACH_POLICY = "07" "7" "Attach Policy";
        DETACH_POLICY = "08" "8" "Detach Policy";
        MFA_ENABLE = "10" "10" "MFA Factor Enable";
        MFA_DISABLE = "11" "11" "MFA Factor Disable";
        OTHER = "99" "99" "Other";
    }
}

pub(super) mod api {
    //! API Activity.

    use super::Activity;

    activities! { "6003", "API Activity":
        CREATE = "01" "1" "Create";
        READ = "02" "2" "Read";
        UPDATE = "03" "3" "Update";
        DELETE = "04" "4" "Delete";
        OTHER = "99" "99" "Other";
    }
}

pub(super) mod finding {
    //! Detection Finding.

    use super::Activity;

    activities! { "2004", "Detection Finding":
        CREATE = "01" "1" "Create";
        UPDATE = "02" "2" "Update";
        CLOSE = "03" "3" "Close";
    }
}
