//! What a vocabulary does not know yet: kinds of captions, labels and words that no entry covers, bouts unlike all others, and
//! what each subject and group does more than the rest.
//!
//! Nothing here gives a label. It says where to look first, and why.

mod clusters;

mod uncovered;

mod forest;

mod bouts;

mod novelty;

mod profile;

#[cfg(test)]
mod tests;

pub use bouts::BoutMeasures;
pub use clusters::{Cluster, Clusters, MOST_OUTLIERS, cluster};
pub use forest::{ForestOptions, isolation_scores};
pub use novelty::{Deviation, NovelBout, novel_bouts};
pub use profile::{LabelShare, Profile, group_profiles, subject_profiles};
pub use uncovered::{UncoveredLabel, UncoveredWord, uncovered_labels, uncovered_words};
