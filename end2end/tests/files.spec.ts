// The files of the built site, as browsers and the caches before the server get them.
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { APIRequestContext } from '@playwright/test';
import { expect, test } from './support/test.ts';

const site = process.env.E2E_SITE_ROOT ?? path.resolve(import.meta.dirname, '../../target/site');
const files = readdirSync(site, { recursive: true, encoding: 'utf8' })
  .filter((name) => statSync(path.join(site, name)).isFile() && !/\.(br|gz)$/.test(name));

const get = (request: APIRequestContext, name: string, encoding: string) =>
  request.get(`/${name}`, { headers: { 'accept-encoding': encoding } });

for (const name of files) {
  test(`/${name} is the same in every encoding, and no cache mixes them up`, async ({ request }) => {
    const plain = await get(request, name, 'identity');
    expect(plain.status()).toBe(200);
    expect(plain.headers()).not.toHaveProperty('content-encoding');
    for (const encoding of ['identity', 'gzip', 'br', 'gzip, br']) {
      const answer = await get(request, name, encoding);
      expect(answer.headers()['vary']?.toLowerCase(), encoding).toBe('accept-encoding');
      expect(answer.headers()['cache-control'], encoding).toMatch(
        name.startsWith('pkg/') ? /^public, max-age=31536000, immutable$/ : /^public, max-age=3600$/,
      );
      expect((await answer.body()).equals(await plain.body()), encoding).toBe(true);
    }
  });
}
