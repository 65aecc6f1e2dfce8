// The tenant's log of sign-ins, as the Management API tells it, and what each leaves on the person.
// https://auth0.com/docs/deploy-monitor/logs/log-event-type-codes

import { randomUUID } from 'node:crypto';

const KEPT = 1000;

export class Log {
  #entries = [];

  /** Writes down every authorization the provider gives. */
  attach(tenant, provider) {
    provider.on('authorization.success', (ctx) => this.#signedIn(tenant, ctx));
  }

  /** Entries about a person, newest first. */
  of(userId) {
    return this.#entries.filter(({ user_id: id }) => id === userId);
  }

  clear() {
    this.#entries = [];
  }

  #signedIn({ people }, { oidc, ip, headers }) {
    const person = people.find(oidc.session.accountId);
    const interactive = Boolean(oidc.result?.login);
    const date = new Date().toISOString();
    if (interactive) {
      Object.assign(person, { last_login: date, last_ip: ip, logins_count: (person.logins_count ?? 0) + 1 });
    }
    this.#entries.unshift({
      date,
      type: interactive ? 's' : 'ssa',
      description: interactive ? 'Successful login' : 'Successful silent authentication',
      client_id: oidc.client.clientId,
      client_name: oidc.client.clientName,
      connection: oidc.params.connection ?? 'Username-Password-Authentication',
      ip,
      user_agent: headers['user-agent'] ?? '',
      user_id: person.user_id,
      user_name: person.email,
      log_id: randomUUID(),
      isMobile: false,
    });
    this.#entries.length = Math.min(this.#entries.length, KEPT);
  }
}
