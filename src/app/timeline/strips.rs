//! The strips under the lanes: which measures are drawn, and their values over the recording, which a thread works out once.

use std::collections::HashMap;
use std::sync::Arc;

use super::{BehaviorView, Scene};
use crate::app::App;
use crate::app::command::Page;
use crate::app::event::Event;
use crate::app::settings::Settings;
use crate::behavior::measures::{Measure, Measures, Series};
use crate::model::AnimalId;

/// Values that are not drawn now stay while all take at most so much, bytes.
const BUDGET_BYTES: usize = 64 * 1024 * 1024;

/// Values of what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SeriesOf {
    /// What is measured.
    pub measure: Measure,
    /// Of whom.
    pub animal: AnimalId,
    /// With whom, of a pair; in each frame with the nearest where nobody is named.
    pub partner: Option<AnimalId>,
}

/// What was measured, and the values.
pub type MeasuredSeries = Vec<(SeriesOf, Arc<Series>)>;

/// The state of the strips.
#[derive(Default)]
pub struct StripsState {
    /// With whom the chosen animal is measured; with its nearest where nobody is chosen.
    pub partner: Option<AnimalId>,
    series: HashMap<SeriesOf, Arc<Series>>,
    /// What they were measured of.
    of: Option<Arc<Scene>>,
    is_measuring: bool,
}

/// The measures that are drawn, in their order: those of the settings that this recording has.
pub fn shown_measures<'a>(settings: &Settings, scene: &'a Scene) -> Vec<&'a Measure> {
    let is_shown = |measure: &Measure| settings.strips.contains(&measure.id());
    let possible = scene.measures.iter().filter(|(measure, why_not)| why_not.is_none() && is_shown(measure));
    possible.map(|(measure, _)| measure).collect()
}

impl StripsState {
    /// With whom an animal is measured: nobody is their own partner.
    pub fn partner_of(&self, animal: AnimalId) -> Option<AnimalId> {
        self.partner.filter(|partner| *partner != animal)
    }

    /// The series of a strip: of all animals, or of the chosen one and its partner.
    pub fn series_of(&self, measure: &Measure, animals: usize, chosen: AnimalId) -> Vec<SeriesOf> {
        let of = |animal, partner| SeriesOf { measure: measure.clone(), animal, partner };
        if measure.is_of_pair() {
            return vec![of(chosen, self.partner_of(chosen))];
        }
        (0..animals).map(|animal| of(AnimalId(animal as u8), None)).collect()
    }

    /// The values, once they are there.
    pub fn series(&self, of: &SeriesOf) -> Option<&Arc<Series>> {
        self.series.get(of)
    }

    /// Whether some are being worked out.
    pub fn is_measuring(&self) -> bool {
        self.is_measuring
    }
}

impl App {
    /// Has the values measured that are drawn and not there yet.
    pub(in crate::app) fn refresh_strips(&mut self) {
        let is_page = self.state.page == Page::Behavior;
        let Some(session) = &mut self.state.session else { return };
        let timeline = &mut session.timeline;
        let Some(scene) = timeline.scene.clone().filter(|_| is_page && timeline.view == BehaviorView::Timeline) else {
            return;
        };
        let strips = &mut timeline.strips;
        if !strips.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, &scene)) {
            *strips = StripsState { partner: strips.partner, of: Some(scene.clone()), ..StripsState::default() };
        }
        if strips.is_measuring {
            return;
        }
        let animals = scene.bodies.animals.len();
        let shown = shown_measures(&self.state.settings, &scene);
        let wanted = shown.into_iter().flat_map(|measure| strips.series_of(measure, animals, timeline.animal));
        let wanted: Vec<SeriesOf> = wanted.collect();
        let missing: Vec<SeriesOf> = wanted.iter().filter(|of| !strips.series.contains_key(of)).cloned().collect();
        if missing.is_empty() {
            return;
        }
        if strips.series.values().map(|series| series.bytes()).sum::<usize>() > BUDGET_BYTES {
            strips.series.retain(|of, _| wanted.contains(of));
        }
        strips.is_measuring = true;
        let outbox = self.outbox.clone();
        self.spawn("measures", move || {
            let measures = Measures::new(&scene.bodies, &scene.zones);
            let values = |of: &SeriesOf| {
                measures.values(&of.measure, of.animal.index(), of.partner.map(|partner| partner.index()))
            };
            let measured = missing.into_iter().map(|of| (Arc::new(Series::new(values(&of))), of));
            let measured: MeasuredSeries = measured.map(|(series, of)| (of, series)).collect();
            outbox.send(Event::Measured(scene.clone(), measured));
        });
    }

    /// Takes the values in, where they are still of what is shown.
    pub(in crate::app) fn take_measured(&mut self, scene: &Arc<Scene>, measured: MeasuredSeries) {
        let Some(session) = &mut self.state.session else { return };
        let strips = &mut session.timeline.strips;
        if strips.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, scene)) {
            strips.series.extend(measured);
            strips.is_measuring = false;
        }
    }
}
