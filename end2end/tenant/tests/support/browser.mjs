// A browser as far as HTTP goes: keeps cookies by host and path, follows redirects by hand.

export class Browser {
  #cookies = new Map();

  /** One request, no redirect followed. */
  async request(url, { method = 'GET', form } = {}) {
    const target = new URL(url);
    const response = await fetch(target, {
      method,
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: this.#cookiesFor(target), ...(form && { 'content-type': 'application/x-www-form-urlencoded' }) },
      body: form && new URLSearchParams(form).toString(),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(target, line);
    return response;
  }

  /** Requests, and follows redirects until a page or an address that starts with `until`. */
  async follow(url, options = {}, until = undefined) {
    let response = await this.request(url, options);
    let address = new URL(url);
    while (response.status >= 300 && response.status < 400) {
      address = new URL(response.headers.get('location'), address);
      if (until && address.href.startsWith(until)) return { address, response };
      response = await this.request(address);
    }
    return { address, response };
  }

  #cookiesFor(target) {
    return [...this.#cookies.values()]
      .filter(({ host, path }) => host === target.host && target.pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  #keep({ host }, line) {
    const [pair, ...attributes] = line.split(/; */);
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
    const key = `${host} ${path} ${name}`;
    const expires = attributes.find((attribute) => /^expires=/i.test(attribute))?.slice(8);
    if (value === '' || (expires && Date.parse(expires) < Date.now())) this.#cookies.delete(key);
    else this.#cookies.set(key, { host, path, name, value });
  }
}
