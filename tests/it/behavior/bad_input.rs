//! Input that does not fit: one sentence each, and the project stays whole.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::script::{FPS, Film, Manifest, recording};
use super::{Layers, behave, is_healthy, names, new_project, refused};
use crate::cli::{json, text};
use crate::video::ffmpeg;

/// A cheap segmenter; what cuts is not what these tests are about.
const KMEANS: [&str; 4] = ["--segmenter", "kmeans", "--clusters", "5"];

struct Case {
    folder: TempDir,
    project: PathBuf,
}

impl Case {
    /// A project of a recording of tracks alone.
    fn of(film: &Film) -> Self {
        let case = Self::empty();
        recording(case.folder.path(), "mice", film);
        case.made()
    }

    /// A project of a recording with a gray video of so many frames, 800 × 300 px.
    fn with_video(film: &Film, frames: u32) -> Self {
        let case = Self::empty();
        case.write_manifest("");
        fs::write(case.file("tracks.csv"), film.table()).unwrap();
        gray_video(&case.file("top.mp4"), frames);
        case.made()
    }

    fn empty() -> Self {
        let folder = TempDir::new().unwrap();
        Self { project: folder.path().join("mice.bvlm"), folder }
    }

    fn made(self) -> Self {
        new_project(&[&self.folder.path().join("mice")], &self.project);
        self
    }

    /// A manifest with a video and further lines about each animal.
    fn write_manifest(&self, lines: &str) {
        let mut manifest = Manifest::of_tracks("mice", &["A0", "A1"]);
        manifest.camera = "video = \"top.mp4\"";
        manifest.animals.values_mut().for_each(|own| own.push_str(lines));
        manifest.write(&self.folder.path().join("mice"));
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("mice").join(name)
    }

    /// A project of a table of tracks as it stands.
    fn of_table(film: &Film, table: &str) -> Self {
        let case = Self::empty();
        recording(case.folder.path(), "mice", film);
        fs::write(case.file("tracks.csv"), table).unwrap();
        case.made()
    }

    /// Runs with the cheap segmenter and further options; what it said, and what came of it.
    fn run(&self, options: &[&str]) -> (serde_json::Value, String, Layers) {
        let (report, said) = behave(&self.project, &[&KMEANS[..], options].concat());
        let layers = Layers::of(&self.project);
        layers.check();
        is_healthy(&self.project);
        (report, said, layers)
    }

    fn refused(&self, options: &[&str]) -> String {
        refused(&self.project, &[&KMEANS[..], options].concat())
    }
}

fn gray_video(path: &Path, frames: u32) {
    let source = format!("color=c=gray:s=800x300:r=30:d={}", f64::from(frames + 30) / FPS);
    let count = frames.to_string();
    ffmpeg(&["-f", "lavfi", "-i", &source, "-frames:v", &count, "-pix_fmt", "yuv420p", text(path)], &[]);
}

/// The short film squeezed into the picture of the video.
fn squeezed() -> Film {
    let mut film = Film::short();
    film.animals.iter_mut().flatten().flatten().for_each(|[_, y]| *y /= 2.0);
    film
}

#[test]
fn a_frame_more_or_less_is_a_warning() {
    let case = Case::with_video(&squeezed(), 601);
    let (report, said, layers) = case.run(&[]);
    assert_eq!((&report["frames"], layers.frames), (&601.into(), 601));
    names(&said, &["warning", "600 frames", "601", "--align"]);
    let case = Case::with_video(&squeezed(), 599);
    let (_, said, layers) = case.run(&[]);
    assert_eq!(layers.frames, 599);
    names(&said, &["600 frames", "599", "left out"]);
}

#[test]
fn tracks_of_another_length_need_to_be_aligned() {
    let film = squeezed();
    let case = Case::with_video(&film, 700);
    let sentence = case.refused(&[]);
    names(&sentence, &["tracks.csv", "600", "700", "--align start", "--align end"]);
    assert!(Layers::of(&case.project).clips.is_empty());
    // The last frames belong together: nobody is seen in the first hundred.
    let (_, said, end) = case.run(&["--align", "end"]);
    names(&said, &["100 frames without a track", "begin"]);
    let seen = |layers: &Layers, frame: u32| {
        let clip = layers.clips.iter().find(|clip| clip.animal.index() == 0 && clip.frames().contains(&frame));
        clip.unwrap().cluster.is_some()
    };
    assert!(!seen(&end, 50) && seen(&end, 150) && seen(&end, 650));
    let (_, _, start) = case.run(&["--align", "start"]);
    assert!(seen(&start, 50) && seen(&start, 550) && !seen(&start, 650));
    // The chase is where the tracks are.
    let begins = |layers: &Layers| layers.merged.iter().find(|it| it.label == "chase").map(|it| it.start_frame);
    let (at_start, at_end) = (begins(&start).unwrap(), begins(&end).unwrap());
    assert!(at_end.abs_diff(at_start + 100) < 20, "{at_start} and {at_end}");
    names(&case.refused(&["--align", "middle"]), &["--align", "middle", "start, end"]);
}

#[test]
fn a_part_that_is_missing_throughout() {
    let film = Film::short();
    for part in [0, 5, 4] {
        let table =
            film.table_with(|_, _, at, [x, y]| Some(if at == part { "nan,nan".into() } else { format!("{x},{y}") }));
        let (report, _, _) = Case::of_table(&film, &table).run(&[]);
        assert!(report["segments"].as_u64().unwrap() > 0, "part {part}");
    }
}

#[test]
fn an_animal_that_is_away_for_a_minute() {
    let film = Film::long();
    let away = 900..2700;
    let table =
        film.table_with(|animal, frame, _, [x, y]| (animal != 1 || !away.contains(&frame)).then(|| format!("{x},{y}")));
    let (report, _, layers) = Case::of_table(&film, &table).run(&[]);
    let unseen: Vec<_> = layers.clips.iter().filter(|clip| clip.cluster.is_none()).collect();
    assert!(unseen.iter().all(|clip| clip.animal.index() == 1));
    let frames: u32 = unseen.iter().map(|clip| clip.stop_frame - clip.start_frame).sum();
    assert!(frames.abs_diff(1800) <= 30, "{frames}");
    assert!((report["clips"]["unseen_secs"].as_f64().unwrap() - 60.0).abs() < 1.1, "{}", report["clips"]);
    assert!(layers.frames_of("A1", "not_seen").abs_diff(1800) <= 30);
    assert_eq!(layers.frames_of("A0", "not_seen"), 0);
}

#[test]
fn missing_points_are_missing_however_they_are_written() {
    let film = Film::short();
    let is_lost = |animal: usize, frame: usize, part: usize| {
        (animal == 0 && (200..320).contains(&frame)) || (part == 1 && frame % 50 < 20)
    };
    let written = |lost: Option<&str>| {
        film.table_with(|animal, frame, part, [x, y]| match is_lost(animal, frame, part) {
            true => lost.map(str::to_owned),
            false => Some(format!("{x:.2},{y:.2}")),
        })
    };
    let as_nan = Case::of_table(&film, &written(Some("nan,nan"))).run(&[]).2;
    let (_, said, as_zero) = Case::of_table(&film, &written(Some("0,0"))).run(&[]);
    names(&said, &["zeros", "missing"]);
    assert_eq!(as_zero.shown(), as_nan.shown());
    assert_eq!(Case::of_table(&film, &written(Some(","))).run(&[]).2.shown(), as_nan.shown());
    assert_eq!(Case::of_table(&film, &written(None)).run(&[]).2.shown(), as_nan.shown());
    assert!(as_nan.frames_of("A0", "not_seen") > 60);
}

#[test]
fn exchanged_axes_are_seen_and_mended() {
    let film = squeezed();
    let (_, said, right) = Case::with_video(&film, 600).run(&[]);
    assert!(!said.contains("swap_axes"), "{said}");
    let table = film.table_with(|_, _, _, [x, y]| Some(format!("{y:.2},{x:.2}")));
    let case = Case::with_video(&film, 600);
    fs::write(case.file("tracks.csv"), table).unwrap();
    let (_, said, _) = case.run(&[]);
    names(&said, &["warning", "lie inside the picture of 800 × 300 px", "swap_axes = true"]);
    case.write_manifest("\nswap_axes = true");
    let (_, said, mended) = case.run(&[]);
    assert!(!said.contains("swap_axes"), "{said}");
    assert_eq!(mended.shown(), right.shown());

    // Other units are only said: which ones, nobody can know.
    let table = film.table_with(|_, _, _, [x, y]| Some(format!("{},{}", x * 4.0, y * 4.0)));
    fs::write(case.file("tracks.csv"), table).unwrap();
    case.write_manifest("");
    names(&case.run(&[]).1, &["scale = "]);
    case.write_manifest("\nscale = 0.25");
    assert!(!case.run(&[]).1.contains("scale"));
}

#[test]
fn animals_that_never_move() {
    let (report, _, layers) = Case::of(&Film::still(300)).run(&[]);
    assert_eq!(layers.frames_of("A0", "stationary") + layers.frames_of("A0", "watching"), 300, "{report}");
}

#[test]
fn deep_clustering_of_animals_that_never_move() {
    let case = Case::of(&Film::still(300));
    let (report, _) = behave(&case.project, &[]);
    Layers::of(&case.project).check();
    assert_eq!(report["frames"], 300);
}

#[test]
fn fewer_frames_than_clusters() {
    let case = Case::of(&Film::still(3));
    names(&refused(&case.project, &["--clusters", "10"]), &["mice", "10 clusters", "6"]);
    names(&refused(&case.project, &["--segmenter", "kmeans"]), &["mice", "10 clusters", "6"]);
    let case = Case::of(&Film::still(1));
    let (report, _) = behave(&case.project, &["--segmenter", "kmeans", "--clusters", "2"]);
    assert_eq!(report["clips"]["count"], 2);
    Layers::of(&case.project).check();
}

#[test]
fn an_animal_that_the_table_does_not_have() {
    let case = Case::of(&Film::short());
    let mut manifest = Manifest::of_tracks("mice", &["A0", "A7"]);
    manifest.write(&case.folder.path().join("mice"));
    let sentence = case.refused(&[]);
    names(&sentence, &["tracks.csv", "A7", "A0, A1", "individual", "mice"]);
    manifest.animals.get_mut("A7").unwrap().push_str("\nindividual = \"A1\"");
    manifest.write(&case.folder.path().join("mice"));
    let (report, _, _) = case.run(&[]);
    assert_eq!(report["animals"], serde_json::json!(["A0", "A7"]));
}

#[test]
fn tables_of_tracks_with_slips() {
    let film = Film::short();
    let case = Case::of(&film);
    let spoilt = |table: &str| {
        fs::write(case.file("tracks.csv"), table).unwrap();
        case.refused(&[])
    };
    names(
        &spoilt("frame,camera,animal,keypoint,x,y\n0,top,A0,nose,ten,5\n"),
        &["tracks.csv", "line 2", "column x", "ten"],
    );
    names(&spoilt("frame,camera,animal,keypoint,x,y\n0,top,A0,nose,5\n"), &["line 2", "5 fields"]);
    names(&spoilt("time,where\n0,1\n"), &["tracks.csv", "time,where"]);
    names(&spoilt(""), &["tracks.csv"]);
    names(&spoilt("frame,camera,animal,keypoint,x,y\n"), &["tracks.csv"]);
    names(&spoilt("frame,camera,animal,keypoint,x,y\n0,side,A0,nose,1,5\n"), &["top", "side"]);
    names(&spoilt("frame,camera,animal,keypoint,x,y\n4000000000,top,A0,nose,1,5\n"), &["4000000000", "line 2"]);
    fs::remove_file(case.file("tracks.csv")).unwrap();
    let output = crate::cli::run(&["behavior", "run", text(&case.project)]);
    assert!(!output.status.success());
    names(&String::from_utf8_lossy(&output.stderr), &["error: ", "tracks.csv"]);
    fs::write(case.file("tracks.csv"), film.table()).unwrap();
    case.run(&[]);
}

#[test]
fn a_recording_without_anything_to_look_at() {
    let case = Case::empty();
    Manifest { name: "mice", camera: "", animals: [("A0", String::new())].into() }
        .write(&case.folder.path().join("mice"));
    let case = case.made();
    names(&case.refused(&[]), &["mice", "no tracks", "no pictures", "recording.toml"]);
    let case = Case::of(&Film::short());
    names(&case.refused(&["--features", "pixels"]), &["mice", "no pictures", "--features keypoints"]);
}

#[test]
fn boxes_without_pictures_have_a_place_and_a_speed() {
    let case = Case::empty();
    let film = Film::short();
    let mut manifest = Manifest::of_tracks("mice", &film.names);
    manifest.animals.values_mut().for_each(|lines| *lines = "boxes = \"boxes.csv\"".to_owned());
    manifest.write(&case.folder.path().join("mice"));
    let mut table = "frame,camera,animal,x,y,w,h\n".to_owned();
    for frame in 0..film.frames() {
        for (animal, name) in film.names.iter().enumerate() {
            let [x, y] = film.animals[animal][frame][4];
            table.push_str(&format!("{frame},top,{name},{},{},60,60\n", x - 30.0, y - 30.0));
        }
    }
    fs::write(case.file("boxes.csv"), table).unwrap();
    let case = case.made();
    names(&case.refused(&["--features", "pixels"]), &["mice", "no pictures", "--features keypoints"]);
    let (report, _, layers) = case.run(&[]);
    assert!(report["training"]["columns"].as_u64().unwrap() > 0);
    assert_eq!(layers.frames, 600);
}

#[test]
fn words_and_numbers_that_are_not_known() {
    let case = Case::of(&Film::short());
    case.run(&[]);
    let refused = |options: &[&str]| refused(&case.project, options);
    names(&refused(&["--through", "end"]), &["--through", "end", "features, clips, captions, merge"]);
    names(&refused(&["--features", "dots"]), &["--features", "dots", "keypoints"]);
    names(&refused(&["--segmenter", "lda"]), &["--segmenter", "lda", "kmeans"]);
    names(&refused(&["--segmenter", "changes:no.csv"]), &["--segmenter", "no.csv"]);
    names(&refused(&["--switch-cost", "nan"]), &["--switch-cost", "0 or more"]);
    names(&refused(&["--switch-cost=-3"]), &["--switch-cost", "0 or more"]);
    names(&refused(&["--shortest", "0"]), &["--shortest"]);
    names(&refused(&["--longest", "0.5"]), &["--longest", "--shortest"]);
    names(&refused(&["--clusters", "0"]), &["cluster"]);
    names(&refused(&["--recording", "rats"]), &["rats", "mice"]);
    names(&refused(&["--model-of", "rats"]), &["rats", "mice"]);
    names(&refused(&["--rules", "no.toml"]), &["no.toml"]);
    names(&refused(&["--vocabulary", "no.toml"]), &["no.toml"]);
    let eval = |options: &[&str]| {
        let project = text(&case.project);
        crate::cli::failure(&[&["eval", "behavior", project, "--truth", "no.csv"][..], options].concat())
    };
    names(&eval(&[]), &["no.csv"]);
    names(&eval(&["--layer", "mine"]), &["--layer", "mine"]);
    let empty = Case::of(&Film::short());
    let truth = empty.file("truth.csv");
    fs::write(&truth, "video,animal,target,label,start_frame,stop_frame\nmice,A0,,chase,1,5\n").unwrap();
    let nothing = crate::cli::failure(&["eval", "behavior", text(&empty.project), "--truth", text(&truth)]);
    names(&nothing, &["mice", "merged", "behaviorvlm behavior run"]);
    let project = text(&case.project);
    let map = ["eval", "behavior", project, "--truth", text(&truth), "--map", "chase"];
    names(&crate::cli::failure(&map), &["--map", "chase", "found=true"]);
    fs::write(&truth, "video,animal,target,label,start_frame,stop_frame\nmice,A7,,chase,1,5\n").unwrap();
    names(&crate::cli::failure(&map[..5]), &["A7", "A0, A1"]);
}

#[test]
fn rules_and_vocabularies_with_a_slip() {
    let case = Case::of(&Film::short());
    case.run(&[]);
    let file = case.folder.path().join("own.toml");
    let built_in = include_str!("../../../assets/rules/mouse.toml");
    let refused = |option: &str, content: &str| {
        fs::write(&file, content).unwrap();
        case.refused(&[option, text(&file)])
    };
    let line = |needle: &str| format!("line {}", 1 + built_in.lines().position(|it| it.starts_with(needle)).unwrap());
    let slip = built_in.replace("contact_bl = 0.25", "contact_bl = 0,25");
    names(&refused("--rules", &slip), &["own.toml", &line("contact_bl")]);
    let slip = built_in.replace("chase_secs", "chase_sec");
    names(&refused("--rules", &slip), &["own.toml", &line("chase_secs"), "chase_sec"]);
    let slip = built_in.replace("turning_deg = 90.0", "");
    names(&refused("--rules", &slip), &["own.toml", "turning_deg"]);
    names(&refused("--vocabulary", "name = \"own\"\n[[labels]]\nnam = \"run\"\n"), &["own.toml", "nam", "line 3"]);

    // Thresholds of one's own hold: who is never fast enough does not chase.
    let (_, _, before) = case.run(&[]);
    assert!(before.frames_of("A0", "chase") > 0);
    fs::write(&file, built_in.replace("chase_speed_bl_per_sec = 1.5", "chase_speed_bl_per_sec = 9.0")).unwrap();
    let (report, _, after) = case.run(&["--rules", text(&file)]);
    assert!(report["training"].is_null());
    assert_eq!(after.frames_of("A0", "chase"), 0);
    assert_eq!(after.clips, before.clips);
}

#[test]
fn a_segmentation_that_was_made_elsewhere() {
    let case = Case::of(&Film::short());
    let file = case.folder.path().join("syllables.csv");
    let given = |rows: &str| {
        fs::write(&file, rows).unwrap();
        behave(&case.project, &["--segmenter", text(&file)])
    };
    let refused = |rows: &str| {
        fs::write(&file, rows).unwrap();
        refused(&case.project, &["--segmenter", text(&file)])
    };
    let rows: String = (0..600).map(|frame| format!("{frame},{}\n", frame / 60)).collect();
    let (report, _) = given(&format!("frame,syllable\n{rows}"));
    assert!(report["training"].is_null() && report["switch_cost"].is_null());
    let layers = Layers::of(&case.project);
    layers.check();
    let starts: Vec<u32> =
        layers.clips.iter().filter(|clip| clip.animal.index() == 1).map(|clip| clip.start_frame).collect();
    assert_eq!(starts, (0..10).map(|at| at * 60).collect::<Vec<_>>());
    names(&refused("syllable\n1\n2\n"), &["syllables.csv", "2 frames", "600"]);
    names(&refused(&format!("frame,syllable\n{rows}600,3\n")), &["syllables.csv", "601 frames", "600"]);
    names(&refused(&format!("frame,syllable,animal\n{}", rows.replace('\n', ",A0\n"))), &["A1", "A0"]);
    names(&refused("frame,syllable\nx,1\n"), &["line 2", "x"]);
    names(&refused(""), &["syllables.csv"]);
    let changes = case.folder.path().join("changes.csv");
    fs::write(&changes, "frame\n100\n250\n400\n").unwrap();
    behave(&case.project, &["--segmenter", &format!("changes:{}", text(&changes))]);
    let layers = Layers::of(&case.project);
    layers.check();
    assert!(layers.clips.iter().any(|clip| clip.start_frame == 250));
}

#[test]
fn a_matrix_of_features_that_was_made_elsewhere() {
    let case = Case::of(&Film::short());
    let file = case.folder.path().join("features.csv");
    let row =
        |animal: &str, frame: usize| format!("{animal},{frame},{},{}\n", frame / 100 % 2, (frame / 150) as f64 * 0.5);
    let table: String = (0..600).flat_map(|frame| [row("A0", frame), row("A1", frame)]).collect();
    fs::write(&file, format!("animal,frame,a,b\n{table}")).unwrap();
    let (report, _, _) = case.run(&["--features", text(&file)]);
    assert_eq!(report["training"]["columns"], 2);
    let refused = |content: String| {
        fs::write(&file, content).unwrap();
        case.refused(&["--features", text(&file)])
    };
    names(&refused(format!("animal,frame,a,b\n{}", row("A0", 0))), &["features.csv", "1 rows for A0", "600"]);
    names(&refused("a,b\n1,2\n".to_owned()), &["features.csv", "column animal"]);
    names(&refused(format!("animal,frame,a,b\n{}", row("A9", 0))), &["line 2", "A9"]);
    names(&refused("animal,frame,a,b\nA0,0,x,2\n".to_owned()), &["line 2", "column a", "x"]);
}

#[test]
fn a_project_without_its_recording_still_tells_what_it_knows() {
    let case = Case::of(&Film::short());
    case.run(&[]);
    let before = super::exported(&case.project, "behavior", &[]);
    fs::rename(case.folder.path().join("mice"), case.folder.path().join("elsewhere")).unwrap();
    let output = crate::cli::run(&["behavior", "run", text(&case.project)]);
    assert!(!output.status.success());
    names(&String::from_utf8_lossy(&output.stderr), &["mice"]);
    assert_eq!(super::exported(&case.project, "behavior", &[]), before);
    json(&["behavior", "stats", text(&case.project), "--json"]);
}
