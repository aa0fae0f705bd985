//! A profile of one's own: a JSON object over the preset that fits the model's name. What it does not say stays as there.

use serde_json::{Map, Value};
use thiserror::Error;

use super::Profile;

/// Its fields are whatever a server takes.
const FREE: &str = "extra_body";

/// Why a text is no profile; continues "the profile … cannot be used:".
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProfileError {
    /// Not JSON.
    #[error("it is not JSON ({reason})")]
    Json {
        /// What the parser says.
        reason: String,
    },
    /// JSON of another kind.
    #[error("it is no JSON object; write one, as {{\"max_tokens\": 2048}}")]
    Kind,
    /// A key that no profile has.
    #[error("it has no key \"{key}\"; there are {}", known.join(", "))]
    Key {
        /// The key.
        key: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A value that its key cannot have.
    #[error("\"{key}\" cannot be {value} ({reason})")]
    Value {
        /// The key.
        key: String,
        /// The value, as JSON.
        value: String,
        /// Why.
        reason: String,
    },
}

impl Profile {
    /// The profile that a JSON object makes of the preset that fits a model's name. Objects in it (`extra_body`, the two kinds of
    /// sampling) are laid over the preset's too, key by key; anything else takes the preset's place.
    ///
    /// # Errors
    /// Where it is no object, has a key that no profile has, or a value that makes no sense.
    pub fn over_preset(text: &str, model: &str) -> Result<Self, ProfileError> {
        let json = |error: serde_json::Error| ProfileError::Json { reason: error.to_string() };
        // Some editors begin a file with a byte order mark.
        let own: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(json)?;
        let Value::Object(own) = own else { return Err(ProfileError::Kind) };
        let mut profile = Self::for_model(model);
        for (key, value) in own {
            let Value::Object(mut whole) = serde_json::to_value(&profile).map_err(json)? else {
                return Err(ProfileError::Kind);
            };
            let wrong = |reason: String| ProfileError::Value { key: key.clone(), value: value.to_string(), reason };
            let before = whole.get(&key).ok_or_else(|| unknown(&key, &whole))?;
            let after = match (before, &value) {
                (Value::Object(before), Value::Object(over)) => Value::Object(laid_over(before, over, &key)?),
                _ => value.clone(),
            };
            whole.insert(key.clone(), after);
            profile = serde_json::from_value(Value::Object(whole)).map_err(|error| wrong(error.to_string()))?;
            profile.check().map_err(|reason| wrong(reason.to_owned()))?;
        }
        Ok(profile)
    }

    /// Whether its numbers make sense.
    fn check(&self) -> Result<(), &'static str> {
        let is_price = |price: Option<f64>| price.is_none_or(|price| price.is_finite() && price >= 0.0);
        if self.max_tokens == 0 || self.token_px == 0 {
            Err("it has to be 1 or more")
        } else if !is_price(self.price_in) || !is_price(self.price_out) {
            Err("a price is not below 0")
        } else {
            Ok(())
        }
    }
}

/// An object with the values of another.
fn laid_over(
    before: &Map<String, Value>,
    over: &Map<String, Value>,
    key: &str,
) -> Result<Map<String, Value>, ProfileError> {
    let mut after = before.clone();
    for (inner, value) in over {
        if key != FREE && !before.contains_key(inner) {
            return Err(unknown(inner, before));
        }
        after.insert(inner.clone(), value.clone());
    }
    Ok(after)
}

fn unknown(key: &str, known: &Map<String, Value>) -> ProfileError {
    ProfileError::Key { key: key.to_owned(), known: known.keys().cloned().collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Sampling, ThinkingSwitch};
    use super::*;

    #[test]
    fn what_a_file_does_not_say_is_the_presets() {
        let model = "Qwen/Qwen3.5-27B";
        let text = r#"{"max_tokens": 512, "thinking_switch": "template", "extra_body": {"seed": 1},
                       "sampling_plain": {"temperature": 0.0}, "price_in": 0.5}"#;
        let preset = Profile::for_model(model);
        let expected = Profile {
            max_tokens: 512,
            thinking_switch: ThinkingSwitch::Template,
            extra_body: json!({ "seed": 1 }).as_object().unwrap().clone(),
            sampling_plain: Sampling { temperature: Some(0.0), ..preset.sampling_plain },
            price_in: Some(0.5),
            ..preset.clone()
        };
        assert_eq!(Profile::over_preset(text, model), Ok(expected));
        assert_eq!(Profile::over_preset("\u{feff}{}", model), Ok(preset));
        // The fields that GPT's servers want stay beside those of the file.
        let gpt = Profile::over_preset(text, "gpt-5.1").unwrap();
        assert_eq!(gpt.extra_body["max_completion_tokens"], json!(8192));
        assert_eq!(gpt.extra_body["seed"], json!(1));
        let whole = serde_json::to_string(&gpt).unwrap();
        assert_eq!(Profile::over_preset(&whole, "Qwen/Qwen2.5-VL-7B").unwrap().max_tokens, 512);
    }

    #[track_caller]
    fn check(text: &str, parts: &[&str]) {
        let said = Profile::over_preset(text, "m").unwrap_err().to_string();
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        check("{", &["not JSON", "line 1"]);
        check("[1]", &["no JSON object"]);
        check(r#"{"maxtokens": 5}"#, &["no key \"maxtokens\"", "max_tokens", "extra_body"]);
        check(r#"{"sampling_plain": {"temprature": 0}}"#, &["no key \"temprature\"", "temperature, top_p, top_k"]);
        check(r#"{"thinking": "maybe"}"#, &["\"thinking\" cannot be \"maybe\"", "unsaid"]);
        check(r#"{"name": "x", "max_tokens": -1}"#, &["\"max_tokens\" cannot be -1"]);
        check(r#"{"max_tokens": 0}"#, &["\"max_tokens\" cannot be 0 (it has to be 1 or more)"]);
        check(r#"{"price_out": -0.5}"#, &["\"price_out\" cannot be -0.5 (a price is not below 0)"]);
    }
}
