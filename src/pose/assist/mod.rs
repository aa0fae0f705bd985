//! Help for the person who labels: where a keypoint must be in the other views once one or two are labelled, which dot it
//! is there, what to click next, what is wrong with a seed frame, and what else a doubtful label could be.
//!
//! Cameras are the rig's. Everything is proposed, nothing decided: no label changes here. Costs are the truncated ones of
//! stage 4, Σ min(e², τ²).

mod anchor;

mod faint;

mod proposals;

mod keypoint;

mod next_click;

mod carry;

mod checks;

mod hypotheses;

pub use anchor::{Anchor, Residuals, anchor, residuals};
pub use carry::carry_over;
pub use checks::{CheckKind, CheckPlace, SeedCheck, seed_checks};
pub use hypotheses::{Hypothesis, hypotheses};
pub use keypoint::{Curve, Ghost, KeypointAssist, KnownPlace, ViewAssist, keypoint_assist};
pub use next_click::{NextClick, next_best_click};
pub use proposals::{LabelledFrame, Proposal, ProposalReason, frame_proposals};

#[cfg(test)]
mod tests;
