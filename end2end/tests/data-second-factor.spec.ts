// A second factor that was confirmed too long ago: told, confirmed again, and nothing that was written is lost.
import type { Page } from '@playwright/test';
import { alive, expect, stepUp, test } from './support/test.ts';
import { createRecord, expectCallOut, expectHappened, field, save, signInLongAgo, word } from './support/records.ts';

test.beforeEach(({ tolerate }) => tolerate(/403/));

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const confirm = (page: Page) => page.getByRole('main').getByRole('link', { name: 'Confirm with a second factor' });
const TOO_OLD = 'Not saved yet: this takes a second factor that you confirmed lately.';

/** The manager's change of the user's record is refused for now. Returns the record's address. */
async function refused(page: Page, owner: Page, title: string) {
  const path = await createRecord(owner, { title, classification: 'public' });
  await signInLongAgo(page, 'manager', `${path}/edit`);
  await field.title(page).fill(`${title}, reviewed`);
  await field.text(page).fill('Reviewed\nline by line');
  await field.classification(page, 'Restricted').check();
  await save(page).click();
  await expectCallOut(page, TOO_OLD);
  await expect(field.text(page)).toHaveValue('Reviewed\nline by line');
  return path;
}

test('a change waits for the second factor, and is there when it is given', async ({ page, elsewhere }) => {
  const title = `Reviewed late ${word()}`;
  const owner = await elsewhere('user');
  const path = await refused(page, owner, title);
  await confirm(page).click();
  await stepUp(page, 'manager', true);
  await expect(page).toHaveURL(`${path}/edit`);
  await alive(page);
  await expectCallOut(page, 'You are back, and so is what you wrote.');
  await expect(field.title(page)).toHaveValue(`${title}, reviewed`);
  await expect(field.text(page)).toHaveValue('Reviewed\nline by line');
  await expect(field.classification(page, 'Restricted')).toBeChecked();
  await expect(page.getByRole('button', { name: 'Put it back' }), 'it is offered once').toBeHidden();
  await save(page).click();
  await expectHappened(page, 'Your changes are saved.');
  await expect(heading(page)).toHaveText(`${title}, reviewed`);
  await page.goto(`${path}/edit`);
  await alive(page);
  await expect(page.getByText('You are back')).toHaveCount(0);
});

test('the second factor can be refused, and what was written is still there', async ({ page, elsewhere }) => {
  const title = `Not reviewed ${word()}`;
  const owner = await elsewhere('user');
  const path = await refused(page, owner, title);
  await confirm(page).click();
  await expect(page.getByText('asks for a second factor')).toBeVisible();
  await page.getByRole('button', { name: 'Refuse' }).click();
  await expect(page).toHaveURL(`${path}/edit`);
  await alive(page);
  await expectCallOut(page, 'You are back, and so is what you wrote.');
  await expect(field.title(page)).toHaveValue(`${title}, reviewed`);
  await save(page).click();
  await expectCallOut(page, TOO_OLD);
});

test('what was kept for the second factor can be discarded', async ({ page, elsewhere }) => {
  const title = `Not reviewed ${word()}`;
  const owner = await elsewhere('user');
  const path = await refused(page, owner, title);
  await confirm(page).click();
  await stepUp(page, 'manager', true);
  await alive(page);
  await expectCallOut(page, 'You are back, and so is what you wrote.');
  await page.getByRole('main').getByRole('link', { name: 'Discard it' }).click();
  await expect(field.title(page)).toHaveValue(title);
  await page.goto(`${path}/edit`);
  await alive(page);
  await expect(field.title(page)).toHaveValue(title);
  await expect(page.getByText('You are back')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Put it back' })).toBeHidden();
});

test('what somebody else has saved while the second factor was given is not overwritten unseen', async ({ page, elsewhere, tolerate }) => {
  tolerate(/409/);
  const owner = await elsewhere('user');
  const path = await refused(page, owner, `Raced ${word()}`);
  await owner.goto(`${path}/edit`);
  await field.title(owner).fill('The owner’s');
  await save(owner).click();
  await expectHappened(owner, 'Your changes are saved.');
  await confirm(page).click();
  await stepUp(page, 'manager', true);
  await alive(page);
  await save(page).click();
  await expectCallOut(page, 'Somebody has changed this record while you were writing.');
  await expect(page.getByRole('region', { name: 'Theirs', exact: true })).toContainText('The owner’s');
});

test('a deletion waits for the second factor', async ({ page, elsewhere }) => {
  const title = `Deleted late ${word()}`;
  const path = await createRecord(await elsewhere('user'), { title });
  await signInLongAgo(page, 'administrator', path);
  await page.getByRole('button', { name: 'Delete' }).click();
  await expectHappened(page, 'That was not done yet: it takes a second factor that you confirmed lately.');
  await expect(heading(page)).toHaveText(title);
  await confirm(page).click();
  await stepUp(page, 'administrator', true);
  await expect(page).toHaveURL(path);
  await alive(page);
  await page.getByRole('button', { name: 'Delete' }).click();
  await expectHappened(page, `“${title}” is deleted.`);
});

test('one’s own records need no second factor again', async ({ page }) => {
  const title = `Own ${word()}`;
  await signInLongAgo(page, 'manager', '/data/new');
  await field.title(page).fill(title);
  await save(page).click();
  await expectHappened(page, 'The record is created.');
  await page.getByRole('main').getByRole('link', { name: 'Edit' }).click();
  await field.title(page).fill(`${title}, changed`);
  await save(page).click();
  await expectHappened(page, 'Your changes are saved.');
});
