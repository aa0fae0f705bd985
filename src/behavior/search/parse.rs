//! From the words of a query to a [`Filter`]. Any text ends in a filter, or in an error that says where and what could stand
//! there.

mod values;

use super::error::{Problem, SearchError, unknown_name};
use super::filter::{Filter, Relation, When, Whose};
use super::lexicon::{Lexicon, NameKind};
use super::words::{Placed, Token, tokens};
use crate::behavior::names::nearest;

/// Words that begin or join conditions; a name that is one of them is written in quotes.
pub(super) const RESERVED: [&str; 29] = [
    "after",
    "before",
    "during",
    "within",
    "in",
    "with",
    "by",
    "as",
    "or",
    "and",
    "not",
    "than",
    "longer",
    "shorter",
    "confidence",
    "above",
    "below",
    "over",
    "under",
    "at",
    "least",
    "most",
    "unreviewed",
    "reviewed",
    "accepted",
    "edited",
    "any",
    "none",
    "partner",
];

const KEYS: [&str; 11] =
    ["label", "category", "animal", "partner", "role", "zone", "text", "layer", "status", "recording", "group"];
const KEYS_IN_WORDS: &str = "label, category, animal, partner, role, zone, text, layer, status, recording, group";

const CONDITION: &str =
    "a label, or a condition like after, before, during, longer, shorter, in, with, by, \"text\" or animal:NAME,";
const TARGET: &str = "a label, or conditions in parentheses,";

/// Parentheses in parentheses, at most: filters are walked by recursion.
pub(super) const MOST_NESTED: usize = 8;

/// Words of one name, at most.
const MOST_WORDS: usize = 8;

/// The filter that a query means.
///
/// # Errors
/// [`SearchError`] for the first thing that cannot be understood.
pub fn parse(query: &str, lexicon: &Lexicon) -> Result<Filter, SearchError> {
    let end = query.chars().count();
    let mut parser = Parser { tokens: tokens(query)?, next: 0, end, lexicon };
    if parser.tokens.is_empty() {
        return Err(SearchError::at(0, end, Problem::Empty));
    }
    parser.filter(0).map(|(filter, _)| filter)
}

/// Reads tokens one after the other; each method leaves `next` behind what it read.
struct Parser<'a> {
    tokens: Vec<Placed>,
    next: usize,
    end: usize,
    lexicon: &'a Lexicon,
}

impl Parser<'_> {
    /// Conditions up to the end, or up to the parenthesis that ends them.
    fn filter(&mut self, depth: usize) -> Result<(Filter, Whose), SearchError> {
        let (mut filter, mut whose) = (Filter::default(), Whose::Same);
        let start = self.next;
        while let Some(placed) = self.tokens.get(self.next) {
            match placed.token.clone() {
                Token::Sign(')') if depth > 0 => break,
                Token::Sign(_) => return Err(self.expected(CONDITION)),
                Token::Quoted(_) => filter.text.push(self.text()?),
                Token::Key(key) => self.keyed(&key, &mut filter, &mut whose, depth)?,
                Token::Word(word) => self.worded(&word.to_lowercase(), &mut filter, &mut whose, depth)?,
            }
        }
        match filter.contradiction() {
            Some(what) => Err(self.over(start, Problem::Impossible { what })),
            None => Ok((filter, whose)),
        }
    }

    /// `key:values`
    fn keyed(
        &mut self,
        written: &str,
        filter: &mut Filter,
        whose: &mut Whose,
        depth: usize,
    ) -> Result<(), SearchError> {
        let key = written.to_lowercase();
        let at = self.next;
        if !KEYS.contains(&key.as_str()) {
            let nearest = nearest(&key, KEYS).map(|(known, _)| known.to_owned());
            let written = written.to_owned();
            self.next += 1;
            return Err(self.over(at, Problem::UnknownKey { written, nearest, known: KEYS_IN_WORDS }));
        }
        self.next += 1;
        match key.as_str() {
            "label" => self.set_names(at, "a label", &mut filter.label, NameKind::Label),
            "category" => self.set_names(at, "a category", &mut filter.category, NameKind::Category),
            "animal" => self.set_animals(at, filter, whose, depth),
            "partner" => self.set_partners(at, filter),
            "role" => self.set_roles(at, filter),
            "zone" => self.set_names(at, "a place", &mut filter.zone, NameKind::Zone),
            "text" => self.text().map(|text| filter.text.push(text)),
            "status" => self.set_status(at, filter),
            _ if depth > 0 => Err(self.over(at, Problem::OnlyOutside { what: outside(&key) })),
            "layer" => self.set_layer(at, filter),
            "recording" => self.set_names(at, "a recording", &mut filter.recording, NameKind::Recording),
            _ => self.set_names(at, "a group", &mut filter.group, NameKind::Group),
        }
    }

    /// A condition that begins with a word, or a label or category that stands alone.
    fn worded(&mut self, word: &str, filter: &mut Filter, whose: &mut Whose, depth: usize) -> Result<(), SearchError> {
        let at = self.next;
        if !RESERVED.contains(&word) {
            return self.set_bare(at, filter);
        }
        self.next += 1;
        match word {
            "and" => match self.tokens.get(self.next) {
                Some(_) if at > 0 => Ok(()),
                _ => Err(self.expected(CONDITION)),
            },
            "after" | "before" | "during" => self.relation(word, false, filter, depth),
            "not" => match self.word() {
                Some(when) if ["after", "before", "during"].contains(&when.as_str()) => {
                    self.next += 1;
                    self.relation(&when, true, filter, depth)
                }
                _ => Err(self.expected("after, before or during")),
            },
            "longer" => self.set_span(at, "longer", &mut filter.longer),
            "shorter" => self.set_span(at, "shorter", &mut filter.shorter),
            "in" => self.set_names(at, "a place", &mut filter.zone, NameKind::Zone),
            "with" => self.set_partners(at, filter),
            "by" => self.set_animals(at, filter, whose, depth),
            "as" => self.set_roles(at, filter),
            "confidence" => self.set_confidence(at, filter),
            "unreviewed" | "reviewed" | "accepted" | "edited" => {
                self.next = at;
                self.set_status(at, filter)
            }
            _ => {
                self.next = at;
                Err(self.expected(CONDITION))
            }
        }
    }

    /// `after TARGET [within SPAN]`, whose first word is read.
    fn relation(&mut self, word: &str, is_absent: bool, filter: &mut Filter, depth: usize) -> Result<(), SearchError> {
        let when = [When::After, When::Before].into_iter().find(|when| when.as_str() == word).unwrap_or(When::During);
        let at = self.next;
        let (of, whose) = match self.token() {
            Some(Token::Sign('(')) if depth >= MOST_NESTED => {
                self.next += 1;
                return Err(self.over(at, Problem::TooDeep));
            }
            Some(Token::Sign('(')) => self.parenthesised(depth)?,
            _ => self.bare_target(depth)?,
        };
        let within = match self.word().as_deref() {
            Some("within") if when != When::During => {
                self.next += 1;
                Some(self.span()?)
            }
            _ => None,
        };
        filter.relation.push(Relation { when, is_absent, within, whose, of: Box::new(of) });
        Ok(())
    }

    fn parenthesised(&mut self, depth: usize) -> Result<(Filter, Whose), SearchError> {
        let at = self.next;
        self.next += 1;
        let (filter, whose) = self.filter(depth + 1)?;
        if self.token() != Some(Token::Sign(')')) {
            return Err(self.over_first(at, Problem::Unclosed { what: '(' }));
        }
        if filter.is_empty() && whose == Whose::Same {
            return Err(self.expected(TARGET));
        }
        self.next += 1;
        Ok((filter, whose))
    }

    /// Labels or categories, and whose they are.
    fn bare_target(&mut self, depth: usize) -> Result<(Filter, Whose), SearchError> {
        let (mut filter, mut whose) = (Filter::default(), Whose::Same);
        let at = self.next;
        match self.token() {
            Some(Token::Word(word)) if !RESERVED.contains(&word.to_lowercase().as_str()) => {
                self.set_bare(at, &mut filter)?;
            }
            Some(Token::Key(key)) if ["label", "category"].contains(&key.to_lowercase().as_str()) => {
                self.keyed(&key, &mut filter, &mut whose, depth + 1)?;
            }
            _ => return Err(self.expected(TARGET)),
        }
        if self.word().as_deref() == Some("by") {
            self.worded("by", &mut filter, &mut whose, depth + 1)?;
        }
        Ok((filter, whose))
    }

    /// Labels or categories that stand alone.
    fn set_bare(&mut self, at: usize, filter: &mut Filter) -> Result<(), SearchError> {
        let Some((kind, _, _)) = self.longest_name(&[NameKind::Label, NameKind::Category]) else {
            return Err(self.not_bare());
        };
        match kind {
            NameKind::Label => self.set_names(at, "a label", &mut filter.label, kind),
            _ => self.set_names(at, "a category", &mut filter.category, kind),
        }
    }

    /// Why words that stand alone are neither label nor category.
    fn not_bare(&self) -> SearchError {
        let others = [NameKind::Animal, NameKind::Zone, NameKind::Recording, NameKind::Group];
        let Some((kind, name, words)) = self.longest_name(&others) else {
            return self.unknown(&[NameKind::Label, NameKind::Category]);
        };
        let name = super::show::quoted_if_needed(&name);
        let instead = match kind {
            NameKind::Animal => format!("by {name} for what it does, with {name} for what it takes part in"),
            NameKind::Zone => format!("in {name}"),
            _ => format!("{kind}:{name}"),
        };
        let written = self.joined(words);
        self.over_words(words, Problem::OtherKind { written, kind, instead })
    }

    /// The longest run of words that is a name of one of the kinds, the first kind that has it, and how many words it takes.
    fn longest_name(&self, kinds: &[NameKind]) -> Option<(NameKind, String, usize)> {
        (1..=self.name_words()).rev().find_map(|words| {
            let written = self.joined(words);
            let found = |kind: &NameKind| Some((*kind, self.lexicon.find(*kind, &written)?.to_owned(), words));
            kinds.iter().find_map(found)
        })
    }

    /// How many words from here can be one name.
    fn name_words(&self) -> usize {
        let is_name = |placed: &&Placed| match &placed.token {
            Token::Word(word) => !RESERVED.contains(&word.to_lowercase().as_str()),
            _ => false,
        };
        self.tokens[self.next..].iter().take(MOST_WORDS).take_while(is_name).count()
    }

    /// The next words, apart by spaces.
    fn joined(&self, words: usize) -> String {
        let text = |placed: &Placed| match &placed.token {
            Token::Word(word) => word.clone(),
            _ => String::new(),
        };
        self.tokens[self.next..].iter().take(words).map(text).collect::<Vec<_>>().join(" ")
    }

    /// That the words from here are no name: as many of them as come nearest to one, or all.
    fn unknown(&self, kinds: &[NameKind]) -> SearchError {
        let most = self.name_words().max(1);
        let near = |words: &usize| {
            let written = self.joined(*words);
            kinds.iter().filter_map(|kind| self.lexicon.nearest(*kind, &written)).map(|(_, edits)| edits).min()
        };
        let words = (1..=most)
            .filter_map(|words| Some((near(&words)?, words)))
            .min_by_key(|(edits, words)| (*edits, usize::MAX - words));
        let words = words.map_or(most, |(_, words)| words);
        self.over_words(words, unknown_name(kinds, &self.joined(words), self.lexicon))
    }

    fn token(&self) -> Option<Token> {
        self.tokens.get(self.next).map(|placed| placed.token.clone())
    }

    /// The next word in small letters, if the next token is one.
    fn word(&self) -> Option<String> {
        match &self.tokens.get(self.next)?.token {
            Token::Word(word) => Some(word.to_lowercase()),
            _ => None,
        }
    }

    /// That something else belongs where the next token stands.
    fn expected(&self, what: &'static str) -> SearchError {
        let Some(placed) = self.tokens.get(self.next) else {
            return SearchError::at(self.end, 0, Problem::Expected { what, found: String::new() });
        };
        let found = match &placed.token {
            Token::Word(text) | Token::Quoted(text) => text.clone(),
            Token::Key(key) => format!("{key}:"),
            Token::Sign(sign) => sign.to_string(),
        };
        SearchError::at(placed.at, placed.length, Problem::Expected { what, found })
    }

    /// A problem with all that was read from a token on.
    fn over(&self, from: usize, problem: Problem) -> SearchError {
        let first = self.tokens.get(from).map_or(self.end, |placed| placed.at);
        let last = self.next.checked_sub(1).and_then(|last| self.tokens.get(last));
        let stop = last.map_or(self.end, |placed| placed.at + placed.length);
        SearchError::at(first, stop.saturating_sub(first), problem)
    }

    fn over_first(&self, from: usize, problem: Problem) -> SearchError {
        let placed = &self.tokens[from];
        SearchError::at(placed.at, placed.length, problem)
    }

    /// A problem with the next words.
    fn over_words(&self, words: usize, problem: Problem) -> SearchError {
        let here = self.tokens.get(self.next);
        let last = self.tokens.get(self.next + words.max(1) - 1);
        let at = here.map_or(self.end, |placed| placed.at);
        let stop = last.map_or(self.end, |placed| placed.at + placed.length);
        SearchError::at(at, stop - at, problem)
    }
}

/// What a condition on the whole search is called.
fn outside(key: &str) -> &'static str {
    match key {
        "layer" => "the layer",
        "recording" => "the recording",
        _ => "the group",
    }
}
