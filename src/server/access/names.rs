//! Which names of roles, groups and permissions are taken as they are, and which are dropped.
//!
//! A name decides what a person may do, so it is compared exactly and never mended: a name that
//! would have to be trimmed or cleaned is another name, and is dropped whole. What is dropped is
//! what a person cannot see on a page and so could mistake for another name (Unicode Technical
//! Standard 39, "Unicode Security Mechanisms"; bidirectional controls: CVE-2021-42574).

use std::fmt;

/// The longest name that is taken, in characters.
pub const MAX_NAME_CHARS: usize = 256;
/// The longest description that is shown, in characters; longer ones are cut.
pub const MAX_DESCRIPTION_CHARS: usize = 500;

/// Why a name is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameFault {
    /// It has no character.
    Empty,
    /// It has more than [`MAX_NAME_CHARS`] characters.
    TooLong,
    /// It has a control character or a line break.
    Control,
    /// It has a character that turns the direction of text.
    Bidi,
    /// It has a character that shows nothing, or a space other than the ordinary one.
    Invisible,
    /// It begins or ends with a space.
    OuterSpace,
}

impl NameFault {
    /// The fault in words that follow "the name".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::TooLong => "is longer than 256 characters",
            Self::Control => "has a control character",
            Self::Bidi => "has a character that turns the direction of text",
            Self::Invisible => "has an invisible character",
            Self::OuterSpace => "begins or ends with a space",
        }
    }
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

/// Whether a name can be taken as it is. The work is bounded, however long the name.
///
/// # Errors
/// Why it is dropped.
pub fn check(name: &str) -> Result<(), NameFault> {
    if name.is_empty() {
        return Err(NameFault::Empty);
    }
    // A character has at most four bytes.
    if name.len() > 4 * MAX_NAME_CHARS || name.chars().count() > MAX_NAME_CHARS {
        return Err(NameFault::TooLong);
    }
    if name.starts_with(' ') || name.ends_with(' ') {
        return Err(NameFault::OuterSpace);
    }
    let mut previous = None;
    let mut rest = name.chars();
    while let Some(character) = rest.next() {
        if let Some(fault) = fault(character)
            && !belongs(previous, character, rest.clone().next())
        {
            return Err(fault);
        }
        previous = Some(character);
    }
    Ok(())
}

/// A description as it is shown: on one line, without what turns or hides text, of at most
/// [`MAX_DESCRIPTION_CHARS`] characters. It decides nothing, so unlike a name it may be mended.
pub fn description(text: &str) -> Option<String> {
    // Reads a bounded part of the text only, however long it is.
    let shown = text.chars().take(8 * MAX_DESCRIPTION_CHARS).filter_map(|character| match fault(character) {
        None => Some(character),
        Some(_) if is_joiner(character) => Some(character),
        Some(NameFault::Control) => Some(' '),
        Some(_) if character.is_whitespace() => Some(' '),
        Some(_) => None,
    });
    let shown: String = shown.collect();
    let line = shown.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let mut characters = line.chars();
    let mut short: String = characters.by_ref().take(MAX_DESCRIPTION_CHARS).collect();
    if characters.next().is_some() {
        short.pop();
        short.push('…');
    }
    (!short.is_empty()).then_some(short)
}

/// What is wrong with a character, wherever it stands.
fn fault(character: char) -> Option<NameFault> {
    match character {
        '\u{2028}' | '\u{2029}' => Some(NameFault::Control),
        _ if character.is_control() => Some(NameFault::Control),
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            Some(NameFault::Bidi)
        }
        ' ' => None,
        _ if character.is_whitespace() || is_invisible(character) => Some(NameFault::Invisible),
        _ => None,
    }
}

/// Default_Ignorable_Code_Point of the Unicode Character Database, and other characters that show
/// nothing: the Braille blank, the interlinear annotation characters, musical and hieroglyphic format
/// controls.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{13430}'..='\u{1343F}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Zero-width joiners and the variation selectors for text and emoji.
const fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}' | '\u{FE0E}' | '\u{FE0F}')
}

/// Whether a joiner stands where writing needs it (Unicode Standard Annex 31, section 2.3): Persian
/// and Indic words are misspelt without joiners, and emoji fall apart. Between other letters, as in
/// a doctored `admin`, it never belongs.
fn belongs(previous: Option<char>, character: char, next: Option<char>) -> bool {
    // Arabic and Syriac; Devanagari to Sinhala.
    let joins = |c: char| fault(c).is_none() && matches!(c, '\u{0600}'..='\u{08FF}' | '\u{0900}'..='\u{0DFF}');
    let symbol =
        |c: char| fault(c).is_none() && matches!(c, '©' | '®' | '\u{2010}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}');
    match (previous, character, next) {
        (Some(before), '\u{FE0E}' | '\u{FE0F}', _) => symbol(before),
        (Some(before), '\u{200D}', Some(after)) if symbol(after) => symbol(before) || before == '\u{FE0F}',
        (Some(before), '\u{200C}' | '\u{200D}', Some(after)) => joins(before) && joins(after),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_of_many_languages_are_taken() {
        for name in [
            "admin",
            "Support desk",
            "read:reports",
            "Ärzte & Pflege",
            "مالوري",
            "צוות",
            "開発部",
            "<svg onload=alert(1)>",
            "a  b",
            "🎭",
            "⚙\u{FE0F} Platform",
            "👩\u{200D}👩\u{200D}👧\u{200D}👦 Family",
            "❤\u{FE0F}\u{200D}🔥",
            "👩🏽\u{200D}⚕\u{FE0F} Clinic",
            "برنامه\u{200C}نویسان",
            "क्\u{200D}ष",
            "O'Brien; --",
            "%0d%0a",
        ] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_could_pass_for_others_are_dropped() {
        for (name, fault) in [
            ("", NameFault::Empty),
            (" admin", NameFault::OuterSpace),
            ("admin ", NameFault::OuterSpace),
            (" ", NameFault::OuterSpace),
            ("ad\u{200B}min", NameFault::Invisible),
            ("ad\u{200C}min", NameFault::Invisible),
            ("ad\u{200D}min", NameFault::Invisible),
            ("admin\u{FE0F}", NameFault::Invisible),
            ("admin\u{200D}", NameFault::Invisible),
            ("\u{FEFF}admin", NameFault::Invisible),
            ("ad\u{00AD}min", NameFault::Invisible),
            ("admin\u{00A0}", NameFault::Invisible),
            ("Support\u{2003}desk", NameFault::Invisible),
            ("admin\u{E0061}", NameFault::Invisible),
            ("\u{202E}nimda", NameFault::Bidi),
            ("\u{202E}diaper\u{202C}", NameFault::Bidi),
            ("ad\u{2066}min\u{2069}", NameFault::Bidi),
            ("admin\u{200F}", NameFault::Bidi),
            ("admin\0", NameFault::Control),
            ("admin\n", NameFault::Control),
            ("a\tb", NameFault::Control),
            ("a\u{85}b", NameFault::Control),
            ("a\u{2028}b", NameFault::Control),
            ("ad\u{1B}[31mmin", NameFault::Control),
        ] {
            assert_eq!(check(name), Err(fault), "{}", name.escape_unicode());
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(check(&"é".repeat(MAX_NAME_CHARS)), Ok(()));
        assert_eq!(check(&"𝄞".repeat(MAX_NAME_CHARS)), Ok(()));
        assert_eq!(check(&"a".repeat(MAX_NAME_CHARS + 1)), Err(NameFault::TooLong));
        assert_eq!(check(&"é".repeat(MAX_NAME_CHARS + 1)), Err(NameFault::TooLong));
        assert_eq!(check(&" ".repeat(4096)), Err(NameFault::TooLong));
    }

    /// Every character there is, inside a word of Latin letters: whatever a browser shows as nothing
    /// or as a space is dropped. The list is that of the Unicode Character Database for `White_Space`
    /// and the general categories Cc and Zl, Zp, written down here on its own.
    #[test]
    fn no_character_hides_inside_a_latin_word() {
        let spaces = [0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000];
        let mut dropped = 0;
        for character in '\0'..=char::MAX {
            let code = character as u32;
            let sound = check(&format!("ad{character}min")).is_ok();
            let control = code < 0x20 || (0x7F..0xA0).contains(&code);
            let space = spaces.contains(&code) || (0x2000..=0x200A).contains(&code);
            let format = (0x200B..=0x200F).contains(&code)
                || (0x202A..=0x202E).contains(&code)
                || (0x2060..=0x206F).contains(&code)
                || (0xFE00..=0xFE0F).contains(&code)
                || (0xE0000..0xE1000).contains(&code);
            if control || space || format {
                assert!(!sound, "U+{code:04X} is taken");
            }
            if character.is_alphanumeric() && !is_invisible(character) {
                assert!(sound, "U+{code:04X} is dropped");
            }
            dropped += usize::from(!sound);
        }
        // 65 controls, 19 spaces and line breaks, 4,212 others: a wider net would catch real names.
        assert!(dropped < 4_400, "{dropped} characters are dropped");
    }

    #[test]
    fn descriptions_are_one_short_line() {
        assert_eq!(description("Builds and runs\r\n\tthe  product "), Some("Builds and runs the product".into()));
        assert_eq!(description("pay\u{202E}diap\u{200B}er"), Some("paydiaper".into()));
        assert_eq!(description("برنامه\u{200C}نویسان"), Some("برنامه\u{200C}نویسان".into()));
        assert_eq!(description(" \u{200B}\n"), None);
        assert_eq!(description(""), None);
        let long = description(&"é".repeat(100_000)).unwrap();
        assert_eq!(long.chars().count(), MAX_DESCRIPTION_CHARS);
        assert!(long.ends_with("é…"));
        assert_eq!(description(&"a".repeat(MAX_DESCRIPTION_CHARS)).unwrap(), "a".repeat(MAX_DESCRIPTION_CHARS));
    }
}
