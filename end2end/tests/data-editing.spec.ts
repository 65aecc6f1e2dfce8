// Two people at one record: nobody overwrites what they have not seen, and nobody loses a word.
import type { Page } from '@playwright/test';
import { alive, expect, test } from './support/test.ts';
import { createRecord, expectCallOut, expectHappened, field, save, search, titles, word } from './support/records.ts';

test.beforeEach(({ tolerate }) => tolerate(/40[349]/));

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const CHANGED = 'Somebody has changed this record while you were writing.';

/** The user writes in the form of their record while the administrator saves a version of their own. */
async function bothWrite(page: Page, other: Page, path: string) {
  await page.goto(`${path}/edit`);
  await alive(page);
  await field.title(page).fill('Mine');
  await field.text(page).fill('My text\nof two lines');
  await field.tags(page).fill('mine');
  await other.goto(`${path}/edit`);
  await field.title(other).fill('Theirs');
  await field.text(other).fill('Their text');
  await save(other).click();
  await expectHappened(other, 'Your changes are saved.');
  await save(page).click();
  await expectCallOut(page, CHANGED);
}

test('who saves second sees both versions, and replaces the other knowingly', async ({ page, signIn, elsewhere }) => {
  await signIn('user', { returnTo: '/data' });
  const path = await createRecord(page, { title: `Ours ${word()}`, body: 'First', classification: 'confidential', tags: ['first'] });
  await bothWrite(page, await elsewhere('administrator'), path);

  const theirs = page.getByRole('region', { name: 'Theirs', exact: true });
  await expect(theirs).toContainText('Version 2');
  for (const text of ['Theirs', 'Their text', 'first']) await expect(theirs).toContainText(text);
  await expect(theirs.getByText('Different', { exact: true })).toHaveCount(3);
  await expect(theirs.getByText('Same as yours'), 'the classification').toHaveCount(1);
  await expect(field.title(page)).toHaveValue('Mine');
  await expect(field.text(page)).toHaveValue('My text\nof two lines');
  await expect(field.tags(page)).toHaveValue('mine');
  await expect(field.classification(page, 'Confidential')).toBeChecked();

  await field.text(page).fill('My text\nTheir text');
  await save(page, 'Replace theirs with mine').click();
  await expectHappened(page, 'Your changes are saved.');
  await expect(heading(page)).toHaveText('Mine');
  await expect(page.getByText('My text')).toContainText('Their text');
  await expect(page.getByRole('region', { name: 'About this record' })).toContainText('Version3');
});

test('what is changed once more before the replacement is told once more', async ({ page, signIn, elsewhere }) => {
  await signIn('user', { returnTo: '/data' });
  const path = await createRecord(page, { title: `Fought over ${word()}` });
  const other = await elsewhere('administrator');
  await bothWrite(page, other, path);
  await other.goto(`${path}/edit`);
  await field.title(other).fill('Theirs once more');
  await save(other).click();
  await expectHappened(other, 'Your changes are saved.');
  await save(page, 'Replace theirs with mine').click();
  await expect(page.getByRole('region', { name: 'Theirs', exact: true })).toContainText('Theirs once more');
  await expectCallOut(page, CHANGED);
  await expect(field.title(page)).toHaveValue('Mine');
});

test('who saves second can keep the other’s version, and is asked nothing more', async ({ page, signIn, elsewhere }) => {
  await signIn('user', { returnTo: '/data' });
  const path = await createRecord(page, { title: `Left to them ${word()}` });
  await bothWrite(page, await elsewhere('administrator'), path);
  await page.getByRole('link', { name: 'Discard mine, keep theirs' }).click();
  await expect(page).toHaveURL(path);
  await expect(heading(page)).toHaveText('Theirs');
  await expect(page.getByText('Their text')).toBeVisible();
  await page.goto(`${path}/edit`);
  await alive(page);
  await expect(field.title(page)).toHaveValue('Theirs');
  await expect(page.getByRole('button', { name: 'Put it back' })).toBeHidden();
});

test('what is refused by the rules is never taken for a change of somebody else', async ({ page, signIn, elsewhere, tolerate }) => {
  tolerate(/422/);
  await signIn('user', { returnTo: '/data' });
  const path = await createRecord(page, { title: `Twice wrong ${word()}` });
  await bothWrite(page, await elsewhere('administrator'), path);
  await field.title(page).fill('');
  await save(page, 'Replace theirs with mine').click();
  await expect(page.getByRole('group', { name: 'Not saved yet: please put this right' })).toBeFocused();
  await expect(field.text(page)).toHaveValue('My text\nof two lines');
  await field.title(page).fill('Mine after all');
  await save(page, /^(Replace theirs with mine|Save changes)$/).click();
  await expectHappened(page, 'Your changes are saved.');
  await expect(heading(page)).toHaveText('Mine after all');
});

test('what was deleted while somebody wrote can be created anew of what they wrote', async ({ page, signIn, elsewhere }) => {
  const title = word();
  await signIn('user', { returnTo: '/data' });
  const path = await createRecord(page, { title: `Lost ${title}` });
  await page.goto(`${path}/edit`);
  await alive(page);
  await field.title(page).fill(`Saved from loss ${title}`);
  await field.text(page).fill('Worth keeping');
  const other = await elsewhere('administrator', { returnTo: path });
  await other.getByRole('button', { name: 'Delete' }).click();
  await expectHappened(other, 'is deleted.');

  await save(page).click();
  await expectCallOut(page, 'Not saved: this record is not there any more.');
  await expect(field.text(page)).toHaveValue('Worth keeping');
  await save(page, 'Create as a new record').click();
  await expectHappened(page, 'The record is created.');
  await expect(heading(page)).toHaveText(`Saved from loss ${title}`);
  await page.goto('/data');
  await search(page, title);
  await expect(titles(page)).toHaveText([`Saved from loss ${title}`]);
});

test('what was changed since it was opened is not deleted unseen', async ({ page, signIn, elsewhere }) => {
  const title = word();
  const other = await elsewhere('user');
  const path = await createRecord(other, { title: `Old ${title}` });
  await signIn('administrator', { returnTo: path });
  await alive(page);
  await other.goto(`${path}/edit`);
  await field.title(other).fill(`Fresh ${title}`);
  await save(other).click();
  await expectHappened(other, 'Your changes are saved.');
  await page.getByRole('button', { name: 'Delete' }).click();
  await expectHappened(page, 'The record was not deleted: somebody has changed it since you opened it.');
  await expect(heading(page)).toHaveText(`Fresh ${title}`);
  await page.getByRole('button', { name: 'Delete' }).click();
  await expectHappened(page, `“Fresh ${title}” is deleted.`);
});
