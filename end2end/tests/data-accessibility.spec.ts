// The audit of every page about records, in every state (data-empty.spec.ts has the one without any).
import type { Page } from '@playwright/test';
import { testAudit, type Tools } from './support/audit.ts';
import { alive, expect } from './support/test.ts';
import { createRecord, expectCallOut, expectHappened, field, save, signInLongAgo, titles, word } from './support/records.ts';

/** A record that is hard to fit: nothing in it can be broken at a space, and all directions occur. */
const hard = (unique: string) => ({
  title: `${'Donaudampfschifffahrtsgesellschaft'.repeat(4)} مرحبا <script> ${unique}`,
  body: `${'W'.repeat(300)}\n\n  indented\n${'word '.repeat(200)}`,
  classification: 'restricted' as const,
  tags: ['w'.repeat(40), 'مرحبا', ...Array.from({ length: 12 }, (_, number) => `tag ${number}`)],
});

/** Somebody writes in the form of a record while somebody else saves a version of their own. */
async function changedMeanwhile({ page, signIn, elsewhere }: Tools) {
  await signIn('user', { returnTo: '/data' });
  const path = await createRecord(page, hard(word()));
  await page.goto(`${path}/edit`);
  await alive(page);
  await field.title(page).fill('M'.repeat(200));
  const other = await elsewhere('administrator', { returnTo: `${path}/edit` });
  await field.text(other).fill(`${'T'.repeat(300)}\n${'lines\n'.repeat(40)}`);
  await save(other).click();
  await expectHappened(other, 'Your changes are saved.');
  await save(page).click();
  await expectCallOut(page, 'Somebody has changed this record while you were writing.');
}

/** The manager's change waits for a second factor. */
async function secondFactorNeeded({ page, elsewhere }: Tools) {
  const path = await createRecord(await elsewhere('user'), hard(word()));
  await signInLongAgo(page, 'manager', `${path}/edit`);
  await field.text(page).fill('Reviewed');
  await save(page).click();
  await expectCallOut(page, 'Not saved yet: this takes a second factor that you confirmed lately.');
}

async function deleted(page: Page) {
  await page.goto(await createRecord(page, hard(word())));
  await alive(page);
  await page.getByRole('button', { name: 'Delete' }).click();
  await expectHappened(page, 'is deleted.');
}

/** What each state is called, and the way to it. */
const states: Record<string, (tools: Tools) => Promise<unknown>> = {
  'data-list': async ({ page, signIn }) => {
    const unique = word();
    await signIn('user', { returnTo: '/data' });
    await createRecord(page, hard(unique));
    await createRecord(page, { title: `Plain ${unique}`, classification: 'public' });
    await createRecord(page, { title: `Internal ${unique}`, tags: ['one'] });
    await createRecord(page, { title: `Confidential ${unique}`, classification: 'confidential' });
    await page.goto(`/data?q=${unique}`);
    await expect(titles(page)).toHaveCount(4);
  },
  'data-pages': async ({ page, signIn }) => {
    const unique = word();
    await signIn('user', { returnTo: '/data' });
    for (let number = 0; number < 51; number += 1) await createRecord(page, { title: `${unique} ${number}` });
    await page.goto(`/data?q=${unique}`);
    await page.getByRole('link', { name: 'Next page' }).click();
    await expect(page.getByRole('link', { name: 'Back to the newest' })).toBeVisible();
  },
  'data-nothing-found': async ({ page, signIn }) => {
    const unique = 'w'.repeat(180);
    await signIn('user', { returnTo: `/data?q=${unique}` });
    await expect(page.getByText('Nothing matches')).toBeVisible();
  },
  'data-record': async ({ page, signIn }) => {
    await signIn('administrator', { returnTo: '/data' });
    await page.goto(await createRecord(page, hard(word())));
  },
  'data-record-without-anything': async ({ page, signIn }) => {
    await signIn('user', { returnTo: '/data' });
    await page.goto(await createRecord(page, { title: word() }));
    await expect(page.getByText('This record has no text.')).toBeVisible();
  },
  'data-record-of-others': async ({ signIn, elsewhere }) => {
    await signIn('viewer', { returnTo: await createRecord(await elsewhere('user'), hard(word())) });
  },
  'data-new': async ({ page, signIn }) => {
    await signIn('user', { returnTo: '/data/new' });
    await alive(page);
  },
  'data-edit': async ({ page, signIn }) => {
    await signIn('user', { returnTo: '/data' });
    await page.goto(`${await createRecord(page, hard(word()))}/edit`);
    await alive(page);
  },
  'data-refused': async ({ page, signIn }) => {
    await signIn('user', { returnTo: '/data/new' });
    await alive(page);
    await field.text(page).fill('x'.repeat(66_000));
    await field.tags(page).fill('x'.repeat(41));
    await save(page).click();
    await expect(page.getByRole('group', { name: 'Not saved yet: please put this right' })).toBeFocused();
  },
  'data-changed-meanwhile': changedMeanwhile,
  'data-gone-meanwhile': async ({ page, signIn, elsewhere }) => {
    await signIn('user', { returnTo: '/data' });
    const path = await createRecord(page, hard(word()));
    await page.goto(`${path}/edit`);
    await alive(page);
    const other = await elsewhere('administrator', { returnTo: path });
    await other.getByRole('button', { name: 'Delete' }).click();
    await expectHappened(other, 'is deleted.');
    await save(page).click();
    await expectCallOut(page, 'Not saved: this record is not there any more.');
  },
  'data-second-factor-needed': secondFactorNeeded,
  'data-kept-form': async (tools) => {
    await secondFactorNeeded(tools);
    await tools.page.goto(tools.page.url());
    await expectCallOut(tools.page, 'You are back, and so is what you wrote.');
  },
  'data-offered-back': async ({ page, signIn }) => {
    page.on('dialog', (dialog) => void dialog.accept());
    await signIn('user', { returnTo: '/data/new' });
    await alive(page);
    await field.title(page).fill('Not saved');
    await page.reload();
    await expect(page.getByRole('button', { name: 'Put it back' })).toBeVisible();
  },
  'data-not-sent': async ({ page, signIn }) => {
    await signIn('user', { returnTo: '/data/new' });
    await alive(page);
    await field.title(page).fill('Not saved');
    await page.context().clearCookies({ name: 'portico' });
    await save(page).click();
    await expect(page.getByRole('main').getByRole('alert')).toContainText('you were signed out');
  },
  'data-closed-unverified': async ({ page, signIn }) => {
    await signIn('unverified', { returnTo: '/data' });
    await expect(page.getByRole('heading', { name: 'Records are closed to you for now' })).toBeVisible();
  },
  'data-closed-second-factor': async ({ page, signIn }) => {
    await signIn('manager', { returnTo: '/data', secondFactor: false });
    await expect(page.getByRole('heading', { name: 'Records are closed to you for now' })).toBeVisible();
  },
  'data-created': async ({ page, signIn }) => {
    await signIn('user', { returnTo: '/data/new' });
    await alive(page);
    await field.title(page).fill(word());
    await save(page).click();
    await expectHappened(page, 'The record is created.');
  },
  'data-deleted': async ({ page, signIn }) => {
    await signIn('administrator', { returnTo: '/data' });
    await deleted(page);
  },
  'data-restored': async ({ page, signIn }) => {
    await signIn('administrator', { returnTo: '/data' });
    await deleted(page);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expectHappened(page, 'The record is back.');
  },
  'data-forbidden': async ({ page, signIn }) => {
    await signIn('viewer', { returnTo: '/data/new' });
    await expect(page.getByRole('main').getByRole('status').filter({ hasText: 'you may not' })).toBeVisible();
  },
};

for (const [name, open] of Object.entries(states)) testAudit(name, open);
