// The audit of the pages about sessions, in each of their states. It signs its person out elsewhere, so it is one of the
// stories that run alone.
import { testAudit } from './support/audit.ts';
import { elsewhereToo, freshly } from './support/sessions.ts';
import { expect } from './support/test.ts';
import type { Page } from '@playwright/test';

const name = 'nested';
const endOthers = (page: Page) => page.getByRole('button', { name: 'End all other sessions' });
const others = (page: Page) => page.getByRole('region', { name: 'Other devices' }).getByRole('listitem');

async function endAllOthers(page: Page) {
  await endOthers(page).click();
  await expect(page.getByText('All other sessions are ended.')).toBeVisible();
}

testAudit('sessions-many', async ({ page, signIn }) => {
  await signIn(name);
  await elsewhereToo(page, [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0',
    `<b>${'An-odd-browser-with-a-very-long-name'.repeat(20)}</b>`,
  ]);
  await freshly(page, name, '/sessions');
  await expect(endOthers(page)).toBeVisible();
  await expect(page.getByRole('heading', { level: 3, name: 'An unknown browser' }).first()).toBeVisible();
});

testAudit('sessions-must-confirm', async ({ page, signIn }) => {
  await signIn(name);
  await elsewhereToo(page, ['Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0']);
  await page.goto('/sessions?done=confirm');
  await expect(page.getByText('Nothing is ended yet: first confirm that it is you.')).toBeVisible();
});

testAudit('sessions-ended', async ({ page, signIn }) => {
  await signIn(name);
  await elsewhereToo(page, ['curl/8.14.1', 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0']);
  await freshly(page, name, '/sessions');
  await others(page).filter({ hasText: 'Firefox on Linux' }).first().getByRole('button', { name: 'End' }).click();
  await expect(page.getByText('That session is ended.')).toBeVisible();
  await expect(endOthers(page)).toBeVisible();
});

// The last but one: the last ends them all.
testAudit('sessions-fifty', async ({ page, signIn }) => {
  await signIn(name);
  await elsewhereToo(page, Array.from({ length: 50 }, (_, at) => `curl/8.${at}`));
  await page.goto('/sessions');
  expect(await others(page).count()).toBeGreaterThanOrEqual(50);
});

testAudit('sessions-alone', async ({ page, signIn }) => {
  await signIn(name);
  await elsewhereToo(page, ['curl/8.14.1']);
  await freshly(page, name, '/sessions');
  await endAllOthers(page);
  await page.goto('/sessions');
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
});

testAudit('people', async ({ page, signIn, elsewhere }) => {
  await elsewhere('hostile');
  await signIn('administrator', { secondFactor: true });
  await page.goto('/people');
  await expect(page.getByRole('list', { name: 'People' }).getByRole('listitem').nth(1)).toBeVisible();
  await page.getByText('End everybody’s sessions…').click();
  await expect(page.getByRole('button', { name: 'End them all' })).toBeVisible();
});

testAudit('people-one', async ({ page, signIn, elsewhere }) => {
  await elsewhere('hostile');
  await signIn('administrator', { secondFactor: true });
  await page.goto('/people?person=auth0|hostile&done=confirm');
  await expect(page.getByRole('button', { name: 'End all sessions' })).toBeVisible();
});

testAudit('people-nobody', async ({ page, signIn }) => {
  await signIn('administrator', { secondFactor: true });
  await page.goto(`/people?q=${'somebody-with-a-very-long-address'.repeat(6)}@portico.example`);
  await expect(page.getByText('Nobody here has the e-mail address or user id')).toBeVisible();
});
