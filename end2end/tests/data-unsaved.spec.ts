// What somebody types is never lost: what was not saved is asked about, kept and offered back. With JavaScript only:
// without it the browser itself keeps what was typed.
import type { Page } from '@playwright/test';
import { alive, expect, pick, test } from './support/test.ts';
import { createRecord, expectCallOut, expectHappened, field, save, word } from './support/records.ts';

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const offer = (page: Page) => page.getByRole('main').getByRole('status').filter({ hasText: 'You wrote something here that was not saved.' });
const putBack = (page: Page) => offer(page).getByRole('button', { name: 'Put it back' });

/** Answers the browser's questions, and keeps them. */
function answers(page: Page, leave: () => boolean) {
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void (leave() ? dialog.accept() : dialog.dismiss());
  });
  return asked;
}

async function openForm(page: Page, path = '/data/new') {
  await page.goto(path);
  await alive(page);
}

test('a session that ends while somebody types loses nothing', async ({ page, context, signIn, tolerate }) => {
  tolerate(/401/);
  const asked = answers(page, () => true);
  const title = word();
  await signIn('user', { returnTo: '/data/new' });
  await alive(page);
  await field.title(page).fill(title);
  await field.text(page).fill('Typed\nin two lines');
  await field.classification(page, 'Restricted').check();
  await field.tags(page).fill('kept, safe');

  const tab = await context.newPage();
  await tab.goto('/sign-out');
  await tab.getByRole('main').getByRole('button', { name: 'Sign out' }).click();
  await expect(tab).toHaveURL('/');
  await tab.close();

  await save(page).click();
  await expect(page.getByRole('main').getByRole('alert')).toHaveText(
    'This is not saved: you were signed out. Sign in again, and you come back to it.',
  );
  await expect(field.title(page)).toHaveValue(title);
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await pick(page, 'user');
  await expect(page).toHaveURL('/data/new');
  await alive(page);
  await putBack(page).click();
  await expect(field.title(page)).toHaveValue(title);
  await expect(field.text(page)).toHaveValue('Typed\nin two lines');
  await expect(field.classification(page, 'Restricted')).toBeChecked();
  await expect(field.tags(page)).toHaveValue('kept, safe');
  await expect(field.title(page)).toBeFocused();
  await save(page).click();
  await expectHappened(page, 'The record is created.');
  expect(asked, 'nothing was going to be lost').toEqual([]);

  await openForm(page);
  await expect(offer(page), 'what is saved is not offered any more').toBeHidden();
});

test('the notice that somebody was signed out never lies over the field that they are in', async ({ page, signIn, tolerate }) => {
  tolerate(/401/);
  await page.setViewportSize({ width: 390, height: 640 });
  await signIn('user', { returnTo: '/data/new' });
  await alive(page);
  await field.title(page).fill('Not saved');
  await page.context().clearCookies({ name: 'portico' });
  await save(page).click();
  const notice = page.getByRole('link', { name: 'Sign in again' }).locator('..');
  await expect(notice).toBeVisible();
  await field.text(page).focus();
  for (const next of [field.classification(page, 'Internal'), field.tags(page), save(page)]) {
    await page.keyboard.press('Tab');
    await expect(next).toBeFocused();
    const [focused, over] = [await next.boundingBox(), await notice.boundingBox()];
    expect(focused!.y + focused!.height).toBeLessThanOrEqual(over!.y);
  }
});

test('nobody else who signs in here is offered what somebody typed', async ({ page, context, signIn, tolerate }) => {
  tolerate(/401/);
  await signIn('user', { returnTo: '/data/new' });
  await alive(page);
  await field.title(page).fill('Private');
  await context.clearCookies();
  await save(page).click();
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await pick(page, 'norole');
  await expect(page).toHaveURL('/data/new');
  await alive(page);
  await expect(page.getByRole('button', { name: /your menu/ })).toBeVisible();
  await expect(offer(page)).toBeHidden();
  await expect(field.title(page)).toHaveValue('');
});

test('signing out forgets what was typed', async ({ page, signIn }) => {
  answers(page, () => true);
  await signIn('user', { returnTo: '/data/new' });
  await alive(page);
  await field.title(page).fill('To be forgotten');
  await page.getByRole('button', { name: /your menu/ }).click();
  await page.locator('#person-menu').getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL('/');
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain('forgotten');
});

test('leaving a changed form asks: staying keeps it, leaving throws it away', async ({ page, signIn }) => {
  let leave = false;
  const asked = answers(page, () => leave);
  await signIn('user', { returnTo: '/data' });
  const path = await createRecord(page, { title: `As it was ${word()}` });
  await openForm(page, path);
  await page.getByRole('main').getByRole('link', { name: 'Edit' }).click();
  await expect(heading(page)).toHaveText('Edit record');
  await field.title(page).fill('Changed');

  await page.getByRole('link', { name: 'Cancel' }).click();
  await expect.poll(() => asked).toEqual(['confirm']);
  await expect(field.title(page)).toHaveValue('Changed');
  await page.goBack();
  await expect.poll(() => asked).toEqual(['confirm', 'confirm']);
  await expect(page).toHaveURL(`${path}/edit`);
  await expect(field.title(page)).toHaveValue('Changed');

  leave = true;
  await page.getByRole('link', { name: 'Cancel' }).click();
  await expect(heading(page)).toContainText('As it was');
  expect(asked).toHaveLength(3);
  await page.getByRole('main').getByRole('link', { name: 'Edit' }).click();
  await expect(field.title(page)).toHaveValue(/^As it was/);
  await expect(offer(page), 'it was thrown away knowingly').toBeHidden();

  await page.getByRole('link', { name: 'Cancel' }).click();
  await expect(heading(page)).toContainText('As it was');
  expect(asked, 'nothing was changed').toHaveLength(3);
});

test('after a reload what was typed is offered back', async ({ page, signIn }) => {
  const asked = answers(page, () => true);
  await signIn('user', { returnTo: '/data/new' });
  await alive(page);
  await field.title(page).fill('Almost lost');
  await field.text(page).fill('Also this');
  await page.reload();
  expect(asked).toEqual(['beforeunload']);
  await alive(page);
  await expect(offer(page)).toBeVisible();
  await putBack(page).click();
  await expect(offer(page)).toBeHidden();
  await expect(field.title(page)).toHaveValue('Almost lost');
  await expect(field.text(page)).toHaveValue('Also this');
});

test('what was kept can be discarded, and is then gone', async ({ page, signIn }) => {
  answers(page, () => true);
  await signIn('user', { returnTo: '/data/new' });
  await alive(page);
  await field.title(page).fill('Not wanted');
  await openForm(page, '/data');
  await openForm(page);
  await offer(page).getByRole('button', { name: 'Discard it' }).click();
  await expect(offer(page)).toBeHidden();
  await expect(field.title(page)).toBeFocused();
  await expect(field.title(page)).toHaveValue('');
  await openForm(page);
  await expect(offer(page)).toBeHidden();
});

test('what was typed stays with its form', async ({ page, signIn }) => {
  answers(page, () => true);
  await signIn('user', { returnTo: '/data' });
  const path = await createRecord(page, { title: `One ${word()}` });
  await openForm(page, `${path}/edit`);
  await field.title(page).fill('Belongs to the record');
  await openForm(page);
  await expect(offer(page)).toBeHidden();
  await openForm(page, `${path}/edit`);
  await putBack(page).click();
  await expect(field.title(page)).toHaveValue('Belongs to the record');
});

test('what is put back overwrites nothing that was saved meanwhile', async ({ page, signIn, elsewhere, tolerate }) => {
  tolerate(/409/);
  answers(page, () => true);
  await signIn('user', { returnTo: '/data' });
  const path = await createRecord(page, { title: `Two writers ${word()}` });
  await openForm(page, `${path}/edit`);
  await field.title(page).fill('Mine');
  const other = await elsewhere('administrator', { returnTo: `${path}/edit` });
  await field.title(other).fill('Theirs');
  await save(other).click();
  await expectHappened(other, 'Your changes are saved.');

  await openForm(page, `${path}/edit`);
  await putBack(page).click();
  await save(page).click();
  await expectCallOut(page, 'Somebody has changed this record while you were writing.');
  // The page with both versions came in answer to the form. A reload asks for it anew, and loses nothing either.
  await page.reload();
  await alive(page);
  await putBack(page).click();
  await expect(field.title(page)).toHaveValue('Mine');
});

test('the room that is left for the text is told when it is nearly full', async ({ page, signIn }) => {
  await signIn('user', { returnTo: '/data/new' });
  await alive(page);
  const left = page.getByRole('main').getByRole('status').filter({ hasText: /bytes/ });
  await field.text(page).fill('x'.repeat(60_000));
  await expect(left).toHaveCount(0);
  await field.text(page).fill('é'.repeat(32_700));
  await expect(left).toHaveText('100 bytes left');
  await field.text(page).fill('x'.repeat(65_540));
  await expect(left).toHaveText('4 bytes too many');
  await field.title(page).fill('Too long');
  await save(page).click();
  await expect(page.getByRole('group', { name: 'Not saved yet: please put this right' }).getByRole('link')).toHaveText([
    'The text is 4 bytes too long; 64 kB fit.',
  ]);
});
