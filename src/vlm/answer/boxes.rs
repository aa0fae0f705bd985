//! Boxes in answers: as an object, a bare list, or a list of `{"bbox_2d": […], "label": "…"}`, by the model's convention.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::convention::{Convention, PixelBox};
use super::super::repair::json_in;
use super::fields::{Fields, OBSERVATION, Reading, is_none, words};
use super::{Checked, Problem, unread};

/// The key of a box, and what models write instead of it.
const BOX: &str = "bbox_2d";
const BOX_KEYS: [&str; 5] = [BOX, "box_2d", "bbox", "box", "bounding_box"];

/// So much of a side may a box reach beyond the picture before it counts as misread.
const SLACK: f64 = 0.05;

/// Pixels of the sent picture: what is narrower has no inside.
const NARROWEST: f64 = 2.0;

const WANTED: &str = "a list of four numbers or null";

/// Reads one box, or none: `{"observation": "…", "bbox_2d": [x1, y1, x2, y2] | null}`.
///
/// The box is in pixels of the picture that was sent, inside it. `None` with [`Checked::is_usable`] means that the model sees none.
pub fn boxed(text: &str, convention: Convention, sent_px: [u32; 2]) -> Checked<Option<PixelBox>> {
    let found = match json_in(text) {
        Ok(found) => found,
        Err(why) => return unread(None, why.into()),
    };
    let mut problems = Vec::new();
    let mut observation = None;
    let said = match &found.value {
        Value::Object(map) => {
            let map = unwrapped(map);
            observation = words(map.get(OBSERVATION));
            let known = |key: &str| key == OBSERVATION || key == "label" || BOX_KEYS.contains(&key);
            problems.extend(map.keys().filter(|key| !known(key)).map(|key| Problem::UnknownKey { key: key.clone() }));
            let key = BOX_KEYS.into_iter().find(|key| map.contains_key(*key));
            if key.is_some_and(|key| found.duplicates.iter().any(|double| double == key)) {
                problems.push(Problem::DuplicateKey { key: BOX.to_owned() });
                return Checked { value: None, problems, repairs: found.repairs, observation };
            }
            key.and_then(|key| map.get(key)).ok_or_else(|| Problem::MissingKey { key: BOX.to_owned() })
        }
        Value::Array(list) => match list.as_slice() {
            [Value::Object(only)] => box_of(only).ok_or_else(|| Problem::MissingKey { key: BOX.to_owned() }),
            many if many.len() > 1 && many.iter().all(Value::is_object) => {
                Err(Problem::SeveralBoxes { key: BOX.to_owned(), count: many.len() })
            }
            _ => Ok(&found.value),
        },
        _ => Ok(&found.value),
    };
    let value = match said {
        Ok(said) => read_box(BOX, said, convention, sent_px, &mut problems).flatten(),
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    Checked { value, problems, repairs: found.repairs, observation }
}

/// Reads a box, or none, for each name: `{"observation": "…", "regions": {"<name>": [x1, y1, x2, y2] | null, …}}`, with or
/// without the object around, or a list of `{"bbox_2d": […], "label": "<name>"}`.
///
/// Names with a problem are absent from the map.
pub fn boxes(
    text: &str,
    names: &[String],
    convention: Convention,
    sent_px: [u32; 2],
) -> Checked<BTreeMap<String, Option<PixelBox>>> {
    let mut value = BTreeMap::new();
    let mut found = match json_in(text) {
        Ok(found) => found,
        Err(why) => return unread(value, why.into()),
    };
    if let Some((map, doubles)) = by_label(&found.value) {
        found.value = Value::Object(map);
        found.duplicates.extend(doubles);
    }
    let fields = match Fields::of(found, names) {
        Ok(fields) => fields,
        Err(problem) => return unread(value, problem),
    };
    let mut problems = fields.strangers();
    for name in names {
        let found = match fields.reading(name, &mut problems) {
            Reading::Missing => continue,
            Reading::None => Some(None),
            Reading::Value(Value::Object(inner)) if box_of(inner).is_some() => {
                box_of(inner).and_then(|said| read_box(name, said, convention, sent_px, &mut problems))
            }
            Reading::Value(said) => read_box(name, said, convention, sent_px, &mut problems),
        };
        if let Some(found) = found {
            value.insert(name.clone(), found);
        }
    }
    Checked { value, problems, observation: fields.observation(), repairs: fields.repairs }
}

/// The problem of a box that holds none of the places of interest although it would hold some with x and y exchanged: the
/// picture cannot tell, but the dots in it can.
pub fn axes_look_swapped(
    key: &str,
    found: &PixelBox,
    convention: Convention,
    sent_px: [u32; 2],
    places: &[[f64; 2]],
) -> Option<Problem> {
    let [first, second, third, fourth] = convention.from_sent(found, sent_px);
    let exchanged = convention.to_sent([second, first, fourth, third], sent_px);
    let holds_any = |region: &PixelBox| places.iter().any(|place| region.holds(*place));
    (!holds_any(found) && holds_any(&exchanged)).then(|| Problem::SwappedAxes { key: key.to_owned() })
}

/// The object that holds the box: this one, or the only one inside.
fn unwrapped(map: &Map<String, Value>) -> &Map<String, Value> {
    let mut inner = map.values().filter_map(Value::as_object).filter(|inner| box_of(inner).is_some());
    match (box_of(map), inner.next(), inner.next()) {
        (None, Some(only), None) => only,
        _ => map,
    }
}

fn box_of(map: &Map<String, Value>) -> Option<&Value> {
    BOX_KEYS.into_iter().find_map(|key| map.get(key))
}

/// A list of labelled boxes as an object, and the labels that stand there twice with different boxes.
fn by_label(value: &Value) -> Option<(Map<String, Value>, Vec<String>)> {
    let mut map = Map::new();
    let mut doubles = Vec::new();
    for entry in value.as_array()? {
        let entry = entry.as_object()?;
        let label = words(entry.get("label"))?;
        let said = box_of(entry)?.clone();
        if map.get(&label).is_some_and(|before| *before != said) {
            doubles.push(label.clone());
        }
        map.insert(label, said);
    }
    Some((map, doubles))
}

/// A box or none from what stands under a key. `None` outside: nothing usable, and the problem is noted.
fn read_box(
    key: &str,
    said: &Value,
    convention: Convention,
    sent_px: [u32; 2],
    problems: &mut Vec<Problem>,
) -> Option<Option<PixelBox>> {
    // A detector's way to say that there is none.
    if is_none(said) || said.as_array().is_some_and(Vec::is_empty) {
        return Some(None);
    }
    let key = key.to_owned();
    let Some(said) = four(said) else {
        problems.push(Problem::wrong_type(&key, said, WANTED));
        return None;
    };
    let written = convention.to_sent(said, sent_px);
    let ordered = PixelBox {
        min: [0, 1].map(|axis| written.min[axis].min(written.max[axis])),
        max: [0, 1].map(|axis| written.min[axis].max(written.max[axis])),
    };
    let found = ordered.clamped(sent_px);
    let is_narrow = |region: &PixelBox| !region.size().iter().all(|side| *side >= NARROWEST);
    let reach = beyond(&ordered, sent_px);
    let problem = if is_narrow(&ordered) {
        Problem::BoxEmpty { key, said }
    } else if reach > SLACK || is_narrow(&found) {
        let [first, second, third, fourth] = said;
        let exchanged = convention.to_sent([second, first, fourth, third], sent_px);
        if beyond(&exchanged, sent_px) <= SLACK / 5.0 {
            Problem::SwappedAxes { key }
        } else {
            Problem::BoxOutside { key, said }
        }
    } else {
        if ordered != written {
            problems.push(Problem::SwappedCorners { key: key.clone() });
        }
        if ordered != found {
            problems.push(Problem::BoxClamped { key });
        }
        return Some(Some(found));
    };
    problems.push(problem);
    None
}

/// How far a box reaches beyond the picture, as a share of its sides; corners in any order.
fn beyond(region: &PixelBox, sent_px: [u32; 2]) -> f64 {
    let over = |axis: usize| {
        let side = f64::from(sent_px[axis]);
        let places = [region.min[axis], region.max[axis]];
        places.into_iter().map(|place| (-0.5 - place).max(place + 0.5 - side) / side).fold(0.0, f64::max)
    };
    over(0).max(over(1))
}

/// Four numbers: a list, a list in a list, two corners, or text.
fn four(said: &Value) -> Option<[f64; 4]> {
    let list: Vec<f64> = match said {
        Value::Array(list) => match list.as_slice() {
            [only @ Value::Array(_)] => return four(only),
            [Value::Array(from), Value::Array(to)] if from.len() == 2 && to.len() == 2 => {
                from.iter().chain(to).map(single).collect::<Option<_>>()?
            }
            list => list.iter().map(single).collect::<Option<_>>()?,
        },
        Value::String(text) => {
            let inside = text.trim().trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
            inside
                .split(',')
                .map(|part| part.trim().parse().ok().filter(|number: &f64| number.is_finite()))
                .collect::<Option<_>>()?
        }
        _ => return None,
    };
    list.try_into().ok()
}

fn single(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number| number.is_finite())
}
