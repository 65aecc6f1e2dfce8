// The main job: a person signs in, sees who they are, and is remembered.
import { alive, expect, person, pick, test } from './support/test.ts';

test('from the start page to the profile', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
  await pick(page, 'user');
  await expect(page).toHaveURL('/profile');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(person('user').name);
  await expect(page.getByRole('main').getByText(person('user').email).first()).toBeVisible();

  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(`Welcome, ${person('user').name}`);
  await expect(page.getByRole('main').getByText('Verified', { exact: true })).toBeVisible();
  await expect(page.getByRole('main').getByText('auth0|user')).toBeVisible();
});

test('signing up opens the sign-up form of the sign-in service', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('link', { name: 'Sign up' }).click();
  await expect(page.getByRole('heading', { name: 'Sign up' })).toBeVisible();
});

test('the profile asks to sign in and comes back to itself', async ({ page }) => {
  await page.goto('/profile?from=a-link');
  await pick(page, 'viewer');
  await expect(page).toHaveURL('/profile?from=a-link');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(person('viewer').name);
});

test('another site cannot be where a sign-in ends', async ({ page }) => {
  await page.goto('/login?returnTo=https://evil.example/');
  await pick(page, 'user');
  await expect(page).toHaveURL('/profile');
});

test('two tabs sign in at once', async ({ page, context }) => {
  const other = await context.newPage();
  await page.goto('/login?returnTo=/profile?tab=one');
  await other.goto('/login?returnTo=/profile?tab=two');
  await pick(page, 'user');
  await expect(page).toHaveURL('/profile?tab=one');
  await pick(other, 'user');
  await expect(other).toHaveURL('/profile?tab=two');
});

test('an e-mail address that is not verified is marked', async ({ page, signIn }) => {
  await signIn('unverified');
  await expect(page.getByRole('main').getByText('Not verified').first()).toBeVisible();
});

test('the session cookie is out of reach of scripts, and the browser holds no token', async ({ page, context, signIn }) => {
  await signIn('administrator');
  const cookies = (await context.cookies()).filter(({ domain }) => domain === 'localhost');
  expect(cookies.map(({ name }) => name)).toEqual(['portico']);
  const [session] = cookies;
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
  expect(session?.value).toMatch(/^[\w-]{43}$/);
  const html = await page.content();
  expect(html, 'a JWT in the page').not.toMatch(/eyJ[\w-]+\.eyJ/);
});

test('@script nothing that looks like a token is in the browser’s storage', async ({ page, signIn }) => {
  await signIn('user');
  await alive(page);
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie);
  expect(stored).not.toMatch(/eyJ|portico=/);
});
