//! What the page about a person's access is told besides what they may do.

/// What has become of "Check again".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessNotice {
    /// The sign-in service was asked: the page says what it said.
    Checked,
    /// It was asked moments ago.
    CheckedBefore,
    /// It does not answer, or not as it should: the page says what was known before.
    NotChecked,
    /// It takes a sign-in to ask it.
    MustSignIn,
}
