//! Checks of the characters and length of names.

/// `us-west-2`, `us-gov-east-1`, `cn-north-1`: two or more words, then a number.
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [area, words @ .., number] = parts.as_slice() else {
        return false;
    };
    let is_lower =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    area.len() >= 2
        && is_lower(area)
        && (1..=2).contains(&words.len())
        && words.iter().all(|part| is_lower(part))
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// ASCII letters, digits and the characters in `marks`.
pub(super) fn is_word(text: &str, characters_max: usize, marks: &str) -> bool {
    (1..=characters_max).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || marks.contains(c))
}

/// Any characters except control characters.
pub(super) fn is_text(text: &str, characters_min: usize, characters_max: usize) -> bool {
    (characters_min..=characters_max).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
}
