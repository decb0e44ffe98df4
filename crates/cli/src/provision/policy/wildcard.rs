//! Wildcards in policies.

/// Whether a text is like a pattern, in which `*` stands for any text and `?` for one character
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>).
pub(crate) fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) =
        (text.chars().collect(), pattern.chars().collect());
    let (mut read, mut at) = (0, 0);
    // On a mismatch only the last `*` takes more, which suffices.
    let mut star = None;
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(one) if *one == '?' || text.get(read) == Some(one) => {
                (at, read) = (at + 1, read + 1);
            }
            _ => {
                let Some((of_star, taken)) = star else {
                    return false;
                };
                star = Some((of_star, taken + 1));
                (at, read) = (of_star + 1, taken + 1);
            }
        }
    }
    pattern.iter().skip(at).all(|one| *one == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_iam() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("a*b*c", "axxbyybzc", true),
            ("a*b*c", "axxbyybz", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*:b", "a:b:c", false),
            ("arn:*:1:*", "arn:aws:logs:r:1:x", true),
            ("a", "ab", false),
            ("abc", "abcd", false),
        ] {
            assert_eq!(is_like(text, pattern), expected, "{pattern} {text}");
        }
    }
}
