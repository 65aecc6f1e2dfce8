// Administrators: who is signed in, and ending a person's sessions.
import { elsewhere, freshly } from './support/sessions.ts';
import { expect, test } from './support/test.ts';

test('an administrator finds a person and ends their sessions, and the person is signed out on their next click', async ({ page, signIn, browser, baseURL }) => {
  await signIn('administrator', { secondFactor: true });
  await freshly(page, 'administrator', '/sessions', { secondFactor: true });
  const other = await elsewhere(browser, baseURL, 'nested');

  await page.getByRole('link', { name: 'See who else is signed in' }).click();
  await expect(page).toHaveURL('/people');
  await page.getByRole('searchbox', { name: 'E-mail address or user id' }).fill('auth0|nested');
  await page.getByRole('button', { name: 'Search' }).click();
  const people = page.getByRole('list', { name: 'People' });
  await expect(people.getByRole('listitem')).toHaveCount(1);
  await people.getByRole('link').click();
  await expect(page).toHaveURL('/people?person=auth0%7Cnested');
  await expect(page.getByRole('region', { name: 'Sessions' })).toContainText('Chrome on');

  await page.getByRole('button', { name: 'End all sessions' }).click();
  await expect(page.getByText('All sessions of this person are ended.')).toBeVisible();
  await expect(page.getByText('They are signed in nowhere.')).toBeVisible();
  const answer = await other.goto('/profile');
  expect(answer?.status()).toBe(401);
  await expect(other.getByRole('heading', { name: 'You were signed out' })).toBeVisible();
  await other.context().close();
});

test('ending everybody’s sessions takes a second click, and leaves the one who asked', async ({ page, signIn, browser, baseURL }) => {
  await signIn('administrator', { secondFactor: true });
  await freshly(page, 'administrator', '/sessions', { secondFactor: true });
  const other = await elsewhere(browser, baseURL, 'user');
  await page.goto('/people');
  await expect(page.getByRole('button', { name: 'End them all' })).toBeHidden();
  await page.getByText('End everybody’s sessions…').click();
  await page.getByRole('button', { name: 'End them all' }).click();
  await expect(page.getByText('All other sessions are ended. You alone are signed in.')).toBeVisible();
  await expect(page.getByRole('list', { name: 'People' }).getByRole('listitem')).toHaveCount(1);
  const answer = await other.goto('/profile');
  expect(answer?.status()).toBe(401);
  await page.goto('/profile');
  await expect(page).toHaveURL('/profile');
  await other.context().close();
});

test('the page is not for others', async ({ page, signIn, tolerate }) => {
  tolerate(/403/);
  await signIn('viewer');
  const answer = await page.goto('/people');
  expect(answer?.status()).toBe(403);
  await page.goto('/sessions');
  await expect(page.getByRole('link', { name: 'See who else is signed in' })).toHaveCount(0);
});
