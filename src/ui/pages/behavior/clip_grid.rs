//! The grid view: all segments of a label, or the clips of a cluster, as small films of the animal's surroundings that begin
//! together. Films run at life's pace; one that lasts too long for that runs faster and says so, and one that is done holds its
//! last picture until all begin anew. What is done to clips is said of their frames, in the layer that counts; each clip says what
//! counts there now.

mod cell;

mod films;

mod foot;

use std::collections::{HashMap, HashSet};

use egui::{CentralPanel, Frame, Margin, Panel, Rect, Ui, Vec2, vec2};

use self::films::Films;
use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{Gathered, GridCommand, Groups, Layers, PER_PAGE, TimelineCommand, groups, members};
use crate::jobs::timeline::Target;
use crate::model::vocabulary::in_words;
use crate::model::{Segment, SegmentStatus};
use crate::ui::ctx::ViewCtx;
use crate::ui::theme;
use crate::ui::theme::behavior::LabelLooks;
use crate::ui::widgets::{chip, empty_state, segmented};

/// Between two cells, points.
const GAP: f32 = 8.0;
/// Height of the words under a film of a segment, and of a clip, of which there is more to say.
const WORDS: [f32; 2] = [36.0, 54.0];
/// A film is at most so wide: a larger one shows no more.
const WIDEST: f32 = 320.0;

/// What the view remembers between frames.
#[derive(Default)]
pub struct ClipGridMemory {
    /// Whether chips are those of clusters.
    shows_clusters: bool,
    key: Option<(u64, Option<Gathered>)>,
    /// The members again, to be looked up.
    shown: HashSet<Target>,
    labels: Groups,
    clusters: Groups,
    members: Vec<Target>,
    looks: LabelLooks,
    films: Films,
    /// What counts over the clips that were drawn.
    counted: HashMap<Target, Option<CountsThere>>,
}

impl ClipGridMemory {
    /// Lets the pictures go.
    pub(super) fn forget(&mut self) {
        self.films = Films::default();
    }

    fn refresh(&mut self, session: &Session, layers: &Layers) {
        let key = (session.timeline.revision, session.timeline.grid.shows.clone());
        if self.key.as_ref() == Some(&key) {
            return;
        }
        [self.labels, self.clusters] = groups(layers);
        let shown = session.timeline.grid.shown(layers);
        self.members = shown.map(|shown| members(layers, &shown)).unwrap_or_default();
        self.shown = self.members.iter().copied().collect();
        self.counted.clear();
        self.key = Some(key);
    }
}

/// Draws the view; gives the place of the films, where notices may stand.
pub(super) fn ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    layers: &Layers,
    memory: &mut ClipGridMemory,
) -> Rect {
    memory.refresh(session, layers);
    let palette = theme::palette(ui);
    let ground = Frame::NONE.fill(palette.panel).inner_margin(Margin::symmetric(12, 6));
    let shown = session.timeline.grid.shown(layers);
    Panel::top("grid chips").frame(ground).show(ui, |ui| chips_ui(ui, ctx, shown.as_ref(), memory));
    let is_of_clips = matches!(shown, Some(Gathered::Cluster(_)));
    let pages = memory.members.len().div_ceil(PER_PAGE).max(1);
    let page = session.timeline.grid.page.min(pages - 1);
    Panel::bottom("grid foot").frame(ground).show(ui, |ui| {
        foot::ui(ui, ctx, session, memory, (page, pages), is_of_clips);
    });
    let middle = Frame::NONE.fill(palette.window).inner_margin(Margin::same(GAP as i8));
    let films = CentralPanel::default().frame(middle).show(ui, |ui| {
        let on_page = memory.members.chunks(PER_PAGE).nth(page).unwrap_or_default();
        if on_page.is_empty() {
            let words = match is_of_clips {
                true => "There is no clip of this cluster any more. Choose another one above.",
                false => "No segment has this label any more. Choose another one above.",
            };
            let _ = empty_state(ui, words, None);
            return;
        }
        memory.looks.refresh(&session.timeline.vocabulary, theme::palette(ui).panel);
        let room = ui.available_rect_before_wrap();
        let words = WORDS[usize::from(is_of_clips)];
        let (columns, side) = arrange(room.size(), on_page.len(), words);
        memory.films.show(ui, session, layers, on_page, side);
        for (at, target) in on_page.iter().enumerate() {
            let Some(segment) = layers.timeline.find(*target) else { continue };
            let corner = vec2((at % columns) as f32 * (side + GAP), (at / columns) as f32 * (side + words + GAP));
            let place = Rect::from_min_size(room.min + corner, vec2(side, side + words));
            let counted = is_of_clips.then(|| {
                let counted = memory.counted.entry(*target).or_insert_with(|| CountsThere::of(layers, segment));
                counted.clone()
            });
            let cell = cell::Cell { at, target: *target, segment, counted: counted.as_ref() };
            cell.ui(ui, ctx, session, layers, place, (&memory.looks, &memory.films));
        }
    });
    films.response.rect
}

/// How many columns there are and how wide a film is, so that films are as large as they can be.
fn arrange(room: Vec2, count: usize, words: f32) -> (usize, f32) {
    let side_of = |columns: usize| {
        let rows = count.div_ceil(columns);
        let width = (room.x + GAP) / columns as f32 - GAP;
        let height = (room.y + GAP) / rows as f32 - GAP - words;
        width.min(height)
    };
    let best = (1..=count.max(1)).max_by(|a, b| side_of(*a).total_cmp(&side_of(*b))).unwrap_or(1);
    (best, side_of(best).clamp(48.0, WIDEST).floor())
}

/// The labels or clusters to choose from, each with its count.
fn chips_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, shown: Option<&Gathered>, memory: &mut ClipGridMemory) {
    ui.horizontal_wrapped(|ui| {
        let options = [(false, "Labels"), (true, "Clusters")];
        if let Some(clusters) = segmented(ui, "What films are gathered by", memory.shows_clusters, &options) {
            memory.shows_clusters = clusters;
        }
        ui.add_space(8.0);
        let groups = if memory.shows_clusters { &memory.clusters } else { &memory.labels };
        for (gathered, count) in groups {
            let words = match gathered {
                Gathered::Label(label) => format!("{} {count}", in_words(label)),
                Gathered::Cluster(cluster) => format!("cluster {cluster} · {count}"),
            };
            if chip(ui, &words, shown == Some(gathered)).clicked() {
                ctx.send(Command::Timeline(TimelineCommand::Grid(GridCommand::Show(gathered.clone()))));
            }
        }
    });
}

/// What counts over most of a clip's frames now.
#[derive(Clone, Debug, PartialEq)]
struct CountsThere {
    label: String,
    status: SegmentStatus,
    /// The share of the clip's frames, 0 to 1.
    share: f32,
}

impl CountsThere {
    fn of(layers: &Layers, clip: &Segment) -> Option<Self> {
        let counted = layers.timeline.counted_over(clip.animal, clip.frames())?;
        let share = counted.frames as f32 / clip.frames().len().max(1) as f32;
        Some(Self { label: counted.segment.label.clone(), status: counted.status, share })
    }

    /// "grooming", or "grooming, 60 %" where something else counts in the rest.
    fn words(&self) -> String {
        let label = in_words(&self.label);
        if self.share > 0.995 { label } else { format!("{label}, {:.0} %", 100.0 * self.share) }
    }
}

#[cfg(test)]
mod tests;
