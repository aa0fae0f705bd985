//! Which segments are shown: of every label and every animal, as evenly as their number allows, the longest first.

use std::collections::BTreeMap;

use crate::model::timeline::Segment;

/// Places in `segments` of those to show, at most `count`, in the order of time. Each next one is of the label shown least so
/// far, then of the animal shown least, then the longest, then the first.
pub fn chosen(segments: &[Segment], count: usize) -> Vec<usize> {
    let mut left: Vec<usize> = (0..segments.len()).filter(|at| !segments[*at].frames().is_empty()).collect();
    let mut of_label: BTreeMap<&str, usize> = BTreeMap::new();
    let mut of_animal: BTreeMap<u8, usize> = BTreeMap::new();
    let mut chosen = Vec::new();
    while chosen.len() < count {
        let rank = |at: &usize| {
            let segment = &segments[*at];
            let labels = of_label.get(segment.label.as_str()).copied().unwrap_or(0);
            let animals = of_animal.get(&segment.animal.0).copied().unwrap_or(0);
            (labels, animals, u32::MAX - segment.frames().len() as u32, segment.start_frame, segment.animal.0, *at)
        };
        let Some(place) = (0..left.len()).min_by_key(|place| rank(&left[*place])) else { break };
        let next = left.remove(place);
        *of_label.entry(&segments[next].label).or_default() += 1;
        *of_animal.entry(segments[next].animal.0).or_default() += 1;
        chosen.push(next);
    }
    chosen.sort_by_key(|at| (segments[*at].start_frame, segments[*at].animal.0, *at));
    chosen
}
