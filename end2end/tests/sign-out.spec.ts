// Signing out ends the session here and at the sign-in service, also for a copied cookie.
import { expect, pick, test } from './support/test.ts';

test('signing out from the question page ends it everywhere', async ({ page, context, signIn, playwright, baseURL }) => {
  await signIn('user');
  const copied = await context.cookies();
  await page.goto('/sign-out');
  await page.getByRole('main').getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL('/');
  await expect(page.getByRole('main').getByRole('link', { name: 'Sign in' })).toBeVisible();

  const left = (await context.cookies()).filter(({ domain }) => domain === 'localhost');
  expect(left, 'no cookie of ours is left').toEqual([]);

  const thief = await playwright.request.newContext({ baseURL, storageState: { cookies: copied, origins: [] } });
  expect((await thief.get('/api/profile')).status(), 'a copied cookie is worth nothing').toBe(401);
  await thief.dispose();

  await page.goto('/login');
  await expect(page.getByRole('heading', { name: 'Sign in' }), 'the service asks again').toBeVisible();
});

test('the person’s menu signs out', async ({ page, signIn }) => {
  await signIn('user', { returnTo: '/' });
  await page.getByRole('button', { name: /your menu/ }).click();
  await page.locator('#person-menu').getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL('/');
  await expect(page.getByRole('main').getByRole('link', { name: 'Sign in' })).toBeVisible();
});

test('a typed /logout signs out; a link on another site asks first', async ({ page, signIn, baseURL }) => {
  await signIn('user');
  await page.route('https://elsewhere.example/', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<a href="${baseURL}/logout">sign out</a>` }),
  );
  await page.goto('https://elsewhere.example/');
  await page.getByRole('link', { name: 'sign out' }).click();
  await expect(page).toHaveURL('/sign-out');
  await expect(page.getByRole('heading', { name: 'Do you want to sign out?' })).toBeVisible();

  await page.goto('/logout');
  await expect(page).toHaveURL('/');
  await expect(page.getByRole('main').getByRole('link', { name: 'Sign in' })).toBeVisible();
});

test('another site cannot sign a person out with a form', async ({ page, signIn, baseURL, tolerate }) => {
  tolerate(/403/);
  await signIn('user');
  await page.route('https://elsewhere.example/', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<form method="post" action="${baseURL}/logout"><button>win</button></form>` }),
  );
  await page.goto('https://elsewhere.example/');
  await page.getByRole('button', { name: 'win' }).click();
  await expect(page.getByRole('heading', { name: 'That came from another site' })).toBeVisible();
  await page.goto('/profile');
  await expect(page, 'still signed in').toHaveURL('/profile');
});

test('a session that ended elsewhere says so and leads back', async ({ page, context, signIn, playwright, baseURL, tolerate }) => {
  tolerate(/401/);
  await signIn('viewer');
  const elsewhere = await playwright.request.newContext({
    baseURL,
    storageState: { cookies: await context.cookies(), origins: [] },
  });
  const ended = await elsewhere.post('/logout', { headers: { 'Sec-Fetch-Site': 'same-origin' }, maxRedirects: 0 });
  expect(ended.status()).toBe(303);
  await elsewhere.dispose();

  const answer = await page.goto('/profile?here=1');
  expect(answer?.status()).toBe(401);
  await expect(page.getByRole('heading', { name: 'You were signed out' })).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
  // The service may still know them, and then does not ask.
  await page.waitForURL((url) => url.pathname === '/profile' || url.pathname.startsWith('/u/login'));
  if (new URL(page.url()).pathname.startsWith('/u/login')) await pick(page, 'viewer');
  await expect(page).toHaveURL('/profile?here=1');
});
