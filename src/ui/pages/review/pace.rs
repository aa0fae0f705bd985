//! How long the rest of the queue takes, from how fast this session's decisions came.

use std::path::{Path, PathBuf};

/// So many decisions must have been made before anything is said.
const LEAST_DECISIONS: usize = 3;
/// The latest gaps between decisions count; older ones were made with less practice.
const GAPS: usize = 20;
/// A longer gap is a pause, seconds.
const PAUSE_SECS: f64 = 180.0;

/// When decisions were made in this session.
#[derive(Debug, Default)]
pub(super) struct Pace {
    project: PathBuf,
    decided: usize,
    last_secs: Option<f64>,
    decisions: usize,
    gaps_secs: Vec<f64>,
}

impl Pace {
    /// Takes note of how many frames are decided now.
    pub fn observe(&mut self, project: &Path, decided: usize, now_secs: f64) {
        if self.project != project {
            *self = Self { project: project.to_owned(), decided, ..Self::default() };
            return;
        }
        // One decision changes one frame; many at once come from elsewhere, and fewer from undo.
        if decided == self.decided + 1 {
            self.decisions += 1;
            let gap_secs = self.last_secs.map(|last| now_secs - last).filter(|gap| *gap <= PAUSE_SECS);
            self.gaps_secs.extend(gap_secs);
            if self.gaps_secs.len() > GAPS {
                self.gaps_secs.remove(0);
            }
            self.last_secs = Some(now_secs);
        }
        self.decided = decided;
    }

    /// How long `open` frames take, in words; nothing as long as that is a guess.
    pub fn words(&self, open: usize) -> Option<String> {
        if self.decisions < LEAST_DECISIONS || self.gaps_secs.is_empty() || open == 0 {
            return None;
        }
        let mut gaps = self.gaps_secs.clone();
        gaps.sort_by(f64::total_cmp);
        let minutes = gaps[gaps.len() / 2] * open as f64 / 60.0;
        Some(if minutes < 1.0 {
            "under a minute left".to_owned()
        } else if minutes < 90.0 {
            format!("about {minutes:.0} min left")
        } else {
            format!("about {:.0} h left", minutes / 60.0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_before_three_decisions_and_pauses_do_not_count() {
        let (mut pace, here) = (Pace::default(), Path::new("a.bvlm"));
        pace.observe(here, 5, 0.0);
        pace.observe(here, 6, 10.0);
        pace.observe(here, 7, 30.0);
        assert_eq!(pace.words(9), None);
        pace.observe(here, 8, 1000.0);
        assert_eq!(pace.words(9).as_deref(), Some("about 3 min left"));
        assert_eq!(pace.words(2).as_deref(), Some("under a minute left"));
        assert_eq!(pace.words(0), None);
        pace.observe(here, 7, 1001.0);
        pace.observe(here, 30, 1002.0);
        assert_eq!(pace.words(900).as_deref(), Some("about 5 h left"));
        pace.observe(Path::new("b.bvlm"), 30, 1003.0);
        assert_eq!(pace.words(9), None);
    }
}
