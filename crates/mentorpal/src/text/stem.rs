//! Porter's stemmer, as implemented in NLTK.
//!
//! The algorithm is that of M. F. Porter, "An algorithm for suffix stripping", *Program* 14(3),
//! 130–137 (1980). Stems agree with `PorterStemmer` of NLTK (Apache-2.0, `nltk/stem/porter.py`) in
//! its default mode, `NLTK_EXTENSIONS`, which differs from the paper:
//!
//! - a few irregular forms are looked up;
//! - words of one or two letters are unchanged;
//! - step 1a, 1b: `ies` and `ied` become `ie` after a single letter (`dies` → `die`), else `i`;
//! - step 1b, 5a: a vowel and a consonant alone count as `*o` (`owed` → `owe`);
//! - step 1c: `y` becomes `i` after a consonant that does not start the word (`fly` → `fli`, but
//!   `enjoy` stays), rather than wherever a vowel comes before;
//! - step 2: `alli` is replaced first, and what it leaves goes through step 2 again; `bli`
//!   stands in for `abli`; `fulli` → `ful` and `logi` → `log` are new.
//!
//! One bug of NLTK is not reproduced: NLTK also treats the rule name `*d` as a literal suffix, and so
//! drops the asterisk of `a*ded`.
//!
//! The paper's terms: a *consonant* is any character but `a`, `e`, `i`, `o`, `u` and a `y` after
//! a consonant (so digits and other scripts are consonants); the *measure* m of a stem counts its
//! vowel-to-consonant turns, `[C](VC){m}[V]`; `*d` is a stem that ends with a double consonant,
//! `*o` one that ends consonant, vowel, consonant where the last is not `w`, `x` or `y`.

/// Step 2, where m > 0 (`alli` and `logi` are in [`step_2`]). In every step only the first suffix
/// that fits is tried.
const STEP_2: &[(&str, &str)] = &[
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
];

/// Step 3, where m > 0.
const STEP_3: &[(&str, &str)] = &[
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
];

/// Step 4, dropped where m > 1; `ion` besides only after `s` or `t`.
const STEP_4: &[&str] = &[
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize",
];

/// Returns the stem of a word: lower case, without the endings of inflection and derivation.
///
/// Stems are for comparing words and need not be words themselves. Any text is treated as one
/// word; characters outside `a`–`z` count as consonants. A stem is never longer than the
/// lower-cased word. Stemming a stem may shorten it further.
///
/// ```
/// use mentorpal::text::stem;
/// assert_eq!(stem("Relational"), "relat");
/// assert_eq!(stem("relating"), stem("relates"));
/// assert_eq!(stem("lying"), "lie");
/// ```
#[must_use]
pub fn stem(word: &str) -> String {
    let mut stem = word.to_lowercase();
    if let Some(known) = irregular(&stem) {
        return known.to_owned();
    }
    // As in NLTK, letters are counted before lower-casing: `İ` is one letter, but two in lower case.
    if word.chars().nth(2).is_none() {
        return stem;
    }
    step_1a(&mut stem);
    step_1b(&mut stem);
    step_1c(&mut stem);
    step_2(&mut stem);
    replace_suffix(&mut stem, STEP_3);
    step_4(&mut stem);
    step_5a(&mut stem);
    step_5b(&mut stem);
    stem
}

/// NLTK's table of irregular words.
fn irregular(word: &str) -> Option<&'static str> {
    Some(match word {
        "sky" | "skies" => "sky",
        "dying" => "die",
        "lying" => "lie",
        "tying" => "tie",
        "news" => "news",
        "inning" | "innings" => "inning",
        "outing" | "outings" => "outing",
        "canning" | "cannings" => "canning",
        "howe" => "howe",
        "proceed" => "proceed",
        "exceed" => "exceed",
        "succeed" => "succeed",
        _ => return None,
    })
}

/// Plurals: `caresses` → `caress`, `ponies` → `poni`, `cats` → `cat`.
fn step_1a(word: &mut String) {
    if word.ends_with("sses") {
        word.truncate(word.len() - 2);
    } else if word.ends_with("ies") {
        shorten_ie(word);
    } else if word.ends_with('s') && !word.ends_with("ss") {
        word.pop();
    }
}

/// Past tenses and gerunds: `agreed` → `agree`, `hopping` → `hop`, `filing` → `file`.
fn step_1b(word: &mut String) {
    if word.ends_with("ied") {
        return shorten_ie(word);
    }
    if let Some(rest) = word.strip_suffix("eed") {
        if measure(rest) > 0 {
            word.pop();
        }
        return;
    }
    let Some(rest) = word.strip_suffix("ed").or_else(|| word.strip_suffix("ing")) else { return };
    if consonants(rest).all(|consonant| consonant) {
        return;
    }
    word.truncate(rest.len());
    if ["at", "bl", "iz"].iter().any(|end| word.ends_with(end)) {
        word.push('e');
    } else if ends_double_consonant(word) {
        if !word.ends_with(['l', 's', 'z']) {
            word.pop();
        }
    } else if measure(word) == 1 && ends_cvc(word) {
        word.push('e');
    }
}

/// Drops the last letter of `…ies` and `…ied`, and the `e` too unless one letter comes before.
fn shorten_ie(word: &mut String) {
    word.pop();
    if word.chars().count() != "die".len() {
        word.pop();
    }
}

/// `happy` → `happi`.
fn step_1c(word: &mut String) {
    if let Some(rest) = word.strip_suffix('y')
        && rest.chars().nth(1).is_some()
        && ends_consonant(rest)
    {
        word.pop();
        word.push('i');
    }
}

/// Double suffixes: `relational` → `relate`, `hopefulness` → `hopeful`.
fn step_2(word: &mut String) {
    if word.strip_suffix("alli").is_some_and(|rest| measure(rest) > 0) {
        word.truncate(word.len() - "li".len());
    }
    if word.ends_with("logi") {
        // The `l` is measured with the stem, so that short ones (`geo`, `theo`) count.
        if measure(&word[..word.len() - "ogi".len()]) > 0 {
            word.pop();
        }
        return;
    }
    replace_suffix(word, STEP_2);
}

/// The suffixes left: `revival` → `reviv`, `adoption` → `adopt`.
fn step_4(word: &mut String) {
    let Some((suffix, rest)) =
        STEP_4.iter().find_map(|suffix| Some((*suffix, word.strip_suffix(suffix)?)))
    else {
        return;
    };
    if (suffix != "ion" || rest.ends_with(['s', 't'])) && measure(rest) > 1 {
        word.truncate(rest.len());
    }
}

/// A final `e`: `probate` → `probat`, `cease` → `ceas`, but `rate` stays.
fn step_5a(word: &mut String) {
    if let Some(rest) = word.strip_suffix('e') {
        let m = measure(rest);
        if m > 1 || (m == 1 && !ends_cvc(rest)) {
            word.pop();
        }
    }
}

/// A final double `l`: `controll` → `control`, but `roll` stays.
fn step_5b(word: &mut String) {
    if word.ends_with("ll") && measure(&word[..word.len() - 1]) > 1 {
        word.pop();
    }
}

/// Replaces the first matching suffix if m > 0 for the stem before it.
fn replace_suffix(word: &mut String, rules: &[(&str, &str)]) {
    let Some((rest, replacement)) =
        rules.iter().find_map(|(suffix, new)| Some((word.strip_suffix(suffix)?, new)))
    else {
        return;
    };
    if measure(rest) > 0 {
        word.truncate(rest.len());
        word.push_str(replacement);
    }
}

/// Returns whether each character is a consonant.
fn consonants(text: &str) -> impl Iterator<Item = bool> {
    text.chars().scan(false, |consonant, c| {
        *consonant = match c {
            'a' | 'e' | 'i' | 'o' | 'u' => false,
            'y' => !*consonant,
            _ => true,
        };
        Some(*consonant)
    })
}

/// Porter's m.
fn measure(text: &str) -> usize {
    let (mut m, mut after_vowel) = (0, false);
    for consonant in consonants(text) {
        m += usize::from(consonant && after_vowel);
        after_vowel = !consonant;
    }
    m
}

fn ends_consonant(text: &str) -> bool {
    consonants(text).last() == Some(true)
}

/// Porter's `*d`.
fn ends_double_consonant(text: &str) -> bool {
    let mut back = text.chars().rev();
    back.next() == back.next() && ends_consonant(text)
}

/// Porter's `*o`, and a vowel and a consonant alone.
fn ends_cvc(text: &str) -> bool {
    match consonants(text).fold([None; 3], |[_, b, c], next| [b, c, Some(next)]) {
        [Some(true), Some(false), Some(true)] => !text.ends_with(['w', 'x', 'y']),
        [None, Some(false), Some(true)] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // All stems were generated with `PorterStemmer().stem(word)` of NLTK 3.10.4.
    #[test]
    fn stems_agree_with_nltk() {
        let table = [
            // Irregular forms, in any case.
            "skies:sky Sky:sky DYING:die lying:lie tying:tie news:news innings:inning",
            "outing:outing cannings:canning howe:howe proceed:proceed exceed:exceed",
            "succeed:succeed",
            // One or two letters.
            "S:s is:is As:as by:by ED:ed İS:i̇s",
            // Step 1a.
            "caresses:caress ponies:poni flies:fli dies:die éies:éie ies:i caress:caress",
            "cats:cat sss:sss gas:ga",
            // Step 1b.
            "feed:feed agreed:agre bled:bled sing:sing plastered:plaster motoring:motor",
            "spied:spi died:die ied:i conflated:conflat troubled:troubl sized:size",
            "hopping:hop falling:fall hissing:hiss fizzed:fizz failing:fail filing:file",
            "owed:owe éééd:éééd aééed:aé yying:yy",
            // Step 1c.
            "happy:happi enjoy:enjoy fly:fli by's:by' say:say cry:cri syzygy:syzygi 3y:3y",
            "33y:33i",
            // Step 2.
            "relational:relat conditional:condit rational:ration valency:valenc",
            "hesitancy:hesit digitizer:digit conformably:conform radically:radic",
            "rationally:ration differently:differ vilely:vile analogously:analog",
            "vietnamization:vietnam predication:predic operator:oper feudalism:feudal",
            "decisiveness:decis hopefulness:hope callousness:callous formality:formal",
            "sensitivity:sensit sensibility:sensibl hopefully:hope geology:geolog",
            "theology:theolog logy:logi possibly:possibl ally:alli",
            // Step 3.
            "triplicate:triplic formative:form formalize:formal electricity:electr",
            "electrical:electr goodness:good",
            // Step 4.
            "revival:reviv allowance:allow inference:infer airliner:airlin",
            "gyroscopic:gyroscop adjustable:adjust defensible:defens irritant:irrit",
            "replacement:replac adjustment:adjust dependent:depend adoption:adopt onion:onion",
            "homologous:homolog communism:commun activate:activ angularity:angular",
            "effective:effect bowdlerize:bowdler",
            // Step 5.
            "probate:probat rate:rate cease:ceas controlling:control roll:roll",
            // Not only letters.
            "don't:don't mentor's:mentor' 1990s:1990 b2bing:b2bing naïvely:naïv Кошки:кошки",
            "ΟΔΟΣ:οδος 😀😀ing:😀😀ing",
        ];
        for pair in table.iter().flat_map(|line| line.split(' ')) {
            let (word, expected) = pair.split_once(':').expect("a word and its stem");
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    proptest! {
        #[test]
        fn a_stem_is_never_longer_than_its_word(
            word in "(?s:.*|[a-zYİß']{0,6})(alli|logi|ational|ion|ment|ll|e)?(y|ie[sd]|ee?d|ing)?s?",
        ) {
            prop_assert!(stem(&word).len() <= word.to_lowercase().len());
        }
    }
}
