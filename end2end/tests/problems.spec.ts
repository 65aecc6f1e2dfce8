// What people see when something goes wrong: a plain sentence, a way on, and a support id.
import { expect, test } from './support/test.ts';

test.beforeEach(({ tolerate }) => tolerate(/Failed to load resource/));

test('an address that leads nowhere', async ({ page }) => {
  const answer = await page.goto('/no/such/page');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1, name: 'Page not found' })).toBeVisible();
  await expect(page.locator('.support-id')).toHaveText(answer?.headers()['x-request-id'] ?? 'none');
  await page.getByRole('main').getByRole('link', { name: 'Start page' }).click();
  await expect(page).toHaveURL('/');
});

test('saying no at the sign-in service', async ({ page }) => {
  await page.goto('/login');
  await page.getByRole('button', { name: 'Refuse' }).click();
  await expect(page.getByRole('heading', { name: 'You weren’t signed in' })).toBeVisible();
  await expect(page.locator('.support-id')).toHaveText(/^[0-9A-Z]{10}$/);
  await page.getByRole('main').getByRole('link', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('a callback that nobody started begins again by itself, once', async ({ page }) => {
  await page.goto('/callback?code=forged&state=forged');
  await expect(page.getByRole('heading', { name: 'Sign in' }), 'it started again').toBeVisible();
  const answer = await page.goto('/callback?code=forged&state=forged.2');
  expect(answer?.status()).toBe(400);
  await expect(page.getByRole('heading', { name: 'That sign-in is no longer valid' })).toBeVisible();
});

test('a callback without anything', async ({ page }) => {
  const answer = await page.goto('/callback');
  expect(answer?.status()).toBe(400);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('.support-id')).toBeVisible();
});

test('the back button after signing in does not sign in again', async ({ page, signIn }) => {
  await page.goto('/');
  await signIn('user');
  await page.goBack();
  await page.goForward();
  await expect(page).toHaveURL('/profile');
});
