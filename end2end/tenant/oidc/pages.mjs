// The tenant's few pages: plain HTML, no script, one column that fits a telephone.

const STYLE = `
  :root { color-scheme: light dark; --ink: #1f2933; --soft: #52606d; --paper: #fff; --back: #f0f4f8; --line: #829ab1; --accent: #0b5cad; }
  @media (prefers-color-scheme: dark) { :root { --ink: #f0f4f8; --soft: #bcccdc; --paper: #1f2933; --back: #111820; --line: #7b8794; --accent: #8fc1f7; } }
  * { box-sizing: border-box; }
  body { margin: 0; padding: 1rem; background: var(--back); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
  main { max-width: 30rem; margin: 2rem auto; padding: 1.5rem; background: var(--paper); border-radius: .75rem; overflow-wrap: anywhere; }
  h1 { margin: 0 0 .25rem; font-size: 1.5rem; line-height: 1.2; }
  p { margin: .5rem 0; }
  ul { list-style: none; margin: 1rem 0; padding: 0; display: grid; gap: .75rem; }
  li span, .soft { color: var(--soft); font-size: .875rem; }
  li span { display: block; padding-left: .25rem; }
  button { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--paper); color: var(--accent); font: inherit; font-weight: 600; text-align: start; cursor: pointer; }
  button:hover { border-color: var(--accent); }
  button.refuse { color: var(--ink); text-align: center; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  label { display: flex; gap: .5rem; align-items: center; min-height: 2.75rem; }
  input { width: 1.25rem; height: 1.25rem; accent-color: var(--accent); }
  .note { padding: .75rem; border-left: 4px solid var(--accent); background: var(--back); }
`;

const escape = (text) => String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

function page(title, body) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} - local tenant</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** A heading and a sentence: errors, and the page after signing out without an address to return to. */
export function errorPage(title, sentence) {
  return page(title, `<p>${escape(sentence)}</p>`);
}

/** Asked when an app wants somebody signed out without saying whom. `form` is the provider's, with its token. */
export function consentToSignOutPage(form) {
  return page('Sign out', `<p>Do you want to sign out?</p>
${form}
<button form="op.logoutForm" type="submit" name="logout" value="yes">Sign out</button>`);
}

/**
 * @param {{people: object[], signUp: boolean, stepUp: boolean, again: string | false, connection?: string,
 *   organization?: string}} what
 */
export function loginPage({ people, signUp, stepUp, again, connection, organization }) {
  const notes = [
    stepUp && '<p class="note">This application asks for a second factor. Tick it below to give one.</p>',
    again && `<p class="note">Signed in as <bdi>${escape(again)}</bdi>. Please confirm who you are.</p>`,
    organization && `<p class="soft">Organization: ${escape(organization)}</p>`,
    connection && `<p class="soft">Connection: ${escape(connection)}</p>`,
  ];
  return page(signUp ? 'Sign up' : 'Sign in', `<p class="soft">The local tenant knows these people. Pick one; there are no passwords.</p>
${notes.filter(Boolean).join('\n')}
<form method="post">
<label><input type="checkbox" name="mfa" value="1"> Second factor</label>
<ul>
${people.map(choice).join('\n')}
</ul>
<button class="refuse" name="refuse" value="1">Refuse</button>
</form>`);
}

function choice({ user_id: id, name, email, roles }, index) {
  const about = [email, roles.join(', ') || 'no role'].join(' · ');
  return `<li><button name="person" value="${escape(id)}" aria-describedby="about-${index}"><bdi>${escape(name)}</bdi></button>
<span id="about-${index}">${escape(about)}</span></li>`;
}
