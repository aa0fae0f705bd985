//! How labels of behaviour and animals look: a ground on which white words are legible and a pattern of its own for a label,
//! a colour and a shape for an animal, as the vocabulary and the manifest say or as the tokens do.

use std::collections::HashMap;
use std::sync::Arc;

use egui::Color32;

use super::tokens::Shape;
use super::{INK_ON_LABEL, Theme, contrast, darkened, mix, parse_colour};
use crate::model::vocabulary::Pattern;
use crate::model::{Animal, AnimalId, Vocabulary};

/// Contrast of white words on the ground of a label.
const LEGIBLE: f64 = 5.0;

/// The same where it counts less.
const QUIET: f64 = 4.5;

/// So much darker than its ground a pattern is.
const PATTERN_SHARE: f32 = 0.34;

/// How a label looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelLook {
    /// The ground.
    pub ground: Color32,
    /// The pattern's lines.
    pub lines: Color32,
    /// The pattern.
    pub pattern: Pattern,
    /// Words on it.
    pub ink: Color32,
}

/// The looks of a vocabulary's labels, worked out once: there may be thousands of segments in a painted frame.
#[derive(Default)]
pub struct LabelLooks {
    vocabulary: Option<Arc<Vocabulary>>,
    panel: Color32,
    /// As people's segments have it, and as machines' have it.
    looks: HashMap<String, [LabelLook; 2]>,
}

impl LabelLooks {
    /// Works them out where the vocabulary or the panel's ground is another.
    pub fn refresh(&mut self, vocabulary: &Arc<Vocabulary>, panel: Color32) {
        if self.panel == panel && self.vocabulary.as_ref().is_some_and(|known| Arc::ptr_eq(known, vocabulary)) {
            return;
        }
        let both = |label: &str| {
            let look = LabelLook::of(vocabulary, label);
            [look, look.quiet(panel)]
        };
        let names = vocabulary.labels.iter().flat_map(|label| std::iter::once(&label.name).chain(&label.synonyms));
        self.looks = names.map(|name| (name.clone(), both(name))).collect();
        self.vocabulary = Some(vocabulary.clone());
        self.panel = panel;
    }

    /// The look of a label in the human layer, or as it is where it counts less.
    pub fn of(&self, label: &str, is_quiet: bool) -> LabelLook {
        if let Some(both) = self.looks.get(label) {
            return both[usize::from(is_quiet)];
        }
        let unknown = Vocabulary { name: String::new(), labels: Vec::new() };
        let look = LabelLook::of(self.vocabulary.as_deref().unwrap_or(&unknown), label);
        if is_quiet { look.quiet(self.panel) } else { look }
    }
}

/// Colours that a label may get, `#rrggbb`: those of the tokens, then the others that the vocabulary has.
pub fn offered_colors(vocabulary: &Vocabulary) -> Vec<String> {
    let hex = |color: &Color32| format!("#{:02x}{:02x}{:02x}", color.r(), color.g(), color.b());
    let mut offered: Vec<String> = Theme::get().behaviours.colours.iter().map(hex).collect();
    for color in vocabulary.labels.iter().filter_map(|label| label.color.as_ref()) {
        if !offered.contains(color) {
            offered.push(color.clone());
        }
    }
    offered
}

/// How an animal looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnimalLook {
    /// Of its badge, marks and curves.
    pub color: Color32,
    /// Of its badge and marks.
    pub shape: Shape,
}

impl LabelLook {
    /// The look of a label. Labels that the vocabulary does not have, as the names of clusters, take a colour by their name.
    pub fn of(vocabulary: &Vocabulary, label: &str) -> Self {
        let known = vocabulary.find(label);
        let pattern = known.map_or(Pattern::Plain, |known| known.pattern);
        Self::with(known.and_then(|known| known.color.as_deref()), pattern, label)
    }

    /// The look of a colour `#rrggbb` and a pattern; without a colour, or with one that is none, by the label's name.
    pub fn with(color: Option<&str>, pattern: Pattern, label: &str) -> Self {
        let theme = Theme::get();
        let spare = || {
            let number: usize = label.bytes().map(usize::from).sum();
            theme.behaviours.colours[number % theme.behaviours.colours.len()]
        };
        let color = color.and_then(parse_colour).unwrap_or_else(spare);
        let mut steps = (0..=20).map(|step| darkened(color, step as f32 / 20.0));
        let ground = steps.find(|it| contrast(INK_ON_LABEL, *it) >= LEGIBLE).unwrap_or(darkened(color, 1.0));
        let lines = darkened(ground, PATTERN_SHARE);
        Self { ground, lines, pattern, ink: INK_ON_LABEL }
    }

    /// The same where it counts less: a machine's layer.
    #[must_use]
    pub fn quiet(self, panel: Color32) -> Self {
        let most = 1.0 - Theme::get().behaviours.merged_opacity;
        // Words stay legible: on a light panel less of it shows.
        let shares = [most, most / 2.0, most / 4.0, 0.0];
        let is_legible = |share: &f32| contrast(self.ink, mix(self.ground, panel, *share)) >= QUIET;
        let share = shares.into_iter().find(is_legible).unwrap_or(0.0);
        Self { ground: mix(self.ground, panel, share), lines: mix(self.lines, panel, share), ..self }
    }
}

impl AnimalLook {
    /// The look of an animal.
    pub fn of(animals: &[Animal], id: AnimalId) -> Self {
        let tokens = &Theme::get().animals;
        let at = id.index() % tokens.colours.len();
        let said = animals.get(id.index()).and_then(|animal| animal.color.as_deref()).and_then(parse_colour);
        Self { color: said.unwrap_or(tokens.colours[at]), shape: tokens.shapes[at] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_legible_on_every_label_and_labels_differ() {
        let vocabulary = Vocabulary::mouse();
        let looks: Vec<LabelLook> =
            vocabulary.labels.iter().map(|label| LabelLook::of(&vocabulary, &label.name)).collect();
        for (at, look) in looks.iter().enumerate() {
            assert!(contrast(look.ink, look.ground) >= LEGIBLE, "{}", vocabulary.labels[at].name);
            for panel in [Theme::get().dark.panel, Theme::get().light.panel] {
                assert!(contrast(look.ink, look.quiet(panel).ground) >= QUIET, "{}", vocabulary.labels[at].name);
            }
            let twin =
                looks[..at].iter().position(|other| (other.ground, other.pattern) == (look.ground, look.pattern));
            assert_eq!(twin, None, "{} looks like another", vocabulary.labels[at].name);
        }
        assert!(contrast(INK_ON_LABEL, LabelLook::of(&vocabulary, "cluster_7").ground) >= LEGIBLE);
    }
}
