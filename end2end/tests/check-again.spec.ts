// A role given or taken at the sign-in service shows at once by "Check again", with JavaScript and without.
import type { Page } from '@playwright/test';
import { expectHappened } from './support/records.ts';
import { alive, expect, pick, test } from './support/test.ts';

/** These change what a person is given by everybody's tenant, so they put it back. */
const person = 'viewer';
const roles = (...names: string[]) => [`person?user=auth0|${person}`, { roles: names }] as const;

test.afterEach(async ({ tenantSwitch }) => {
  await tenantSwitch(...roles('viewer'));
});

const check = (page: Page) => page.getByRole('main').getByRole('button', { name: 'Check again' }).click();

test('a role that was given shows when the person checks again', async ({ page, signIn, tenantSwitch }) => {
  await signIn(person, { returnTo: '/access' });
  await alive(page);
  await expect(page.getByText('You are a viewer here.')).toBeVisible();
  await page.evaluate(() => Object.assign(window, { here: 'before' }));
  await tenantSwitch(...roles('user'));

  await check(page);
  await expect(page).toHaveURL('/access?checked=now');
  await expectHappened(page, 'Checked just now');
  await expect(page.getByText('You are a user here.')).toBeVisible();
  expect(await page.evaluate(() => 'here' in window), 'the page was exchanged in place').toBe(true);

  await check(page);
  await expectHappened(page, 'Checked moments ago');
});

test('without JavaScript as well, and a role that was taken is gone', async ({ browser, baseURL, tenantSwitch }) => {
  await tenantSwitch(...roles('user'));
  const context = await browser.newContext({ baseURL, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto('/login?returnTo=/access');
  await pick(page, person);
  await expect(page.getByText('You are a user here.')).toBeVisible();
  await tenantSwitch(...roles('viewer'));

  await check(page);
  await expect(page).toHaveURL('/access?checked=now');
  await expect(page.getByRole('main').getByRole('status').filter({ hasText: 'Checked just now' })).toBeVisible();
  await expect(page.getByText('You are a viewer here.')).toBeVisible();
  await page.goto('/data');
  await expect(page.getByRole('link', { name: 'New record' })).toHaveCount(0);
  await context.close();
});

test('while the sign-in service is away the page says so and stays as it was', async ({ page, signIn, tenantSwitch }) => {
  await signIn(person, { returnTo: '/access' });
  await alive(page);
  await tenantSwitch('fault?target=oidc&mode=down&path=/oauth/token');
  await check(page);
  await expectHappened(page, 'the sign-in service does not answer at the moment');
  await expect(page.getByText('You are a viewer here.')).toBeVisible();
});
