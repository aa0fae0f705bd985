//! The behavior table: `[recording,]video,animal,target,label,start_frame,stop_frame[,description]`, stop exclusive.
//!
//! `start_s` and `stop_s` may stand in place of the frames. A target that is empty, `nan` or `none` means nobody; an animal that
//! is empty means the recording as a whole, as in frame labels of a trio.

use std::io::{self, Read, Write};
use std::path::Path;

use super::tables::reader::{self, Columns, Names, Row};
use super::tables::{TableError, TableRecording};

const COLUMNS: Columns = Columns {
    required: &["video", "animal", "target", "label"],
    optional: &["start_frame", "stop_frame", "start_s", "stop_s", "description"],
};

/// Times are written in decimals: a product this near to a half is a half.
const HALF_SLACK: f64 = 1e-6;

/// A recording that a table may speak of.
#[derive(Clone, Debug, PartialEq)]
pub struct BehaviorRecording {
    /// Its name.
    pub name: String,
    /// Frames of it; `None` where the table itself is all that there is.
    pub frame_count: Option<u32>,
    /// Frames per second, for tables of times.
    pub fps: f64,
}

/// A labelled piece of time, as a table has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BehaviorRow {
    /// Position of the recording in what the reader was given.
    pub recording: usize,
    /// The video that it was seen in, as the table calls it.
    pub video: String,
    /// Who does it; empty for the recording as a whole.
    pub animal: String,
    /// To whom; `None` where nobody else takes part.
    pub target: Option<String>,
    /// What.
    pub label: String,
    /// The first frame.
    pub start_frame: u32,
    /// The frame after the last.
    pub stop_frame: u32,
    /// In sentences; empty where nobody said.
    pub description: String,
}

/// Reads a table in the order of its rows.
///
/// # Errors
/// Names file, line and column of the first thing that does not fit.
pub fn read_behavior(file: &Path, recordings: &[BehaviorRecording]) -> Result<Vec<BehaviorRow>, TableError> {
    read_from(file, reader::open(file)?, recordings)
}

/// [`read_behavior`] from anything that can be read; `file` is what errors call it.
///
/// # Errors
/// Names line and column of the first thing that does not fit.
pub fn read_from(
    file: &Path,
    input: impl Read,
    recordings: &[BehaviorRecording],
) -> Result<Vec<BehaviorRow>, TableError> {
    let known: Vec<TableRecording> = recordings
        .iter()
        .map(|it| TableRecording { name: it.name.clone(), cameras: Vec::new(), frame_count: it.frame_count })
        .collect();
    let default_recording = (recordings.len() == 1).then_some(0);
    let names = Names { skeleton: None, recordings: &known, default_recording };
    let rows = reader::read(file, input, names, &COLUMNS, |row| parse(file, row, recordings).map(Some))?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

fn parse(file: &Path, row: &Row<'_>, recordings: &[BehaviorRecording]) -> Result<BehaviorRow, TableError> {
    let recording = row.recording()?;
    let known = recordings.get(recording);
    let (start_frame, stop_frame) = if row.has("start_frame") {
        (frame(file, row, "start_frame")?, frame(file, row, "stop_frame")?)
    } else {
        let fps = known.map_or(f64::NAN, |known| known.fps);
        (time(file, row, "start_s", fps)?, time(file, row, "stop_s", fps)?)
    };
    let stop_column = if row.has("start_frame") { "stop_frame" } else { "stop_s" };
    let shown = stop_frame.to_string();
    if stop_frame <= start_frame {
        return Err(row.bad(
            stop_column,
            &shown,
            format!("after the start, frame {start_frame}; the stop is exclusive"),
        ));
    }
    if let Some(count) = known.and_then(|known| known.frame_count).filter(|count| stop_frame > *count) {
        return Err(row.bad(stop_column, &shown, format!("within the recording, which has {count} frames")));
    }
    let label = row.present("label")?.ok_or_else(|| row.bad("label", "", "a label".to_owned()))?;
    let target = row.present("target")?.filter(|target| !target.eq_ignore_ascii_case("none"));
    let text = |column| Ok(row.present(column)?.unwrap_or_default().to_owned());
    Ok(BehaviorRow {
        recording,
        video: text("video")?,
        animal: text("animal")?,
        target: target.map(str::to_owned),
        label: label.to_owned(),
        start_frame,
        stop_frame,
        description: text("description")?,
    })
}

fn frame(file: &Path, row: &Row<'_>, column: &'static str) -> Result<u32, TableError> {
    require(file, row, column)?;
    row.whole(column)?.ok_or_else(|| row.bad(column, "", "a frame, a whole number from 0".to_owned()))
}

fn time(file: &Path, row: &Row<'_>, column: &'static str, fps: f64) -> Result<u32, TableError> {
    require(file, row, column)?;
    let seconds = row.number(column)?;
    let frame = seconds.and_then(|seconds| frame_of_time(seconds, fps));
    frame.ok_or_else(|| {
        let shown = seconds.map_or_else(String::new, |seconds| seconds.to_string());
        row.bad(column, &shown, "a time from 0, in seconds".to_owned())
    })
}

fn require(file: &Path, row: &Row<'_>, column: &'static str) -> Result<(), TableError> {
    if row.has(column) {
        return Ok(());
    }
    let expected = format!("{},start_frame,stop_frame (or start_s,stop_s)", COLUMNS.required.join(","));
    Err(TableError::MissingColumn {
        file: file.to_owned(),
        column: if column.starts_with("start") { "start_frame" } else { column },
        expected,
        found: row.known_columns(),
    })
}

/// The frame of a time: the nearest, and the even one of two that are as near. `None` where the time is no time.
pub fn frame_of_time(seconds: f64, fps: f64) -> Option<u32> {
    let place = seconds * fps;
    if !(0.0..f64::from(u32::MAX)).contains(&place) {
        return None;
    }
    let below = place.floor();
    let is_half = (place - below - 0.5).abs() < HALF_SLACK;
    let nearest = if is_half { below + below % 2.0 } else { place.round() };
    Some(nearest as u32)
}

/// Writes a table; the column `recording` comes first where there are several recordings. Gives the number of rows.
///
/// # Errors
/// When it cannot be written.
pub fn write_behavior<'a>(
    out: impl Write,
    recordings: &[BehaviorRecording],
    rows: impl IntoIterator<Item = &'a BehaviorRow>,
) -> Result<usize, TableError> {
    let write_error = |error: csv::Error| TableError::Write { source: io::Error::from(error) };
    let mut writer = csv::Writer::from_writer(out);
    let names_recording = recordings.len() > 1;
    let header = ["recording", "video", "animal", "target", "label", "start_frame", "stop_frame", "description"];
    writer.write_record(&header[usize::from(!names_recording)..]).map_err(write_error)?;
    let mut count = 0;
    for row in rows {
        let recording = recordings.get(row.recording).map_or("", |recording| recording.name.as_str());
        let (start, stop) = (row.start_frame.to_string(), row.stop_frame.to_string());
        let target = row.target.as_deref().unwrap_or_default();
        let fields = [recording, &row.video, &row.animal, target, &row.label, &start, &stop, &row.description];
        writer.write_record(&fields[usize::from(!names_recording)..]).map_err(write_error)?;
        count += 1;
    }
    writer.flush().map_err(|source| TableError::Write { source })?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recordings(names: &[&str]) -> Vec<BehaviorRecording> {
        let one = |name: &&str| BehaviorRecording { name: (*name).to_owned(), frame_count: Some(1000), fps: 30.0 };
        names.iter().map(one).collect()
    }

    fn read(text: &str, names: &[&str]) -> Result<Vec<BehaviorRow>, TableError> {
        read_from(Path::new("t.csv"), text.as_bytes(), &recordings(names))
    }

    const HEADER: &str = "video,animal,target,label,start_frame,stop_frame,description\n";

    #[test]
    fn rows_come_as_they_stand() {
        let text = format!(
            "{HEADER}top.mp4,A0,A1,chase,10,20,\"fast, straight\"\ntop.mp4,A0,none,run,20.0,25,\n,,NaN,close,0,5,\n"
        );
        let rows = read(&text, &["a"]).unwrap();
        assert_eq!(
            rows[0],
            BehaviorRow {
                recording: 0,
                video: "top.mp4".to_owned(),
                animal: "A0".to_owned(),
                target: Some("A1".to_owned()),
                label: "chase".to_owned(),
                start_frame: 10,
                stop_frame: 20,
                description: "fast, straight".to_owned(),
            }
        );
        assert_eq!((rows[1].target.as_ref(), rows[1].stop_frame), (None, 25));
        assert_eq!((rows[2].target.as_ref(), rows[2].animal.as_str(), rows[2].video.as_str()), (None, "", ""));
    }

    #[test]
    fn times_become_the_nearest_even_frame() {
        let text = "label,stop_s,start_s,video,target,animal,recording\nrun,180.55,29.85,v,,A0,b\n";
        let longer = recordings(&["a", "b"]).into_iter().map(|it| BehaviorRecording { frame_count: None, ..it });
        let rows = read_from(Path::new("t.csv"), text.as_bytes(), &longer.collect::<Vec<_>>()).unwrap();
        assert_eq!((rows[0].recording, rows[0].start_frame, rows[0].stop_frame), (1, 896, 5416));
        for (seconds, frame) in
            [(0.0, Some(0)), (0.05, Some(2)), (0.25, Some(8)), (0.1, Some(3)), (-0.1, None), (f64::NAN, None)]
        {
            assert_eq!(frame_of_time(seconds, 30.0), frame, "{seconds}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let check = |row: &str, expected: &str| {
            assert_eq!(
                read(&format!("{HEADER}{row}\n"), &["a"]).unwrap_err().to_string(),
                format!("t.csv, line 2{expected}")
            );
        };
        check(
            "v,A0,,run,20,20,",
            ", column stop_frame: \"20\" is not after the start, frame 20; the stop is exclusive",
        );
        check("v,A0,,run,20,1001,", ", column stop_frame: \"1001\" is not within the recording, which has 1000 frames");
        check("v,A0,,run,-1,20,", ", column start_frame: \"-1\" is not a whole number from 0");
        check("v,A0,,run,,20,", ", column start_frame: \"\" is not a frame, a whole number from 0");
        check("v,A0,,,1,20,", ", column label: \"\" is not a label");
        check("v,A0,,run,1", ": 5 fields, where the first line has 7");
        let missing = read("video,animal,target,label,start_frame\nv,A0,,run,1\n", &["a"]).unwrap_err().to_string();
        assert!(missing.contains("no column \"stop_frame\""), "{missing}");
        assert!(
            read("video,animal,target,label\nv,A0,,run\n", &["a"]).unwrap_err().to_string().contains("start_frame")
        );
        let several = read(&format!("{HEADER}v,A0,,run,1,2,\n"), &["a", "b"]).unwrap_err().to_string();
        assert!(several.contains("no column \"recording\"") && several.contains("a, b"), "{several}");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            pieces in proptest::collection::vec((0usize..2, "[a-z ,\"\n]{0,6}x", 0u32..990, 1u32..10, any::<bool>()), 0..20),
            several in any::<bool>(),
        ) {
            let names: &[&str] = if several { &["a", "b"] } else { &["a"] };
            let row = |(recording, word, start_frame, length, social): (usize, String, u32, u32, bool)| BehaviorRow {
                recording: recording.min(names.len() - 1),
                video: "v.mp4".to_owned(),
                animal: "A0".to_owned(),
                target: social.then(|| "A1".to_owned()),
                label: word.trim().to_owned(),
                start_frame,
                stop_frame: start_frame + length,
                description: word.trim().to_owned(),
            };
            let rows: Vec<BehaviorRow> = pieces.into_iter().map(row).collect();
            let mut text = Vec::new();
            prop_assert_eq!(write_behavior(&mut text, &recordings(names), &rows).unwrap(), rows.len());
            prop_assert_eq!(read_from(Path::new("t.csv"), &text[..], &recordings(names)).unwrap(), rows);
        }
    }
}
