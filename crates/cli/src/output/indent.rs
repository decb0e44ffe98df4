//! JSON on several lines, for a person: text and numbers stay as they were.

/// Indents JSON. What is not JSON comes out as it is, or nearly.
pub(super) fn indented(json: &str) -> String {
    let mut text = String::with_capacity(2 * json.len());
    let (mut depth, mut is_inside, mut is_escaped) = (0_usize, false, false);
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        if is_inside {
            is_inside = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
            text.push(character);
            continue;
        }
        match character {
            '{' | '[' => {
                text.push(character);
                let is_empty = matches!(characters.peek(), Some('}' | ']'));
                depth += 1;
                if !is_empty {
                    line(depth, &mut text);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if !text.ends_with(['{', '[']) {
                    line(depth, &mut text);
                }
                text.push(character);
            }
            ',' => {
                text.push(character);
                line(depth, &mut text);
            }
            ':' => text.push_str(": "),
            _ => {
                is_inside = character == '"';
                text.push(character);
            }
        }
    }
    text
}

/// Begins a line.
fn line(depth: usize, text: &mut String) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn numbers_and_escapes_stay_as_they_were() {
        let json = r#"{"a":[1.50,{"b":"\u00e9{,:\" "}],"c":{},"d":[]}"#;
        let expected = "{\n  \"a\": [\n    1.50,\n    {\n      \"b\": \"\\u00e9{,:\\\" \"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}";
        assert_eq!(indented(json), expected);
    }

    proptest! {
        #[test]
        fn objects_are_indented_as_serde_json_does(members in prop::collection::btree_map(any::<String>(), any::<(String, Vec<i32>)>(), 0..4)) {
            let value = serde_json::to_value(members).unwrap();
            prop_assert_eq!(indented(&value.to_string()), format!("{value:#}"));
        }

        #[test]
        fn any_text_comes_out_with_no_more_than_white_space_added(text in r#"[a{}\[\]",:\\]{0,20}"#) {
            let plain = |text: &str| text.replace([' ', '\n'], "");
            prop_assert_eq!(plain(&indented(&text)), text);
        }
    }

    #[test]
    fn the_value_is_the_same() {
        let json = r#"{"a":["x y",null,true]}"#;
        let same: Value = serde_json::from_str(&indented(json)).unwrap();
        assert_eq!(same.to_string(), json);
    }
}
