//! The audit: segments that chance chose, judged by a person, and what that says of all others.

use std::collections::{BTreeMap, HashMap};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::interval::clopper_pearson;
use crate::model::{PlacedSegment, SegmentId};

/// How the sample is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditOptions {
    /// The same seed gives the same sample.
    pub seed: u64,
    /// Whether each label has its share of the sample, as far as whole segments allow.
    pub is_stratified: bool,
}

/// What the judged part of a sample says of all segments.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditEstimate {
    /// Segments that were judged.
    pub checked: u64,
    /// Those that are wrong.
    pub wrong: u64,
    /// The share that is wrong; `None` before the first.
    pub error_share: Option<f64>,
    /// An interval that holds the true share with at least `level`. Also for a sample with shares per label: its number of
    /// errors spreads less than that of a plain one (Hoeffding 1956).
    pub interval: [f64; 2],
    /// The level, as 0.95.
    pub level: f64,
}

impl AuditEstimate {
    /// The estimate from counts.
    pub fn of(wrong: u64, checked: u64, level: f64) -> Self {
        let error_share = (checked > 0).then(|| wrong as f64 / checked as f64);
        Self { checked, wrong, error_share, interval: clopper_pearson(wrong, checked, level), level }
    }

    /// The estimates of each label, as it was when the sample was drawn.
    pub fn per_label<'a>(
        judged: impl IntoIterator<Item = (&'a str, bool)>,
        level: f64,
    ) -> BTreeMap<&'a str, AuditEstimate> {
        let mut counts: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
        for (label, is_wrong) in judged {
            let [wrong, checked] = counts.entry(label).or_default();
            *wrong += u64::from(is_wrong);
            *checked += 1;
        }
        counts.into_iter().map(|(label, [wrong, checked])| (label, Self::of(wrong, checked, level))).collect()
    }
}

/// The order in which chance asks for all segments: a sample is the beginning of it, and a larger one goes on from there. A
/// segment's turn depends on its row and the seed, so that others that come or go leave the order of a plain sample as it is.
pub fn audit_order(segments: &[PlacedSegment], options: AuditOptions) -> Vec<SegmentId> {
    let mut drawn: Vec<(u64, &PlacedSegment)> = segments
        .iter()
        .map(|placed| {
            let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
            rng.set_stream(placed.id.0 as u64);
            (rng.random(), placed)
        })
        .collect();
    drawn.sort_by_key(|(turn, placed)| (*turn, placed.id));
    if !options.is_stratified {
        return drawn.into_iter().map(|(_, placed)| placed.id).collect();
    }
    let mut of_label: HashMap<&str, f64> = HashMap::new();
    for (_, placed) in &drawn {
        *of_label.entry(&placed.segment.label).or_default() += 1.0;
    }
    // The k-th of n stands at (k − ½) / n of the whole, so that each beginning has each label by its share.
    let mut so_far: HashMap<&str, f64> = HashMap::new();
    let mut places: Vec<(f64, u64, SegmentId)> = Vec::new();
    for (turn, placed) in drawn {
        let label = placed.segment.label.as_str();
        let count = so_far.entry(label).or_default();
        places.push(((*count + 0.5) / of_label[label], turn, placed.id));
        *count += 1.0;
    }
    places.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    places.into_iter().map(|(.., id)| id).collect()
}
