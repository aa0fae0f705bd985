//! Tables that are right, tables that are not, and real ones.

use std::path::PathBuf;

use super::*;

fn read(text: &str) -> Result<TrackTable, TracksError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tracks.csv");
    fs::write(&file, text).unwrap();
    read_tracks(&file, &TrackReading { camera: "top", least_confidence: 0.5 })
}

fn problem(text: &str) -> String {
    let message = read(text).unwrap_err().to_string();
    message.split_once("tracks.csv").unwrap().1.to_owned()
}

fn same(a: &[[f32; 2]], b: &[[f32; 2]]) -> bool {
    let bits = |points: &[[f32; 2]]| points.iter().flatten().map(|value| value.to_bits()).collect::<Vec<_>>();
    bits(a) == bits(b)
}

const NAN: [f32; 2] = [f32::NAN; 2];

#[test]
fn the_plain_table_gives_points_by_animal_frame_and_part() {
    let table = read(
        "camera,frame,animal,keypoint,x,y,confidence\ntop,0,A0,nose,1,2,0.9\ntop,2,A0,tail,3.5,4,\nside,9,A0,nose,7,7,1\ntop,0,A1,nose,0,0,1\ntop,1,A1,nose,5,6,0.1\ntop,2,A1,nose,nan,,1\n",
    )
    .unwrap();
    assert_eq!(
        (table.frame_count, &table.individuals[..], &table.parts[..]),
        (3, &["A0".to_owned(), "A1".to_owned()][..], &["nose".to_owned(), "tail".to_owned()][..])
    );
    assert!(same(table.points_of(0), &[[1.0, 2.0], NAN, NAN, NAN, NAN, [3.5, 4.0]]));
    assert!(same(table.points_of(1), &[NAN; 6]));
    assert_eq!((table.zeros, table.unsure), (1, 1));
}

#[test]
fn boxes_are_tracks_of_their_middles() {
    let table = read("frame,camera,animal,x,y,w,h\n0,top,A0,10,20,5,3\n").unwrap();
    assert_eq!(table.parts, [BOX_PART]);
    assert!(same(table.points_of(0), &[[12.0, 21.0]]));
}

#[test]
fn deeplabcut_of_one_and_of_several_animals() {
    let one = read("scorer,me,me,me\nbodyparts,nose,nose,nose\ncoords,x,y,likelihood\n0,1,2,0.9\n1,3,4,0.2\n").unwrap();
    assert_eq!(one.individuals, [""]);
    assert!(same(one.points_of(0), &[[1.0, 2.0], NAN]));
    let several = read(
        "scorer,me,me,me,me,me,me\nindividuals,m1,m1,m2,m2,single,single\nbodyparts,nose,nose,nose,nose,corner,corner\ncoords,x,y,x,y,x,y\n1,1,2,3,4,5,6\n",
    )
    .unwrap();
    assert_eq!(
        (&several.individuals[..], several.parts.len(), several.frame_count),
        (&["m1".to_owned(), "m2".to_owned()][..], 1, 2)
    );
    assert!(same(several.points_of(1), &[NAN, [3.0, 4.0]]));
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    assert!(problem("time,what\n1,2\n").contains("its first line is: time,what"));
    assert_eq!(problem("frame,keypoint,x,y\n0,nose,a,1\n"), ", line 2, column x: \"a\" is not a number");
    assert_eq!(problem("frame,keypoint,x,y\n0,nose,inf,1\n"), ", line 2, column x: \"inf\" is not a number");
    assert_eq!(
        problem("frame,keypoint,x,y\n-1,nose,1,1\n"),
        ", line 2, column frame: \"-1\" is not a frame's number, counted from 0"
    );
    assert_eq!(problem("frame,keypoint,x,y\n0,nose,1\n"), ", line 2: 3 fields, where the first line has 4");
    assert_eq!(problem("frame,keypoint,x,y\n"), ": the table holds no point");
    assert!(problem("frame,camera,keypoint,x,y\n0,side,nose,1,1\n").contains("the table's cameras are side"));
    assert!(problem("scorer,me\nbodyparts,nose\n0,1\n").contains("must stand above the first frame"));
}

#[test]
#[ignore = "reads BEHAVIORVLM_DATA"]
fn real_tables_are_read_whole() {
    let data = PathBuf::from(std::env::var_os("BEHAVIORVLM_DATA").expect("the folder of real recordings"));
    let reading = TrackReading { camera: "top", least_confidence: 0.0 };
    let three = read_tracks(&data.join("mice3_topview/derived/EGS8X2MN4SSUGFWAV976.csv"), &reading).unwrap();
    assert_eq!((three.individuals.len(), three.parts.len(), three.frame_count), (3, 12, 1800));
    assert!(same(&three.points_of(0)[..2], &[[101.0, 440.0], [94.0, 440.0]]));
    let folder = fs::read_dir(data.join("mice2_boris/dlc")).unwrap();
    let two = read_tracks(&folder.flatten().next().unwrap().path(), &reading).unwrap();
    assert_eq!(
        (&two.individuals[..], two.parts.len(), two.frame_count),
        (&["adult".to_owned(), "juvenile".to_owned()][..], 7, 5700)
    );
}
