// The second factor: asked for once, never in a loop, and the page says what waits for it.
import type { Page } from '@playwright/test';
import { expect, pick, stepUp, test } from './support/test.ts';

/** Counts the authorization requests that this page makes, redirects included. */
function authorizations(page: Page) {
  const seen: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (request.isNavigationRequest() && url.pathname === '/authorize') seen.push(url.searchParams.get('acr_values') ?? '');
  });
  return seen;
}

const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
const button = (page: Page) => page.getByRole('link', { name: 'Confirm with a second factor' });

/** Signs in without a second factor, as far as the page that asks for one. */
async function signInAsFarAsTheStepUp(page: Page, name: string) {
  await page.goto('/login?returnTo=/access');
  await pick(page, name, false);
  await expect(page.getByText('asks for a second factor')).toBeVisible();
}

/** The person is signed in at `/access`, without the roles that need a second factor. */
async function expectWithoutRoles(page: Page) {
  await expect(page).toHaveURL('/access');
  await expect(page.getByText('You can’t use any of your roles yet.')).toBeVisible();
  await expect(page.getByRole('main').getByText('You signed in without a second factor.')).toBeVisible();
  await expect(button(page)).toBeVisible();
}

for (const { name, level } of [
  { name: 'administrator', level: 'You are an administrator here.' },
  { name: 'manager', level: 'You are a manager here.' },
]) {
  test(`the ${name} is sent once to give a second factor, and then has the role`, async ({ page }) => {
    const requests = authorizations(page);
    await signInAsFarAsTheStepUp(page, name);
    await stepUp(page, name, true);
    await expect(page).toHaveURL('/access');
    await expect(page.getByText(level)).toBeVisible();
    await expect(page.getByText(/^Second factor confirmed /)).toBeVisible();
    await expect(button(page)).toHaveCount(0);
    expect(requests).toEqual(['', MULTI_FACTOR]);
  });
}

test('a second factor that was given at once is not asked for again', async ({ page, signIn }) => {
  const requests = authorizations(page);
  await signIn('administrator', { returnTo: '/access', secondFactor: true });
  await expect(page.getByText('You are an administrator here.')).toBeVisible();
  expect(requests).toEqual(['']);
});

test('nobody is asked whose roles need none', async ({ page, signIn }) => {
  const requests = authorizations(page);
  await signIn('user', { returnTo: '/access' });
  await expect(page.getByText('You are a user here.')).toBeVisible();
  expect(requests).toEqual(['']);
});

for (const refuse of [false, true]) {
  const how = refuse ? 'refuses' : 'goes on without';
  test(`who ${how} is signed in without the role, and can try again`, async ({ page }) => {
    const requests = authorizations(page);
    await signInAsFarAsTheStepUp(page, 'administrator');
    if (refuse) await page.getByRole('button', { name: 'Refuse' }).click();
    else await stepUp(page, 'administrator', false);
    await expectWithoutRoles(page);
    expect(requests).toEqual(['', MULTI_FACTOR]);

    // They are signed in, and nothing sends them round again.
    await page.goto('/profile');
    await expect(page).toHaveURL('/profile');
    await page.goto('/access');
    await expectWithoutRoles(page);
    expect(requests).toHaveLength(2);

    await button(page).click();
    await stepUp(page, 'administrator', true);
    await expect(page).toHaveURL('/access');
    await expect(page.getByText('You are an administrator here.')).toBeVisible();
    await expect(button(page)).toHaveCount(0);
    expect(requests).toEqual(['', MULTI_FACTOR, MULTI_FACTOR]);
  });

  test(`who tries again and ${how} stays signed in as before`, async ({ page, signIn }) => {
    await signIn('administrator', { returnTo: '/access', secondFactor: false });
    const requests = authorizations(page);
    await button(page).click();
    await expect(page.getByText('asks for a second factor')).toBeVisible();
    if (refuse) await page.getByRole('button', { name: 'Refuse' }).click();
    else await stepUp(page, 'administrator', false);
    await expectWithoutRoles(page);
    expect(requests).toEqual([MULTI_FACTOR]);
  });
}
