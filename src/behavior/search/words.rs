//! A query as words, quoted texts and signs, each with its place.

use super::error::{Problem, SearchError};

/// What a piece of a query is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// Letters without space.
    Word(String),
    /// `key:`
    Key(String),
    /// What stands between quotes.
    Quoted(String),
    /// `(`, `)` or `,`
    Sign(char),
}

/// A token and the letters that it takes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub token: Token,
    /// The first letter, from 0.
    pub at: usize,
    /// Letters.
    pub length: usize,
}

/// Quotes that people and word processors write.
fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
}

/// The tokens of a query. `<`, `>` and `=` are words of their own.
pub(super) fn tokens(query: &str) -> Result<Vec<Placed>, SearchError> {
    let letters: Vec<char> = query.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let start = at;
        let letter = letters[at];
        at += 1;
        let token = match letter {
            _ if letter.is_whitespace() => continue,
            '(' | ')' | ',' => Token::Sign(letter),
            '<' | '>' | '=' => {
                at += usize::from(letters.get(at) == Some(&'='));
                Token::Word(letters[start..at].iter().collect())
            }
            _ if is_quote(letter) => Token::Quoted(quoted(&letters, &mut at)?),
            _ => {
                let ends = |letter: &char| letter.is_whitespace() || "(),<>=:".contains(*letter) || is_quote(*letter);
                at += letters[at..].iter().position(ends).unwrap_or(letters.len() - at);
                let word = letters[start..at].iter().collect();
                if letters.get(at) == Some(&':') {
                    at += 1;
                    Token::Key(word)
                } else {
                    Token::Word(word)
                }
            }
        };
        found.push(Placed { token, at: start, length: at - start });
    }
    Ok(found)
}

/// The text between quotes, the first of which was read; a backslash takes the next letter as it is.
fn quoted(letters: &[char], at: &mut usize) -> Result<String, SearchError> {
    let start = *at - 1;
    let mut text = String::new();
    while let Some(letter) = letters.get(*at) {
        *at += 1;
        match letter {
            '\\' if *at < letters.len() => {
                text.push(letters[*at]);
                *at += 1;
            }
            _ if is_quote(*letter) => return Ok(text),
            _ => text.push(*letter),
        }
    }
    Err(SearchError::at(start, letters.len() - start, Problem::Unclosed { what: letters[start] }))
}
