//! Why a person has something, in sentences; and where that was found, on demand.

use crate::model::{Reason, Source};
use leptos::prelude::*;

/// A part of a sentence: names are kept apart from words, so that each can stand alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words of ours.
    Words(&'static str),
    /// A name of somebody else's making.
    Name(String),
}

/// The pieces as a sentence.
pub fn shown(pieces: Vec<Piece>) -> AnyView {
    let piece = |piece| match piece {
        Piece::Words(words) => words.into_any(),
        Piece::Name(name) => view! { <bdi>{name}</bdi> }.into_any(),
    };
    pieces.into_iter().map(piece).collect_view().into_any()
}

/// All the reasons for having `name`.
pub fn why(reasons: &[Reason], name: String) -> AnyView {
    let sentences = sentences(reasons).into_iter().map(|pieces| view! { <li>{shown(pieces)}</li> }).collect_view();
    let places = places(reasons);
    let found = (!places.is_empty()).then(|| {
        let places = places.into_iter().map(|(kind, path)| {
            view! { <li>{kind}" "<bdi><code>{path}</code></bdi></li> }
        });
        view! {
            <details class="folded">
                <summary>"Where it was found"<span class="visually-hidden">": "<bdi>{name}</bdi></span></summary>
                <ul class="places">{places.collect_view()}</ul>
            </details>
        }
    });
    view! {
        <div class="why">
            <p class="why-label">"Why"</p>
            <ul>{sentences}</ul>
            {found}
        </div>
    }
    .into_any()
}

/// The reasons as sentences. Old rules of sign-in services put one list in several places: what the
/// service says is said once, and [`places`] has the rest.
fn sentences(reasons: &[Reason]) -> Vec<Vec<Piece>> {
    let claimed = reasons.iter().any(|reason| matches!(reason, Reason::Found(Source::Claim(_))));
    let mut sentences = Vec::new();
    for reason in reasons {
        if claimed && matches!(reason, Reason::Found(Source::AppMetadata(_))) {
            continue;
        }
        let pieces = sentence(reason);
        if !sentences.contains(&pieces) {
            sentences.push(pieces);
        }
    }
    sentences
}

fn sentence(reason: &Reason) -> Vec<Piece> {
    use Piece::Words;
    let name = |name: &String| Piece::Name(name.clone());
    match reason {
        Reason::Found(Source::Claim(_)) => vec![Words("The sign-in service says so.")],
        Reason::Found(Source::AppMetadata(_)) => vec![Words("Your administrators keep it with your account.")],
        Reason::Found(Source::UserMetadata(_)) => {
            vec![Words("It stands in your own settings at the sign-in service, which you can edit yourself.")]
        }
        Reason::Found(Source::Default) => vec![Words("Everybody who was given no role has this one.")],
        Reason::Role(role) => vec![Words("Your role “"), name(role), Words("” gives it.")],
        Reason::Group(group) => vec![Words("Your group “"), name(group), Words("” carries it.")],
        Reason::AccessToken => vec![Words("Your access token carries it.")],
        Reason::Directory => vec![Words("The directory counts you in.")],
        Reason::Nested(way) => {
            let mut pieces = vec![Words("You are a member of “")];
            for (step, group) in way.iter().enumerate() {
                if step > 0 {
                    pieces.push(Words("”, which is inside “"));
                }
                pieces.push(name(group));
            }
            pieces.push(Words("”."));
            pieces
        }
    }
}

/// Each place where it was found: what kind of place, and its name or path.
fn places(reasons: &[Reason]) -> Vec<(&'static str, String)> {
    let place = |reason: &Reason| match reason {
        Reason::Found(Source::Claim(name)) => Some(("Claim", name.clone())),
        Reason::Found(Source::AppMetadata(path)) => Some(("App metadata", format!("app_metadata.{path}"))),
        Reason::Found(Source::UserMetadata(path)) => Some(("User metadata", format!("user_metadata.{path}"))),
        Reason::AccessToken => Some(("Access token", "permissions".to_owned())),
        Reason::Found(Source::Default) | Reason::Role(_) | Reason::Group(_) | Reason::Directory | Reason::Nested(_) => {
            None
        }
    };
    reasons.iter().filter_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pieces: &[Piece]) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Words(words) => (*words).to_owned(),
            Piece::Name(name) => name.clone(),
        };
        pieces.iter().map(text).collect()
    }

    fn claim(name: &str) -> Reason {
        Reason::Found(Source::Claim(name.into()))
    }

    #[test]
    fn with_their_names_the_pieces_say_what_the_model_says() {
        for reason in [
            Reason::Role("admin".into()),
            Reason::Group("Engineering".into()),
            Reason::Nested(vec!["Platform".into(), "Engineering".into()]),
            Reason::Nested(vec!["Platform".into(), "Engineering".into(), "Everyone".into()]),
            Reason::AccessToken,
            Reason::Directory,
            Reason::Found(Source::Default),
        ] {
            assert_eq!(text(&sentence(&reason)), reason.sentence());
        }
    }

    #[test]
    fn one_list_in_several_places_is_one_sentence_and_every_place() {
        let reasons = [
            claim("groups"),
            claim("authorization.groups"),
            Reason::Found(Source::AppMetadata("authorization.groups".into())),
            Reason::Nested(vec!["Platform".into(), "Engineering".into()]),
        ];
        let said: Vec<String> = sentences(&reasons).iter().map(|pieces| text(pieces)).collect();
        assert_eq!(
            said,
            ["The sign-in service says so.", "You are a member of “Platform”, which is inside “Engineering”."]
        );
        assert_eq!(
            places(&reasons),
            [
                ("Claim", "groups".to_owned()),
                ("Claim", "authorization.groups".to_owned()),
                ("App metadata", "app_metadata.authorization.groups".to_owned()),
            ]
        );
    }

    #[test]
    fn metadata_alone_is_told_as_what_it_is() {
        let kept = Reason::Found(Source::AppMetadata("roles".into()));
        let own = Reason::Found(Source::UserMetadata("roles".into()));
        let said: Vec<String> = sentences(&[kept, own]).iter().map(|pieces| text(pieces)).collect();
        assert_eq!(said[0], "Your administrators keep it with your account.");
        assert!(said[1].ends_with("which you can edit yourself."), "{said:?}");
        let own = Reason::Found(Source::UserMetadata("roles".into()));
        assert_eq!(sentences(&[claim("roles"), own]).len(), 2, "what a person can edit is never left out");
    }
}
