// Forms and searches are sent in place: the document stays, and nothing that was typed goes with a request that fails.
// With JavaScript only.
import type { Page } from '@playwright/test';
import { alive, expect, test } from './support/test.ts';
import { createRecord, expectHappened, field, save, search, titles, word } from './support/records.ts';

/** Marks this document, to see whether it is still the same one later. */
const mark = (page: Page) => page.evaluate(() => Object.assign(window, { marked: true }));
const isMarked = (page: Page) => page.evaluate(() => 'marked' in window);
const heading = (page: Page) => page.getByRole('heading', { level: 1 });

/** Counts the forms that this page sends. */
function sent(page: Page) {
  const posts: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') posts.push(new URL(request.url()).pathname);
  });
  return posts;
}

test('forms are sent in place: the document stays', async ({ page, signIn }) => {
  const title = word();
  await signIn('administrator', { returnTo: '/data/new' });
  await alive(page);
  await mark(page);
  await field.title(page).fill(title);
  await save(page).click();
  await expectHappened(page, 'The record is created.');
  await expect(page).toHaveURL(/\/data\/[0-9A-Z]{26}\?done=created$/);
  await expect(page).toHaveTitle(`${title} · Data · Portico`);
  await expect(page.locator('#announcer')).toContainText(title);
  await page.getByRole('main').getByRole('link', { name: 'Edit' }).click();
  await field.title(page).fill(`${title} changed`);
  await save(page).click();
  await expectHappened(page, 'Your changes are saved.');
  await page.getByRole('button', { name: 'Delete' }).click();
  await expectHappened(page, 'is deleted.');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expectHappened(page, 'The record is back.');
  expect(await isMarked(page)).toBe(true);
});

test('searching keeps the document, and Back returns to the list as it was', async ({ page, signIn }) => {
  const shared = word();
  await signIn('user', { returnTo: '/data' });
  for (let number = 0; number < 20; number += 1) await createRecord(page, { title: `${shared} ${number}`, tags: ['scrolled'] });
  await page.goto('/data');
  await alive(page);
  await mark(page);
  await search(page, shared);
  await expect(titles(page)).toHaveCount(20);
  await expect(page).toHaveTitle(`“${shared}” · Data · Portico`);

  await titles(page).last().scrollIntoViewIfNeeded();
  const scrolled = await page.evaluate(() => window.scrollY);
  expect(scrolled).toBeGreaterThan(100);
  await titles(page).last().click();
  await expect(heading(page)).toHaveText(`${shared} 0`);
  await page.goBack();
  await expect(page).toHaveURL(`/data?q=${shared}`);
  await expect(titles(page)).toHaveCount(20);
  await expect(page.getByRole('searchbox')).toHaveValue(shared);
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(scrolled);
  await page.getByRole('link', { name: 'Show all' }).click();
  await expect(page).toHaveURL('/data');
  expect(await isMarked(page)).toBe(true);
});

test('a form that is sent twice makes one record', async ({ page, signIn }) => {
  const title = word();
  const posts = sent(page);
  await signIn('user', { returnTo: '/data/new' });
  await alive(page);
  posts.length = 0;
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route('/data/new', async (route) => {
    await held;
    await route.continue();
  });
  await field.title(page).fill(title);
  await save(page).dblclick();
  await expect(save(page)).toBeDisabled();
  await field.title(page).press('Enter');
  answer();
  await expectHappened(page, 'The record is created.');
  expect(posts).toEqual(['/data/new']);
  await page.goto(`/data?q=${title}`);
  await expect(titles(page)).toHaveCount(1);
});

test('without a network the text stays, and is saved when the network is back', async ({ page, context, signIn, tolerate }) => {
  tolerate(/ERR_INTERNET_DISCONNECTED/);
  const title = word();
  await signIn('user', { returnTo: '/data/new' });
  await alive(page);
  await field.title(page).fill(title);
  await field.text(page).fill('Written in a tunnel');
  await context.setOffline(true);
  await save(page).click();
  const alert = page.getByRole('main').getByRole('alert');
  await expect(alert).toHaveText('There was no answer, so this may not be saved. Check your connection and try again.');
  await expect(save(page)).toBeFocused();
  await expect(field.text(page)).toHaveValue('Written in a tunnel');
  await context.setOffline(false);
  await save(page).click();
  await expectHappened(page, 'The record is created.');
  await expect(page.getByText('Written in a tunnel')).toBeVisible();
});

test('a server that fails is told with a support id, and the text stays', async ({ page, signIn, tolerate }) => {
  tolerate(/500/);
  await signIn('user', { returnTo: '/data/new' });
  await alive(page);
  await page.route('/data/new', (route) =>
    route.fulfill({
      status: 500,
      contentType: 'text/html',
      headers: { 'x-request-id': 'SUPPORT123' },
      body: '<!doctype html><html lang="en"><title>Oops</title><main><h1>Something went wrong</h1></main></html>',
    }),
  );
  await field.title(page).fill('Survives');
  await save(page).click();
  await expect(page.getByRole('main').getByRole('alert')).toHaveText(
    'Something went wrong. Everything here stays as it is. Support id: SUPPORT123',
  );
  await expect(field.title(page)).toHaveValue('Survives');
});
