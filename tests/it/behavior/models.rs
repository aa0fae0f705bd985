//! Captions and merges by models: the pipeline against a simulated server that knows what the mice do.

/// Questions in plain words, from the window.
mod asked;
/// Examples of verified clips.
mod examples;
/// Everything that goes wrong with answers and servers.
mod failures;
/// Budgets, kills, replays.
mod pauses;
/// Other models and prompts on some clips, and questions in plain words.
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use behaviorvlm::model::{BehaviorSource, CaptionDetail, Clip, Vocabulary};
use behaviorvlm::store::Project;
use serde_json::Value;
use tempfile::TempDir;

use super::script::{Film, SHORT_TRUTH, TRUTH, filmed, truth_table};
use super::{Layers, behave, names, new_project};
use crate::cli::{failure, json, run, text};
use crate::fake_model::{BehaviorTag, FakeConfig, FakeModel, MODEL, Watcher};

const KMEANS: [&str; 4] = ["--segmenter", "kmeans", "--clusters", "5"];

/// A project of the two mice with a video, cut into clips of which nothing is said yet.
struct World {
    folder: TempDir,
    project: PathBuf,
    watcher: Watcher,
}

/// The short film; nobody may change its project.
fn world() -> &'static World {
    static MADE: OnceLock<World> = OnceLock::new();
    MADE.get_or_init(|| World::of(&Film::short(), &SHORT_TRUTH))
}

impl World {
    fn of(film: &Film, truth: &[(&str, &str, f64, f64)]) -> Self {
        Self::named("film", film, truth)
    }

    fn named(name: &str, film: &Film, truth: &[(&str, &str, f64, f64)]) -> Self {
        let folder = TempDir::new().unwrap();
        let project = folder.path().join("cut.bvlm");
        new_project(&[&filmed(folder.path(), name, film)], &project);
        behave(&project, &[&KMEANS[..], &["--through", "clips"]].concat());
        Self { folder, project, watcher: film.doing(truth) }
    }

    fn copied(&self, name: &str) -> PathBuf {
        let copy = self.folder.path().join(format!("{name}.bvlm"));
        fs::copy(&self.project, &copy).unwrap();
        copy
    }

    /// A server that is always well and always right.
    fn server(&self) -> FakeModel {
        FakeModel::start(FakeConfig::watching(self.watcher.clone()))
    }

    /// The label that is true of most of a clip.
    fn usual(&self, clip: &Clip) -> &str {
        let own = &self.watcher.doing[clip.animal.index()][clip.start_frame as usize..clip.stop_frame as usize];
        &own.iter().max_by_key(|one| own.iter().filter(|other| other == one).count()).unwrap().label
    }
}

/// The options that name a server.
fn asking(server: &FakeModel, further: &[&str]) -> Vec<String> {
    let of_role = |role: &str| ["--model".to_owned(), format!("{role}={MODEL}@{}", server.url())];
    let all = [of_role("caption"), of_role("merge")].into_iter().flatten();
    // Few pictures: the simulated model knows without looking.
    let quick = KMEANS.iter().chain(&["--pictures", "4"]);
    all.chain(quick.chain(further).map(|word| (*word).to_owned())).collect()
}

/// Runs with that server; the report of what was asked, layer by layer.
fn asked(project: &Path, server: &FakeModel, further: &[&str]) -> Value {
    let options = asking(server, further);
    behave(project, &options.iter().map(String::as_str).collect::<Vec<_>>()).0
}

/// Questions of a log by stage, re-asks left out.
fn stages(server: &FakeModel) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for request in server.log().iter().filter(|request| !request.is_reask) {
        *counts.entry(BehaviorTag::parse(&request.tag).unwrap().stage).or_default() += 1;
    }
    counts
}

/// No question came twice, and each has an id of its own.
fn nothing_twice(server: &FakeModel) {
    let (mut seen, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for request in server.log() {
        assert!(seen.insert((request.tag.clone(), request.is_reask)), "{} was asked twice", request.tag);
        assert!(ids.insert(request.request_id), "a request id came twice");
    }
}

/// What is true, as a table.
fn table_of(watcher: &Watcher) -> String {
    let mut table = "video,animal,target,label,start_frame,stop_frame\n".to_owned();
    for (name, doing) in watcher.names.iter().zip(&watcher.doing) {
        let mut start = 0;
        for stretch in doing.chunk_by(|one, other| one.label == other.label) {
            writeln!(table, "film,{name},,{},{start},{}", stretch[0].label, start + stretch.len()).unwrap();
            start += stretch.len();
        }
    }
    table
}

fn details(project: &Path) -> Vec<CaptionDetail> {
    let project = Project::open_read_only(project).unwrap();
    let info = project.only_recording().unwrap();
    let run = project.latest_run(info.id, "behavior").unwrap().unwrap();
    project.caption_details(run.id).unwrap().into_iter().map(|(_, detail)| detail).collect()
}

#[test]
fn a_true_model_says_what_is_true_and_is_asked_once_about_each_clip() {
    let world = world();
    let (project, server) = (world.copied("true"), world.server());
    let report = asked(&project, &server, &[]);
    assert_eq!(server.complaints(), Vec::<String>::new());
    let layers = Layers::of(&project);
    layers.check();
    for (clip, (id, caption)) in layers.clips.iter().zip(&layers.captions) {
        assert_eq!(caption.label, world.usual(clip), "{id} {:?}", clip.frames());
        assert_eq!(caption.confidence, 0.9);
    }
    let chase = layers.merged.iter().filter(|segment| segment.label == "chase");
    for segment in chase {
        assert_eq!(segment.partner.map(|partner| partner.index()), Some(1 - segment.animal.index()));
        assert_eq!(segment.role.as_str(), if segment.animal.index() == 0 { "actor" } else { "recipient" });
        assert!(segment.description.contains("chase"), "{segment:?}");
    }
    assert!(layers.sources.iter().all(|source| *source == BehaviorSource::Model));
    assert!(layers.merged.iter().all(|segment| segment.source == BehaviorSource::Model));

    // One question per clip and epoch, as the design says it.
    nothing_twice(&server);
    let clips = layers.clips.len();
    assert_eq!(stages(&server)["behavior.caption"], clips);
    for request in server.log() {
        let tag = BehaviorTag::parse(&request.tag).unwrap();
        assert!(request.tag.starts_with("behavior."), "{}", request.tag);
        let Some(number) = tag.clip else { continue };
        let clip = layers.clips.iter().find(|clip| clip.id.0 == number).unwrap();
        assert_eq!(layers.animals[clip.animal.index()], tag.animal);
        assert_eq!(request.view, Some(format!("frames={}..{}", clip.start_frame, clip.stop_frame)));
        names(&request.words, &["A0: orange badge", "A1: sky blue badge", "<0.0 seconds>", "chase: The animal runs"]);
        assert!(!request.words.contains("frame"), "the model is never told of frames: {}", request.words);
    }

    // What was asked is told, and was expected.
    let [captions, merge] = &report["asked"].as_array().unwrap()[..] else { panic!("{report}") };
    assert_eq!((&captions["about"], &merge["about"]), (&"captions".into(), &"merge".into()));
    assert_eq!((&captions["calls"], &captions["by_rules"]), (&clips.into(), &0.into()));
    assert_eq!(captions["estimated"]["calls"], clips);
    assert_eq!(merge["estimated"]["calls"], merge["calls"]);
    assert_eq!(captions["real_per_minute"]["calls"], 3 * clips, "twenty seconds");
    assert!(captions["real"]["prompt_tokens"].as_u64() > Some(1000 * clips as u64));
    assert_eq!((&captions["retries"], &captions["failed"], &captions["known"]), (&0.into(), &0.into(), &0.into()));
    assert_eq!((&captions["unknown_labels"], &merge["mends"]), (&Value::Null, &Value::Null));

    // The second run asks nobody; it need not even find the server.
    drop(server);
    let gone = FakeModel::start(FakeConfig::watching(world.watcher.clone()));
    let again = asked(&project, &gone, &[]);
    assert_eq!((&again["was_done"], gone.log().len()), (&true.into(), 0));
    assert_eq!(Layers::of(&project), layers);
}

#[test]
fn three_mice_are_described_as_the_script_says() {
    let world = World::of(&Film::long(), &TRUTH);
    let server = world.server();
    let report = asked(&world.project, &server, &[]);
    assert_eq!(server.complaints(), Vec::<String>::new());
    nothing_twice(&server);
    let layers = Layers::of(&world.project);
    layers.check();
    let truth = world.folder.path().join("truth.csv");
    fs::write(&truth, truth_table("film")).unwrap();
    let map = "chase=chase,huddle=huddle,oral_genital_contact=oral_genital_contact,oral_oral_contact=oral_oral_contact,\
               feeding=feeding,*=";
    let judge = [
        "eval",
        "behavior",
        text(&world.project),
        "--truth",
        text(&truth),
        "--layer",
        "merged",
        "--map",
        map,
        "--json",
    ];
    let judged = json(&judge);
    for (label, figures) in judged["per_label"].as_object().unwrap() {
        println!("{label}: F1 {}, precision {}, recall {}", figures["f1"], figures["precision"], figures["recall"]);
        assert!(figures["f1"].as_f64().unwrap() > 0.85, "{label}: {figures}");
    }
    println!("macro F1 {}, kappa {}, asked {}", judged["f1_macro"], judged["kappa"], report["asked"]);
    assert!(judged["f1_macro"].as_f64().unwrap() > 0.9, "{judged}");
    // Epochs of at most a minute, for two minutes of three mice.
    assert!(stages(&server)["behavior.merge"] >= 6, "{:?}", stages(&server));
}

#[test]
fn several_answers_decide_together_and_their_disagreement_is_kept() {
    let world = world();
    let project = world.copied("samples");
    let server = FakeModel::start(FakeConfig::watching(Watcher { confused: 0.4, ..world.watcher.clone() }));
    let report = asked(&project, &server, &["--samples", "5", "--through", "captions"]);
    assert_eq!(server.complaints(), Vec::<String>::new());
    nothing_twice(&server);
    let layers = Layers::of(&project);
    let clips = layers.clips.len();
    assert_eq!(stages(&server)["behavior.caption"], 5 * clips);
    let with_sample = server.log().iter().filter(|request| request.tag.contains("/sample=")).count();
    assert_eq!(with_sample, 4 * clips, "the first has no number");
    let details = details(&project);
    assert_eq!(details.len(), clips);
    assert!(details.iter().all(|detail| detail.samples.len() == 5));
    let torn = details.iter().filter(|detail| detail.majority().unwrap().1 < 1.0).count();
    assert!(torn > 0 && report["asked"][0]["disagreements"].as_array().unwrap().len() == torn, "{report}");
    for ((_, caption), detail) in layers.captions.iter().zip(&details) {
        let (usual, share) = detail.majority().unwrap();
        assert_eq!(caption.label, usual.label);
        assert!((caption.confidence - 0.9 * share).abs() < 1e-5);
    }
    let found = &report["asked"][0]["disagreements"][0];
    assert_eq!(found["labels"].as_array().unwrap().len(), 5, "{found}");
    let right = layers.clips.iter().zip(&layers.captions).filter(|(clip, (_, it))| it.label == world.usual(clip));
    assert!(right.count() as f64 > 0.75 * clips as f64, "five answers are better than one");
}

#[test]
fn an_open_vocabulary_finds_labels_and_describes_the_body() {
    let world = world();
    let project = world.copied("open");
    let mut watcher = world.watcher.clone();
    for doing in watcher.doing.iter_mut().flatten().filter(|doing| doing.label == "locomotion") {
        doing.label = "brisk walk".to_owned();
    }
    let server = FakeModel::start(FakeConfig::watching(watcher));
    let report = asked(&project, &server, &["--open-vocabulary"]);
    assert_eq!(server.complaints(), Vec::<String>::new());
    let layers = Layers::of(&project);
    layers.check();
    assert!(layers.merged.iter().any(|segment| segment.label == "brisk walk"));
    assert_eq!(report["asked"][0]["unknown_labels"], Value::Null, "nothing is unknown where all is open");
    let details = details(&project);
    assert_eq!(details.len(), layers.clips.len());
    let body = details[0].body.as_ref().unwrap();
    assert!(body.head.starts_with("head of A0") && body.keywords.len() == 2, "{body:?}");
    assert!(!server.log()[0].words.contains("chase: The animal runs"), "no label is offered");
}

#[test]
fn what_will_be_asked_is_told_without_asking() {
    let world = world();
    let (project, server) = (world.copied("estimated"), world.server());
    behave(&project, &KMEANS);
    let before = Layers::of(&project);
    let report = asked(&project, &server, &["--estimate", "--samples", "3"]);
    assert!(server.log().is_empty());
    assert_eq!(Layers::of(&project), before, "what is shown stays");
    let clips = before.clips.len();
    let captions = &report["asked"][0];
    assert_eq!(captions["estimated"]["calls"], 3 * clips);
    assert_eq!(captions["real"]["calls"], 0);
    let real = asked(&project, &server, &["--samples", "3"]);
    let tokens = |report: &Value, which: &str| report["asked"][0][which]["prompt_tokens"].as_f64().unwrap();
    assert_eq!(tokens(&report, "estimated"), tokens(&real, "estimated"));
    println!("{} tokens expected, {} sent", tokens(&real, "estimated"), tokens(&real, "real"));
    // In words as well.
    let options = asking(&server, &["--estimate"]);
    let arguments: Vec<&str> =
        ["behavior", "run", text(&project)].into_iter().chain(options.iter().map(String::as_str)).collect();
    let words = String::from_utf8_lossy(&run(&arguments).stdout).into_owned();
    names(&words, &["captions by fake/vlm-1: at most", "per minute of video", "merge by fake/vlm-1", "tokens sent"]);
}

#[test]
fn options_about_nobody_are_refused() {
    let world = world();
    let project = world.copied("refused");
    let run = |options: &[&str]| failure(&[&["behavior", "run", text(&project)][..], options].concat());
    names(&run(&["--samples", "3"]), &["--samples", "caption"]);
    names(&run(&["--open-vocabulary"]), &["--open-vocabulary"]);
    names(&run(&["--estimate"]), &["--estimate"]);
    names(&run(&["--model", "pose=x@http://127.0.0.1:1"]), &["pose", "caption and merge"]);
    let caption = ["--model", "caption=x@http://127.0.0.1:1"];
    names(&run(&[&caption[..], &["--samples", "0"]].concat()), &["--samples", "1 to 32"]);
    let far = ["--model", "caption=x@http://models.example.org", "--segmenter", "kmeans", "--clusters", "5"];
    names(&run(&far), &["models.example.org", "--allow-host"]);
    // Where there is nothing to show.
    let bare = world.folder.path().join("bare.bvlm");
    new_project(&[&super::script::recording(world.folder.path(), "bare", &Film::short().cut(90))], &bare);
    let said = failure(
        &[&["behavior", "run", text(&bare)][..], &caption, &["--segmenter", "kmeans", "--clusters", "3"]].concat(),
    );
    names(&said, &["bare", "no pictures to show"]);
    assert!(Vocabulary::mouse().find("moonwalk").is_none(), "the tests' unknown label");
}
