//! What a label may mean that the vocabulary does not have: the same name written otherwise, a synonym, a slip of the pen, or the
//! label whose definition is nearest to what was said. Proposals for a person, never a replacement.

use serde::Serialize;

use super::names::{edit_distance, most_edits, normalized};
use super::tfidf::TfIdf;
use crate::model::Vocabulary;

/// A definition that shares less than this (cosine) with what was said is no proposal.
const LEAST_LIKENESS: f64 = 0.1;

/// Proposals by definition, at most.
const MOST_BY_DEFINITION: usize = 3;

/// A label of the vocabulary that may be meant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// Its name.
    pub label: String,
    /// Why.
    pub reason: ProposalReason,
    /// 1 where the names are the same, else below: comparable within a reason.
    pub score: f64,
}

/// Why a label may be meant, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalReason {
    /// Its name, but for case, spaces, `_` and `-`.
    SameName,
    /// One of its synonyms.
    Synonym,
    /// Its name or a synonym with a few letters changed.
    Spelling,
    /// Words of its name, synonyms and definition.
    Definition,
}

/// Looks labels up in one vocabulary.
#[derive(Clone, Debug)]
pub struct UnknownLabels<'a> {
    vocabulary: &'a Vocabulary,
    learnt: TfIdf,
    definitions: Vec<super::tfidf::SparseRow>,
}

impl<'a> UnknownLabels<'a> {
    /// For this vocabulary.
    pub fn new(vocabulary: &'a Vocabulary) -> Self {
        let texts: Vec<String> = vocabulary
            .labels
            .iter()
            .map(|label| {
                format!("{} {} {} {}", label.name, label.synonyms.join(" "), label.definition, label.inclusion)
            })
            .collect();
        let learnt = TfIdf::fit(texts.iter().map(String::as_str));
        let definitions = texts.iter().map(|text| learnt.row(text)).collect();
        Self { vocabulary, learnt, definitions }
    }

    /// What a label may mean, the likeliest first, each label once. `descriptions` are what was said where it stands; they
    /// speak to the definitions alone.
    pub fn proposals<'t>(&self, label: &str, descriptions: impl IntoIterator<Item = &'t str>) -> Vec<Proposal> {
        let mut found: Vec<Proposal> =
            self.vocabulary.labels.iter().filter_map(|known| by_name(label, known)).collect();
        let mut said = normalized(label);
        for description in descriptions {
            said.push(' ');
            said.push_str(description);
        }
        found.extend(self.by_definition(&said));
        let likelier = |one: &Proposal, other: &Proposal| {
            one.reason
                .cmp(&other.reason)
                .then(other.score.total_cmp(&one.score))
                .then_with(|| one.label.cmp(&other.label))
        };
        found.sort_by(likelier);
        let mut proposals: Vec<Proposal> = Vec::new();
        for proposal in found {
            if proposals.iter().all(|kept| kept.label != proposal.label) {
                proposals.push(proposal);
            }
        }
        proposals
    }

    fn by_definition(&self, said: &str) -> Vec<Proposal> {
        let row = self.learnt.row(said);
        let likeness = |(known, definition): (&crate::model::LabelDefinition, &super::tfidf::SparseRow)| Proposal {
            label: known.name.clone(),
            reason: ProposalReason::Definition,
            score: row.cosine(definition),
        };
        let all = self.vocabulary.labels.iter().zip(&self.definitions).map(likeness);
        let mut found: Vec<Proposal> = all.filter(|proposal| proposal.score >= LEAST_LIKENESS).collect();
        found.sort_by(|one, other| other.score.total_cmp(&one.score));
        found.truncate(MOST_BY_DEFINITION);
        found
    }
}

/// Whether a label's name or a synonym is what was written, or near it.
fn by_name(written: &str, known: &crate::model::LabelDefinition) -> Option<Proposal> {
    let written = normalized(written);
    let proposal = |reason, score| Some(Proposal { label: known.name.clone(), reason, score });
    if written.is_empty() {
        return None;
    }
    if normalized(&known.name) == written {
        return proposal(ProposalReason::SameName, 1.0);
    }
    if known.synonyms.iter().any(|synonym| normalized(synonym) == written) {
        return proposal(ProposalReason::Synonym, 1.0);
    }
    let names = std::iter::once(&known.name).chain(&known.synonyms);
    let edits = names.map(|name| edit_distance(&written, &normalized(name))).min()?;
    let score = 1.0 - edits as f64 / written.chars().count() as f64;
    if edits <= most_edits(&written) { proposal(ProposalReason::Spelling, score) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(label: &str, description: &str) -> Option<(String, ProposalReason)> {
        let mut vocabulary = Vocabulary::mouse();
        for known in &mut vocabulary.labels {
            if known.name == "chase" {
                known.synonyms = vec!["pursuit".to_owned()];
            }
        }
        let found = UnknownLabels::new(&vocabulary).proposals(label, [description]);
        assert!(found.windows(2).all(|pair| pair[0].reason <= pair[1].reason));
        found.into_iter().next().map(|proposal| (proposal.label, proposal.reason))
    }

    #[test]
    fn the_nearest_meaning_comes_first() {
        let cases = [
            ("Oral-Genital Contact", "", "oral_genital_contact", ProposalReason::SameName),
            ("Pursuit", "", "chase", ProposalReason::Synonym),
            ("persuit", "", "chase", ProposalReason::Spelling),
            ("hudle", "It runs after another.", "huddle", ProposalReason::Spelling),
            ("nose_to_tail_base", "", "oral_genital_contact", ProposalReason::Definition),
            ("eating_pellets", "Its head is in the food zone and it stays.", "feeding", ProposalReason::Definition),
            ("sitting_up", "The mouse stands on its hindpaws.", "rearing", ProposalReason::Definition),
            ("face_washing", "It is grooming at its place.", "small_movement", ProposalReason::Definition),
        ];
        for (label, description, expected, reason) in cases {
            assert_eq!(first(label, description), Some((expected.to_owned(), reason)), "{label}");
        }
    }

    #[test]
    fn what_is_like_nothing_has_no_proposal() {
        assert_eq!(first("xqzw", ""), None);
        assert_eq!(first("", ""), None);
        assert_eq!(first("Putzen", "Die Maus putzt sich."), None);
    }
}
