// The login page's two routes: show the people, and take the choice.

import { readForm } from '../http/body.mjs';
import { endSession } from './logout.mjs';
import { errorPage, loginPage } from './pages.mjs';
import { MFA_ACR, wantsSecondFactor } from './step-up.mjs';

/** Koa middleware for `/u/login?state=<interaction>`. */
export function loginRoutes(tenant, provider) {
  return async (ctx, next) => {
    if (ctx.path !== '/u/login') return next();
    // Found by its id rather than by the provider's one cookie, so that two tabs can sign in at once. The
    // provider still ties the answer to the browser that asked, by a cookie of each attempt.
    const interaction = await provider.Interaction.find(ctx.query.state);
    if (!interaction) {
      ctx.status = 400;
      return show(ctx, errorPage('This sign-in has expired', 'Go back to the application and start again.'));
    }
    if (ctx.method === 'GET') return show(ctx, loginPage(describe(tenant, interaction)));
    if (ctx.method !== 'POST') return next();
    const result = await decide(tenant, await readForm(ctx.req), interaction.params);
    if (!result) {
      ctx.status = 400;
      return show(ctx, errorPage('Nobody of that name', 'Go back and pick one of the people on the page.'));
    }
    if (result.login) await leaveOtherSession(provider, interaction, result.login.accountId);
    interaction.result = result;
    await interaction.persist();
    ctx.status = 303;
    return ctx.redirect(interaction.returnTo);
  };
}

function show(ctx, page) {
  ctx.type = 'html';
  ctx.set('cache-control', 'no-store');
  ctx.set('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'");
  ctx.body = page;
}

function describe({ people }, { params, prompt, session }) {
  const organization = people.organization(params.organization);
  return {
    people: people.people,
    signUp: params.screen_hint === 'signup',
    stepUp: wantsSecondFactor(params),
    again: Boolean(session?.accountId) && prompt.name === 'login' && people.find(session.accountId)?.name,
    connection: params.connection,
    organization: organization?.display_name ?? params.organization,
  };
}

function decide({ people, settings }, form, params) {
  if (form.has('refuse')) return denied('User did not authorize the request');
  const person = people.find(form.get('person'));
  if (!person) return undefined;
  if (person.blocked) return denied('user is blocked');
  const { organization } = params;
  if (organization && !people.organization(organization)?.members.includes(person.user_id)) {
    return denied(`user ${person.user_id} is not part of the ${organization} organization`);
  }
  const secondFactor = form.get('mfa') === '1' && { amr: ['mfa'], acr: MFA_ACR };
  return { login: { accountId: person.user_id, remember: true, ...secondFactor, ...longAgo(settings, form) } };
}

/** With the test switches, a sign-in may say that it was some seconds ago: so nobody has to wait until it is old. */
function longAgo({ testSwitches }, form) {
  const seconds = Number(form.get('seconds_ago'));
  return testSwitches && seconds > 0 && { ts: Math.floor(Date.now() / 1000) - seconds };
}

function denied(description) {
  return { error: 'access_denied', error_description: description };
}

/** Somebody else was signed in here: their session ends first, without the page with a script the provider would show. */
async function leaveOtherSession(provider, interaction, accountId) {
  const { uid, accountId: previous } = interaction.session ?? {};
  if (!previous || previous === accountId) return;
  const session = await provider.Session.findByUid(uid);
  if (session) await endSession(provider, session);
  interaction.session = undefined;
}
