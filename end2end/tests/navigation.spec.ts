// Moving between pages inside the app, without loading the document anew.
import { alive, expect, test } from './support/test.ts';

/** Marks this document, to see whether it is still the same one later. */
const mark = (page: import('@playwright/test').Page) => page.evaluate(() => Object.assign(window, { marked: true }));
const isMarked = (page: import('@playwright/test').Page) => page.evaluate(() => 'marked' in window);

test('links change the page, its title and the focus, and keep the document', async ({ page, signIn }) => {
  await signIn('user', { returnTo: '/' });
  await alive(page);
  await mark(page);
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Profile' }).click();
  await expect(page).toHaveURL('/profile');
  await expect(page).toHaveTitle(/Your profile/);
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await expect(page.locator('#announcer')).toContainText('Your profile');
  await expect(page.getByRole('link', { name: 'Profile', exact: true }).first()).toHaveAttribute('aria-current', 'page');
  expect(await isMarked(page)).toBe(true);

  await page.goBack();
  await expect(page).toHaveURL('/');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Welcome');
  await page.goForward();
  await expect(page.getByRole('heading', { level: 2, name: 'About you', exact: true })).toBeVisible();
  expect(await isMarked(page)).toBe(true);
});

test('islands of a page that was navigated to answer', async ({ page, signIn }) => {
  await signIn('user', { returnTo: '/' });
  await alive(page);
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Profile' }).click();
  await page.getByRole('main').getByRole('button', { name: 'Show' }).click();
  await expect(page.locator('#profile-json')).toContainText('auth0|user');
});

test('the skip link leads to the content without leaving the page', async ({ page, signIn }) => {
  await signIn('user', { returnTo: '/' });
  await alive(page);
  await mark(page);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
  expect(await isMarked(page)).toBe(true);
});

test('a session that has ended sends a click to the sign-in, as a full page', async ({ page, context, signIn }) => {
  await signIn('user', { returnTo: '/' });
  await alive(page);
  await context.clearCookies({ name: 'portico' });
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Profile' }).click();
  // The tenant still knows them: the round trip ends on the profile, in a new document.
  await expect(page).toHaveURL('/profile');
  await expect(page.getByRole('heading', { level: 2, name: 'About you', exact: true })).toBeVisible();
});

test('offline, a click is the browser’s own business', async ({ page, context, signIn, tolerate }) => {
  tolerate(/ERR_INTERNET_DISCONNECTED|Failed to load|fetch/);
  await signIn('user', { returnTo: '/' });
  await alive(page);
  await context.setOffline(true);
  await expect(page.getByText('You are offline.')).toBeVisible();
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Profile' }).click();
  await page.waitForURL(/chrome-error|profile/);
  await context.setOffline(false);
  await page.goto('/profile');
  await expect(page.getByRole('heading', { level: 2, name: 'About you', exact: true })).toBeVisible();
});

test('a session that ended elsewhere is noticed when the page comes into sight', async ({ page, context, signIn, tolerate }) => {
  tolerate(/401/);
  await signIn('user');
  await alive(page);
  await context.clearCookies({ name: 'portico' });
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(page.getByText('You were signed out.')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Sign in again' })).toHaveAttribute('href', /returnTo=%2Fprofile/);
});
