// The second factor: how an app asks for one, and for how long the tenant says that one was given.
// https://auth0.com/docs/secure/multi-factor-authentication/step-up-authentication

import { interactionPolicy } from 'oidc-provider';

/** The authentication context an app asks for. Once a factor was given, `acr` says this and `amr` holds `mfa`. */
export const MFA_ACR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

/** Whether an authorization request asks for a second factor. */
export function wantsSecondFactor({ acr_values: wanted }) {
  return wanted?.split(' ').includes(MFA_ACR) ?? false;
}

/** oidc-provider's rules for showing the login page, and one more: at every step-up, whatever the session remembers. */
export function promptPolicy() {
  const policy = interactionPolicy.base();
  policy.get('login').checks.add(new interactionPolicy.Check(
    'second_factor',
    'a second factor is required',
    'interaction_required',
    ({ oidc }) => wantsSecondFactor(oidc.params) && !oidc.result?.login,
  ));
  return policy;
}

/** Auth0 says `amr` in the answer to the sign-in at which the factor was given, not when a session signs in silently. */
export function forgetSecondFactor({ session, result }) {
  if (result?.login) return;
  session.amr = undefined;
  session.acr = undefined;
}
