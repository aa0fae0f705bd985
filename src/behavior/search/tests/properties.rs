//! Round trips, texts that nobody thought of, and the search beside a slow one.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::model::timeline::TimelineLayer;

fn some_of(kind: NameKind) -> impl Strategy<Value = Vec<String>> {
    let names = lexicon().names(kind).to_vec();
    let most = names.len().min(3);
    subsequence(names, 0..=most)
}

fn partner() -> impl Strategy<Value = Partner> {
    let named = select(["A0", "A1", "white mouse"].map(str::to_owned).to_vec()).prop_map(Partner::Named);
    prop_oneof![Just(Partner::Any), Just(Partner::Nobody), named]
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![(0.0..500.0).prop_map(Span::Secs), (0..4000_u32).prop_map(Span::Frames)]
}

/// A filter; what only the whole can ask for is there where `is_whole`.
fn filter(is_whole: bool) -> BoxedStrategy<Filter> {
    let names =
        (some_of(NameKind::Label), some_of(NameKind::Category), some_of(NameKind::Animal), some_of(NameKind::Zone));
    let words = (
        prop::collection::vec(partner(), 0..2),
        prop::collection::vec("[a-z\"\\\\ (é]{0,6}x", 0..3),
        subsequence(vec![SocialRole::Actor, SocialRole::Recipient, SocialRole::Mutual, SocialRole::None], 0..3),
        subsequence(vec![SegmentStatus::Unreviewed, SegmentStatus::Accepted, SegmentStatus::Edited], 0..3),
    );
    let numbers = (prop::option::of(span()), prop::option::of(0.0..1.0), prop::option::of(span()));
    let layers = [TimelineLayer::Clips, TimelineLayer::Merged, TimelineLayer::Human];
    let whole = (prop::option::of(select(layers.to_vec())), some_of(NameKind::Recording), some_of(NameKind::Group));
    let relations = if is_whole { prop::collection::vec(relation(), 0..3).boxed() } else { Just(Vec::new()).boxed() };
    (names, words, numbers, whole, relations, any::<bool>())
        .prop_map(move |(names, words, numbers, whole, relation, is_long)| {
            let (longer, shorter) = if is_long { (numbers.0, None) } else { (None, numbers.2) };
            let (layer, recording, group) = if is_whole { whole } else { Default::default() };
            Filter {
                label: names.0,
                category: names.1,
                animal: names.2,
                zone: names.3,
                partner: words.0,
                text: words.1,
                role: words.2,
                status: words.3,
                longer,
                shorter,
                confidence_above: numbers.1,
                confidence_below: numbers.1.map(|least| 1.0 - (1.0 - least) / 2.0),
                relation,
                layer,
                recording,
                group,
            }
        })
        .boxed()
}

fn relation() -> impl Strategy<Value = Relation> {
    let when = select(vec![When::After, When::Before, When::During]);
    let whose = select(vec![Whose::Same, Whose::Any, Whose::Partner]);
    let labels = some_of(NameKind::Label).prop_map(|label| Filter { label, ..Filter::default() });
    (when, any::<bool>(), prop::option::of(span()), whose, prop_oneof![filter(false), labels]).prop_map(
        |(when, is_absent, within, whose, of)| {
            let whose = match (&of, whose) {
                (of, _) if !of.animal.is_empty() => Whose::Same,
                (of, Whose::Same) if of.is_empty() => Whose::Any,
                (_, whose) => whose,
            };
            Relation { when, is_absent, within: within.filter(|_| when != When::During), whose, of: Box::new(of) }
        },
    )
}

proptest! {
    #[test]
    fn a_filter_is_read_back_from_its_query_and_its_json(filter in filter(true)) {
        prop_assume!(!filter.is_empty());
        let lexicon = lexicon();
        let query = filter.to_string();
        let read = parse(&query, &lexicon);
        prop_assert_eq!(read.as_ref(), Ok(&filter), "{}", query);
        let json = serde_json::to_string(&filter).unwrap();
        if !filter.partner.contains(&Partner::Named("any".to_owned())) {
            prop_assert_eq!(read_answer(&json, &lexicon), Ok(filter), "{}", json);
        }
    }

    #[test]
    fn any_text_is_a_filter_or_an_error_within_it(text in "\\PC{0,40}") {
        check_any(&text);
    }

    #[test]
    fn any_row_of_words_is_a_filter_or_an_error_within_it(
        words in prop::collection::vec(select(vec![
            "chase", "after", "before", "not", "during", "within", "2", "s", "2 s", "(", ")", ",", "or", "and", "animal:", "partner:",
            "any", "none", "A0", "in", "food", "\"nose\"", "\"", "longer", "than", "confidence", "at", "least", ">", "0.5", "%", "by",
            "with", "layer:", "merged", "reviewed", "as", "actor", "status:", "social", "oral", "genital", "contact", "xyzzy", ":",
        ]), 0..14),
    ) {
        check_any(&words.join(" "));
    }

    #[test]
    fn the_search_finds_what_a_slow_one_finds(
        pieces in prop::collection::vec((0..3_u8, 0..60_u32, 1..15_u32, 0..3_usize, prop::option::of(0..3_u8)), 0..40),
        when in select(vec![When::After, When::Before, When::During]),
        whose in select(vec![Whose::Same, Whose::Any, Whose::Partner]),
        within in prop::option::of(0..20_u32),
        is_absent in any::<bool>(),
    ) {
        let labels = ["chase", "huddle", "feeding"];
        let of_piece = |(animal, start, length, label, partner): (u8, u32, u32, usize, Option<u8>)| Segment {
            partner: partner.map(AnimalId),
            ..segment(animal, start, start + length, labels[label])
        };
        let segments: Vec<Segment> = pieces.into_iter().map(of_piece).collect();
        let animals = ["A0", "A1", "A2"].map(str::to_owned);
        let timeline = SearchedTimeline { recording: "one", group: None, fps: 10.0, animals: &animals, segments: &segments, visits: &[] };
        let within = within.filter(|_| when != When::During);
        let of = Filter { label: vec!["feeding".to_owned(), "huddle".to_owned()], ..Filter::default() };
        let relation = Relation { when, is_absent, within: within.map(Span::Frames), whose, of: Box::new(of) };
        let filter = Filter { label: vec!["chase".to_owned(), "huddle".to_owned()], relation: vec![relation], ..Filter::default() };
        let found: Vec<usize> = find(&filter, &[timeline], &lexicon()).into_iter().map(|hit| hit.segment).collect();
        let stands = |a: usize, b: usize| {
            let (one, other) = (&segments[a], &segments[b]);
            let is_whose = match whose {
                Whose::Same => one.animal == other.animal,
                Whose::Any => true,
                Whose::Partner => one.partner == Some(other.animal),
            };
            let is_near = |gap: u32| within.is_none_or(|most| gap <= most);
            let is_there = match when {
                When::After => other.stop_frame <= one.start_frame && is_near(one.start_frame - other.stop_frame),
                When::Before => one.stop_frame <= other.start_frame && is_near(other.start_frame - one.stop_frame),
                When::During => a != b && other.start_frame < one.stop_frame && one.start_frame < other.stop_frame,
            };
            is_whose && is_there && other.label != "chase"
        };
        let slow: Vec<usize> = (0..segments.len())
            .filter(|a| segments[*a].label != "feeding" && (0..segments.len()).any(|b| stands(*a, b)) != is_absent)
            .collect();
        prop_assert_eq!(found, slow);
    }
}

fn check_any(text: &str) {
    let lexicon = lexicon();
    match parse(text, &lexicon) {
        Ok(filter) => {
            let query = filter.to_string();
            if !filter.is_empty() {
                assert_eq!(parse(&query, &lexicon).as_ref(), Ok(&filter), "{text}, shown as {query}");
            }
        }
        Err(error) => {
            let Place::Query { at, length } = error.place else { panic!("{error}") };
            assert!(at + length <= text.chars().count(), "{text}: {error:?}");
            assert!(!error.to_string().is_empty() && !error.pointed(text).is_empty());
        }
    }
}
