//! The ethogram: a row per animal, what it does over time, and the time that nobody reviewed.

use std::collections::BTreeSet;
use std::ops::Range;

use super::page::{HEAD, MARGIN, Page, SMALL, TEXT, widest};
use super::{FigureInput, LabelStyle, cut, styles, table, time_marks};
use crate::model::vocabulary::in_words;
use crate::model::{SegmentKind, SegmentStatus};

/// What each animal does when.
#[derive(Clone, Debug, PartialEq)]
pub struct Raster {
    /// The labels that occur.
    pub labels: Vec<LabelStyle>,
    /// A row per animal and exclusive group.
    pub rows: Vec<RasterRow>,
    /// For a legend: the places of the labels that are shown, and whether each is of moments alone.
    pub legend: Vec<(usize, bool)>,
    /// From when to when, seconds of the recordings.
    pub span_s: [f64; 2],
}

/// What an animal does, of one exclusive group.
#[derive(Clone, Debug, PartialEq)]
pub struct RasterRow {
    /// What the row is called.
    pub name: String,
    /// The recording.
    pub recording: String,
    /// The animal.
    pub animal: String,
    /// Who it is, over recordings.
    pub subject: String,
    /// The experimental group.
    pub group: Option<String>,
    /// The exclusive group of the labels; "" is the main one.
    pub label_group: String,
    /// Frames per second.
    pub fps: f64,
    /// The shown frames of the recording.
    pub frames: Range<u32>,
    /// What was said of it, by time.
    pub pieces: Vec<RasterPiece>,
    /// Of what nobody said anything.
    pub unreviewed: Vec<Range<u32>>,
}

/// A segment in a row.
#[derive(Clone, Debug, PartialEq)]
pub struct RasterPiece {
    /// Its frames, of the recording.
    pub frames: Range<u32>,
    /// Its place among [`Raster::labels`].
    pub label: usize,
    /// Whether it is a moment.
    pub is_moment: bool,
    /// The other animal that takes part.
    pub partner: Option<String>,
    /// What people did with it.
    pub status: SegmentStatus,
}

const ROW: f64 = 26.0;
const GAP: f64 = 8.0;
const WIDTH: f64 = 960.0;
/// Two marks of time are at least so far apart.
const MARKS: f64 = 70.0;

impl Raster {
    /// The ethogram of all records.
    pub fn of(input: &FigureInput<'_>) -> Self {
        let labels = styles(input);
        let groups = cut::groups(input);
        let mut rows = Vec::new();
        for record in input.records {
            for group in &groups {
                let lane = cut::lane(record, group, input.vocabulary);
                let shown = |frames: Range<u32>| frames.start + input.first_frame..frames.end + input.first_frame;
                let mut pieces: Vec<RasterPiece> = lane
                    .segments
                    .iter()
                    .filter_map(|segment| {
                        Some(RasterPiece {
                            frames: shown(segment.start_frame..segment.stop_frame.min(record.frame_count)),
                            label: labels.iter().position(|label| label.name == segment.label)?,
                            is_moment: segment.kind == SegmentKind::Point,
                            partner: segment.partner.and_then(|it| record.animals.get(it.index()).cloned()),
                            status: segment.status,
                        })
                    })
                    .filter(|piece| !piece.frames.is_empty())
                    .collect();
                pieces.sort_by_key(|piece| (piece.frames.start, piece.is_moment, piece.frames.end));
                let name = cut::name_of(input.records, record);
                rows.push(RasterRow {
                    name: if group.is_empty() { name } else { format!("{name} {}", in_words(group)) },
                    recording: record.recording.clone(),
                    animal: record.animal.clone(),
                    subject: record.subject.clone(),
                    group: record.group.clone(),
                    label_group: group.clone(),
                    fps: record.fps,
                    frames: shown(0..record.frame_count),
                    pieces,
                    unreviewed: lane.unreviewed.into_iter().map(shown).collect(),
                });
            }
        }
        let start = rows.iter().map(|row| row.secs(row.frames.start)).fold(f64::INFINITY, f64::min);
        let stop = rows.iter().map(|row| row.secs(row.frames.end)).fold(0.0, f64::max);
        let legend = legend_of(&rows);
        Self { labels, rows, legend, span_s: [start.min(stop), stop] }
    }

    /// Whether there is time of which nobody said anything.
    pub fn has_gaps(&self) -> bool {
        self.rows.iter().any(|row| !row.unreviewed.is_empty())
    }

    pub(super) fn to_svg(&self, title: &str) -> String {
        let mut page = Page::new(WIDTH, &self.labels);
        let names = widest(self.rows.iter().map(|row| row.name.as_str()), TEXT).min(220.0);
        let (left, right) = (MARGIN + names + 10.0, WIDTH - MARGIN);
        let [start, stop] = self.span_s;
        let length = (stop - start).max(f64::MIN_POSITIVE);
        let x_of = |secs: f64| left + (secs - start) / length * (right - left);
        let top = page.legend([MARGIN, HEAD], &self.legend, self.has_gaps()) + 6.0;
        let mut y = top;
        for row in &self.rows {
            page.text([left - 10.0, y + ROW / 2.0 + 4.0], "end", &row.name);
            let place = |frames: &Range<u32>| {
                let [from, to] = [frames.start, frames.end].map(|frame| x_of(row.secs(frame)));
                [from, y, to - from, ROW]
            };
            for frames in &row.unreviewed {
                page.unreviewed(place(frames), &row.words(frames, "not yet reviewed"));
            }
            for piece in &row.pieces {
                let place = place(&piece.frames);
                let words = row.words(&piece.frames, &in_words(&self.labels[piece.label].name));
                if piece.is_moment {
                    let color = self.labels[piece.label].color.clone();
                    page.diamond([place[0] + place[2] / 2.0, y + ROW / 2.0], 7.0, &color, &words);
                } else {
                    // A hair of paper parts neighbours, where there is room for one.
                    let [x, y, width, height] = place;
                    let fill = page.fill_of(piece.label);
                    page.rect([x, y, if width > 2.0 { width - 0.5 } else { width.max(0.25) }, height], &fill, &words);
                }
            }
            y += ROW + GAP;
        }
        let marks = time_marks(self.span_s, length * MARKS / (right - left));
        let marks: Vec<(f64, String)> = marks.into_iter().map(|(secs, words)| (x_of(secs), words)).collect();
        page.axis_below([left, right], y, &marks, "time from the start of the recording");
        let words = format!("{} · {:.1} s", counted(self.rows.len(), "row"), stop - start);
        page.finish(y + 34.0 + SMALL + MARGIN, title, &words)
    }

    pub(super) fn to_csv(&self) -> String {
        let rows = self.rows.iter().flat_map(|row| {
            let line = |frames: &Range<u32>, kind: &str, label: &str, partner: &str, status: &str| {
                [
                    row.recording.clone(),
                    row.animal.clone(),
                    row.subject.clone(),
                    row.group.clone().unwrap_or_default(),
                    table::group_name(&row.label_group),
                    kind.to_owned(),
                    label.to_owned(),
                    partner.to_owned(),
                    frames.start.to_string(),
                    frames.end.to_string(),
                    table::number(Some(row.secs(frames.start))),
                    table::number(Some(row.secs(frames.end))),
                    status.to_owned(),
                ]
            };
            let said = row.pieces.iter().map(move |piece| {
                let kind = if piece.is_moment { SegmentKind::Point } else { SegmentKind::State };
                let partner = piece.partner.as_deref().unwrap_or_default();
                line(&piece.frames, kind.as_str(), &self.labels[piece.label].name, partner, piece.status.as_str())
            });
            said.chain(row.unreviewed.iter().map(move |frames| line(frames, "not_reviewed", "", "", "")))
        });
        let header = [
            "recording",
            "animal",
            "subject",
            "group",
            "label_group",
            "kind",
            "label",
            "partner",
            "start_frame",
            "stop_frame",
            "start_s",
            "stop_s",
            "status",
        ];
        table::csv(header, rows)
    }
}

fn legend_of(rows: &[RasterRow]) -> Vec<(usize, bool)> {
    let pieces = || rows.iter().flat_map(|row| &row.pieces);
    let states: BTreeSet<usize> = pieces().filter(|it| !it.is_moment).map(|it| it.label).collect();
    let all: BTreeSet<usize> = pieces().map(|it| it.label).collect();
    all.into_iter().map(|label| (label, !states.contains(&label))).collect()
}

impl RasterRow {
    /// When a frame of its recording begins, seconds.
    pub fn secs(&self, frame: u32) -> f64 {
        f64::from(frame) / self.fps
    }

    /// "chase, A0, 1.20 to 2.40 s"
    pub fn words(&self, frames: &Range<u32>, what: &str) -> String {
        format!("{what}, {}, {:.2} to {:.2} s", self.name, self.secs(frames.start), self.secs(frames.end))
    }
}

/// "1 row", "3 rows".
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
