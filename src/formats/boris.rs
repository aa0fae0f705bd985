//! Events that BORIS exported as a table, of version 7 (lines about the observation, then the events) and of versions 8 and 9
//! (everything in columns).
//!
//! Columns are found by name, since they differ between versions and with the project's variables. START and STOP of the same
//! subject, behavior and modifiers belong together, in the order of their times; a POINT is one frame. Times become frames with
//! the file's frame rate; a state that is shorter than a frame is one. "Time offset (s)" is not added: the times are taken as
//! those of the video. Aggregated exports (one line per state) are not read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, Terminator};

use super::behavior_table::{BehaviorRecording, BehaviorRow, frame_of_time};
use super::tables::TableError;

/// What BORIS calls nobody in particular.
const NO_SUBJECT: &str = "No focal subject";

/// A state may end so many frames after the recording, since players round its length.
const FRAMES_BEYOND: u32 = 1;

/// Names that a column has in the versions.
const TIME: &[&str] = &["Time"];
const BEHAVIOR: &[&str] = &["Behavior"];
const KIND: &[&str] = &["Behavior type", "Status"];
const SUBJECT: &[&str] = &["Subject"];
const FPS: &[&str] = &["FPS", "FPS (frame/s)"];
const MEDIA: &[&str] = &["Media file name", "Media file path"];
const COMMENT: &[&str] = &["Comment"];
const OBSERVATION: &[&str] = &["Observation id"];

/// Reads the events of a file in the order of their starts. The recording is the one that is called like the observation or
/// its video, or the only one.
///
/// # Errors
/// Names file, line and column of the first thing that does not fit.
pub fn read_boris(file: &Path, recordings: &[BehaviorRecording]) -> Result<Vec<BehaviorRow>, TableError> {
    let text = fs::read(file).map_err(|source| TableError::Read { file: file.to_owned(), source })?;
    read_from(file, &text, recordings)
}

/// [`read_boris`] from a file's content; `file` is what errors call it.
///
/// # Errors
/// Names line and column of the first thing that does not fit.
pub fn read_from(file: &Path, text: &[u8], recordings: &[BehaviorRecording]) -> Result<Vec<BehaviorRow>, TableError> {
    let events = events_of(file, text)?;
    let mut open: BTreeMap<StateKey, &Event> = BTreeMap::new();
    let mut order: Vec<&Event> = events.iter().collect();
    order.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
    let mut rows = Vec::new();
    for event in order {
        match event.kind {
            Kind::Point => rows.push(row_of(file, event, event, recordings)?),
            Kind::Start => {
                if let Some(before) = open.insert(event.key(), event) {
                    return Err(unpaired(
                        file,
                        before,
                        &format!("does not stop before it starts again in line {}", event.line),
                    ));
                }
            }
            Kind::Stop => match open.remove(&event.key()) {
                Some(start) => rows.push(row_of(file, start, event, recordings)?),
                None => return Err(unpaired(file, event, "stops without having started")),
            },
        }
    }
    if let Some(left) = open.values().min_by_key(|event| event.line) {
        return Err(unpaired(file, left, "never stops"));
    }
    rows.sort_by_key(|row| (row.recording, row.start_frame, row.stop_frame));
    Ok(rows)
}

fn unpaired(file: &Path, event: &Event, what: &str) -> TableError {
    let subject = if event.subject.is_empty() { String::new() } else { format!(" of \"{}\"", event.subject) };
    let what =
        format!("\"{}\"{subject} at {} s {what}; mend it in BORIS and export again", event.behavior, event.time_s);
    TableError::Unpaired { file: file.to_owned(), line: event.line, what }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Start,
    Stop,
    Point,
}

/// A line about an event.
#[derive(Debug)]
struct Event {
    line: u64,
    observation: String,
    media: String,
    subject: String,
    behavior: String,
    modifiers: Vec<String>,
    comment: String,
    kind: Kind,
    time_s: f64,
    fps: Option<f64>,
}

/// What START and STOP have in common: observation, subject, behavior, modifiers.
type StateKey = (String, String, String, Vec<String>);

impl Event {
    fn key(&self) -> StateKey {
        (self.observation.clone(), self.subject.clone(), self.behavior.clone(), self.modifiers.clone())
    }

    fn video(&self) -> &str {
        self.media.rsplit(['/', '\\']).next().unwrap_or_default()
    }
}

fn row_of(
    file: &Path,
    start: &Event,
    stop: &Event,
    recordings: &[BehaviorRecording],
) -> Result<BehaviorRow, TableError> {
    let recording = recording_of(file, start, recordings)?;
    let known = &recordings[recording];
    let frame_of = |event: &Event| {
        frame_of_time(event.time_s, event.fps.unwrap_or(known.fps))
            .ok_or_else(|| bad(file, event.line, "Time", &event.time_s.to_string(), "a time of the video, in seconds"))
    };
    let start_frame = frame_of(start)?;
    let mut stop_frame = frame_of(stop)?.max(start_frame + 1);
    if let Some(count) = known.frame_count {
        if start_frame >= count || stop_frame > count + FRAMES_BEYOND {
            let allowed = format!("within the recording, which has {count} frames");
            return Err(bad(file, stop.line, "Time", &stop.time_s.to_string(), &allowed));
        }
        stop_frame = stop_frame.min(count);
    }
    // A point begins and ends with the same line.
    let ends: &[&Event] = if start.line == stop.line { &[start] } else { &[start, stop] };
    let comments = ends.iter().map(|event| event.comment.clone()).filter(|comment| !comment.is_empty());
    let modifiers = start.modifiers.iter().filter(|modifier| !modifier.is_empty()).map(|it| format!("[{it}]"));
    Ok(BehaviorRow {
        recording,
        video: start.video().to_owned(),
        animal: start.subject.clone(),
        target: None,
        label: start.behavior.clone(),
        start_frame,
        stop_frame,
        description: modifiers.chain(comments).collect::<Vec<_>>().join(" "),
    })
}

fn recording_of(file: &Path, event: &Event, recordings: &[BehaviorRecording]) -> Result<usize, TableError> {
    let stem = event.video().rsplit_once('.').map_or(event.video(), |(stem, _)| stem);
    let names = [event.observation.as_str(), event.video(), stem];
    let found = recordings.iter().position(|recording| names.contains(&recording.name.as_str()));
    found.or((recordings.len() == 1).then_some(0)).ok_or_else(|| {
        let known = recordings.iter().map(|recording| recording.name.as_str()).collect::<Vec<_>>().join(", ");
        let allowed =
            format!("a recording of the project, and neither is the video \"{}\"; it holds {known}", event.video());
        bad(file, event.line, "Observation id", &event.observation, &allowed)
    })
}

fn bad(file: &Path, line: u64, column: &'static str, value: &str, allowed: &str) -> TableError {
    let value: String = value.chars().take(60).collect();
    TableError::Value { file: file.to_owned(), line, column, value, allowed: allowed.to_owned() }
}

/// Positions of the columns.
struct Header {
    time: usize,
    behavior: usize,
    kind: usize,
    subject: Option<usize>,
    fps: Option<usize>,
    media: Option<usize>,
    comment: Option<usize>,
    observation: Option<usize>,
    modifiers: Vec<usize>,
    field_count: usize,
}

impl Header {
    /// `None` where the line is no header.
    fn of(fields: &[String]) -> Option<Self> {
        let find =
            |names: &[&str]| fields.iter().position(|field| names.iter().any(|it| it.eq_ignore_ascii_case(field)));
        let is_modifier = |at: &usize| fields[*at].to_ascii_lowercase().starts_with("modifier");
        Some(Self {
            time: find(TIME)?,
            behavior: find(BEHAVIOR)?,
            kind: find(KIND)?,
            subject: find(SUBJECT),
            fps: find(FPS),
            media: find(MEDIA),
            comment: find(COMMENT),
            observation: find(OBSERVATION),
            modifiers: (0..fields.len()).filter(is_modifier).collect(),
            field_count: fields.len(),
        })
    }
}

fn events_of(file: &Path, text: &[u8]) -> Result<Vec<Event>, TableError> {
    let read_error = |error: csv::Error| TableError::Read { file: file.to_owned(), source: error.into() };
    let delimiter = delimiter_of(text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(text);
    let mut record = ByteRecord::new();
    let (mut header, mut observation, mut first_line) = (None::<Header>, String::new(), String::new());
    let mut events = Vec::new();
    while reader.read_byte_record(&mut record).map_err(read_error)? {
        let line = record.position().map_or(0, csv::Position::line);
        let fields: Vec<String> = record
            .iter()
            .map(|field| String::from_utf8_lossy(field).trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        if fields.iter().all(String::is_empty) {
            continue;
        }
        if let Some(header) = &header {
            events.push(event_of(file, line, &fields, header, &observation)?);
            continue;
        }
        if first_line.is_empty() {
            first_line = fields.join(",").chars().take(200).collect();
        }
        header = Header::of(&fields);
        if header.is_none() && OBSERVATION[0].eq_ignore_ascii_case(&fields[0]) {
            observation = fields.get(1).cloned().unwrap_or_default();
        }
    }
    if header.is_none() {
        return Err(TableError::MissingColumn {
            file: file.to_owned(),
            column: "Behavior",
            expected: "Time,Subject,Behavior,Behavior type (or Status), as BORIS exports tabular events".to_owned(),
            found: if first_line.is_empty() { "(the file is empty)".to_owned() } else { first_line },
        });
    }
    Ok(events)
}

/// Tabs where there are any, else semicolons where no commas are: BORIS writes all three.
fn delimiter_of(text: &[u8]) -> u8 {
    let has = |byte: u8| text.contains(&byte);
    match (has(b'\t'), has(b','), has(b';')) {
        (true, _, _) => b'\t',
        (false, false, true) => b';',
        _ => b',',
    }
}

fn event_of(
    file: &Path,
    line: u64,
    fields: &[String],
    header: &Header,
    observation: &str,
) -> Result<Event, TableError> {
    if fields.len() != header.field_count {
        let (found, expected) = (fields.len(), header.field_count);
        return Err(TableError::FieldCount { file: file.to_owned(), line, found, expected });
    }
    let optional = |at: Option<usize>| at.map(|at| fields[at].clone()).filter(|text| text != "NA").unwrap_or_default();
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let time = &fields[header.time];
    let kind = match fields[header.kind].to_ascii_uppercase().as_str() {
        "START" | "STATE START" => Kind::Start,
        "STOP" | "STATE STOP" => Kind::Stop,
        "POINT" => Kind::Point,
        _ => return Err(bad(file, line, "Behavior type", &fields[header.kind], "START, STOP or POINT")),
    };
    let fps_text = optional(header.fps);
    let fps = number(&fps_text).filter(|fps| *fps > 0.0);
    if fps.is_none() && !fps_text.is_empty() {
        return Err(bad(file, line, "FPS", &fps_text, "a frame rate"));
    }
    let behavior = &fields[header.behavior];
    if behavior.is_empty() {
        return Err(bad(file, line, "Behavior", behavior, "a behavior"));
    }
    let in_columns = optional(header.observation);
    let subject = optional(header.subject);
    Ok(Event {
        line,
        observation: if in_columns.is_empty() { observation.to_owned() } else { in_columns },
        media: optional(header.media),
        subject: if subject == NO_SUBJECT { String::new() } else { subject },
        behavior: behavior.clone(),
        modifiers: header.modifiers.iter().map(|at| fields[*at].clone()).collect(),
        comment: optional(header.comment),
        kind,
        time_s: number(time)
            .filter(|time| *time >= 0.0)
            .ok_or_else(|| bad(file, line, "Time", time, "a time from 0, in seconds"))?,
        fps,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;

    const OLD: &str = "Observation id,DLC1,,,,,,,\r\n,,,,,,,,\r\nMedia file(s),,,,,,,,\r\n,,,,,,,,\r\n\
        Time,Media file path,Total length,FPS,Subject,Behavior,Behavioral category,Comment,Status\r\n\
        1.000,/v/top.avi,10.000,30.0,adult,mount,,,START\r\n\
        2.000,/v/top.avi,10.000,30.0,adult,mount,,slow,STOP\r\n\
        0.500,/v/top.avi,10.000,30.0,adult,interact,,first,START\r\n\
        1.550,/v/top.avi,10.000,30.0,adult,interact,,,STOP\r\n";

    const NEW: &str = "Observation id,Description,FPS,weather,Subject,Behavior,Modifier #1,Behavior type,Time,Media file name,Image index,Comment\n\
        obs,,25.000,dry,A0,run,fast,START,0.000,cam0.mp4,0,\n\
        obs,,25.000,dry,No focal subject,sniff,,POINT,1.000,cam0.mp4,25,at the wall\n\
        obs,,25.000,dry,A0,run,slow,START,0.100,cam0.mp4,0,\n\
        obs,,25.000,dry,A0,run,fast,STOP,4.700,cam0.mp4,117,\n\
        obs,,25.000,dry,A0,run,slow,STOP,0.104,cam0.mp4,2,\n";

    fn recordings(names: &[&str], frame_count: Option<u32>) -> Vec<BehaviorRecording> {
        let one = |name: &&str| BehaviorRecording { name: (*name).to_owned(), frame_count, fps: 30.0 };
        names.iter().map(one).collect()
    }

    fn read(text: &str) -> Result<Vec<BehaviorRow>, TableError> {
        read_from(Path::new("b.csv"), text.as_bytes(), &recordings(&["r"], Some(200)))
    }

    fn short(rows: &[BehaviorRow]) -> Vec<(&str, &str, u32, u32, &str)> {
        rows.iter()
            .map(|row| {
                (row.animal.as_str(), row.label.as_str(), row.start_frame, row.stop_frame, row.description.as_str())
            })
            .collect()
    }

    #[test]
    fn both_generations_are_read() {
        let old = read(OLD).unwrap();
        assert_eq!(short(&old), [("adult", "interact", 15, 46, "first"), ("adult", "mount", 30, 60, "slow")]);
        assert_eq!(old[0].video, "top.avi");
        let new = read(NEW).unwrap();
        assert_eq!(
            short(&new),
            [("A0", "run", 0, 118, "[fast]"), ("A0", "run", 2, 3, "[slow]"), ("", "sniff", 25, 26, "at the wall")]
        );
        assert_eq!(read(&NEW.replace(',', "\t")).unwrap(), new);
    }

    #[test]
    fn what_has_no_other_end_is_named() {
        let lines: Vec<&str> = OLD.split_inclusive('\n').collect();
        let without = |left_out: usize| -> String {
            let kept = lines.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, line)| *line);
            read(&kept.collect::<String>()).unwrap_err().to_string()
        };
        assert_eq!(
            without(6),
            "b.csv, line 6: \"mount\" of \"adult\" at 1 s never stops; mend it in BORIS and export again"
        );
        assert!(without(5).starts_with("b.csv, line 6: \"mount\" of \"adult\" at 2 s stops without having started"));
        let twice = NEW.replace("run,fast,STOP", "run,fast,START");
        assert!(
            read(&twice)
                .unwrap_err()
                .to_string()
                .contains("line 2: \"run\" of \"A0\" at 0 s does not stop before it starts again in line 5")
        );
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let check = |from: &str, to: &str, expected: &str| {
            let error = read(&NEW.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("4.700", "soon", "line 5, column Time: \"soon\" is not a time from 0");
        check("4.700", "9.000", "line 5, column Time: \"9\" is not within the recording, which has 200 frames");
        check("POINT", "MAYBE", "line 3, column Behavior type: \"MAYBE\"");
        check("25.000,dry", "fast,dry", "line 2, column FPS: \"fast\"");
        check(",at the wall", "", "line 3: 11 fields");
        assert!(read("a,b\n1,2\n").unwrap_err().to_string().contains("no column \"Behavior\""));
        assert!(read("").unwrap_err().to_string().contains("(the file is empty)"));
        let several = recordings(&["x", "cam0"], None);
        assert_eq!(read_from(Path::new("b.csv"), NEW.as_bytes(), &several).unwrap()[0].recording, 1);
        let others = recordings(&["x", "y"], None);
        let error = read_from(Path::new("b.csv"), NEW.as_bytes(), &others).unwrap_err().to_string();
        assert!(error.contains("\"obs\" is not a recording") && error.contains("x, y"), "{error}");
    }

    proptest! {
        #[test]
        fn whatever_a_file_holds_is_read_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
            lines in proptest::collection::vec(("[0-9a-z.,-]{0,8}", "(START|STOP|POINT|NA|)", "[0-9e.-]{0,6}"), 0..8),
        ) {
            let _ = read_from(Path::new("b.csv"), &bytes, &recordings(&["r"], Some(200)));
            let line = |(fps, kind, time): &(String, String, String)| format!("A0,run,{kind},{time},{fps}\n");
            let text: String = lines.iter().map(line).collect();
            if let Ok(rows) = read(&format!("Subject,Behavior,Status,Time,FPS\n{text}")) {
                prop_assert!(rows.iter().all(|row| row.start_frame < row.stop_frame && row.stop_frame <= 200));
            }
        }
    }

    fn data() -> PathBuf {
        PathBuf::from(std::env::var_os("BEHAVIORVLM_DATA").expect("BEHAVIORVLM_DATA names the folder"))
    }

    #[test]
    #[ignore = "needs BEHAVIORVLM_DATA"]
    fn real_files_are_read_and_agree_with_the_frames_that_others_made_of_them() {
        let folder = data().join("mice2_boris");
        let vector = fs::read_to_string(folder.join("derived/interact_per_frame.csv")).unwrap();
        let truth: Vec<bool> = vector.lines().skip(1).map(|line| line.ends_with(",1")).collect();
        let known = recordings(&["r"], Some(truth.len() as u32));
        let rows = read_boris(&folder.join("boris/e3v813a-20210610T122332-122642_reencode.csv"), &known).unwrap();
        assert_eq!(rows.len(), 10);
        let mut found = vec![false; truth.len()];
        rows.iter().for_each(|row| found[row.start_frame as usize..row.stop_frame as usize].fill(true));
        let different = found.iter().zip(&truth).filter(|(found, truth)| found != truth).count();
        println!(
            "{different} of {} frames differ, {} are \"interact\"",
            truth.len(),
            truth.iter().filter(|it| **it).count()
        );
        assert_eq!(different, 0);
        let mut read = 0;
        for entry in fs::read_dir(folder.join("boris")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "csv") {
                let rows = read_boris(&path, &recordings(&["r"], None)).unwrap();
                println!("{}: {} rows", path.display(), rows.len());
                assert!(rows.iter().all(|row| row.animal == "adult"));
                read += 1;
            }
        }
        assert_eq!(read, 6);
        let new = read_boris(&data().join("formats/boris_tabular.csv"), &recordings(&["r"], Some(1800))).unwrap();
        assert_eq!(short(&new), [("A0", "Locomotion", 0, 141, "LLM: Mouse A0 moves continuously")]);
    }
}
