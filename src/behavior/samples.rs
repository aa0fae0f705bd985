//! Several answers about one clip, and the caption that they come to.

use crate::model::{BodyWords, Caption, CaptionDetail};

/// The caption that most of some answers give, and the answers beside it; `None` without any. It is as sure as those that give
/// it, less by the share of those that do not.
pub fn combined(answers: Vec<(Caption, Option<BodyWords>)>) -> Option<(Caption, CaptionDetail)> {
    let (samples, bodies): (Vec<Caption>, Vec<Option<BodyWords>>) = answers.into_iter().unzip();
    let all = CaptionDetail { samples, body: None };
    let (usual, share) = all.majority()?;
    let is_like = |it: &&Caption| (&it.label, it.partner, it.role) == (&usual.label, usual.partner, usual.role);
    let alike: Vec<&Caption> = all.samples.iter().filter(is_like).collect();
    let sure: f32 = alike.iter().map(|it| it.confidence).sum::<f32>() / alike.len() as f32;
    let caption = Caption { confidence: sure * share, ..usual.clone() };
    let at = all.samples.iter().position(|sample| sample == usual).unwrap_or(0);
    let body = bodies.into_iter().nth(at).flatten();
    let samples = if all.samples.len() > 1 { all.samples } else { Vec::new() };
    Some((caption, CaptionDetail { samples, body }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SocialRole;

    #[test]
    fn most_answers_decide_and_the_others_make_it_less_sure() {
        let said = |label: &str, description: &str, confidence| {
            let (label, description) = (label.to_owned(), description.to_owned());
            let caption = Caption { label, description, partner: None, role: SocialRole::None, confidence };
            let overall = format!("of {}", caption.description);
            (caption, Some(BodyWords { overall, ..BodyWords::default() }))
        };
        let (only, detail) = combined(vec![said("chase", "a", 0.8)]).unwrap();
        assert_eq!((only.confidence, detail.samples.len()), (0.8, 0));
        let three = vec![said("chase", "a", 0.9), said("huddle", "b", 0.6), said("huddle", "c", 0.9)];
        let (caption, detail) = combined(three).unwrap();
        assert_eq!((caption.label.as_str(), caption.description.as_str()), ("huddle", "b"));
        assert!((caption.confidence - 0.75 * 2.0 / 3.0).abs() < 1e-6);
        assert_eq!((detail.samples.len(), detail.body.unwrap().overall.as_str()), (3, "of b"));
        assert_eq!(combined(Vec::new()), None);
    }
}
