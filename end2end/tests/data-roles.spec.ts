// Records as each person sees them: what they may do is offered, the rest is explained, and nothing else works.
import type { Page } from '@playwright/test';
import { alive, expect, person, stepUp, test } from './support/test.ts';
import { createRecord, expectHappened, field, save, titles, word } from './support/records.ts';

const main = (page: Page) => page.getByRole('main');
const newRecord = (page: Page) => main(page).getByRole('link', { name: 'New record' });
const edit = (page: Page) => main(page).getByRole('link', { name: 'Edit' });
const remove = (page: Page) => main(page).getByRole('button', { name: 'Delete' });
const secondFactor = (page: Page) => main(page).getByRole('link', { name: 'Confirm with a second factor' });

test('the viewer reads all records, and is told what the rest takes', async ({ page, signIn, elsewhere, tolerate }) => {
  tolerate(/403/);
  const title = `Readable ${word()}`;
  const path = await createRecord(await elsewhere('user'), { title, body: 'To be read by all' });
  await signIn('viewer', { returnTo: `/data?q=${title.slice(9)}` });
  await expect(main(page).getByText('You see all records.')).toBeVisible();
  await expect(main(page).getByText('Creating records needs a role that lets you write.')).toBeVisible();
  await expect(newRecord(page)).toHaveCount(0);

  await titles(page).click();
  await expect(page).toHaveURL(path);
  await expect(main(page).getByText('To be read by all')).toBeVisible();
  await expect(main(page).getByText(person('user').name)).toBeVisible();
  await expect(main(page).getByText(/^You can see this record\. Changing it needs .* deleting it needs/)).toBeVisible();
  await expect(edit(page)).toHaveCount(0);
  await expect(remove(page)).toHaveCount(0);

  for (const forbidden of ['/data/new', `${path}/edit`]) {
    const answer = await page.goto(forbidden);
    expect(answer?.status(), forbidden).toBe(403);
    await expect(main(page).getByRole('status').filter({ hasText: 'you may not' })).toBeVisible();
    await expect(main(page).getByRole('textbox', { name: 'Title' })).toHaveCount(0);
  }
  const headers = { 'sec-fetch-site': 'same-origin' };
  for (const action of ['edit', 'delete']) {
    const form = { version: '1', title: 'Taken over', classification: 'public' };
    const answer = await page.request.post(`${path}/${action}`, { headers, form: action === 'edit' ? form : { version: '1' } });
    expect(await answer.text(), action).toContain('may not');
  }
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  await main(page).getByRole('link', { name: 'See what you may do' }).click();
  await expect(page).toHaveURL('/access');
});

for (const name of ['user', 'norole']) {
  test(`the ${name} changes their own records, and sees the others’`, async ({ page, signIn, elsewhere }) => {
    const shared = word();
    const other = await elsewhere('administrator');
    const theirs = await createRecord(other, { title: `${shared} theirs` });
    await signIn(name, { returnTo: '/data' });
    await expect(newRecord(page)).toBeVisible();
    const own = await createRecord(page, { title: `${shared} own` });

    await page.goto(`/data?q=${shared}`);
    await expect(main(page).getByRole('listitem').filter({ hasText: `${shared} own` })).toContainText('You');
    await expect(main(page).getByRole('listitem').filter({ hasText: `${shared} theirs` })).toContainText(person('administrator').name);

    await page.goto(own);
    await expect(edit(page)).toBeVisible();
    await expect(remove(page)).toHaveCount(0);
    await expect(main(page).getByText('You can change this record. Deleting it needs the permission to delete.')).toBeVisible();

    await page.goto(theirs);
    await expect(edit(page)).toHaveCount(0);
    await expect(remove(page)).toHaveCount(0);
    await expect(main(page).getByText('Changing it needs the permission to write, or to be its owner')).toBeVisible();
  });
}

test('the manager changes all records, and deletes none', async ({ page, signIn, elsewhere }) => {
  const title = `Team ${word()}`;
  const path = await createRecord(await elsewhere('user'), { title });
  await signIn('manager', { returnTo: path });
  await alive(page);
  await expect(remove(page)).toHaveCount(0);
  await expect(main(page).getByText('You can change this record. Deleting it needs the permission to delete.')).toBeVisible();
  await edit(page).click();
  await field.title(page).fill(`${title}, reviewed`);
  await save(page).click();
  await expectHappened(page, 'Your changes are saved.');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${title}, reviewed`);
  await expect(main(page).getByText(person('user').name), 'it stays its owner’s').toBeVisible();
});

test('the administrator changes and deletes all records', async ({ page, signIn, elsewhere }) => {
  const path = await createRecord(await elsewhere('user'), { title: `Anybody’s ${word()}` });
  await signIn('administrator', { returnTo: path });
  await alive(page);
  await expect(edit(page)).toBeVisible();
  await expect(main(page).getByText(/needs the permission/)).toHaveCount(0);
  await remove(page).click();
  await expectHappened(page, 'is deleted.');
  expect((await page.request.get(path)).status()).toBe(404);
});

test('without the second factor that their role needs, records are closed until it is given', async ({ page, signIn, elsewhere, tolerate }) => {
  tolerate(/403/);
  const title = `Behind a second factor ${word()}`;
  const path = await createRecord(await elsewhere('user'), { title });
  await signIn('manager', { returnTo: '/access', secondFactor: false });
  const answer = await page.goto(path);
  expect(answer?.status()).toBe(403);
  await expect(page.getByRole('heading', { level: 1, name: 'Records are closed to you for now' })).toBeVisible();
  await expect(main(page).getByText('Your roles open records to you only after a second factor.')).toBeVisible();
  await expect(page.getByText(title)).toHaveCount(0);
  await secondFactor(page).click();
  await stepUp(page, 'manager', true);
  await expect(page).toHaveURL(path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  await expect(edit(page)).toBeVisible();
});

test('without a verified e-mail address records are closed, and the profile is not', async ({ page, signIn, elsewhere, tolerate }) => {
  tolerate(/403/);
  const title = `Not for everybody ${word()}`;
  const path = await createRecord(await elsewhere('user'), { title });
  await signIn('unverified', { returnTo: '/data' });
  for (const closed of ['/data', '/data/new', path, `${path}/edit`]) {
    const answer = await page.goto(closed);
    expect(answer?.status(), closed).toBe(403);
    await expect(page.getByRole('heading', { level: 1, name: 'Records are closed to you for now' })).toBeVisible();
    await expect(main(page).getByText('Records are only open to people whose e-mail address is verified.')).toBeVisible();
    await expect(main(page).getByText('follow its link, then sign out and in again.')).toBeVisible();
    await expect(page.getByText(title)).toHaveCount(0);
  }
  await expect(main(page).getByRole('link', { name: 'Sign out' })).toHaveAttribute('href', '/sign-out');
  await page.goto('/profile');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(person('unverified').name);
});

test('records ask to sign in and come back to themselves', async ({ page, elsewhere }) => {
  const title = `Linked to ${word()}`;
  const path = await createRecord(await elsewhere('user'), { title });
  await page.goto(path);
  await page.locator('button[value="auth0|viewer"]').click();
  await expect(page).toHaveURL(path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
});

test('an address that leads to no record says so', async ({ page, signIn, tolerate }) => {
  tolerate(/404/);
  await signIn('user', { returnTo: '/data' });
  for (const path of ['/data/01JDJ6V7Y5T3M8K9QWERTYAB2C', '/data/nothing', '/data/01JDJ6V7Y5T3M8K9QWERTYAB2C/edit']) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expect(page.getByRole('heading', { level: 1, name: 'Page not found' })).toBeVisible();
  }
});
