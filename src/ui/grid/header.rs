//! The line above a picture: the camera's name, how many keypoints are labelled, one badge, and the button that shows the
//! view large. Its colours are the dark ones in both appearances, as those of the picture.

use egui::{Painter, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::GridUse;
use crate::app::session::Session;
use crate::app::ui_command::UiCommand;
use crate::app::view::ChannelChoice;
use crate::app::{Command, Page};
use crate::jobs::labelling::FrameView;
use crate::model::{CameraId, Placement};
use crate::pose::assist::ProposalReason;
use crate::recording::Channel;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, paint_icon};
use crate::ui::theme::{Appearance, Weight, mono, sans};
use crate::ui::widgets::{BadgeKind, badge_width, named_tooltip, paint_badge};

/// What a header says at its right end.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Badge {
    /// On a ground of its own.
    On(BadgeKind, String),
    /// Words alone.
    Words(String),
    /// Nothing.
    None,
}

impl Badge {
    /// It as it fits into `room` points: whole, short, or not at all.
    fn fitting(&self, painter: &Painter, ctx: &ViewCtx<'_>, room: f32) -> Self {
        let fits = |badge: &Self| badge.width(painter, ctx) <= room;
        let short = self.short();
        [self, &short].into_iter().find(|badge| fits(badge)).cloned().unwrap_or(Self::None)
    }

    /// Its figure alone, or its sign.
    fn short(&self) -> Self {
        let Self::On(kind, text) = self else { return Self::None };
        let figure = text.split([' ', ',']).find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
        match (kind, figure) {
            (BadgeKind::Accent, Some(figure)) => Self::On(*kind, format!("{figure}?")),
            (BadgeKind::Quiet | BadgeKind::Error, Some(figure)) => Self::On(*kind, figure.to_owned()),
            (BadgeKind::Done | BadgeKind::Error, _) => Self::On(*kind, String::new()),
            _ => Self::None,
        }
    }

    fn width(&self, painter: &Painter, ctx: &ViewCtx<'_>) -> f32 {
        let caption = ctx.theme.font.caption;
        let width =
            |text: &str, font| painter.layout_no_wrap(text.to_owned(), font, ctx.theme.on_image.badge_text).size().x;
        match self {
            Self::On(kind, text) => badge_width(width(text, mono(Weight::Strong, caption)), *kind),
            Self::Words(text) => width(text, sans(Weight::Regular, caption)) + ctx.theme.space.unit,
            Self::None => 0.0,
        }
    }
}

/// Draws the header into `rect`; what the pointer is over is told by the pane.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, camera: CameraId, badge: &Badge, rect: Rect) {
    let theme = ctx.theme;
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect_filled(rect, 0, theme.on_image.header);
    let line = Rect::from_min_max(pos2(rect.left(), rect.bottom() - theme.stroke.line), rect.max);
    painter.rect_filled(line, 0, theme.on_image.header_line);
    let button = expand_ui(ui, ctx, session, camera, rect);
    let palette = theme.palette(Appearance::Dark);
    let mut left = rect.left() + 2.0 * theme.space.unit;
    let name = painter.layout_no_wrap(
        session.camera_name(camera).to_owned(),
        sans(Weight::Strong, theme.font.body),
        palette.text,
    );
    // The name always stands; the badge becomes short, or goes, where the view is small.
    let end = button.left() - theme.space.unit;
    let room = end - (left + name.size().x + theme.space.unit);
    let badge = badge.fitting(&painter, ctx, room);
    let right = paint_end(&painter, &badge, pos2(end, rect.center().y), ctx);
    let clip = painter.with_clip_rect(rect.with_max_x(right - theme.space.unit).intersect(ui.clip_rect()));
    // A camera that films no dots has nothing to label.
    let count = view_of(session).filter(|_| session.has_dots()).map(|view| labelled(view, camera));
    let next = left + name.size().x + 2.0 * theme.space.unit;
    clip.galley(pos2(left, rect.center().y - name.size().y / 2.0), name, palette.text);
    left = next;
    if let Some(count) = count {
        let words = format!("{count} of {}", session.skeleton.len());
        let galley = clip.layout_no_wrap(words, mono(Weight::Medium, theme.font.caption), palette.text_tertiary);
        // Words that do not fit are left out, never cut.
        if left + galley.size().x <= right - theme.space.unit {
            clip.galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, palette.text_tertiary);
        }
    }
}

fn view_of(session: &Session) -> Option<&FrameView> {
    session.view().map(|view| &**view)
}

/// How many keypoints have a place in this view.
fn labelled(view: &FrameView, camera: CameraId) -> usize {
    view.labels.iter().filter(|(of, _, label)| *of == camera && label.placement.point_in_image().is_some()).count()
}

fn expand_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, camera: CameraId, rect: Rect) -> Rect {
    let side = rect.height();
    let place = Rect::from_min_size(pos2(rect.right() - side, rect.top()), Vec2::splat(side));
    let is_large = session.grid.maximised == Some(camera);
    let response = ui.interact(place, ui.scope_id().with(("large", camera.0)), Sense::click());
    let name = match is_large {
        true => "Show all views".to_owned(),
        false => format!("Show {} large", session.camera_name(camera)),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let palette = ctx.theme.palette(Appearance::Dark);
    let colour = if response.hovered() || response.has_focus() { palette.text } else { palette.text_tertiary };
    let icon = Rect::from_center_size(place.center(), Vec2::splat(ctx.theme.size.icon_small));
    paint_icon(ui.painter(), if is_large { Icon::Shrink } else { Icon::Expand }, icon, colour);
    if response.clicked() {
        ctx.send(Command::Maximise((!is_large).then_some(camera)));
    }
    let key = ctx.key_of(UiCommand::ToggleMaximise);
    named_tooltip(response, &name, &key);
    place
}

/// Paints the badge; gives its left end.
fn paint_end(painter: &Painter, badge: &Badge, right_middle: egui::Pos2, ctx: &ViewCtx<'_>) -> f32 {
    match badge {
        Badge::On(kind, text) => paint_badge(painter, right_middle, text, *kind).left(),
        Badge::Words(text) => {
            let ink = ctx.theme.palette(Appearance::Dark).text_secondary;
            let galley = painter.layout_no_wrap(text.clone(), sans(Weight::Regular, ctx.theme.font.caption), ink);
            let size = galley.size();
            let at = right_middle - vec2(size.x + ctx.theme.space.unit, size.y / 2.0);
            painter.galley(at, galley, ink);
            at.x
        }
        Badge::None => right_middle.x,
    }
}

/// What a view's header has to say; one thing at a time, the most urgent first.
pub(super) fn badge_of(ctx: &ViewCtx<'_>, session: &Session, grid_use: GridUse, camera: CameraId) -> Badge {
    let frame = session.cursor.frame;
    if session.unreadable.contains_key(&(camera, frame)) {
        return Badge::On(BadgeKind::Error, "cannot be read".to_owned());
    }
    if ctx.pictures.is_late(camera, ctx.state.now_secs) && session.why_no_picture(camera).is_none() {
        return Badge::On(BadgeKind::Quiet, format!("loading {frame}"));
    }
    if let Some(channel) = missing_channel(session, camera) {
        return Badge::On(BadgeKind::Error, format!("no {channel}"));
    }
    let Some(view) = view_of(session) else { return Badge::None };
    match (grid_use, ctx.state.page) {
        (GridUse::Watch, _) => Badge::None,
        (GridUse::Detect, _) => dots_badge(view, camera),
        (GridUse::Label, Page::Seeds) => seed_badge(session, view, camera),
        _ => residual_badge(view, camera, session.queue.threshold_px()),
    }
}

/// The channel that is asked for and that this camera cannot show, while its other one stands in.
fn missing_channel(session: &Session, camera: CameraId) -> Option<&'static str> {
    let is_broken = |channel: Channel| session.broken_views.contains_key(&(camera, channel));
    let [reflectance, fluorescence] = [Channel::Reflectance, Channel::Fluorescence].map(is_broken);
    match session.channels.choice {
        ChannelChoice::Reflectance | ChannelChoice::Fused if reflectance && !fluorescence => Some("reflectance"),
        ChannelChoice::Fluorescence | ChannelChoice::Fused if fluorescence && !reflectance => Some("fluorescence"),
        _ => None,
    }
}

fn dots_badge(view: &FrameView, camera: CameraId) -> Badge {
    match view.views.get(camera.index()).and_then(Option::as_ref) {
        Some(found) if found.centroids.len() == 1 => Badge::On(BadgeKind::Quiet, "1 dot".to_owned()),
        Some(found) => Badge::On(BadgeKind::Quiet, format!("{} dots", found.centroids.len())),
        None => Badge::Words("not looked at".to_owned()),
    }
}

/// What is known of the selected keypoint in this view.
fn seed_badge(session: &Session, view: &FrameView, camera: CameraId) -> Badge {
    let keypoint = session.selection.keypoint;
    let name = session.skeleton.name_of(keypoint);
    // What a machine said of a seed frame is a proposal there.
    let label = view.labels.get(camera, keypoint).filter(|label| label.is_human());
    match label.map(|label| label.placement) {
        Some(Placement::Absent) => return Badge::Words(format!("{name} not visible")),
        Some(Placement::Centroid { number, .. }) => {
            return Badge::On(BadgeKind::Done, format!("{name} is {}", number.0));
        }
        Some(Placement::Free { .. }) => return Badge::On(BadgeKind::Done, format!("{name} is free")),
        None => {}
    }
    let Some(proposal) = session.insight().and_then(|insight| insight.proposal_in(camera)) else { return Badge::None };
    match (proposal.placement.number(), proposal.distance_px, proposal.reason) {
        (Some(number), Some(distance_px), _) => {
            Badge::On(BadgeKind::Accent, format!("proposes {}, {distance_px:.1} px", number.0))
        }
        (Some(number), None, _) => Badge::On(BadgeKind::Accent, format!("proposes {}", number.0)),
        (None, _, ProposalReason::OutsidePicture) => Badge::Words("outside the picture".to_owned()),
        (None, _, ProposalReason::OnlyFaint { number, .. }) => Badge::Words(format!("dot {} is too faint", number.0)),
        (None, ..) => Badge::Words("no dot near".to_owned()),
    }
}

/// The largest residual of the view.
fn residual_badge(view: &FrameView, camera: CameraId, threshold_px: f64) -> Badge {
    match view.residuals_px.worst_of_view(camera) {
        Some(px) if px > threshold_px => Badge::On(BadgeKind::Error, format!("{px:.1} px")),
        Some(px) => Badge::On(BadgeKind::Quiet, format!("{px:.1} px")),
        None => Badge::None,
    }
}
