//! Everything that goes wrong with answers and servers: captions are right or the rules', segments always tile.

use std::path::Path;
use std::time::Duration;

use behaviorvlm::behavior::clip_pictures::ClipView;
use behaviorvlm::jobs::behavior::{self, Asking, Options, Report, Segmenter, Through};
use behaviorvlm::jobs::pose::ModelOptions;
use behaviorvlm::jobs::{CancelFlag, Job, JobError};
use behaviorvlm::vlm::http::{Endpoint, Limits};

use super::*;
use crate::fake_model::Fault;

/// Waits so short that a test need not wait.
fn limits() -> Limits {
    Limits {
        first_byte: Duration::from_secs(5),
        between: Duration::from_millis(150),
        tries: 3,
        back_off: Duration::from_millis(2),
        patience: Duration::from_secs(5),
        rest: Duration::from_millis(50),
        most_bytes: 400_000,
        ..Limits::default()
    }
}

fn model(server: &FakeModel) -> ModelOptions {
    let endpoint = Endpoint { concurrency: 4, ..Endpoint::new(MODEL, &server.url()).unwrap() };
    ModelOptions { limits: limits(), ..ModelOptions::new(vec![endpoint]).unwrap() }
}

/// Few pictures: what goes wrong does not depend on them.
fn quick() -> Asking {
    Asking { view: ClipView { most_pictures: 2, ..ClipView::default() }, ..Asking::default() }
}

/// Runs with the model in this process, as the command line does it.
fn run_with(project: &Path, model: &ModelOptions, through: Through) -> Result<Report, JobError> {
    run_asking(project, model, through, quick())
}

fn run_asking(project: &Path, model: &ModelOptions, through: Through, asking: Asking) -> Result<Report, JobError> {
    let options = Options {
        through,
        segmenter: Segmenter::parse("kmeans", 5, 1).unwrap(),
        caption_model: Some(model),
        merge_model: Some(model),
        asking,
        ..Options::of("film")
    };
    let cancel = CancelFlag::default();
    let mut project = Project::open(project).unwrap();
    let reports = behavior::run(&Job::new(&cancel, &|_| ()), &mut project, &options)?;
    project.check().unwrap();
    Ok(reports.into_iter().next().unwrap())
}

/// Failures that come up in a run; waits are as short as the limits are.
fn faults() -> impl Iterator<Item = Fault> {
    Fault::PASSING.into_iter().chain(Fault::OF_BEHAVIOR).filter(|fault| *fault != Fault::SlowStart)
}

fn failing(world: &World, script: Vec<Option<Fault>>, faults: Vec<(Fault, f64)>) -> FakeModel {
    let slow = Duration::from_millis(400);
    FakeModel::start(FakeConfig { script, faults, slow, ..FakeConfig::watching(world.watcher.clone()) })
}

/// A tenth of the film: a few clips.
fn tiny() -> &'static World {
    static MADE: OnceLock<World> = OnceLock::new();
    MADE.get_or_init(|| {
        let film = Film::short();
        let truth = film.doing(&SHORT_TRUTH);
        World { watcher: truth, ..World::of(&film.cut(150), &SHORT_TRUTH) }
    })
}

#[test]
fn every_failure_once_leaves_every_caption_right() {
    let world = world();
    let project = world.copied("once");
    // A failure now and then, and several answers about each clip: none of them fails alone.
    let script = faults().flat_map(|fault| [Some(fault), None, None]).collect();
    let server = failing(world, script, Vec::new());
    let asking = Asking { samples: 8, ..quick() };
    let report = run_asking(&project, &model(&server), Through::Captions, asking.clone()).unwrap();
    assert_eq!(server.complaints(), Vec::<String>::new());
    let asked = &report.asked[0];
    println!("{asked:?}");
    assert!(asked.retries > 0 && asked.counts.reasks > 0);
    let hit: BTreeSet<Fault> = server.log().iter().filter_map(|request| request.fault).collect();
    assert!(hit.len() > 30, "{hit:?}");
    let layers = Layers::of(&project);
    layers.check();
    assert_eq!(asked.by_rules, 0);
    assert!(layers.sources.iter().all(|source| *source == BehaviorSource::Model));
    for (clip, (id, caption)) in layers.clips.iter().zip(&layers.captions) {
        assert_eq!(caption.label, world.usual(clip), "{id}");
    }
    let well = world.server();
    let report = run_asking(&project, &model(&well), Through::Captions, asking).unwrap();
    assert!(report.asked.is_empty() && well.log().is_empty(), "all is there: {report:?}");
}

#[test]
fn an_answer_that_cannot_be_used_is_asked_for_again_by_the_next_run() {
    let world = tiny();
    let project = world.copied("unusable");
    let broken = failing(world, Vec::new(), vec![(Fault::CutOff, 1.0)]);
    let report = run_with(&project, &model(&broken), Through::Captions).unwrap();
    let clips = Layers::of(&project).clips.len();
    assert_eq!((report.asked[0].by_rules, report.asked[0].counts.failed as usize), (clips, clips));
    assert!(Layers::of(&project).is_by_rules(), "they are marked as the rules'");
    // Not while it is not asked for: without a server the rules' captions stand.
    let half = failing(world, vec![None], vec![(Fault::CutOff, 1.0)]);
    let report = run_with(&project, &model(&half), Through::Captions).unwrap();
    assert_eq!(report.asked[0].by_rules, clips - 1);
    let layers = Layers::of(&project);
    layers.check();
    assert_eq!(layers.sources.iter().filter(|source| **source == BehaviorSource::Model).count(), 1);
    let well = world.server();
    run_with(&project, &model(&well), Through::Merge).unwrap();
    assert_eq!(stages(&well)["behavior.caption"], clips - 1, "what was answered is not asked again");
    nothing_twice(&well);
}

#[test]
fn every_failure_for_good_ends_in_captions_of_the_rules_or_in_a_pause() {
    let world = tiny();
    let mut paused = 0;
    for fault in faults() {
        let project = world.copied("always");
        let server = failing(world, Vec::new(), vec![(fault, 1.0)]);
        match run_with(&project, &model(&server), Through::Merge) {
            Ok(report) => {
                let layers = Layers::of(&project);
                layers.check();
                assert!(!layers.merged.is_empty(), "{fault:?}");
                let unknown = matches!(fault, Fault::ForeignLabel | Fault::UnknownLabel);
                for ((clip, (id, caption)), source) in layers.clips.iter().zip(&layers.captions).zip(&layers.sources) {
                    assert!(
                        *source == BehaviorSource::Rules || caption.label == world.usual(clip) || unknown,
                        "{fault:?}: {id} is {caption:?}"
                    );
                    assert!(caption.description.chars().count() <= 1200, "{fault:?}");
                }
                let said = format!("{:?}", report.asked[0].unknown_labels);
                assert_eq!(said != "{}", unknown, "{fault:?}: {said}");
            }
            Err(JobError::ModelGone { .. }) => paused += 1,
            Err(error) => panic!("{fault:?}: {error}"),
        }
        assert_eq!(server.complaints(), Vec::<String>::new(), "{fault:?}");
        // Whatever it was, a server that is well brings it to its end.
        let well = world.server();
        run_with(&project, &model(&well), Through::Merge).unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        Layers::of(&project).check();
    }
    println!("{paused} of {} failures pause the run", faults().count());
    assert!(paused < 20, "{paused}");
}

#[test]
fn labels_that_nobody_offered_stay_as_they_were_said() {
    let world = tiny();
    let project = world.copied("unknown");
    let server = failing(world, Vec::new(), vec![(Fault::ForeignLabel, 1.0)]);
    let report = run_with(&project, &model(&server), Through::Merge).unwrap();
    let layers = Layers::of(&project);
    let clips = layers.clips.len() as u64;
    assert_eq!(report.asked[0].unknown_labels, [("Verfolgung 追逐".to_owned(), clips)].into());
    assert!(layers.captions.iter().all(|(_, caption)| caption.label == "Verfolgung 追逐"));
    assert!(layers.sources.iter().all(|source| *source == BehaviorSource::Model));
    assert!(layers.merged.iter().all(|segment| segment.label == "Verfolgung 追逐"));
    assert_eq!(report.asked[0].counts.problems["unknown_word"], 2 * clips, "it was asked once more, with the labels");
    assert!(server.log().iter().any(|request| request.is_reask));
}

/// A project whose captions a true model gave, and of which nothing is merged yet.
fn captioned() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let project = world().copied("captioned");
        let server = world().server();
        run_with(&project, &model(&server), Through::Captions).unwrap();
        project
    })
}

#[test]
fn a_merge_that_fails_once_is_right_and_one_that_always_fails_still_tiles() {
    let world = world();
    let copied = |name: &str| {
        let copy = world.folder.path().join(format!("{name}.bvlm"));
        fs::copy(captioned(), &copy).unwrap();
        copy
    };
    let right = copied("right");
    run_with(&right, &model(&world.server()), Through::Merge).unwrap();
    let right = Layers::of(&right).merged;
    for fault in faults() {
        let project = copied("merge_once");
        let server = failing(world, vec![Some(fault); 2], Vec::new());
        let report = run_with(&project, &model(&server), Through::Merge).unwrap();
        assert_eq!(server.complaints(), Vec::<String>::new(), "{fault:?}");
        let layers = Layers::of(&project);
        layers.check();
        let merge = report.asked.last().unwrap();
        assert_eq!(merge.about, "merge");
        let is_same = layers.merged == right;
        // Words are not what groups are checked for, and some failures are believed at once.
        let may_differ = matches!(fault, Fault::EndlessDescription | Fault::Orders);
        // Epochs are asked about at the same time, so both failures may meet the same one: then what became of it is told.
        let is_told = merge.by_rules > 0 || !merge.mends.is_empty();
        assert!(is_same || may_differ || is_told, "{fault:?}: {merge:?}\n{:#?}\n{right:#?}", layers.merged);

        let project = copied("merge_always");
        let server = failing(world, Vec::new(), vec![(fault, 1.0)]);
        match run_with(&project, &model(&server), Through::Merge) {
            Ok(report) => {
                let layers = Layers::of(&project);
                layers.check();
                let merge = report.asked.last().unwrap();
                let by_rules = layers.merged.iter().any(|segment| segment.source == BehaviorSource::Rules);
                assert!(by_rules || merge.by_rules == 0, "{fault:?}");
                if let Fault::DroppedClip | Fault::RepeatedClip | Fault::InventedClip = fault {
                    assert!(!merge.mends.is_empty() && merge.by_rules == 0, "{fault:?}: {merge:?}");
                }
            }
            Err(JobError::ModelGone { .. }) => {}
            Err(error) => panic!("{fault:?}: {error}"),
        }
        // Epochs that the rules merged are asked about again; the others stand.
        let well = world.server();
        run_with(&project, &model(&well), Through::Merge).unwrap();
        Layers::of(&project).check();
    }
}

#[test]
fn orders_in_a_description_are_a_line_among_others() {
    let world = tiny();
    let project = world.copied("orders");
    let server = failing(world, Vec::new(), vec![(Fault::Orders, 1.0)]);
    run_with(&project, &model(&server), Through::Merge).unwrap();
    assert_eq!(server.complaints(), Vec::<String>::new());
    let layers = Layers::of(&project);
    layers.check();
    let merges: Vec<_> = server.log().into_iter().filter(|request| request.tag.contains("merge")).collect();
    assert!(!merges.is_empty());
    for request in merges {
        let clips = request.words.lines().filter(|line| line.starts_with('c') && line.contains(" s): ")).count();
        let tag = BehaviorTag::parse(&request.tag).unwrap();
        let animal = layers.animals.iter().position(|name| *name == tag.animal).unwrap();
        let own = layers.clips.iter().filter(|clip| clip.animal.index() == animal).count();
        assert_eq!(clips, own, "{}", request.words);
        assert!(request.words.lines().all(|line| !line.trim_start().starts_with("# ")), "{}", request.words);
    }
    assert!(layers.merged.iter().all(|segment| segment.label != "all of it"));
}
