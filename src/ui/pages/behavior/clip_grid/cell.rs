//! A cell of the grid: the film, and under it what the segment is called or what counts over the clip and what was said of it,
//! who does it, when, and whether somebody looked.

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, Color32, FontId, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::super::paint;
use super::CountsThere;
use super::films::Films;
use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{GridCommand, Layers, TimelineCommand};
use crate::jobs::frames::PictureSpec;
use crate::jobs::timeline::Target;
use crate::model::vocabulary::in_words;
use crate::model::{Segment, SegmentStatus};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, paint_icon};
use crate::ui::marks;
use crate::ui::theme::behavior::{AnimalLook, LabelLooks};
use crate::ui::theme::{self, Theme, Weight, mono, sans};
use crate::ui::widgets::focus_ring;

/// A film that is this much faster than life says so.
const FASTER: f64 = 1.25;

/// What is shown in a cell.
pub(super) struct Cell<'a> {
    /// Its place on the page.
    pub at: usize,
    pub target: Target,
    pub segment: &'a Segment,
    /// Of a clip, what counts there now; nothing where people say nothing of it.
    pub counted: Option<&'a Option<CountsThere>>,
}

impl Cell<'_> {
    /// Draws it into its place and acts on clicks.
    pub(super) fn ui(
        &self,
        ui: &Ui,
        ctx: &ViewCtx<'_>,
        session: &Session,
        layers: &Layers,
        place: Rect,
        (looks, films): (&LabelLooks, &Films),
    ) {
        let Self { at, target, segment, .. } = *self;
        let response = ui.interact(place, ui.make_persistent_id(("film", at)), Sense::click());
        let is_selected = session.timeline.selected.contains(&target);
        let fps = session.info.fps.max(1e-9);
        let name = layers.names.get(segment.animal.index()).map_or("", String::as_str);
        let (start, length) = (f64::from(segment.start_frame) / fps, segment.frames().len() as f64 / fps);
        let what = match self.counted {
            None => in_words(&segment.label),
            Some(counted) => format!("{}, caption {}, clip", counted_in_words(counted.as_ref()), caption_of(segment)),
        };
        let status = self.status().map_or("not labelled", SegmentStatus::as_str);
        let words = format!("{what} of {name} at {start:.1} s for {length:.1} s, {status}");
        response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_selected, &words));
        let film = Rect::from_min_size(place.min, vec2(place.width(), place.width()));
        film_ui(ui, session, at, film, films);
        if let Some((_, spec)) = films.picture(at) {
            subject_ui(ui, session, layers, segment, film, spec);
        }
        let line = Rect::from_min_max(film.left_bottom(), place.right_bottom());
        self.words_ui(ui, layers, line, looks, &[format!("{start:.1} s · {length:.1} s"), format!("{start:.1} s")]);
        let palette = theme::palette(ui);
        if is_selected {
            let stroke = Stroke::new(2.0 * Theme::get().stroke.selection, palette.accent);
            ui.painter().rect_stroke(film, 2, stroke, StrokeKind::Inside);
            let sign = Rect::from_min_size(film.right_top() + vec2(-26.0, 6.0), vec2(20.0, 20.0));
            ui.painter().circle_filled(sign.center(), 10.0, palette.accent);
            paint_icon(ui.painter(), Icon::CheckBold, sign.shrink(4.0), palette.on_accent);
        } else if response.hovered() {
            ui.painter().rect_stroke(film, 2, Stroke::new(1.0, palette.text), StrokeKind::Inside);
        }
        focus_ring(ui, place, &response);
        if response.double_clicked() {
            ctx.send(Command::Timeline(TimelineCommand::Select(target, false)));
            ctx.send(Command::Timeline(TimelineCommand::Grid(GridCommand::OpenInTimeline)));
        } else if response.clicked() {
            let add = ui.input(|input| input.modifiers.shift || input.modifiers.command);
            ctx.send(Command::Timeline(TimelineCommand::Select(target, add)));
        }
        if !segment.description.is_empty() {
            response.on_hover_text(&segment.description);
        }
    }

    /// What people did with it, or with what counts there.
    fn status(&self) -> Option<SegmentStatus> {
        match self.counted {
            None => Some(self.segment.status),
            Some(counted) => counted.as_ref().map(|counted| counted.status),
        }
    }

    /// The label with its ground and pattern; of a clip, what was said of it; then the animal, the time, and what people did.
    fn words_ui(&self, ui: &Ui, layers: &Layers, line: Rect, looks: &LabelLooks, times: &[String]) {
        let palette = theme::palette(ui);
        let tokens = Theme::get();
        let painter = ui.painter().with_clip_rect(line.intersect(ui.clip_rect()));
        let strong = sans(Weight::Strong, tokens.font.caption);
        let ground = Rect::from_min_size(line.min + vec2(0.0, 1.0), vec2(line.width(), 16.0));
        let written = |words: String, ink: Color32, font: FontId, top: f32| {
            let mut job = LayoutJob::single_section(words, TextFormat::simple(font, ink));
            job.wrap = TextWrapping::truncate_at_width(ground.width() - 8.0);
            let galley = painter.layout_job(job);
            painter.galley(pos2(ground.left() + 5.0, top + (16.0 - galley.size().y) / 2.0), galley, ink);
        };
        let plain = sans(Weight::Medium, tokens.font.caption);
        let (label, words) = match self.counted {
            None => (Some(&self.segment.label), in_words(&self.segment.label)),
            Some(counted) => (counted.as_ref().map(|counted| &counted.label), counted_in_words(counted.as_ref())),
        };
        match label.map(|label| looks.of(label, false)) {
            Some(look) => {
                paint::filled(&painter, ground, &look);
                written(words, look.ink, strong, ground.top());
            }
            None => {
                painter.rect_stroke(ground, 3, Stroke::new(1.0, palette.line_strong), StrokeKind::Inside);
                written(words, palette.text_secondary, strong, ground.top());
            }
        }
        if self.counted.is_some() {
            let words = format!("caption: {}", caption_of(self.segment));
            written(words, palette.text_secondary, plain.clone(), ground.bottom() + 1.0);
        }
        let middle = line.bottom() - 10.0;
        let animal = AnimalLook::of(&layers.timeline.animals, self.segment.animal);
        marks::paint_glyph(&painter, pos2(line.left() + 7.0, middle), 11.0, animal.shape, animal.color, true);
        let name = layers.names.get(self.segment.animal.index()).map_or("", String::as_str);
        let name = painter.text(pos2(line.left() + 16.0, middle), Align2::LEFT_CENTER, name, plain, palette.text);
        let figure = mono(Weight::Regular, tokens.font.caption);
        let left = name.right() + 8.0;
        // Where both do not fit, when it begins.
        for words in times {
            let galley = painter.layout_no_wrap(words.clone(), figure.clone(), palette.text_secondary);
            if left + galley.size().x <= line.right() - 18.0 {
                painter.galley(pos2(left, middle - galley.size().y / 2.0), galley, palette.text_secondary);
                break;
            }
        }
        let (sign, ink) = match self.status() {
            None => return,
            Some(SegmentStatus::Accepted) => (Icon::Check, palette.ok),
            Some(SegmentStatus::Edited) => (Icon::Pencil, palette.ok),
            Some(SegmentStatus::Unreviewed) => (Icon::Question, palette.text_tertiary),
        };
        let place = Rect::from_center_size(pos2(line.right() - 8.0, middle), vec2(12.0, 12.0));
        paint_icon(&painter, sign, place, ink);
    }
}

/// What counts over a clip, or that nothing does.
fn counted_in_words(counted: Option<&CountsThere>) -> String {
    counted.map_or("no label".to_owned(), CountsThere::words)
}

/// What was said of a clip; the segment of one of which nothing was said is called by its cluster.
fn caption_of(clip: &Segment) -> String {
    match clip.label.starts_with("cluster_") {
        true => "none".to_owned(),
        false => in_words(&clip.label),
    }
}

fn film_ui(ui: &Ui, session: &Session, at: usize, film: Rect, films: &Films) {
    let tokens = Theme::get();
    let painter = ui.painter();
    painter.rect_filled(film, 2, tokens.on_image.mat);
    let caption = sans(Weight::Regular, tokens.font.caption);
    match films.picture(at) {
        Some((texture, _)) => {
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture, film, whole, theme::UNTINTED);
        }
        None => {
            let words = if session.timeline.grid.pictures.is_none() {
                "no pictures"
            } else if films.is_unreadable(at) {
                "cannot be read"
            } else {
                "reading"
            };
            painter.text(film.center(), Align2::CENTER_CENTER, words, caption, tokens.on_image.unassigned);
            return;
        }
    }
    let done = Rect::from_min_max(
        pos2(film.left(), film.bottom() - 3.0),
        pos2(film.left() + film.width() * films.share(at), film.bottom()),
    );
    painter.rect_filled(done, 0, tokens.on_image.selected);
    let speed = films.speed(at);
    if speed >= FASTER {
        let figure = mono(Weight::Medium, tokens.font.caption);
        let galley = painter.layout_no_wrap(format!("{speed:.1}×"), figure, tokens.on_image.badge_text);
        let pill = Rect::from_min_size(film.min + vec2(6.0, 6.0), galley.size() + vec2(10.0, 4.0));
        painter.rect_filled(pill, tokens.radius.pill, tokens.on_image.pill);
        painter.galley(pill.min + vec2(5.0, 2.0), galley, tokens.on_image.badge_text);
    }
}

/// Marks whose film it is, where there are several animals.
fn subject_ui(ui: &Ui, session: &Session, layers: &Layers, segment: &Segment, film: Rect, spec: &PictureSpec) {
    let Some(scene) = session.timeline.scene.as_ref().filter(|scene| scene.is_in_pixels) else { return };
    let body = scene.bodies.animals.get(segment.animal.index()).filter(|_| layers.names.len() > 1);
    let Some([x, y]) = body.and_then(|body| body.centre.get(spec.frame as usize)).filter(|at| at[0].is_finite()) else {
        return;
    };
    let region = &spec.region;
    let share = [(f64::from(*x) - region.x0) / region.width(), (f64::from(*y) - region.y0) / region.height()];
    let at = film.min + vec2(share[0] as f32, share[1] as f32) * film.size();
    let look = AnimalLook::of(&layers.timeline.animals, segment.animal);
    if film.contains(at) {
        marks::paint_glyph(ui.painter(), at, 9.0, look.shape, look.color, true);
    }
}
