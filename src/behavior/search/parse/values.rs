//! The values of conditions: names, spans, words of few, numbers.

use super::super::error::{Problem, SearchError, unknown_name};
use super::super::filter::{Filter, Partner, Whose};
use super::super::lexicon::NameKind;
use super::super::span::Span;
use super::super::words::Token;
use super::Parser;
use crate::model::timeline::TimelineLayer;
use crate::model::{SegmentStatus, SocialRole};

const LENGTH: &str = "a length of time like 2 s or 30 frames";
const BY_OR: &str = "join the names with \"or\"";
const ROLES: &str = "actor, recipient, mutual, none";
const LAYERS: &str = "clips, captions, merged, human";
const STATUSES: &str = "unreviewed, accepted, edited, reviewed";

impl Parser<'_> {
    /// Names of one kind, joined by `or` or commas.
    pub(super) fn set_names(
        &mut self,
        at: usize,
        what: &'static str,
        slot: &mut Vec<String>,
        kind: NameKind,
    ) -> Result<(), SearchError> {
        let found = self.list(|parser| parser.name(kind))?;
        self.put_list(at, what, slot, found)
    }

    /// Animals. Inside a relation, `any` and `partner` say whose the other segment is.
    pub(super) fn set_animals(
        &mut self,
        at: usize,
        filter: &mut Filter,
        whose: &mut Whose,
        depth: usize,
    ) -> Result<(), SearchError> {
        let said = match self.word().as_deref() {
            Some("any") => Some(Whose::Any),
            Some("partner") if depth > 0 => Some(Whose::Partner),
            _ => None,
        };
        if let Some(said) = said {
            self.next += 1;
            if *whose != Whose::Same || !filter.animal.is_empty() {
                return Err(self.over(at, Problem::Twice { what: "an animal", instead: BY_OR }));
            }
            // Outside of a relation, any animal is no condition.
            *whose = if depth > 0 { said } else { Whose::Same };
            return Ok(());
        }
        let found = self.list(|parser| parser.name(NameKind::Animal))?;
        if *whose != Whose::Same {
            return Err(self.over(at, Problem::Twice { what: "an animal", instead: BY_OR }));
        }
        self.put_list(at, "an animal", &mut filter.animal, found)
    }

    pub(super) fn set_partners(&mut self, at: usize, filter: &mut Filter) -> Result<(), SearchError> {
        let found = self.list(|parser| {
            let word = match parser.word().as_deref() {
                Some("any") => Partner::Any,
                Some("none") => Partner::Nobody,
                _ => return parser.name(NameKind::Animal).map(Partner::Named),
            };
            parser.next += 1;
            Ok(word)
        })?;
        self.put_list(at, "a partner", &mut filter.partner, found)
    }

    pub(super) fn set_roles(&mut self, at: usize, filter: &mut Filter) -> Result<(), SearchError> {
        let found = self.list(|parser| parser.one_of("role", ROLES, SocialRole::parse))?;
        self.put_list(at, "a role", &mut filter.role, found)
    }

    pub(super) fn set_layer(&mut self, at: usize, filter: &mut Filter) -> Result<(), SearchError> {
        let found = self.one_of("layer", LAYERS, TimelineLayer::parse)?;
        if filter.layer.replace(found).is_some() {
            return Err(self.over(at, Problem::Twice { what: "the layer", instead: "one layer is searched at a time" }));
        }
        Ok(())
    }

    pub(super) fn set_status(&mut self, at: usize, filter: &mut Filter) -> Result<(), SearchError> {
        let both = [SegmentStatus::Accepted, SegmentStatus::Edited];
        let found = self.list(|parser| {
            if parser.word().as_deref() == Some("reviewed") {
                parser.next += 1;
                return Ok(both.to_vec());
            }
            parser.one_of("status", STATUSES, SegmentStatus::parse).map(|status| vec![status])
        })?;
        self.put_list(at, "a status", &mut filter.status, found.into_iter().flatten().collect())
    }

    pub(super) fn set_span(
        &mut self,
        at: usize,
        what: &'static str,
        slot: &mut Option<Span>,
    ) -> Result<(), SearchError> {
        if self.word().as_deref() == Some("than") {
            self.next += 1;
        }
        let span = self.span()?;
        match slot.replace(span) {
            Some(_) => Err(self.over(at, Problem::Twice { what, instead: "one length is enough" })),
            None => Ok(()),
        }
    }

    /// `above 0.8`, `below 40 %`; "above" and "below" hold for the number itself, too.
    pub(super) fn set_confidence(&mut self, at: usize, filter: &mut Filter) -> Result<(), SearchError> {
        const SIDE: &str = "above or below";
        let mut side = self.word().ok_or_else(|| self.expected(SIDE))?;
        self.next += 1;
        if side == "at" {
            side = self.word().unwrap_or_default();
            self.next += 1;
        }
        let slot = match side.as_str() {
            "above" | "over" | "least" | ">" | ">=" => &mut filter.confidence_above,
            "below" | "under" | "most" | "<" | "<=" => &mut filter.confidence_below,
            _ => {
                self.next -= 1;
                return Err(self.expected(SIDE));
            }
        };
        let share = self.share()?;
        match slot.replace(share) {
            Some(_) => Err(self.over(at, Problem::Twice { what: "a confidence", instead: "one bound is enough" })),
            None => Ok(()),
        }
    }

    /// A quoted text or a word, to be looked for.
    pub(super) fn text(&mut self) -> Result<String, SearchError> {
        let found = match self.token() {
            Some(Token::Quoted(text) | Token::Word(text)) if !text.trim().is_empty() => text,
            _ => return Err(self.expected("text to look for")),
        };
        self.next += 1;
        Ok(found)
    }

    /// A number and its unit, apart or together.
    pub(super) fn span(&mut self) -> Result<Span, SearchError> {
        let word = self.word().ok_or_else(|| self.expected(LENGTH))?;
        if let Ok(span) = word.parse() {
            self.next += 1;
            return Ok(span);
        }
        let unit = match self.tokens.get(self.next + 1).map(|placed| &placed.token) {
            Some(Token::Word(unit)) if Span::is_unit(unit) => unit.clone(),
            _ if word.parse::<f64>().is_ok() => {
                self.next += 1;
                return Err(self.expected("a unit, s or frames,"));
            }
            _ => return Err(self.expected(LENGTH)),
        };
        let span = Span::of(&word, &unit).ok_or_else(|| self.expected(LENGTH))?;
        self.next += 2;
        Ok(span)
    }

    /// A number from 0 to 1, or per cent.
    fn share(&mut self) -> Result<f64, SearchError> {
        const SHARE: &str = "a number from 0 to 1";
        let word = self.word().ok_or_else(|| self.expected(SHARE))?;
        let is_followed =
            matches!(self.tokens.get(self.next + 1), Some(next) if next.token == Token::Word("%".to_owned()));
        let (number, is_percent) = match word.strip_suffix('%') {
            Some(number) => (number, true),
            None => (word.as_str(), is_followed),
        };
        let share = number.parse::<f64>().ok().map(|number| if is_percent { number / 100.0 } else { number });
        let share = share.filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| self.expected(SHARE))?;
        self.next += 1 + usize::from(is_followed && !word.ends_with('%'));
        Ok(share)
    }

    /// One name: quoted, or the longest run of words that is one.
    fn name(&mut self, kind: NameKind) -> Result<String, SearchError> {
        if let Some(Token::Quoted(written)) = self.token() {
            let problem = || unknown_name(&[kind], &written, self.lexicon);
            let found = self.lexicon.find(kind, &written).map(str::to_owned);
            let found = found.ok_or_else(|| self.over_words(1, problem()))?;
            self.next += 1;
            return Ok(found);
        }
        if self.name_words() == 0 {
            return Err(self.expected(match kind {
                NameKind::Label => "the name of a label",
                NameKind::Category => "the name of a category",
                NameKind::Animal => "the name of an animal",
                NameKind::Zone => "the name of a place",
                NameKind::Recording => "the name of a recording",
                NameKind::Group => "the name of a group",
            }));
        }
        let Some((_, name, words)) = self.longest_name(&[kind]) else { return Err(self.unknown(&[kind])) };
        self.next += words;
        Ok(name)
    }

    fn one_of<T>(
        &mut self,
        what: &'static str,
        known: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, SearchError> {
        let word = self.word().ok_or_else(|| self.expected(known))?;
        let found = parse(&word);
        found
            .inspect(|_| self.next += 1)
            .ok_or_else(|| self.over_words(1, Problem::UnknownWord { what, written: word, known }))
    }

    /// Values joined by `or` or commas, one at least.
    fn list<T>(&mut self, mut value: impl FnMut(&mut Self) -> Result<T, SearchError>) -> Result<Vec<T>, SearchError> {
        let mut values = vec![value(self)?];
        while self.token() == Some(Token::Sign(',')) || self.word().as_deref() == Some("or") {
            self.next += 1;
            values.push(value(self)?);
        }
        Ok(values)
    }

    fn put_list<T: PartialEq>(
        &self,
        at: usize,
        what: &'static str,
        slot: &mut Vec<T>,
        found: Vec<T>,
    ) -> Result<(), SearchError> {
        if !slot.is_empty() {
            return Err(self.over(at, Problem::Twice { what, instead: BY_OR }));
        }
        for value in found {
            if !slot.contains(&value) {
                slot.push(value);
            }
        }
        Ok(())
    }
}
