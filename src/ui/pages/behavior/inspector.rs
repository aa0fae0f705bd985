//! The selected segment: its label, partner, part, words, and where it came from. What is typed is a draft until it is saved.

use std::collections::HashMap;
use std::path::PathBuf;

use egui::{ComboBox, Frame, Margin, Panel, RichText, Role, ScrollArea, TextEdit, Ui, WidgetInfo};

use crate::app::Command;
use crate::app::session::Session;
use crate::app::state::sentence;
use crate::app::timeline::{Layers, TimelineCommand};
use crate::app::ui_command::UiCommand;
use crate::behavior::edits::Edge;
use crate::jobs::timeline::{Target, TimelineAct};
use crate::model::vocabulary::in_words;
use crate::model::{AnimalId, BehaviorSource, RecordingId, Segment, SocialRole};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon, icon_button};
use crate::ui::theme::behavior::AnimalLook;
use crate::ui::theme::{self, Weight, mono, sans};
use crate::ui::widgets::{ActionButton, chip, empty_state, heading_row, section};

/// What is typed and not saved.
#[derive(Default)]
pub struct InspectorMemory {
    drafts: HashMap<Target, Draft>,
    /// The recording that they are of, and the revision of its layers that they were looked for in.
    of: Option<(Place, u64)>,
    /// Those of other recordings.
    others: HashMap<Place, HashMap<Target, Draft>>,
    /// How many are of segments that are gone.
    hidden: usize,
    modifier: String,
}

/// A project and a recording of it.
type Place = (PathBuf, RecordingId);

/// A description that is typed and not saved.
struct Draft {
    text: String,
    /// What was saved when it was begun.
    before: String,
    /// Whose segment it is of, and its first frame.
    place: (AnimalId, u32),
}

impl InspectorMemory {
    /// Lets drafts follow their segments: an animal's machine layer that is copied becomes a person's, and undo takes it back.
    /// A draft of a segment that is gone stays, for the case that it comes back.
    fn follow(&mut self, session: &Session, layers: &Layers) {
        let revision = session.timeline.revision;
        let is_here = |(path, recording): &Place| *path == session.path && *recording == session.info.id;
        match &mut self.of {
            Some((place, known)) if is_here(place) => {
                if std::mem::replace(known, revision) == revision {
                    return;
                }
            }
            _ => {
                let here = (session.path.clone(), session.info.id);
                let drafts = std::mem::take(&mut self.drafts);
                if let Some((place, _)) = self.of.take() {
                    self.others.insert(place, drafts);
                }
                self.drafts = self.others.remove(&here).unwrap_or_default();
                self.of = Some((here, revision));
            }
        }
        self.hidden = 0;
        let shown = session.timeline.main().map(|(target, _)| target);
        let lost: Vec<Target> = self.drafts.keys().copied().filter(|target| Some(*target) != shown).collect();
        for target in lost {
            let Some(draft) = self.drafts.get(&target) else { continue };
            let (animal, start_frame) = draft.place;
            if layers.lane(animal).iter().any(|(counting, _)| *counting == target) {
                continue;
            }
            let now = layers.counting_at(animal, start_frame).filter(|now| !self.drafts.contains_key(now));
            match now.and_then(|now| Some((now, self.drafts.remove(&target)?))) {
                Some((now, draft)) => drop(self.drafts.insert(now, draft)),
                None => self.hidden += usize::from(layers.timeline.find(target).is_none()),
            }
        }
    }

    /// How many descriptions are typed and not saved.
    pub(super) fn draft_count(&self) -> usize {
        self.drafts.len().saturating_sub(self.hidden)
    }
}

/// Draws the panel.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers, memory: &mut InspectorMemory) {
    let state = &session.timeline;
    memory.follow(session, layers);
    let Some((target, segment)) = state.main() else {
        let _ = empty_state(ui, "Click a segment to see and change it.", None);
        return;
    };
    let margin = Margin::symmetric(ctx.theme.space.panel_padding as i8, 0);
    let can_write = session.read_only.is_none();
    Panel::bottom("segment actions").resizable(false).frame(Frame::NONE.inner_margin(margin)).show(ui, |ui| {
        ui.add_enabled_ui(can_write, |ui| actions_ui(ui, ctx, state.selected.len()));
        ui.add_space(10.0);
    });
    ScrollArea::vertical().id_salt("segment").auto_shrink(false).show(ui, |ui| {
        Frame::NONE.inner_margin(margin).show(ui, |ui| {
            let seen = Seen { ctx, session, layers, target, segment };
            seen.head_ui(ui);
            ui.add_enabled_ui(can_write, |ui| {
                seen.label_ui(ui);
                ui.add_space(ctx.theme.space.row_gap);
                seen.partner_ui(ui);
                ui.add_space(ctx.theme.space.row_gap);
                seen.description_ui(ui, memory);
                ui.add_space(ctx.theme.space.row_gap);
                seen.modifiers_ui(ui, memory);
                ui.add_space(ctx.theme.space.row_gap);
                seen.edges_ui(ui);
            });
            seen.findings_ui(ui);
            section(ui, "why", "Where it came from", true, |ui| seen.why_ui(ui));
        });
    });
}

fn actions_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, count: usize) {
    ui.add_space(8.0);
    ui.horizontal_wrapped(|ui| {
        let buttons = [
            (UiCommand::SplitSegment, "Split"),
            (UiCommand::MergeSegment, if count > 1 { "Merge selected" } else { "Merge next" }),
            (UiCommand::UnmergeSegment, "Take apart"),
            (UiCommand::DeleteSegment, "Delete"),
        ];
        for (command, words) in buttons {
            let key = ctx.key_of(command);
            let button = ui.add(ActionButton::new(words).key(&key));
            if button.on_hover_text(command.entry().tooltip).clicked() {
                ctx.run(command);
            }
        }
    });
    ui.add_space(8.0);
    let words = if count > 1 { format!("Accept {count} and next") } else { "Accept and next segment".to_owned() };
    let key = ctx.key_of(UiCommand::AcceptSegment);
    if ui.add(ActionButton::primary(&words).key(&key)).clicked() {
        ctx.run(UiCommand::AcceptSegment);
    }
}

/// The segment that is shown.
struct Seen<'a> {
    ctx: &'a ViewCtx<'a>,
    session: &'a Session,
    layers: &'a Layers,
    target: Target,
    segment: &'a Segment,
}

impl Seen<'_> {
    fn act(&self, act: TimelineAct) {
        self.ctx.send(Command::Timeline(TimelineCommand::Act(act)));
    }

    fn of(&self) -> Vec<Target> {
        self.session.timeline.selected.clone()
    }

    fn head_ui(&self, ui: &mut Ui) {
        let fps = self.session.info.fps;
        let frames = self.segment.frames().len();
        let count = self.session.timeline.selected.len();
        let title = match count {
            0 | 1 => format!("{}, {}", self.layers.names[self.segment.animal.index()], in_words(&self.segment.label)),
            many => format!("{many} segments, last {}", in_words(&self.segment.label)),
        };
        let secs = if fps > 0.0 { format!(" · {:.2} s", frames as f64 / fps) } else { String::new() };
        let aside = format!("{}–{}{secs}", self.segment.start_frame, self.segment.stop_frame - 1);
        heading_row(ui, &title, &aside, |ui| {
            let words = match self.target {
                Target::Human(_) => self.segment.status.as_str(),
                Target::Machine { .. } => "by machine",
            };
            ui.label(RichText::new(words).font(sans(Weight::Regular, self.ctx.theme.font.caption)));
        });
    }

    fn label_ui(&self, ui: &mut Ui) {
        caption(ui, "Label");
        let vocabulary = &self.session.timeline.vocabulary;
        let shown = in_words(&self.segment.label);
        let width = ui.available_width();
        let menu = ComboBox::from_id_salt("segment label").width(width).height(420.0).selected_text(&shown);
        let response = menu.show_ui(ui, |ui| {
            for label in &vocabulary.labels {
                let key = label.key.map(|key| format!("  {}", key.to_ascii_uppercase())).unwrap_or_default();
                let words = format!("{}{key}", in_words(&label.name));
                let row = ui.selectable_label(label.name == self.segment.label, words);
                if row.on_hover_text(&label.definition).clicked() {
                    self.act(TimelineAct::Relabel { of: self.of(), label: label.name.clone() });
                }
            }
        });
        let name = format!("Label: {shown}");
        response.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), &name));
        if vocabulary.find(&self.segment.label).is_none() {
            let palette = theme::palette(ui);
            ui.label(RichText::new("The vocabulary does not have this label.").color(palette.warn));
        }
    }

    fn partner_ui(&self, ui: &mut Ui) {
        let names = &self.layers.names;
        let partner = self.segment.partner.and_then(|id| names.get(id.index())).map_or("nobody", String::as_str);
        let is_social = self.session.timeline.vocabulary.is_social(&self.segment.label);
        ui.add_enabled_ui(is_social || self.segment.partner.is_some(), |ui| {
            ui.columns(2, |columns| {
                let [left, right] = columns else { return };
                caption(left, "Partner");
                let width = left.available_width();
                let menu = ComboBox::from_id_salt("partner").width(width).selected_text(partner).show_ui(left, |ui| {
                    let set = |partner: Option<AnimalId>| {
                        let role = if partner.is_none() { SocialRole::None } else { self.role_or_default() };
                        self.act(TimelineAct::SetPartner { of: self.of(), partner, role });
                    };
                    if ui.selectable_label(self.segment.partner.is_none(), "nobody").clicked() {
                        set(None);
                    }
                    for (at, name) in names.iter().enumerate() {
                        let id = AnimalId(at as u8);
                        if id != self.segment.animal
                            && ui.selectable_label(self.segment.partner == Some(id), name).clicked()
                        {
                            set(Some(id));
                        }
                    }
                });
                let name = format!("Partner: {partner}");
                menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, left.is_enabled(), &name));
                caption(right, "Part");
                let width = right.available_width();
                let role = self.segment.role;
                let menu = ComboBox::from_id_salt("role").width(width).selected_text(role.as_str());
                let menu = menu.show_ui(right, |ui| {
                    for choice in [SocialRole::Actor, SocialRole::Recipient, SocialRole::Mutual] {
                        if ui.selectable_label(role == choice, choice.as_str()).clicked() {
                            let partner = self.segment.partner;
                            self.act(TimelineAct::SetPartner { of: self.of(), partner, role: choice });
                        }
                    }
                });
                let name = format!("Part: {}", role.as_str());
                menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, right.is_enabled(), &name));
            });
        });
    }

    fn role_or_default(&self) -> SocialRole {
        match self.segment.role {
            SocialRole::None => SocialRole::Actor,
            role => role,
        }
    }

    fn description_ui(&self, ui: &mut Ui, memory: &mut InspectorMemory) {
        let name = caption(ui, "Description");
        let saved = &self.segment.description;
        let draft = memory.drafts.get(&self.target);
        let mut text = draft.map_or(saved, |draft| &draft.text).clone();
        let before = draft.map_or(saved, |draft| &draft.before).clone();
        let edit = TextEdit::multiline(&mut text).desired_rows(4).desired_width(f32::INFINITY).char_limit(4000);
        // Enter alone makes a line; with Control it saves.
        let response = ui.add(edit.id(ui.make_persistent_id("description")));
        let response = response.labelled_by(name.id);
        // The keys as they were pressed: by now they may be released, and Escape has taken the focus away.
        let is_typing = response.has_focus() || response.lost_focus();
        let is_pressed = |wanted: egui::Key, with_command: bool| {
            ui.input(|input| {
                input.events.iter().any(|event| {
                    matches!(event, egui::Event::Key { key, pressed: true, modifiers, .. }
                        if *key == wanted && modifiers.command == with_command)
                })
            })
        };
        let save = is_typing && is_pressed(egui::Key::Enter, true);
        let discard = is_typing && is_pressed(egui::Key::Escape, false);
        if save {
            text.truncate(text.trim_end().len());
        }
        if text == *saved || discard {
            memory.drafts.remove(&self.target);
        } else {
            let place = (self.segment.animal, self.segment.start_frame);
            memory.drafts.insert(self.target, Draft { text: text.clone(), before: before.clone(), place });
        }
        if memory.drafts.contains_key(&self.target) {
            if before != *saved {
                let words = format!("Saved since you began: {saved}");
                ui.add(egui::Label::new(RichText::new(words).color(theme::palette(ui).text_secondary)).wrap());
            }
            ui.horizontal(|ui| {
                let palette = theme::palette(ui);
                ui.label(RichText::new("Draft, not saved yet").color(palette.warn));
                let clicked = ui.add(ActionButton::new("Save").key("Ctrl Enter")).clicked();
                if ui.add(ActionButton::new("Discard").key("Esc")).clicked() {
                    memory.drafts.remove(&self.target);
                } else if clicked || save {
                    memory.drafts.remove(&self.target);
                    self.act(TimelineAct::SetDescription { of: self.target, text });
                }
            });
        }
    }

    fn modifiers_ui(&self, ui: &mut Ui, memory: &mut InspectorMemory) {
        let name = caption(ui, "Modifiers");
        ui.horizontal_wrapped(|ui| {
            let modifiers = &self.segment.modifiers;
            for (at, modifier) in modifiers.iter().enumerate() {
                if chip(ui, modifier, true).on_hover_text("Take it away").clicked() {
                    let mut left = modifiers.clone();
                    left.remove(at);
                    self.act(TimelineAct::SetModifiers { of: self.of(), modifiers: left });
                }
            }
            let edit = TextEdit::singleline(&mut memory.modifier).hint_text("add").desired_width(90.0).char_limit(40);
            let response = ui.add(edit);
            let response = response.labelled_by(name.id);
            let is_done = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            let word = memory.modifier.trim().to_owned();
            if is_done && !word.is_empty() {
                memory.modifier.clear();
                let mut all = modifiers.clone();
                if !all.contains(&word) {
                    all.push(word);
                    self.act(TimelineAct::SetModifiers { of: self.of(), modifiers: all });
                }
            }
        });
    }

    fn edges_ui(&self, ui: &mut Ui) {
        caption(ui, "Edges");
        let font = mono(Weight::Medium, self.ctx.theme.font.body);
        let edges = [
            ("First frame", self.segment.start_frame, Edge::Start, UiCommand::StartHere),
            ("Last frame", self.segment.stop_frame - 1, Edge::Stop, UiCommand::StopHere),
        ];
        for (name, frame, edge, here) in edges {
            ui.horizontal(|ui| {
                ui.add_sized([72.0, 18.0], egui::Label::new(name));
                if icon_button(ui, Icon::ChevronLeft, &format!("{name} earlier"), "").clicked() {
                    self.ctx.send(Command::Timeline(TimelineCommand::NudgeEdge(edge, -1)));
                }
                ui.label(RichText::new(format!("{frame:>6}")).font(font.clone()));
                if icon_button(ui, Icon::ChevronRight, &format!("{name} later"), "").clicked() {
                    self.ctx.send(Command::Timeline(TimelineCommand::NudgeEdge(edge, 1)));
                }
                let key = self.ctx.key_of(here);
                if ui.add(ActionButton::new("Here").key(&key)).on_hover_text(here.entry().tooltip).clicked() {
                    self.ctx.run(here);
                }
            });
        }
    }

    fn findings_ui(&self, ui: &mut Ui) {
        let palette = theme::palette(ui);
        for reason in self.layers.reasons_of(self.target) {
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                icon(ui, Icon::Warning, 14.0, palette.warn);
                ui.add(egui::Label::new(sentence(reason.words())).wrap());
            });
        }
    }

    /// The clips that it is made of, and what was said of each.
    fn why_ui(&self, ui: &mut Ui) {
        let palette = theme::palette(ui);
        let source = match self.segment.source {
            BehaviorSource::Rules => "Measured by the built-in rules",
            BehaviorSource::Model => "Said by a model",
            BehaviorSource::Imported => "Read from a table",
            BehaviorSource::Human => "Set by a person",
        };
        let sure = self.segment.confidence.map(|sure| format!(", confidence {sure:.2}")).unwrap_or_default();
        ui.label(RichText::new(format!("{source}{sure}.")).color(palette.text_secondary));
        let is_asked = self
            .layers
            .timeline
            .clips
            .iter()
            .zip(&self.layers.timeline.said)
            .any(|(clip, said)| said.source == BehaviorSource::Model && self.segment.clips.contains(&clip.id));
        let words = match is_asked || self.segment.source == BehaviorSource::Model {
            true => "What models were asked…",
            false => "Ask a model…",
        };
        let has_clips = !self.layers.timeline.clips.is_empty();
        if has_clips && ui.add(ActionButton::new(words)).clicked() {
            self.ctx.send(Command::Timeline(TimelineCommand::Why(self.target)));
        }
        let timeline = &self.layers.timeline;
        let look = AnimalLook::of(&timeline.animals, self.segment.animal);
        // A later run may have cut other clips of the same numbers.
        let frames = self.segment.frames();
        let own = timeline.clips.iter().zip(&timeline.captions).filter(|(clip, _)| {
            let is_here = clip.start_frame < frames.end && clip.stop_frame > frames.start;
            clip.animal == self.segment.animal && is_here && self.segment.clips.contains(&clip.id)
        });
        for (clip, caption) in own {
            ui.add_space(6.0);
            let head = format!("{}  {}–{}", clip.id, clip.start_frame, clip.stop_frame - 1);
            let sure = caption.as_ref().map(|caption| format!("{:.2}", caption.confidence)).unwrap_or_default();
            let label = caption.as_ref().map(|caption| in_words(&caption.label)).unwrap_or_default();
            let row = ui.horizontal(|ui| {
                let ink = theme::readable_on(palette.panel, look.color);
                let link = ui.link(RichText::new(head).font(mono(Weight::Medium, 11.0)).color(ink));
                ui.label(RichText::new(format!("{label} {sure}")).color(palette.text_secondary));
                link
            });
            if row.inner.on_hover_text("Show the clip").clicked() {
                self.ctx.send(Command::ShowFrame(clip.start_frame));
            }
            if let Some(caption) = caption {
                ui.add(egui::Label::new(&caption.description).wrap());
            }
        }
    }
}

fn caption(ui: &mut Ui, words: &str) -> egui::Response {
    let palette = theme::palette(ui);
    let font = sans(Weight::Regular, theme::Theme::get().font.caption);
    ui.label(RichText::new(words).font(font).color(palette.text_secondary))
}
