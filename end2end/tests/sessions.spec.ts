// Where a person is signed in, and ending that from another device, or from the sign-in service.
import type { Page } from '@playwright/test';
import { field, word } from './support/records.ts';
import { elsewhere } from './support/sessions.ts';
import { alive, expect, pick, test } from './support/test.ts';

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

const firefox = { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0' };
const phone = { userAgent: 'Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0' };

test('a person sees where they are signed in, and ends one of these sessions', async ({ page, signIn, browser, baseURL }) => {
  await signIn('norole');
  const [ended, stays] = [
    await elsewhere(browser, baseURL, 'norole', '/profile', firefox),
    await elsewhere(browser, baseURL, 'norole', '/profile', phone),
  ];
  await page.goto('/sessions');
  await alive(page);
  await expect(page.getByRole('region', { name: 'This device' })).toContainText('Now');
  const others = page.getByRole('region', { name: 'Other devices' }).getByRole('listitem');
  const device = (name: string) => others.filter({ has: page.getByRole('heading', { level: 3, name, exact: true }) });
  for (const name of ['Firefox on Linux', 'Firefox on Android']) {
    await expect(device(name)).toHaveCount(1);
    for (const fact of ['Last seen', 'First seen', 'Network', 'Signed in with', 'Second factor']) {
      await expect(device(name).getByText(fact, { exact: true })).toBeVisible();
    }
  }

  await ending(page, 'norole', /End the session in Firefox on Linux/);
  await expect(page).toHaveURL('/sessions?done=ended');
  await expect(device('Firefox on Linux')).toHaveCount(0);
  await expect(device('Firefox on Android'), 'the other one stays').toHaveCount(1);
  expect((await ended.goto('/profile'))?.status()).toBe(401);
  await expect(ended.getByRole('heading', { name: 'You were signed out' })).toBeVisible();
  expect((await stays.goto('/profile'))?.status()).toBe(200);
  expect((await page.goto('/profile'))?.status(), 'this device stays').toBe(200);

  await page.goto('/sessions');
  await ending(page, 'norole', /End all other sessions/);
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
  expect((await stays.goto('/profile'))?.status()).toBe(401);
  await Promise.all([ended.context().close(), stays.context().close()]);
});

test('signing out at the sign-in service signs out here', async ({ page, signIn, tolerate, tenantSwitch }) => {
  tolerate(/401/);
  await signIn('manager', { secondFactor: true });
  await tenantSwitch('sign-out?user=auth0|manager');
  const answer = await page.goto('/profile');
  expect(answer?.status()).toBe(401);
  await expect(page.getByRole('heading', { name: 'You were signed out' })).toBeVisible();
});

// The stream of events, not the looks that a page takes by itself: those come with being looked at, or minutes later.
test('@script an open page says at once that its session has ended, and what was typed stays', async ({ page, signIn, browser, baseURL, tolerate }) => {
  tolerate(/401/);
  const title = word();
  await signIn('user', { returnTo: '/data/new' });
  await alive(page);
  await field.title(page).fill(title);
  await field.text(page).fill('Typed\nin two lines');
  const notice = page.getByRole('status').filter({ hasText: 'You were signed out.' });
  await expect(notice).toBeHidden();

  const other = await elsewhere(browser, baseURL, 'user', '/sessions');
  await ending(other, 'user', /End all other sessions/);
  await expect(notice).toBeVisible();
  await expect(field.title(page)).toHaveValue(title);
  await expect(field.text(page)).toHaveValue('Typed\nin two lines');
  await expect(field.text(page), 'the focus is left where it is').toBeFocused();

  await notice.getByRole('link', { name: 'Sign in again' }).click();
  await page.waitForURL((url) => url.pathname === '/data/new' || url.pathname.startsWith('/u/login'));
  if (new URL(page.url()).pathname.startsWith('/u/login')) await pick(page, 'user');
  await expect(page).toHaveURL('/data/new');
  await alive(page);
  await page.getByRole('button', { name: 'Put it back' }).click();
  await expect(field.title(page)).toHaveValue(title);
  await expect(notice).toBeHidden();
  await other.context().close();
});

// It would be seen in the console, which is empty otherwise: by the answer that nobody is signed in, or by this.
test('@script whoever signs out by a page does not read in it meanwhile that they were signed out', async ({ page, signIn }) => {
  await signIn('user');
  await alive(page);
  await page.evaluate(() => {
    const notice = document.getElementById('session-ended')!;
    new MutationObserver(() => notice.hidden || console.error('the notice is shown')).observe(notice, { attributes: true });
  });
  await page.getByRole('button', { name: /your menu/ }).click();
  await page.locator('#person-menu').getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL('/');
});
