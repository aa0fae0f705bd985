//! Texts as vectors: which words are in them, each the heavier the fewer texts have it.
//!
//! Words are compared without their endings ("chases", "chasing", "chased"). Left out are numbers and what bears one (animals'
//! names, measurements), and words that say nothing of what is seen. Weights are raw counts times ln((1 + n) / (1 + df)) + 1,
//! rows of length 1, as scikit-learn's `TfidfVectorizer` has them.

use std::collections::{BTreeMap, HashMap};

/// Words that are in any text, and units of measurements.
const SILENT: [&str; 62] = [
    "an", "and", "any", "are", "as", "at", "away", "be", "been", "but", "by", "can", "cm", "does", "for", "from",
    "had", "has", "have", "in", "into", "is", "it", "its", "itself", "may", "mm", "no", "not", "nothing", "of", "off",
    "on", "one", "or", "other", "out", "over", "per", "px", "sec", "second", "seconds", "so", "than", "that", "the",
    "their", "then", "there", "they", "this", "to", "up", "was", "were", "where", "which", "while", "who", "with",
    "without",
];

/// A row with few entries: columns in ascending order, each with its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseRow(Vec<(u32, f32)>);

impl SparseRow {
    /// A dense row, scaled to length 1; a row without length, or with what is no number, becomes empty.
    pub fn unit(values: &[f32]) -> Self {
        let entries = (0_u32..).zip(values.iter().copied()).filter(|(_, value)| *value != 0.0);
        Self(entries.collect()).normalized()
    }

    fn normalized(mut self) -> Self {
        let length = self.0.iter().map(|(_, value)| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        if length.is_finite() && length > 0.0 {
            self.0.iter_mut().for_each(|(_, value)| *value = (f64::from(*value) / length) as f32);
            self
        } else {
            Self::default()
        }
    }

    /// The entries.
    pub fn entries(&self) -> &[(u32, f32)] {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The cosine of two rows of length 1.
    pub fn cosine(&self, other: &Self) -> f64 {
        let mut its = other.0.iter().peekable();
        let mut sum = 0.0;
        for (column, value) in &self.0 {
            while its.next_if(|(its_column, _)| its_column < column).is_some() {}
            if let Some((_, its_value)) = its.next_if(|(its_column, _)| its_column == column) {
                sum += f64::from(*value) * f64::from(*its_value);
            }
        }
        sum
    }
}

/// The words of texts and how much each weighs.
#[derive(Clone, Debug, PartialEq)]
pub struct TfIdf {
    columns: HashMap<String, u32>,
    /// By column, as it is most often written.
    words: Vec<String>,
    weights: Vec<f64>,
}

impl TfIdf {
    /// Learns the words of texts.
    pub fn fit<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut texts_with: BTreeMap<String, (usize, BTreeMap<String, usize>)> = BTreeMap::new();
        let mut count = 0_usize;
        for text in texts {
            count += 1;
            let mut written: Vec<(String, String)> = words_of(text).map(|word| (stem(&word), word)).collect();
            written.sort();
            written.dedup_by(|one, other| one.0 == other.0);
            for (stem, word) in written {
                let (texts, forms) = texts_with.entry(stem).or_default();
                *texts += 1;
                *forms.entry(word).or_default() += 1;
            }
        }
        let mut found = Self { columns: HashMap::new(), words: Vec::new(), weights: Vec::new() };
        for (column, (stem, (texts, forms))) in (0_u32..).zip(texts_with) {
            let usual = forms.into_iter().max_by(|one, other| one.1.cmp(&other.1).then_with(|| other.0.cmp(&one.0)));
            found.words.push(usual.map(|(word, _)| word).unwrap_or_default());
            found.weights.push(((1.0 + count as f64) / (1.0 + texts as f64)).ln() + 1.0);
            found.columns.insert(stem, column);
        }
        found
    }

    /// A text as a row of length 1; empty where it has no word that was learnt.
    pub fn row(&self, text: &str) -> SparseRow {
        let mut counts: BTreeMap<u32, f64> = BTreeMap::new();
        for word in words_of(text) {
            if let Some(column) = self.columns.get(&stem(&word)) {
                *counts.entry(*column).or_default() += 1.0;
            }
        }
        let weighed =
            counts.into_iter().map(|(column, count)| (column, (count * self.weights[column as usize]) as f32));
        SparseRow(weighed.collect()).normalized()
    }

    /// The words, by column, each as it is most often written.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

/// The words of a text that say something, in small letters.
pub fn words_of(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase);
    words.filter(|word| {
        word.chars().nth(1).is_some() && !word.chars().any(char::is_numeric) && !SILENT.contains(&word.as_str())
    })
}

/// A word without the endings of plurals and verbs, so that its forms are equal. It is no word that people read.
pub fn stem(word: &str) -> String {
    let kept = |ending: &str, least: usize| {
        word.strip_suffix(ending)
            .filter(|kept| kept.chars().count() >= least && kept.chars().any(|letter| "aeiouy".contains(letter)))
    };
    let root = kept("ing", 3)
        .or_else(|| kept("ed", 3))
        .or_else(|| kept("es", 3))
        .or_else(|| kept("s", 3).filter(|kept| !kept.ends_with('s')));
    let root = root.unwrap_or(word);
    let root = root.strip_suffix('e').filter(|kept| kept.chars().count() >= 3).unwrap_or(root);
    let mut letters: Vec<char> = root.chars().collect();
    if letters.len() > 3 && letters[letters.len() - 1] == letters[letters.len() - 2] {
        letters.pop();
    }
    if letters.len() > 3 && letters.last() == Some(&'i') {
        letters.pop();
        letters.push('y');
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_equal() {
        let families: [&[&str]; 6] = [
            &["chase", "chases", "chased", "chasing"],
            &["groom", "grooms", "groomed", "grooming"],
            &["run", "runs", "running"],
            &["sniff", "sniffs", "sniffing", "sniffed"],
            &["carry", "carries", "carried", "carrying"],
            &["touch", "touches", "touching"],
        ];
        let stems: Vec<String> = families.iter().map(|family| stem(family[0])).collect();
        for (family, expected) in families.iter().zip(&stems) {
            family.iter().for_each(|word| assert_eq!(&stem(word), expected, "{word}"));
        }
        assert_eq!(stems.iter().collect::<std::collections::BTreeSet<_>>().len(), 6);
        assert_eq!((stem("ring"), stem("red"), stem("pass")), ("ring".to_owned(), "red".to_owned(), "pas".to_owned()));
    }

    /// The weights are those of scikit-learn for three texts of which two have "nose" and one "tail".
    #[test]
    fn rows_are_those_of_the_formula() {
        let learnt = TfIdf::fit(["nose nose tail", "A0's noses at 0.3 cm", "paw"]);
        assert_eq!(learnt.words(), ["nose", "paw", "tail"]);
        let (nose, tail) = (2.0 * ((4.0_f64 / 3.0).ln() + 1.0), (4.0_f64 / 2.0).ln() + 1.0);
        let length = nose.hypot(tail);
        let row = learnt.row("nose nose tail");
        let expected = [(0, nose / length), (2, tail / length)];
        for ((column, value), (expected_column, expected)) in row.entries().iter().zip(expected) {
            assert_eq!(*column, expected_column);
            assert!((f64::from(*value) - expected).abs() < 1e-6);
        }
        let other = learnt.row("tail paw");
        assert!((row.cosine(&other) - tail / length * 0.5_f64.sqrt()).abs() < 1e-6);
        assert!((row.cosine(&row) - 1.0).abs() < 1e-6);
        assert_eq!(row.cosine(&learnt.row("paw")), 0.0);
        assert!(learnt.row("A0 12 cm unheard").is_empty());
        assert!(SparseRow::unit(&[0.0, f32::NAN]).is_empty() && SparseRow::unit(&[0.0; 3]).is_empty());
    }
}
