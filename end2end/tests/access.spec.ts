// What a person may do here, and why: each thing once, with its description, in plain words.
import type { Page } from '@playwright/test';
import { expect, pick, test, unfold } from './support/test.ts';

/** The card with this heading. */
const card = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
/** The headings of the entries in a card. */
const entries = (page: Page, name: string) => card(page, name).getByRole('heading', { level: 3 });
/** One entry of a card. */
const entry = (page: Page, name: string, heading: string) =>
  card(page, name).getByRole('listitem').filter({ has: page.getByRole('heading', { level: 3, name: heading, exact: true }) });

/** Opens the page until the directory's descriptions are on it: it has a second to answer, else the page comes without. */
async function described(page: Page, text: string) {
  await expect(async () => {
    await page.goto('/access');
    await expect(page.getByRole('main').getByText(text)).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await expect(page.getByText(/^Descriptions as of /)).toBeVisible();
}

test('groups that the claims name over and over are there once each, with their descriptions', async ({ page, signIn }) => {
  await signIn('nested', { returnTo: '/access' });
  await described(page, 'Builds and runs the product');

  await expect(entries(page, 'Your groups')).toHaveText(['Engineering', 'Everyone', 'Platform']);
  await expect(entry(page, 'Your groups', 'Platform')).toContainText('Looks after servers and databases');
  await expect(entry(page, 'Your groups', 'Engineering')).toContainText('Builds and runs the product');
  await expect(entry(page, 'Your groups', 'Everyone')).toContainText('Everybody who works here');

  const engineering = entry(page, 'Your groups', 'Engineering');
  await expect(engineering.getByText('The sign-in service says so.')).toHaveCount(1);
  await expect(engineering).toContainText('You are a member of “Platform”, which is inside “Engineering”.');
  await expect(entry(page, 'Your groups', 'Everyone')).toContainText(
    'You are a member of “Platform”, which is inside “Engineering”, which is inside “Everyone”.',
  );

  // Every place they were found in is there to read, on demand.
  const places = engineering.locator('.places code');
  await expect(places.first()).toBeHidden();
  await unfold(page);
  for (const place of ['https://portico.example/groups', 'groups', 'authorization.groups', 'app_metadata.authorization.groups']) {
    await expect(places.getByText(place, { exact: true })).toBeVisible();
  }
  await expect(places).toHaveCount(4);
});

test('a role that a group carries says so', async ({ page, signIn }) => {
  await signIn('nested', { returnTo: '/access' });
  await described(page, 'Works with records of their own');
  await expect(page.getByText('You are a user here.')).toBeVisible();
  await expect(entries(page, 'Your roles')).toHaveText(['user', 'viewer']);
  await expect(entry(page, 'Your roles', 'user')).toContainText('Your group “Engineering” carries it.');
  await expect(entry(page, 'Your roles', 'viewer')).toContainText('Reads, and changes nothing');
  await expect(entry(page, 'What you may do', 'See records')).toContainText('Your role “user” gives it.');
  await expect(entry(page, 'What you may do', 'See records')).toContainText('Your role “viewer” gives it.');
});

const views = [
  {
    name: 'administrator',
    level: 'You are an administrator here.',
    may: ['See records', 'Create records and change any of them', 'Delete any record', 'Do everything in administration'],
    roles: ['admin'],
    groups: ['Leadership'],
  },
  {
    name: 'manager',
    level: 'You are a manager here.',
    may: ['See records', 'Create records and change any of them', 'See the people who share a group with you, and their records'],
    roles: ['manager'],
    groups: ['Finance', 'Leadership'],
  },
  {
    name: 'user',
    level: 'You are a user here.',
    may: ['See records', 'Create records and change your own'],
    roles: ['user'],
    groups: ['Finance'],
  },
  { name: 'viewer', level: 'You are a viewer here.', may: ['See records'], roles: ['viewer'], groups: ['Support desk'] },
];

for (const { name, level, may, roles, groups } of views) {
  test(`the ${name} sees what they may do, and nothing else`, async ({ page, signIn }) => {
    await signIn(name, { returnTo: '/access' });
    await expect(page.getByRole('heading', { level: 1, name: 'Your access' })).toBeVisible();
    await expect(page.getByText(level)).toBeVisible();
    await expect(entries(page, 'What you may do')).toHaveText(may);
    await expect(entries(page, 'Your roles')).toHaveText(roles);
    await expect(entries(page, 'Your groups')).toHaveText(groups);
    await expect(page.getByText(/^As of /)).toBeVisible();
    await expect(page.getByRole('link', { name: 'Confirm with a second factor' })).toHaveCount(0);
    for (const what of may) await expect(entry(page, 'What you may do', what)).toContainText(`Your role “${roles[0]}” gives it.`);
  });
}

test('an administrator without a second factor sees what waits for it', async ({ page, signIn }) => {
  await signIn('administrator', { returnTo: '/access', secondFactor: false });
  await expect(page.getByText('You can’t use any of your roles yet.')).toBeVisible();
  await expect(page.getByRole('main').getByText('You signed in without a second factor.')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Confirm with a second factor' })).toBeVisible();
  await expect(card(page, 'What you may do')).toContainText('You may do nothing here yet.');
  await expect(entries(page, 'What waits for a second factor')).toHaveText(views[0]!.may);
  await expect(entry(page, 'Your roles', 'admin')).toContainText('Needs a second factor');
});

test('a person without a role has the default one, whatever they wrote about themselves', async ({ page, signIn }) => {
  await signIn('norole', { returnTo: '/access' });
  await expect(page.getByText('You are a user here.')).toBeVisible();
  await expect(entries(page, 'Your roles')).toHaveText(['user']);
  await expect(entry(page, 'Your roles', 'user')).toContainText('Everybody who was given no role has this one.');
  await expect(card(page, 'Your groups')).toContainText('You are in no group. If you should be in one, ask your administrators.');
});

test('hostile names of groups are text, and those that turn the text are dropped', async ({ page, signIn, tolerate }) => {
  tolerate(/Failed to load resource/); // the picture's host does not exist
  let alerted = false;
  page.on('dialog', (dialog) => {
    alerted = true;
    void dialog.dismiss();
  });
  await signIn('hostile', { returnTo: '/access' });
  await expect(page.getByText('You are a user here.')).toBeVisible();
  const groups = await entries(page, 'Your groups').allTextContents();
  expect(groups.sort()).toEqual(["<svg onload=alert('group')>", 'Support desk']);
  await unfold(page);
  await expect(page.locator('main bdi svg, main script')).toHaveCount(0);
  expect(alerted).toBe(false);
});

test('the page asks to sign in and comes back to itself', async ({ page }) => {
  await page.goto('/access');
  await pick(page, 'viewer');
  await expect(page).toHaveURL('/access');
  await expect(page.getByText('You are a viewer here.')).toBeVisible();
});

test('the start page and the head of every page lead there', async ({ page, signIn }) => {
  await signIn('user', { returnTo: '/' });
  await page.getByRole('navigation', { name: 'Where to go' }).getByRole('link', { name: 'Your access' }).click();
  await expect(page).toHaveURL('/access');
  await page.goto('/profile');
  const link = page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Access' });
  await link.click();
  await expect(page).toHaveURL('/access');
  await expect(page).toHaveTitle(/Your access/);
  await expect(link).toHaveAttribute('aria-current', 'page');
});
