//! What is to be looked at: first what there is a reason to doubt, the weightiest first, then the rest in time. The order stays
//! while one works.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Frame, Panel, Rect, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::audit::{self, AuditMemory};
use super::search::{self, SearchMemory};
use crate::app::Command;
use crate::app::session::Session;
use crate::app::state::sentence;
use crate::app::timeline::{FoundSegments, Layers, TimelineCommand};
use crate::behavior::consistency::Reason;
use crate::behavior::review::ReviewReason;
use crate::jobs::timeline::Target;
use crate::model::vocabulary::in_words;
use crate::model::{Segment, SegmentStatus};
use crate::ui::ctx::ViewCtx;
use crate::ui::marks;
use crate::ui::theme::behavior::AnimalLook;
use crate::ui::theme::{self, Weight, mono, sans};
use crate::ui::widgets::{ActionButton, empty_state, heading_row, paint_row, progress_bar, segmented};

/// From so many points of width on there is room for a title beside the choice of what is shown.
const WIDE: f32 = 230.0;

/// What the list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shows {
    /// What nobody has looked at.
    #[default]
    Open,
    /// Everything.
    All,
    /// A sample that chance chooses.
    Audit,
}

/// What the list remembers between frames.
#[derive(Default)]
pub struct ListMemory {
    shows: Shows,
    /// Revision, what is shown, and what a search found.
    key: Option<(u64, Shows, Option<FoundKey>)>,
    search: SearchMemory,
    rows: Vec<ListRow>,
    /// Whether the order is no longer that of the reasons.
    is_outdated: bool,
    /// Segments that were looked at, and all.
    reviewed: (usize, usize),
    /// Shown while something is looked for.
    nothing: Arc<FoundSegments>,
    audit: AuditMemory,
}

/// What was found, by its place in memory.
type FoundKey = Arc<FoundSegments>;

/// A row of the list.
struct ListRow {
    target: Target,
    /// The weightiest reason, in few words; empty where there is none.
    reason: String,
    /// All of them.
    reasons: String,
}

/// Draws the panel.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers, memory: &mut ListMemory) {
    memory.refresh(session, layers);
    let (done, all) = memory.reviewed;
    ui.spacing_mut().item_spacing.y = 0.0;
    let padding = egui::Margin::symmetric(ctx.theme.space.panel_padding as i8, 0);
    Frame::NONE.inner_margin(padding).show(ui, |ui| {
        // In a narrow panel what is shown says it all.
        let title = if ui.available_width() < WIDE { "" } else { "Segments" };
        heading_row(ui, title, &(all - done).to_string(), |ui| {
            let options = [(Shows::Open, "To do"), (Shows::All, "All"), (Shows::Audit, "Audit")];
            let shown = if session.timeline.is_auditing { Shows::Audit } else { memory.shows };
            if let Some(shows) = segmented(ui, "Which segments", shown, &options) {
                ctx.send(Command::Timeline(TimelineCommand::Audit(shows == Shows::Audit)));
                if shows != Shows::Audit {
                    memory.shows = shows;
                }
            }
        });
    });
    if session.timeline.is_auditing {
        return audit::ui(ui, ctx, session, layers, &mut memory.audit);
    }
    Frame::NONE.inner_margin(padding).show(ui, |ui| search::ui(ui, ctx, session, &mut memory.search));
    Panel::bottom("segments foot").resizable(false).frame(Frame::NONE.inner_margin(egui::Margin::same(12))).show(
        ui,
        |ui| {
            ui.label(format!("{done} of {all} looked at"));
            ui.add_space(4.0);
            progress_bar(ui, "Segments looked at", done as f32 / all.max(1) as f32);
            if memory.is_outdated {
                ui.add_space(6.0);
                let rank = ui.add(ActionButton::new("Rank again").wide(true));
                let words = "The list stays as it is while one works. Some reasons have changed: this puts the weightiest first.";
                if rank.on_hover_text(words).clicked() {
                    ctx.send(Command::Timeline(TimelineCommand::RankAgain));
                }
            }
        },
    );
    if memory.rows.is_empty() {
        let words = match &session.timeline.search {
            Some(search) if matches!(search.found, Some(Ok(_))) => {
                "None of what is searched for, or all of it was looked at."
            }
            Some(_) => return,
            None if all == 0 => "No segments yet.",
            None => "Every segment was looked at.",
        };
        let _ = empty_state(ui, words, None);
        return;
    }
    let height = ctx.theme.size.queue_row;
    let area = ScrollArea::vertical().id_salt("segments").auto_shrink(false);
    area.show_rows(ui, height, memory.rows.len(), |ui, shown| {
        for row in &memory.rows[shown] {
            if let Some(segment) = layers.timeline.find(row.target) {
                row_ui(ui, ctx, session, layers, row, segment, height);
            }
        }
    });
}

impl ListMemory {
    fn refresh(&mut self, session: &Session, layers: &Layers) {
        let found = session.timeline.search.as_ref().map(|search| match &search.found {
            Some(Ok(found)) => Arc::clone(found),
            _ => Arc::clone(&self.nothing),
        });
        let key = (session.timeline.revision, self.shows, found);
        let is_same = |known: &(u64, Shows, Option<FoundKey>)| {
            let is_same_search = match (&known.2, &key.2) {
                (Some(one), Some(other)) => Arc::ptr_eq(one, other),
                (one, other) => one.is_none() && other.is_none(),
            };
            (known.0, known.1) == (key.0, key.1) && is_same_search
        };
        if self.key.as_ref().is_some_and(is_same) {
            return;
        }
        let is_looking = key.2.as_ref().is_some_and(|found| Arc::ptr_eq(found, &self.nothing));
        self.key = Some(key);
        self.reviewed = layers.reviewed();
        self.is_outdated = session.timeline.is_order_outdated();
        self.rows.clear();
        if is_looking {
            return;
        }
        let is_wanted = |segment: &Segment| self.shows == Shows::All || segment.status == SegmentStatus::Unreviewed;
        let order = session.timeline.review_order().into_iter().filter(|(_, segment)| is_wanted(segment));
        self.rows = order
            .map(|(target, _)| {
                let found = layers.reasons_of(target);
                let reason = found.first().map(in_few_words).unwrap_or_default();
                let reasons = found.iter().map(|reason| sentence(reason.words())).collect::<Vec<_>>().join("\n");
                ListRow { target, reason, reasons }
            })
            .collect();
    }
}

/// A reason as the list has room for it.
fn in_few_words(reason: &ReviewReason) -> String {
    match reason {
        ReviewReason::Contradiction { finding } => match finding {
            Reason::NoPartner => "No partner named".to_owned(),
            Reason::ImpossiblePartner => "Partner not possible".to_owned(),
            Reason::NeedlessPartner => "Needs no partner".to_owned(),
            Reason::PartnerDisagrees => "Partner says otherwise".to_owned(),
            Reason::RolesClash => "Both play the same part".to_owned(),
            Reason::TooFarApart => "Too far apart".to_owned(),
        },
        ReviewReason::NotSupported => "Too far apart".to_owned(),
        ReviewReason::SamplesDisagree { agreement } => format!("Answers agree {:.0} %", agreement * 100.0),
        ReviewReason::LowConfidence { confidence } => format!("Confidence {confidence:.2}"),
        ReviewReason::TooShort { secs, .. } => format!("Short: {secs:.1} s"),
        ReviewReason::TooLong { secs, .. } => format!("Long: {secs:.1} s"),
        ReviewReason::WordsAtOdds { named } => format!("Text says {}", in_words(named)),
        ReviewReason::Novel { score } => format!("Like no other, {score:.2}"),
    }
}

fn row_ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    layers: &Layers,
    row: &ListRow,
    segment: &Segment,
    height: f32,
) {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let is_selected = session.timeline.selected.last() == Some(&row.target);
    paint_row(ui, rect, is_selected, response.hovered());
    let animal = &layers.names[segment.animal.index()];
    let label = in_words(&segment.label);
    let name = format!("{label} of {animal} at frame {}. {}", segment.start_frame, row.reason);
    response.widget_info(|| WidgetInfo::selected(egui::Role::ListBoxOption, true, is_selected, name.trim()));
    let look = AnimalLook::of(&layers.timeline.animals, segment.animal);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    marks::paint_glyph(&painter, rect.left_center() + vec2(16.0, 0.0), 14.0, look.shape, look.color, true);
    let (first, second) = match row.reason.is_empty() {
        true => (rect.center().y, None),
        false => (rect.center().y - 8.0, Some(rect.center().y + 9.0)),
    };
    let number = mono(Weight::Medium, ctx.theme.font.body);
    let left = rect.left() + 32.0;
    painter.text(pos2(left, first), egui::Align2::LEFT_CENTER, segment.start_frame, number, palette.text_secondary);
    let body = sans(Weight::Medium, ctx.theme.font.body);
    let words_left = left + 44.0;
    let right = rect.right() - 40.0;
    let clip =
        painter.with_clip_rect(Rect::from_x_y_ranges(words_left..=right, rect.y_range()).intersect(ui.clip_rect()));
    let mut job = LayoutJob::simple_singleline(label, body, palette.text);
    job.wrap = TextWrapping::truncate_at_width(right - words_left);
    let galley = clip.layout_job(job);
    clip.galley(pos2(words_left, first - galley.size().y / 2.0), galley, palette.text);
    let small = sans(Weight::Regular, ctx.theme.font.caption);
    painter.text(
        pos2(rect.right() - 12.0, first),
        egui::Align2::RIGHT_CENTER,
        animal,
        small.clone(),
        palette.text_secondary,
    );
    if let Some(y) = second {
        let wide = painter.with_clip_rect(rect.with_max_x(rect.right() - 8.0).intersect(ui.clip_rect()));
        wide.text(pos2(left, y), egui::Align2::LEFT_CENTER, &row.reason, small, palette.warn);
    }
    if !row.reasons.is_empty() {
        response.clone().on_hover_text(&row.reasons);
    }
    if response.clicked() {
        ctx.send(Command::Timeline(TimelineCommand::Select(row.target, false)));
        ctx.send(Command::ShowFrame(segment.start_frame));
    }
    if is_selected && response.gained_focus() {
        ui.scroll_to_rect(rect, None);
    }
}
