//! What animals do how much: time, bouts, latencies and transitions of each animal, pair and group, and whether groups differ.
//!
//! A bout is a run of frames of one label; segments that touch or overlap are one, moments that touch are several. Frames that
//! nobody reviewed are no time without behaviour: they count as little as those in which an animal is not seen. One subject is one observation: recordings
//! of the same subject are put together before groups are compared.

mod budget;

mod groups;

mod numbers;

mod report;

mod significance;

#[cfg(test)]
mod tests;

pub(super) use budget::followers;
pub use budget::{
    AnimalRecord, BudgetOptions, LabelBudget, NOT_SEEN, Transition, label_budgets, pair_budgets, transitions,
};
pub use groups::{
    GroupComparison, GroupSummary, Measure, SubjectBudget, compare_groups, group_summaries, subject_budgets,
};
pub use numbers::{mean, mean_interval, median, quantile, standard_deviation};
pub use report::{AnimalReport, StatisticsReport, report, text_table};
pub use significance::{
    MannWhitney, Permutation, cliffs_delta, hedges_g, holm, least_possible_p, mann_whitney, permutation_test,
};
