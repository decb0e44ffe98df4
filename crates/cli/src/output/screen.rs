//! How text looks on a stream: hostile characters made visible, colour by the word that a line begins with, wrapped to the terminal.
//!
//! Names, tags, policies and error messages come from accounts that others control. An escape sequence among them could rewrite
//! what the terminal shows, so all that is printed goes through [`visible`], [`visible_json`] or, on a terminal, [`DataWriter`].

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSplitter, WrapAlgorithm};

/// How text is shown on one stream.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Look {
    pub is_coloured: bool,
    /// The width of the terminal; `None` off a terminal, where nothing is wrapped.
    pub width: Option<usize>,
}

impl Look {
    /// The text as it is written to the stream.
    pub(super) fn render(self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let (line, end) = line
                .strip_suffix('\n')
                .map_or((line, ""), |line| (line, "\n"));
            self.line(&visible(line), &mut shown);
            shown.push_str(end);
        }
        shown
    }

    fn line(self, line: &str, shown: &mut String) {
        let (style, styled) = if self.is_coloured {
            style(line)
        } else {
            (Style::new(), 0)
        };
        for (index, part) in self.wrapped(line).iter().enumerate() {
            if index > 0 {
                shown.push('\n');
            }
            let until = if index == 0 {
                styled.min(part.len())
            } else {
                0
            };
            let (head, tail) = part.split_at(until);
            let text = head.trim_start();
            let indent = &head[..head.len() - text.len()];
            // writing to a String cannot fail
            let _ = if text.is_empty() {
                write!(shown, "{part}")
            } else {
                write!(shown, "{indent}{style}{text}{style:#}{tail}")
            };
        }
    }

    /// The line in pieces that fit the terminal. What continues is indented further; a word that is too long, such as an ARN, is
    /// left whole, so that it can be copied.
    fn wrapped(self, line: &str) -> Vec<Cow<'_, str>> {
        let Some(width) = self.width else {
            return vec![Cow::Borrowed(line)];
        };
        let text = line.trim_start();
        let indent = &line[..line.len() - text.len()];
        let further = format!("{indent}{CONTINUED}");
        let options = Options::new(width)
            .initial_indent(indent)
            .subsequent_indent(&further)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        textwrap::wrap(text, options)
    }
}

/// The style of a line's beginning, and how many bytes it covers.
fn style(line: &str) -> (Style, usize) {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    if indent == 0 && HEADINGS.iter().any(|heading| text.starts_with(heading)) {
        return (Style::new().bold(), line.len());
    }
    let words = WORDS.iter().find(|(word, _)| text.starts_with(word));
    words.map_or((Style::new(), 0), |(word, style)| {
        (*style, indent + word.trim_end().len())
    })
}

/// The text with control characters and those that change the direction of writing as escapes: `\u{1b}`.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hostile(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// JSON of the same meaning, in which those characters are escaped. JSON has them only in strings.
pub(super) fn visible_json(json: &str) -> Cow<'_, str> {
    let is_escaped = |character| is_hostile(character) && character != '\n';
    if !json.contains(is_escaped) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if is_escaped(character) {
            // none lies beyond four digits
            let _ = write!(shown, "\\u{:04x}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, and invisible ones that reorder or break a line (<https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>).
fn is_hostile(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Writes data. A file or a pipe gets it byte by byte; on a terminal, line breaks stay, other hostile characters are made visible,
/// and U+FFFD replaces bytes that are not UTF-8.
pub(super) struct DataWriter<W> {
    inner: W,
    is_terminal: bool,
    /// The beginning of a character whose end is yet to come.
    begun: Vec<u8>,
}

impl<W: Write> DataWriter<W> {
    pub(super) fn new(inner: W, is_terminal: bool) -> Self {
        Self {
            inner,
            is_terminal,
            begun: Vec::new(),
        }
    }

    /// Writes text that went through [`Look::render`].
    pub(super) fn write_rendered(&mut self, text: &str) -> io::Result<()> {
        self.inner.write_all(text.as_bytes())
    }
}

impl<W: Write> Write for DataWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_terminal {
            return self.inner.write(bytes);
        }
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        let mut chunks = all.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            for line in chunk.valid().split_inclusive('\n') {
                let (line, end) = line
                    .strip_suffix('\n')
                    .map_or((line, ""), |line| (line, "\n"));
                self.inner.write_all(visible(line).as_bytes())?;
                self.inner.write_all(end.as_bytes())?;
            }
            let is_begun = chunks.peek().is_none()
                && std::str::from_utf8(chunk.invalid())
                    .is_err_and(|error| error.error_len().is_none());
            if is_begun {
                self.begun = chunk.invalid().to_vec();
            } else if !chunk.invalid().is_empty() {
                self.inner.write_all("\u{fffd}".as_bytes())?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The further indentation of a line that is continued.
const CONTINUED: &str = "  ";

const HEADINGS: [&str; 3] = ["logging account ", "member account ", "member accounts"];

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(colour)))
}

/// Of the sixteen colours of a terminal, those that can be read on light and on dark: no yellow, no blue, nothing dimmed.
const GREEN: Style = colour(AnsiColor::Green);
const RED: Style = colour(AnsiColor::Red);
const CYAN: Style = colour(AnsiColor::Cyan);
const MAGENTA: Style = colour(AnsiColor::Magenta);

/// What a line may begin with, the longer of two first.
const WORDS: [(&str, Style); 27] = [
    ("+ ", GREEN),
    ("- ", RED),
    ("~ ", CYAN),
    ("! ", MAGENTA),
    ("in sync ", GREEN),
    ("drifted ", CYAN),
    ("absent ", RED),
    ("unknown ", MAGENTA),
    ("foreign ", MAGENTA),
    ("orphan ", MAGENTA),
    ("proven ", GREEN),
    ("sent ", CYAN),
    ("not proven ", MAGENTA),
    ("failed ", RED.bold()),
    ("orphan:", MAGENTA),
    ("warning:", MAGENTA),
    ("unknown:", MAGENTA),
    ("foreign:", MAGENTA),
    ("blocked:", MAGENTA),
    ("kept:", MAGENTA),
    ("over a limit:", MAGENTA),
    ("error:", RED.bold()),
    ("failed:", RED.bold()),
    ("not tried:", MAGENTA),
    ("because:", Style::new().bold()),
    ("cause:", Style::new().bold()),
    ("hint:", Style::new().bold()),
];

#[cfg(test)]
mod tests {
    use super::*;

    const ESCAPE: &str = "to-\u{1b}[2Jsplunk\u{9b}31m\u{202e}x";

    #[test]
    fn terminal_escapes_are_made_visible() {
        let shown = Look::default().render(&format!("a\tb\r{ESCAPE}\nnext\n"));
        assert_eq!(
            shown,
            "a\tb\\u{d}to-\\u{1b}[2Jsplunk\\u{9b}31m\\u{202e}x\nnext\n"
        );
    }

    #[test]
    fn json_keeps_its_meaning_without_raw_control_characters() {
        let json = serde_json::to_string_pretty(&[ESCAPE, "\u{7f}é\n"]).unwrap();
        let shown = visible_json(&json);
        assert!(!shown.contains(|c| is_hostile(c) && c != '\n'), "{shown:?}");
        let read: Vec<String> = serde_json::from_str(&shown).unwrap();
        assert_eq!(read, [ESCAPE, "\u{7f}é\n"]);
    }

    #[test]
    fn data_on_a_terminal_is_harmless_however_it_is_cut() {
        let data = "{\"a\":\"é\u{9b}\u{1b}[31m\"}\n".as_bytes();
        for cut in 0..data.len() {
            let mut writer = DataWriter::new(Vec::new(), true);
            writer.write_all(&data[..cut]).unwrap();
            writer.write_all(&data[cut..]).unwrap();
            let shown = String::from_utf8(writer.inner).unwrap();
            assert_eq!(shown, "{\"a\":\"é\\u{9b}\\u{1b}[31m\"}\n", "cut at {cut}");
        }
        let mut writer = DataWriter::new(Vec::new(), true);
        writer.write_all(b"\x1f\x8b\x9b31m").unwrap();
        assert_eq!(writer.inner, "\\u{1f}\u{fffd}\u{fffd}31m".as_bytes());
        let mut file = DataWriter::new(Vec::new(), false);
        file.write_all(b"\x1f\x8b\x9b31m").unwrap();
        assert_eq!(file.inner, b"\x1f\x8b\x9b31m");
    }

    #[test]
    fn a_line_is_wrapped_with_its_indentation_and_keeps_long_words() {
        let look = Look {
            is_coloured: false,
            width: Some(40),
        };
        let line = "      hint: have it allowed for this profile, see arn:aws:iam::999988887777:role/a-role-with-a-long-name now";
        assert_eq!(
            look.render(line),
            "      hint: have it allowed for this\n        profile, see\n        arn:aws:iam::999988887777:role/a-role-with-a-long-name\n        now"
        );
        assert_eq!(Look::default().render(line), line);
    }

    #[test]
    fn colour_is_put_around_the_sign_alone() {
        let look = Look {
            is_coloured: true,
            width: None,
        };
        assert_eq!(
            look.render("    + stream S\n"),
            "    \u{1b}[32m+\u{1b}[0m stream S\n"
        );
        assert_eq!(
            look.render("in sync  stream S"),
            "\u{1b}[32min sync\u{1b}[0m  stream S"
        );
        assert_eq!(
            look.render("member accounts\n"),
            "\u{1b}[1mmember accounts\u{1b}[0m\n"
        );
        assert_eq!(look.render("all is well"), "all is well");
        assert_eq!(
            look.render("+ \u{1b}[31m"),
            "\u{1b}[32m+\u{1b}[0m \\u{1b}[31m"
        );
    }
}
