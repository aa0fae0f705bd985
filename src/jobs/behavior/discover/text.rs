//! What was discovered, as the terminal shows it.

use std::fmt::Write as _;

use super::{DiscoverReport, Piece};

/// Outliers of a cluster that are printed.
const MOST_OUTLIERS: usize = 2;

/// Labels of a cluster that are printed.
const MOST_LABELS: usize = 3;

impl DiscoverReport {
    /// Clusters, what the vocabulary lacks, bouts unlike the others, profiles.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.clusters_to(&mut text);
        self.lacking_to(&mut text);
        if !self.novel.is_empty() {
            text.push_str("Bouts unlike the others (0.5 is usual):\n");
        }
        for it in &self.novel {
            let reasons: Vec<String> = it
                .reasons
                .iter()
                .map(|reason| format!("{} {:.2}, usually {:.2}", reason.measure, reason.value, reason.usual))
                .collect();
            let _ = writeln!(text, "  {:.2} {}; {}", it.score, self.place(&it.piece), reasons.join("; "));
        }
        for (title, profiles) in [("Subjects", &self.subjects), ("Groups", &self.groups)] {
            if !profiles.is_empty() {
                let _ = writeln!(text, "{title}:");
            }
            for profile in profiles {
                let _ = writeln!(text, "  {}", profile.words);
            }
        }
        text
    }

    fn clusters_to(&self, text: &mut String) {
        let _ = writeln!(text, "{} kinds of captions:", self.clusters.len());
        for group in &self.clusters {
            let labels: Vec<String> =
                group.labels.iter().take(MOST_LABELS).map(|(label, count)| format!("{label} {count}")).collect();
            let _ = writeln!(text, "  {} captions, {} ({})", group.size, group.words.join(" "), labels.join(", "));
            let _ = writeln!(text, "    as {}", self.said(&group.medoid));
            for outlier in group.outliers.iter().take(MOST_OUTLIERS) {
                let _ = writeln!(text, "    unlike {}", self.said(outlier));
            }
        }
        if self.captions_without_words > 0 {
            let _ = writeln!(text, "  {} without a word that says anything", self.captions_without_words);
        }
    }

    fn lacking_to(&self, text: &mut String) {
        if !self.uncovered_labels.is_empty() {
            text.push_str("Labels that the vocabulary does not have:\n");
        }
        for it in &self.uncovered_labels {
            let _ = write!(text, "  {} ({} times, {:.1} s)", it.label.label, it.label.count, it.label.time_s);
            if let Some(first) = it.proposals.first() {
                let _ = write!(text, ", perhaps {}", first.label);
            }
            let _ = writeln!(text, ": {}", self.place(&it.piece));
        }
        if !self.uncovered_words.is_empty() {
            let words: Vec<String> =
                self.uncovered_words.iter().map(|it| format!("{} ({})", it.word, it.count)).collect();
            let _ = writeln!(text, "Words that it does not use: {}", words.join(", "));
        }
    }

    /// Where a piece is.
    fn place(&self, piece: &Piece) -> String {
        let recording = if self.layers.len() > 1 { format!("{} ", piece.recording) } else { String::new() };
        format!("{recording}{} {}..{} {}", piece.animal, piece.start_frame, piece.stop_frame, piece.label)
    }

    /// Where it is and what was said of it.
    fn said(&self, piece: &Piece) -> String {
        format!("{}: {}", self.place(piece), piece.description)
    }
}
