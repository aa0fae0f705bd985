//! What a person should look at: a queue of segments with reasons, and a random sample that says how many errors are left.
//!
//! A reason is where to look, never a correction. The queue puts what is most likely wrong first and so says nothing of how
//! much is wrong; [`audit`] does, from segments that chance chose.

pub mod audit;

mod interval;

mod length;

mod queue;

mod reason;

#[cfg(test)]
mod tests;

mod words;

pub use interval::{Goal, checks_until, clopper_pearson};
pub use queue::{QueueEntry, ReviewQueue};
pub use words::names_another_label;

pub use reason::{ReviewInput, ReviewItem, ReviewOptions, ReviewReason, review_items};
