// What the tests about records have in common. Tests run side by side over one database: each makes records of
// its own, with a word in them that no other record has, and finds them by it.
import { randomInt } from 'node:crypto';
import type { Page } from '@playwright/test';
import { alive, expect, pick } from './test.ts';

export interface Written {
  title: string;
  body?: string;
  classification?: 'public' | 'internal' | 'confidential' | 'restricted';
  tags?: string[];
}

/** A word that no other record has. Letters only: the search takes digits for a word of their own. */
export const word = () => Array.from({ length: 12 }, () => String.fromCharCode(97 + randomInt(26))).join('');

/** Creates a record of whoever is signed in on this page, and returns the address of its page. */
export async function createRecord(page: Page, record: Written): Promise<string> {
  const headers = { 'sec-fetch-site': 'same-origin' };
  const answer = await page.request.post('/api/secure-data', { headers, data: record });
  expect(answer.status(), await answer.text()).toBe(201);
  const { id } = (await answer.json()) as { id: string };
  return `/data/${id}`;
}

/** The fields of the form. */
export const field = {
  title: (page: Page) => page.getByRole('textbox', { name: 'Title', exact: true }),
  text: (page: Page) => page.getByRole('textbox', { name: 'Text', exact: true }),
  tags: (page: Page) => page.getByRole('textbox', { name: 'Tags' }),
  classification: (page: Page, name: string) => page.getByRole('radio', { name: new RegExp(`^${name}`) }),
};

/** The button that saves the form. */
export const save = (page: Page, name: string | RegExp = /^(Create record|Save changes)$/) =>
  page.getByRole('main').getByRole('button', { name });

/** The titles in the list. */
export const titles = (page: Page) => page.getByRole('list', { name: 'Records' }).locator('a.row-title');

/** Types into the search and starts it. */
export async function search(page: Page, text: string) {
  await page.getByRole('searchbox', { name: 'Search records' }).fill(text);
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page).toHaveURL(`/data?${new URLSearchParams({ q: text })}`);
}

/** The page says what has happened: to screen readers too, and reading starts there. */
export async function expectHappened(page: Page, words: string | RegExp) {
  await expect(page.getByRole('main').getByRole('status').filter({ hasText: words })).toBeVisible();
  await expect(page.locator(':focus')).toContainText(words);
}

/** The page says above the form why it was not saved, and reading starts there. */
export async function expectCallOut(page: Page, title: string) {
  const callOut = page.getByRole('main').getByRole('group', { name: title });
  await expect(callOut).toBeVisible();
  await expect(callOut).toBeFocused();
  return callOut;
}

/** Signs in with a second factor, of which the tenant says that it was given three hours ago. */
export async function signInLongAgo(page: Page, name: string, returnTo: string) {
  // The tenant says when somebody has signed in to whoever gives a `max_age`, as Auth0 does.
  const start = await page.request.get(`/login?returnTo=${encodeURIComponent(returnTo)}`, { maxRedirects: 0 });
  await page.goto(`${start.headers()['location']}&max_age=86400`);
  const form = '**/u/login?*';
  await page.route(form, (route) => route.continue({ postData: `${route.request().postData()}&seconds_ago=${3 * 3600}` }));
  await pick(page, name, true);
  await page.unroute(form);
  await expect(page).toHaveURL(returnTo);
  await alive(page);
}
