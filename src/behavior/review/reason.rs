//! Why a segment should be looked at.

use std::collections::HashMap;

use serde::Serialize;

use super::length::UsualLengths;
use super::words::LabelNames;
use crate::behavior::consistency::{Finding, Reason};
use crate::model::vocabulary::in_words;
use crate::model::{PlacedSegment, SegmentId, SegmentStatus, Vocabulary};

/// A reason to look at a segment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum ReviewReason {
    /// It contradicts itself or what is said of the partner.
    Contradiction {
        /// What is wrong.
        finding: Reason,
    },
    /// The tracks do not support it.
    NotSupported,
    /// Several answers of a model differ.
    SamplesDisagree {
        /// The share of the answers that say what it says.
        agreement: f32,
    },
    /// Who said it was not sure.
    LowConfidence {
        /// From 0 to 1.
        confidence: f32,
    },
    /// It is much shorter than others of its label.
    TooShort {
        /// Its length, s.
        secs: f64,
        /// The median of its label, s.
        usual_secs: f64,
    },
    /// It is much longer than others of its label.
    TooLong {
        /// Its length, s.
        secs: f64,
        /// The median of its label, s.
        usual_secs: f64,
    },
    /// The description names another label and not its own.
    WordsAtOdds {
        /// The label that it names.
        named: String,
    },
    /// It is far from all others.
    Novel {
        /// How far, from 0 to 1.
        score: f32,
    },
}

/// What is known of the segments of a recording.
#[derive(Clone, Copy, Debug)]
pub struct ReviewInput<'a> {
    /// The segments.
    pub segments: &'a [PlacedSegment],
    /// What labels mean.
    pub vocabulary: &'a Vocabulary,
    /// What contradicts itself: positions are those in `segments`.
    pub findings: &'a [Finding],
    /// The share of a model's answers that say what a segment says, where it was asked more than once.
    pub agreement: &'a HashMap<SegmentId, f32>,
    /// How far a segment is from all others, from 0 to 1.
    pub novelty: &'a HashMap<SegmentId, f32>,
    /// Frames per second.
    pub fps: f64,
    /// Frames of the recording: what is cut off at its ends may be short.
    pub frame_count: u32,
}

/// When something is a reason, and how much it weighs.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewOptions {
    /// Below this confidence is a reason. Half: more likely wrong than right, if it is calibrated.
    pub low_confidence: f32,
    /// Below this share of agreeing answers is a reason: of three answers, one differs.
    pub low_agreement: f32,
    /// From this score on a segment is novel; isolation forests put what is ordinary at 0.5 and below.
    pub novel_score: f32,
    /// So many robust standard deviations of the logarithm from its label's median is too short or too long: the usual bound
    /// for outliers by median and MAD (Iglewicz and Hoaglin 1993).
    pub length_deviations: f64,
    /// So many segments a label needs before one can be unusual.
    pub least_of_label: usize,
    /// Whether segments that people accepted or edited are listed too.
    pub includes_reviewed: bool,
}

impl Default for ReviewOptions {
    fn default() -> Self {
        Self {
            low_confidence: 0.5,
            low_agreement: 0.75,
            novel_score: 0.6,
            length_deviations: 3.5,
            least_of_label: 8,
            includes_reviewed: false,
        }
    }
}

/// A segment and why to look at it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReviewItem {
    /// The segment.
    pub id: SegmentId,
    /// Why, the weightiest first.
    pub reasons: Vec<ReviewReason>,
    /// The sum of the reasons' weights.
    pub weight: f64,
}

impl ReviewReason {
    /// How much it says that something is wrong, from 0 to 1. Contradictions are wrong on one side at least; tracks rarely err
    /// by a body length; the others grow with how far they are beyond their bound. Not measured: an order to work in.
    pub fn weight(&self) -> f64 {
        match self {
            Self::Contradiction { finding: Reason::NeedlessPartner } => 0.6,
            Self::Contradiction { .. } => 1.0,
            Self::NotSupported => 0.9,
            Self::SamplesDisagree { agreement } => 0.4 + 0.4 * f64::from(1.0 - agreement),
            Self::LowConfidence { confidence } => 0.3 + 0.4 * f64::from(1.0 - confidence),
            Self::WordsAtOdds { .. } => 0.6,
            Self::TooShort { .. } | Self::TooLong { .. } => 0.3,
            Self::Novel { score } => 0.2 + 0.3 * f64::from(*score),
        }
    }

    /// Why, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Contradiction { finding } => finding.words().to_owned(),
            Self::NotSupported => Reason::TooFarApart.words().to_owned(),
            Self::SamplesDisagree { agreement } => {
                format!("only {:.0} % of the model's answers say so", agreement * 100.0)
            }
            Self::LowConfidence { confidence } => format!("its confidence is {confidence:.2}"),
            Self::TooShort { secs, usual_secs } => {
                format!("{secs:.1} s is short for its label, which lasts {usual_secs:.1} s in the median")
            }
            Self::TooLong { secs, usual_secs } => {
                format!("{secs:.1} s is long for its label, which lasts {usual_secs:.1} s in the median")
            }
            Self::WordsAtOdds { named } => format!("its description speaks of {}", in_words(named)),
            Self::Novel { score } => format!("it is like no other (score {score:.2})"),
        }
    }
}

/// The segments that there is a reason to look at, the weightiest first, then by time.
pub fn review_items(input: &ReviewInput<'_>, options: &ReviewOptions) -> Vec<ReviewItem> {
    let lengths = UsualLengths::of(input.segments, options.least_of_label);
    let names = LabelNames::of(input.vocabulary);
    let mut found: Vec<Vec<ReviewReason>> = vec![Vec::new(); input.segments.len()];
    for finding in input.findings {
        let Some(reasons) = found.get_mut(finding.segment) else { continue };
        reasons.push(match finding.reason {
            Reason::TooFarApart => ReviewReason::NotSupported,
            finding => ReviewReason::Contradiction { finding },
        });
    }
    let mut items: Vec<(u32, ReviewItem)> = Vec::new();
    for (placed, mut reasons) in input.segments.iter().zip(found) {
        let (id, segment) = (placed.id, &placed.segment);
        if segment.status != SegmentStatus::Unreviewed && !options.includes_reviewed {
            continue;
        }
        if let Some(agreement) = input.agreement.get(&id).copied().filter(|share| *share < options.low_agreement) {
            reasons.push(ReviewReason::SamplesDisagree { agreement });
        }
        if let Some(confidence) = segment.confidence.filter(|confidence| *confidence < options.low_confidence) {
            reasons.push(ReviewReason::LowConfidence { confidence });
        }
        reasons.extend(lengths.reason(segment, input, options.length_deviations));
        reasons.extend(names.at_odds(segment).map(|named| ReviewReason::WordsAtOdds { named }));
        if let Some(score) = input.novelty.get(&id).copied().filter(|score| *score >= options.novel_score) {
            reasons.push(ReviewReason::Novel { score });
        }
        if !reasons.is_empty() {
            reasons.sort_by(|a, b| b.weight().total_cmp(&a.weight()));
            let weight = reasons.iter().map(ReviewReason::weight).sum();
            items.push((segment.start_frame, ReviewItem { id, reasons, weight }));
        }
    }
    items.sort_by(|(a_frame, a), (b_frame, b)| {
        b.weight.total_cmp(&a.weight).then(a_frame.cmp(b_frame)).then(a.id.cmp(&b.id))
    });
    items.into_iter().map(|(_, item)| item).collect()
}
