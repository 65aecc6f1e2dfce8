// Signing a person in over HTTP, without a browser: follows the redirects and keeps the cookies.

/** More redirects than any sign-in takes. */
const MOST_REDIRECTS = 20;

/**
 * Signs in at a Portico that uses the local tenant.
 * @param {string} origin Portico's public origin, such as http://localhost:8080
 * @param {string} person a role, such as administrator
 * @returns {Promise<string>} the value of the `Cookie` header that is signed in
 */
export async function signIn(origin, person) {
  const visitor = new Visitor();
  const loginPage = await visitor.follow(`${origin}/login?returnTo=/profile`);
  // With a second factor, or an installation that wants one of this person would ask again.
  const profile = await visitor.follow(loginPage, { person: `auth0|${person}`, mfa: '1' });
  if (profile !== `${origin}/profile`) throw new Error(`The sign-in of ${person} ended at ${profile}, not at the profile.`);
  return visitor.cookies(new URL(origin).host);
}

class Visitor {
  /** Cookies by host, then by name. */
  #jar = new Map();

  /** Sends a GET, or a form, and follows the redirects. Returns the address of the page at their end. */
  async follow(url, form) {
    let address = url;
    let response = await this.#request(address, form);
    for (let turn = 0; response.status >= 300 && response.status < 400; turn += 1) {
      if (turn === MOST_REDIRECTS) throw new Error(`Too many redirects, the last one to ${address}.`);
      address = new URL(response.headers.get('location'), address).href;
      response = await this.#request(address);
    }
    if (!response.ok) throw new Error(`${address} answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
    await response.arrayBuffer();
    return address;
  }

  cookies(host) {
    return [...(this.#jar.get(host) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async #request(address, form) {
    const { host } = new URL(address);
    const response = await fetch(address, {
      method: form ? 'POST' : 'GET',
      body: form && new URLSearchParams(form),
      headers: { accept: 'text/html', cookie: this.cookies(host) },
      redirect: 'manual',
    });
    for (const line of response.headers.getSetCookie()) this.#keep(host, line);
    return response;
  }

  #keep(host, line) {
    const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line);
    const jar = this.#jar.get(host) ?? new Map();
    if (value === '' || /;\s*max-age=0/i.test(line)) jar.delete(name);
    else jar.set(name, value);
    this.#jar.set(host, jar);
  }
}
