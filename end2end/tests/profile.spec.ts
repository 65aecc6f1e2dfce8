// The profile: everything known about a person, in plain words, whatever it is.
import { readFileSync } from 'node:fs';
import { alive, expect, person, test, unfold } from './support/test.ts';

test('standard claims, namespaced claims and metadata are there to read', async ({ page, signIn }) => {
  await signIn('administrator');
  const main = page.getByRole('main');
  for (const heading of ['About you', 'Your sign-in', 'Added by your organisation', 'Kept about you', 'Kept by you', 'Raw JSON']) {
    await expect(main.getByRole('heading', { level: 2, name: heading, exact: true })).toBeVisible();
  }
  await expect(main.getByText('auth0|administrator')).toBeVisible();
  await expect(main.getByText('https://portico.example/roles')).toBeVisible();
});

test('hostile names and claims are shown as text', async ({ page, signIn, tolerate }) => {
  tolerate(/Failed to load resource/); // the picture's host does not exist
  let alerted = false;
  page.on('dialog', (dialog) => {
    alerted = true;
    void dialog.dismiss();
  });
  await signIn('hostile');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('<script>');
  await unfold(page);
  expect(alerted).toBe(false);
  expect(await page.locator('main script').count(), 'no element came out of a claim').toBe(0);
  const tooWide = await page.locator('html').evaluate((html) => html.scrollWidth > html.clientWidth).catch(() => false);
  expect(tooWide, 'nothing makes the page wider than the window').toBe(false);
});

test('the raw JSON can be downloaded', async ({ page, signIn }) => {
  await signIn('nested');
  await alive(page);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('main').getByRole('link', { name: 'Download' }).click()]);
  expect(download.suggestedFilename()).toBe('profile.json');
  const json = JSON.parse(readFileSync(await download.path(), 'utf8'));
  expect((json.user ?? json).sub).toBe('auth0|nested');
});

test('@script the raw JSON can be shown, hidden and copied', async ({ page, context, signIn }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await signIn('user');
  await alive(page);
  await page.getByRole('main').getByRole('button', { name: 'Show' }).click();
  const raw = page.locator('#profile-json');
  await expect(raw).toContainText('"sub": "auth0|user"');
  await page.getByRole('button', { name: 'Hide' }).click();
  await expect(raw).toBeHidden();
  await page.getByRole('button', { name: 'Copy' }).click();
  await expect(page.getByText('Copied')).toBeVisible();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(copied.email).toBe(person('user').email);
});

test('a picture that cannot be loaded leaves the initials', async ({ page, signIn, tolerate }) => {
  tolerate(/Failed to load resource/);
  await signIn('hostile');
  await expect(page.locator('main .avatar').first()).toBeVisible();
});
