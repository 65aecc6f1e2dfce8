// Where a person is signed in, and ending that from another device, or from the sign-in service.
import { expect, pick, test } from './support/test.ts';
import type { Browser, Page } from '@playwright/test';

/** Another device: a browser context of its own, signed in as the same person. */
async function elsewhere(browser: Browser, baseURL: string | undefined, name: string): Promise<Page> {
  const context = await browser.newContext({ baseURL });
  const page = await context.newPage();
  await page.goto('/login?returnTo=/profile');
  await pick(page, name);
  await page.waitForURL('/profile');
  return page;
}

/** Ends something here; a sign-in that is too old is refreshed first. */
async function ending(page: Page, name: string, button: RegExp) {
  await page.getByRole('button', { name: button }).first().click();
  const answered = page.getByText(/That session is ended|All other sessions are ended/);
  const asked = page.getByRole('heading', { level: 1, name: /^Sign in$/ });
  const confirmed = page.getByText('For the next ten minutes you can end sessions here');
  await expect(answered.or(asked).or(confirmed)).toBeVisible();
  if (await answered.isVisible()) return;
  if (await asked.isVisible()) await pick(page, name);
  await expect(confirmed).toBeVisible();
  await page.getByRole('button', { name: button }).first().click();
  await expect(answered).toBeVisible();
}

test('a person ends all other sessions, and the other device is signed out on its next click', async ({ page, signIn, browser, baseURL }) => {
  await signIn('viewer');
  const other = await elsewhere(browser, baseURL, 'viewer');

  await page.getByRole('button', { name: /your menu/ }).click();
  await page.locator('#person-menu').getByRole('link', { name: 'Sessions' }).click();
  await expect(page).toHaveURL('/sessions');
  await expect(page.getByRole('region', { name: 'This device' })).toContainText('Chrome on');
  await expect(page.getByRole('region', { name: 'Other devices' })).toContainText('Chrome on');

  await ending(page, 'viewer', /End all other sessions/);
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
  const answer = await other.goto('/profile');
  expect(answer?.status()).toBe(401);
  await expect(other.getByRole('heading', { name: 'You were signed out' })).toBeVisible();
  await page.goto('/profile');
  await expect(page, 'this device stays').toHaveURL('/profile');
  await other.context().close();
});

test('signing out at the sign-in service signs out here', async ({ page, signIn, tolerate, tenantSwitch }) => {
  tolerate(/401/);
  await signIn('manager', { secondFactor: true });
  await tenantSwitch('sign-out?user=auth0|manager');
  const answer = await page.goto('/profile');
  expect(answer?.status()).toBe(401);
  await expect(page.getByRole('heading', { name: 'You were signed out' })).toBeVisible();
});
