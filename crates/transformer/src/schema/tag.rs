//! The values of tags in flow logs, which are percent-encoded.

/// Decodes the escaped text of a tag's value, and escapes it again. EC2 takes tags of any characters
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>).
#[cold]
#[inline(never)]
pub(super) fn decoded(text: &[u8]) -> Option<String> {
    let literal = [b"\"", text, b"\""].concat();
    let text: String = serde_json::from_slice(&literal).ok()?;
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.as_bytes().split_first_chunk::<2>()?;
        let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
        bytes.push(u8::try_from(high? * 16 + low?).ok()?);
        bytes.extend_from_slice(rest);
    }
    let text = String::from_utf8(bytes).ok()?;
    let literal = serde_json::Value::from(text).to_string();
    Some(literal[1..literal.len() - 1].to_owned())
}
