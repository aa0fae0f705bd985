//! Changes of the vocabulary and what follows in a timeline.

use super::*;

/// The labels after an edit of the vocabulary, in the order of the layer's rows.
fn labels(layer: &[PlacedSegment], edit: &VocabularyEdit) -> Result<Vec<String>, String> {
    let (vocabulary, animals) = (vocabulary(), names());
    let timeline = Timeline {
        segments: layer,
        vocabulary: &vocabulary,
        animals: &animals,
        frame_count: FRAMES,
        next_id: SegmentId(50),
        clips: &[],
    };
    let changes = edit.follow(&timeline).map_err(|refused| refused.to_string())?.changes;
    let mut segments = layer.to_vec();
    SegmentChange::apply_all(&changes, &mut segments).unwrap();
    let said = |segment: &Segment| (segment.status, segment.source, segment.confidence);
    assert!(changes.iter().all(|change| change.before.as_ref().map(said) == change.after.as_ref().map(said)));
    segments.sort_by_key(|placed| placed.id);
    Ok(segments.into_iter().map(|placed| placed.segment.label).collect())
}

#[test]
fn a_renamed_label_is_a_synonym_and_its_segments_follow() {
    let edit = VocabularyEdit::rename(&vocabulary(), "chase", "pursuit").unwrap();
    assert_eq!(edit.title, "Rename chase to pursuit");
    assert_eq!(edit.vocabulary.find("chase").unwrap().name, "pursuit");
    assert_eq!(labels(&layer(), &edit).unwrap(), ["stationary", "locomotion", "pursuit", "huddle", "feeding"]);
    let back = VocabularyEdit::rename(&edit.vocabulary, "pursuit", "chase").unwrap();
    assert_eq!(back.vocabulary.find("pursuit").unwrap().name, "chase");
    let refused = VocabularyEdit::rename(&vocabulary(), "chase", "immobile").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "two labels or synonyms are called \"immobile\"; each name must mean one label; choose another"
    );
    assert!(VocabularyEdit::rename(&vocabulary(), "dancing", "x").is_err());
}

#[test]
fn merged_labels_are_one_and_a_lone_one_takes_partners_away() {
    let edit = VocabularyEdit::merge(&vocabulary(), "stationary", "feeding").unwrap();
    assert_eq!(edit.vocabulary.find("immobile").unwrap().name, "feeding");
    assert_eq!(labels(&layer(), &edit).unwrap(), ["feeding", "locomotion", "chase", "huddle", "feeding"]);
    let alone = VocabularyEdit::merge(&vocabulary(), "chase", "locomotion").unwrap();
    assert_eq!(labels(&layer(), &alone).unwrap()[2], "locomotion");
    assert!(VocabularyEdit::merge(&vocabulary(), "chase", "chase").is_err());
    let moment = VocabularyEdit::merge(&vocabulary(), "chase", "sneeze").unwrap();
    assert_eq!(
        labels(&layer(), &moment).unwrap_err(),
        "\"sneeze\" is a moment and does not last; insert it at a frame"
    );
}

#[test]
fn labels_that_come_into_one_group_may_not_lie_over_each_other() {
    let mut layer = layer();
    layer.push(PlacedSegment { id: SegmentId(6), segment: segment(0, [10, 30], "crouch") });
    let vocabulary = vocabulary();
    let crouch = vocabulary.find("crouch").unwrap().clone();
    let edit = VocabularyEdit::define(&vocabulary, LabelDefinition { group: String::new(), ..crouch }).unwrap();
    assert_eq!(
        labels(&layer, &edit).unwrap_err(),
        "crouch of A0 cannot stand at 10..30: stationary at 0..20 excludes it; overwrite that, or move it first"
    );
    assert!(labels(&layer, &VocabularyEdit::merge(&vocabulary, "crouch", "turning").unwrap()).is_err());
    assert_eq!(
        labels(&layer, &VocabularyEdit::merge(&vocabulary, "crouch", "stretch").unwrap()).unwrap()[5],
        "stretch"
    );
}

#[test]
fn unknown_labels_are_counted_and_can_be_mapped() {
    let mut layer = layer();
    layer[1].segment.label = "strolling".to_owned();
    let caption = |label: &str| Caption {
        label: label.to_owned(),
        description: String::new(),
        partner: None,
        role: SocialRole::None,
        confidence: 1.0,
    };
    let captions = ["digging", "digging", "chase", "strolling", "digging", "immobile"].map(caption);
    let unknown = unknown_labels(&vocabulary(), layer.iter().map(|placed| &placed.segment), &captions);
    let counted: Vec<_> = unknown.iter().map(|it| (it.label.as_str(), it.segments, it.captions)).collect();
    assert_eq!(counted, [("digging", 0, 3), ("strolling", 1, 1)]);
    let edit = VocabularyEdit::add_synonym(&vocabulary(), "strolling", "locomotion").unwrap();
    assert_eq!(labels(&layer, &edit).unwrap()[1], "locomotion");
    let new = LabelDefinition { name: "digging".to_owned(), key: Some('S'), ..LabelDefinition::default() };
    let refused = VocabularyEdit::add(&vocabulary(), new).unwrap_err().to_string();
    assert_eq!(
        refused,
        "the key \"S\" gives \"stationary\" and \"digging\"; each key must give one label; choose another"
    );
    let removed = VocabularyEdit::remove(&vocabulary(), "huddle").unwrap();
    assert_eq!(labels(&layer, &removed).unwrap()[3], "huddle");
    assert!(removed.vocabulary.find("huddle").is_none());
}
