//! A question in plain words becomes a search: a model fills in the filter, which is shown as the query that it is. Its words are
//! never run, and a name that is not there is not searched for.

use std::path::Path;

use serde_json::Value;

use super::BehaviorError;
use super::search::lexicon;
use crate::behavior::search::{Filter, Lexicon, NameKind, read_answer, schema};
use crate::jobs::inquiry::{Inquiry, Terms, block_on};
use crate::jobs::pose::ModelOptions;
use crate::jobs::{Job, JobError, open, prompts};
use crate::model::Vocabulary;
use crate::store::Project;
use crate::vlm::Question;
use crate::vlm::answer::{Checked, Problem};
use crate::vlm::http::Stop;
use crate::vlm::prompt::Prompt;
use crate::vlm::prompt::behavior_words::{AskWords, LabelWords};

/// The query that a question means, by a model. It can be searched for, changed, and read.
///
/// # Errors
/// When the model gives no answer, or none that is a filter over names that are there.
pub fn query_of(
    job: &Job<'_>,
    project: &mut Project,
    question: &str,
    model: &ModelOptions,
    recording: Option<&str>,
    vocabulary: Option<&Path>,
) -> Result<String, JobError> {
    let infos = open::choose_all(project, recording)?;
    let Some(first) = infos.first() else { return Ok(String::new()) };
    let lexicon = lexicon(project, &infos, vocabulary)?;
    let words = words(question, &lexicon, &super::vocabulary_of(project, vocabulary)?);
    let rendered = prompts::in_force(project)?.render(Prompt::Ask, &words)?;
    let asked = Question {
        tag: "behavior.ask".to_owned(),
        view: None,
        parts: rendered.parts(&[])?,
        schema_name: "search",
        schema: schema(&lexicon),
        prompt_version: rendered.version.clone(),
        system: rendered.system,
        basis: Value::Null,
        sample: 0,
    };
    let stop = Stop::default();
    let client = model.client(&stop)?;
    let terms = Terms {
        client: client.clone(),
        model: model.name.clone(),
        profile: model.profile.clone(),
        recording: first.id,
        run: None,
        budget: model.budget,
        spent: 0,
        afresh: false,
    };
    job.phase(format!("ask {}", model.name), 0, "questions");
    let inquiry = Inquiry::new(project, terms);
    let read = |text: &str| checked(text, &lexicon);
    // A question that was answered by no filter is put once more when somebody asks it again.
    let answer = block_on(job, &stop, client.as_ref(), inquiry.ask_until(0, &asked, read, Result::is_ok));
    inquiry.write()?;
    match answer? {
        Some(Ok(filter)) => Ok(filter.to_string()),
        Some(Err(why)) => Err(BehaviorError::NoFilter { model: model.name.clone(), why }.into()),
        None => Err(BehaviorError::NoFilter { model: model.name.clone(), why: "No answer came.".to_owned() }.into()),
    }
}

fn words(question: &str, lexicon: &Lexicon, vocabulary: &Vocabulary) -> AskWords {
    let names = |kind: NameKind| lexicon.names(kind).to_vec();
    let definition = |name: &str| vocabulary.find(name).map(|label| label.definition.clone()).unwrap_or_default();
    let label = |name: String| LabelWords { definition: definition(&name), name };
    AskWords {
        question: question.split_whitespace().collect::<Vec<_>>().join(" "),
        labels: names(NameKind::Label).into_iter().map(label).collect(),
        categories: names(NameKind::Category),
        animals: names(NameKind::Animal),
        zones: names(NameKind::Zone),
        recordings: names(NameKind::Recording),
        groups: names(NameKind::Group),
    }
}

/// An answer as a filter, or why it is none.
fn checked(text: &str, lexicon: &Lexicon) -> Checked<Result<Filter, String>> {
    let value = read_answer(text, lexicon).map_err(|error| error.to_string());
    let problems = value.as_ref().err().map(|why| Problem::Unreadable { why: why.clone() }).into_iter().collect();
    Checked { value, problems, repairs: Vec::new(), observation: None }
}
