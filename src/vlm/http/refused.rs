//! Forms of a request that servers refuse, and that it can do without.

use super::trouble::Trouble;
use crate::vlm::Profile;
use crate::vlm::profile::{JsonMode, ThinkingSwitch};
use crate::vlm::question::Manner;
use crate::vlm::reply::ServerError;

/// What a server refused, which no question is asked with from then on.
#[derive(Clone, Copy, Default)]
pub(super) struct Refused {
    /// The form of the answer.
    pub schema: bool,
    /// To stream.
    pub stream: bool,
    /// `reasoning_effort`.
    pub effort: bool,
    /// `chat_template_kwargs`.
    pub template: bool,
}

/// Leaves out of the form of a request, and of whether it is streamed, what a server's refusal names; says whether that is
/// anything.
pub(super) fn do_without(profile: &Profile, (manner, streams): &mut (Manner, bool), trouble: &Trouble) -> bool {
    let Trouble::Server(ServerError::Unsupported { message }) = trouble else { return false };
    let message = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let is_inner = |sign: char| sign.is_alphanumeric() || sign == '_';
    let has_word = |wanted: &str| message.split(|sign| !is_inner(sign)).any(|word| word == wanted);
    let sends_effort = profile.thinking_switch == ThinkingSwitch::Effort && !manner.without_effort;
    let sends_template =
        (profile.thinking_switch == ThinkingSwitch::Template || manner.without_effort) && !manner.without_template;
    let asks_form = profile.json != JsonMode::Words && !manner.without_schema;
    if sends_effort && says(&["reasoning_effort", "reasoning effort"]) {
        manner.without_effort = true;
    } else if sends_template && says(&["chat_template_kwargs", "enable_thinking"]) {
        manner.without_template = true;
    } else if *streams && ["stream", "streaming", "stream_options"].into_iter().any(has_word) {
        *streams = false;
    } else if asks_form && says(&["response_format", "schema", "json_object", "structured output", "grammar"]) {
        manner.without_schema = true;
    } else {
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_out(profile: &Profile, message: &str) -> Option<(Manner, bool)> {
        let trouble = Trouble::Server(ServerError::Unsupported { message: message.to_owned() });
        let mut form = (Manner::default(), true);
        do_without(profile, &mut form, &trouble).then_some(form)
    }

    #[test]
    fn what_a_refusal_names_is_left_out_and_nothing_else() {
        let by_effort = Profile { thinking_switch: ThinkingSwitch::Effort, ..Profile::for_model("other") };
        let by_template = Profile { thinking_switch: ThinkingSwitch::Template, ..by_effort.clone() };
        let (manner, streams) = left_out(&by_effort, "stream_options: Extra inputs are not permitted").unwrap();
        assert_eq!((manner, streams), (Manner::default(), false));
        let schema = Manner { without_schema: true, ..Manner::default() };
        for message in ["Invalid schema for response_format", "upstream: json_schema is not supported"] {
            assert_eq!(left_out(&by_effort, message).unwrap(), (schema.clone(), true), "{message}");
        }
        let effort = left_out(&by_effort, "reasoning_effort: Input should be 'low', 'medium' or 'high'").unwrap();
        assert_eq!(effort, (Manner { without_effort: true, ..Manner::default() }, true));
        let template = left_out(&by_template, "Unrecognized request argument: chat_template_kwargs").unwrap();
        assert_eq!(template, (Manner { without_template: true, ..Manner::default() }, true));
        assert_eq!(left_out(&by_template, "contents.parts must not be empty"), None);
        assert_eq!(left_out(&by_template, "the upstream server refused"), None, "a stream in another word");
    }

    #[test]
    fn what_was_left_out_already_is_not_left_out_again() {
        let profile = Profile::for_model("other");
        let trouble = Trouble::Server(ServerError::Unsupported { message: "stream is not supported".to_owned() });
        let mut form = (Manner::default(), true);
        assert!(do_without(&profile, &mut form, &trouble));
        assert!(!do_without(&profile, &mut form, &trouble));
    }
}
