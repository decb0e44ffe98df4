//! Log events as documents of a schema that has a form of its own for all of a line, such as ECS.

mod line;

pub(crate) use line::Line;

use super::already_ocsf::AlreadyOcsf;
use super::flow_line::FlowLine;
use super::flow_log::escaped_again;
use super::mapping::{
    Choose, Fields, Finder, Found, Given, Growth, Mapping, Memo, Needs, Places, Program, RateRow,
    compile, with_rest, with_unread,
};
use super::parsed::{Parsed, is_object, text_of};
use super::{Accounts, Misfit, object};
use crate::buffer::Buffer;
use crate::json::{JsonStr, Split};
use crate::settings::{Original, Settings};
use crate::source::vpc_flow_logs::FIELDS;
use crate::source::{FlowLogFormat, Source};
use crate::subscription::LogEvent;
use crate::timestamp::Timestamps;

/// Writes log events as documents.
pub(crate) struct Documents {
    /// For sources whose messages are JSON.
    json: Vec<(Source, Finder, Layouts)>,
    /// For each format of flow logs, with a memo for each program that can have one.
    lines: Vec<(FlowLine, Layouts, Vec<Option<Memo>>)>,
    /// For flow logs that are objects.
    parsed: Parsed,
    already_ocsf: AlreadyOcsf,
    /// For all other events.
    others: Program,
    keeps_original: bool,
    found: Found,
    growth: Growth,
    /// What comes before the rate of a sample.
    rate_prefix: &'static str,
}

/// What writes the documents of a source.
struct Layouts {
    programs: Vec<Program>,
    choose: Option<Chooser>,
}

/// The slots of the fields that a choice needs, and what chooses.
type Chooser = (Vec<usize>, fn(&[&[u8]]) -> usize);

/// How a document was written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// Whether U+FFFD replaces bytes that were not UTF-8.
    pub(crate) is_replaced: bool,
    /// Whether the message is not as its source writes it.
    pub(crate) is_unparsed: bool,
}

impl Documents {
    /// Documents have the row `rate` only if rules sample some.
    pub(super) fn new(mappings: Vec<Mapping>, rate: &RateRow, settings: &Settings) -> Self {
        let mut documents = Self {
            json: Vec::new(),
            lines: Vec::new(),
            parsed: Parsed::new(),
            already_ocsf: AlreadyOcsf::new(settings.schema),
            others: Program::default(),
            keeps_original: settings.original == Original::Keep,
            found: Found::default(),
            growth: Growth::default(),
            rate_prefix: rate.prefix,
        };
        for mut mapping in mappings {
            if settings.rules.sample() {
                for layout in &mut mapping.layouts {
                    layout.rows.push((rate.row)());
                }
            }
            documents.add(mapping, settings.sources.formats());
        }
        documents
    }

    fn add(&mut self, mapping: Mapping, formats: &[FlowLogFormat]) {
        match mapping.source {
            Some(Source::VpcFlowLogs) => self.add_lines(mapping, formats),
            Some(source) => {
                let mut finder = Finder::new(source.any_case());
                AlreadyOcsf::look_for(&mut finder);
                let layouts = self.compile_all(&mapping, &mut Places::Json(&mut finder));
                self.json.push((source, finder, layouts));
            }
            None => {
                let layouts = self.compile_all(&mapping, &mut Places::Columns(&[]));
                self.others = layouts.programs.into_iter().next().unwrap_or_default();
            }
        }
    }

    fn add_lines(&mut self, mut mapping: Mapping, formats: &[FlowLogFormat]) {
        let all: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
        for layout in &mut mapping.layouts {
            layout.rows = with_rest(std::mem::take(&mut layout.rows), &all);
        }
        for format in formats {
            let columns: Vec<_> = format.fields().map(|field| field.name).collect();
            let layouts = self.compile_all(&mapping, &mut Places::Columns(&columns));
            let line = FlowLine::new(format);
            let programs = layouts.programs.iter();
            let memos = programs.map(|program| Memo::new(program, line.are_steady()));
            let memos = memos.collect();
            self.lines.push((line, layouts, memos));
        }
    }

    fn compile_all(&mut self, mapping: &Mapping, places: &mut Places<'_>) -> Layouts {
        let mut compiled = Vec::new();
        for layout in &mapping.layouts {
            let mut needs = Needs::default();
            compiled.push((compile(&layout.rows, places, &mut needs), needs));
        }
        let choose = mapping.choose.as_ref();
        let choose = choose.map(|Choose { fields, by }| (places.slots(fields), *by));
        let mut programs = Vec::new();
        for (mut program, mut needs) in compiled {
            with_unread(&mut program, places, &mut needs);
            let Growth { times, bytes } = needs.growth(places);
            self.growth.times = self.growth.times.max(times);
            self.growth.bytes = self.growth.bytes.max(bytes);
            programs.push(program);
        }
        Layouts { programs, choose }
    }

    /// How much longer than an event its line can be.
    pub(crate) fn growth(&self) -> Growth {
        self.growth
    }

    /// For how many events one is delivered, as [`Line::rate`] has it.
    pub(crate) fn rate(&self, rate: Option<u32>) -> String {
        let text = rate.map(|rate| format!("\"{}{rate}\"", self.rate_prefix));
        text.unwrap_or_default()
    }

    /// Whether the text of the messages of this source is wanted.
    pub(crate) fn want_text(&self, source: Source) -> bool {
        self.json.iter().any(|(known, ..)| *known == source)
    }

    /// Appends the document of a log event. `text` holds what its message stands for if `has_text`, and is used for that if not.
    #[inline]
    pub(crate) fn write(
        &mut self,
        line: &Line<'_>,
        (text, has_text): (&mut Buffer, bool),
        accounts: &Accounts,
        timestamps: &mut Timestamps,
        out: &mut Buffer,
    ) -> Written {
        if !line.is_utf8() {
            self.write_replaced(line, (accounts, timestamps), out);
            return Written {
                is_replaced: true,
                is_unparsed: false,
            };
        }
        let begin = out.len();
        match self.write_fields(line, (text, has_text), (accounts, timestamps), out) {
            Ok(()) => Written::default(),
            Err(misfit) => {
                out.truncate(begin);
                let error = misfit.map(|misfit| literal(&misfit.to_string()));
                let error = error.unwrap_or_default();
                self.write_other(line, &error, (accounts, timestamps), out);
                Written {
                    is_replaced: false,
                    is_unparsed: misfit.is_some(),
                }
            }
        }
    }

    /// Appends the document of an event that is as its source writes it. Returns why it is not, or `None` if no mapping is for it.
    #[inline]
    fn write_fields(
        &mut self,
        line: &Line<'_>,
        (text, has_text): (&mut Buffer, bool),
        (accounts, timestamps): (&Accounts, &mut Timestamps),
        out: &mut Buffer,
    ) -> Result<(), Option<Misfit>> {
        let message = line.event.message;
        let source = line.carried.source;
        if source == Source::VpcFlowLogs {
            if is_object(message) {
                return self.write_parsed(line, (text, has_text), (accounts, timestamps), out);
            }
            let Some((format, layouts, memos)) = self.lines.get_mut(line.carried.format) else {
                return Err(None);
            };
            let mut inner = message.inner().trim_ascii_end();
            let escaped;
            let mut split = Split::new(inner);
            if split.has_escapes {
                escaped = escaped_again(message)?;
                inner = JsonStr::from_literal(&escaped).inner();
                split = Split::new(inner);
            }
            format.find(inner, &split, &mut self.found.spans)?;
            let fields = Fields {
                text: inner,
                found: &self.found,
                finder: None,
            };
            let mut given = line.given(self.keeps_original, &[], (accounts, timestamps));
            let chosen = layouts.choose(fields);
            if let (Some(program), Some(memo)) =
                (layouts.programs.get(chosen), memos.get_mut(chosen))
            {
                match memo {
                    Some(memo) => memo.write(program, &mut given, fields, out),
                    None => _ = program.write(&mut given, fields, out),
                }
            }
            return Ok(());
        }
        let json = self.json.iter().find(|(known, ..)| *known == source);
        let Some((_, finder, layouts)) = json else {
            return Err(None);
        };
        if !has_text {
            text.clear();
            message.append_to(text);
        }
        let text = text.written();
        finder
            .find(text, &mut self.found)
            .map_err(|_| Misfit::NotAnObject)?;
        if !object::is_all_text(message, text) {
            return Err(Some(Misfit::NotText));
        }
        if self.already_ocsf.write_found(&self.found, text, out)? {
            return Ok(());
        }
        let fields = Fields {
            text,
            found: &self.found,
            finder: Some(finder),
        };
        let mut given = line.given(self.keeps_original, &[], (accounts, timestamps));
        layouts.write(&mut given, fields, out);
        Ok(())
    }

    /// The same of a flow log that is an object.
    #[cold]
    fn write_parsed(
        &mut self,
        line: &Line<'_>,
        text: (&mut Buffer, bool),
        known: (&Accounts, &mut Timestamps),
        out: &mut Buffer,
    ) -> Result<(), Option<Misfit>> {
        // The default format is the first.
        let Some((_, layouts, _)) = self.lines.first() else {
            return Err(None);
        };
        let text = text_of(line.event.message, text)?;
        if let Err(misfit) = self.parsed.find(text, &mut self.found) {
            return match self.already_ocsf.write(text, out)? {
                true => Ok(()),
                false => Err(Some(misfit)),
            };
        }
        let fields = Fields {
            text,
            found: &self.found,
            finder: None,
        };
        let mut given = line.given(self.keeps_original, &[], known);
        layouts.write(&mut given, fields, out);
        Ok(())
    }

    /// Appends the document of an event whose message stays as it is.
    #[cold]
    fn write_other(
        &self,
        line: &Line<'_>,
        error: &[u8],
        (accounts, timestamps): (&Accounts, &mut Timestamps),
        out: &mut Buffer,
    ) {
        let fields = Fields {
            text: b"",
            found: &Found::default(),
            finder: None,
        };
        self.others.write(
            &mut line.given(self.keeps_original, error, (accounts, timestamps)),
            fields,
            out,
        );
    }

    /// The same, with U+FFFD for bytes that are not UTF-8.
    #[cold]
    fn write_replaced(
        &self,
        line: &Line<'_>,
        known: (&Accounts, &mut Timestamps),
        out: &mut Buffer,
    ) {
        let lossy = |string: JsonStr<'_>| String::from_utf8_lossy(string.literal()).into_owned();
        let [account, region, log_group, log_stream, id, message] = [
            line.account,
            line.region,
            line.log_group,
            line.log_stream,
            line.event.id,
            line.event.message,
        ]
        .map(lossy);
        let line = Line {
            carried: line.carried,
            account: JsonStr::from_literal(&account),
            region: JsonStr::from_literal(&region),
            log_group: JsonStr::from_literal(&log_group),
            log_stream: JsonStr::from_literal(&log_stream),
            event: LogEvent {
                id: JsonStr::from_literal(&id),
                message: JsonStr::from_literal(&message),
                ..line.event
            },
            rate: line.rate,
        };
        self.write_other(&line, &literal(REPLACED), known, out);
    }
}

impl Layouts {
    /// Appends the document of an event with these fields.
    #[inline(always)]
    fn write(&self, given: &mut Given<'_>, fields: Fields<'_>, out: &mut Buffer) {
        if let Some(program) = self.programs.get(self.choose(fields)) {
            program.write(given, fields, out);
        }
    }

    /// The index of the program that writes an event with these fields.
    #[inline(always)]
    fn choose(&self, fields: Fields<'_>) -> usize {
        let Some((slots, by)) = &self.choose else {
            return 0;
        };
        fields.ask(slots, *by)
    }
}

/// A text as a JSON string.
fn literal(text: &str) -> Vec<u8> {
    serde_json::Value::from(text).to_string().into_bytes()
}

/// What a document says if bytes were replaced.
const REPLACED: &str = "bytes that were not UTF-8 stand as U+FFFD";
