// Records: written, read, changed, found, deleted and brought back, with JavaScript and without.
import { widerThanWindow } from './support/audit.ts';
import { alive, expect, scripted, test } from './support/test.ts';
import { createRecord, expectHappened, field, save, search, titles, word } from './support/records.ts';

test('a record is written, changed, found, deleted and brought back', async ({ page, signIn }) => {
  const [title, text, tag] = [word(), word(), word()];
  const heading = page.getByRole('heading', { level: 1 });

  await test.step('write', async () => {
    await signIn('administrator', { returnTo: '/data' });
    await alive(page);
    await page.getByRole('main').getByRole('link', { name: 'New record' }).click();
    await expect(heading).toHaveText('New record');
    await field.title(page).fill(`Minutes ${title}`);
    await field.text(page).fill(`First line about ${text}\n\n  and an indented one`);
    await field.classification(page, 'Confidential').check();
    await field.tags(page).fill(`${tag}, Second Tag, ${tag.toUpperCase()}`);
    await save(page, 'Create record').click();
    await expectHappened(page, 'The record is created.');
  });

  await test.step('read', async () => {
    await expect(heading).toHaveText(`Minutes ${title}`);
    await expect(page).toHaveTitle(`Minutes ${title} · Data · Portico`);
    const shown = page.getByRole('region', { name: 'Text', exact: true }).getByText('First line');
    expect(await shown.innerText(), 'line breaks and indents are kept').toBe(`First line about ${text}\n\n  and an indented one`);
    const facts = page.getByRole('region', { name: 'About this record' });
    await expect(facts).toContainText('Confidential');
    await expect(facts.getByRole('list', { name: 'Tags' }).getByRole('link')).toHaveText([tag, 'second tag']);
    await expect(facts).toContainText('You');
  });

  await test.step('change', async () => {
    await page.getByRole('main').getByRole('link', { name: 'Edit' }).click();
    await expect(heading).toHaveText('Edit record');
    await expect(field.title(page)).toHaveValue(`Minutes ${title}`);
    await expect(field.text(page)).toHaveValue(`First line about ${text}\n\n  and an indented one`);
    await expect(field.classification(page, 'Confidential')).toBeChecked();
    await expect(field.tags(page)).toHaveValue(`${tag}, second tag`);
    await field.title(page).fill(`Protocol ${title}`);
    await save(page, 'Save changes').click();
    await expectHappened(page, 'Your changes are saved.');
    await expect(heading).toHaveText(`Protocol ${title}`);
  });

  await test.step('find', async () => {
    await page.getByRole('link', { name: 'All records' }).click();
    await expect(heading).toHaveText('Data');
    for (const found of [title.slice(0, 7), tag.slice(0, 7), text, `protocol ${title.toUpperCase()}`]) {
      await search(page, found);
      await expect(page.getByText(`Records that match “${found}”.`)).toBeVisible();
      await expect(titles(page)).toHaveText([`Protocol ${title}`]);
      await expect(page.getByRole('searchbox')).toHaveValue(found);
    }
    await search(page, text.slice(0, 7));
    await expect(page.getByText(`Nothing matches “${text.slice(0, 7)}”.`), 'the text has whole words only').toBeVisible();
    await page.getByRole('link', { name: 'Clear the search' }).click();
    await expect(page).toHaveURL('/data');
  });

  await test.step('delete', async () => {
    await search(page, title);
    await titles(page).click();
    await page.getByRole('main').getByRole('button', { name: 'Delete' }).click();
    await expectHappened(page, `“Protocol ${title}” is deleted.`);
    await expect(heading).toHaveText('Data');
    await expect(titles(page).filter({ hasText: title })).toHaveCount(0);
    await page.keyboard.press('Tab');
    await expect(page.getByRole('button', { name: 'Undo' }), 'is the next stop').toBeFocused();
  });

  await test.step('bring back', async () => {
    await page.getByRole('button', { name: 'Undo' }).click();
    await expectHappened(page, 'The record is back.');
    await expect(heading).toHaveText(`Protocol ${title}`);
    await page.goto(`/data?q=${title}`);
    await expect(titles(page)).toHaveCount(1);
  });
});

test('a deletion can be taken back once, and not from an old page', async ({ page, signIn, tolerate }) => {
  tolerate(/404/);
  await signIn('administrator', { returnTo: '/data' });
  const path = await createRecord(page, { title: `Gone ${word()}` });
  await page.goto(path);
  await alive(page);
  await page.getByRole('main').getByRole('button', { name: 'Delete' }).click();
  await expectHappened(page, 'is deleted.');
  const deleted = page.url();
  expect((await page.request.get(path)).status(), 'the record is not there').toBe(404);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expectHappened(page, 'The record is back.');
  await page.goto(deleted);
  await expect(page.getByRole('heading', { level: 1, name: 'Data' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Undo' })).toHaveCount(0);
});

test('a refused form says all that is wrong, and keeps all that was typed', async ({ page, signIn, tolerate }) => {
  tolerate(/422/);
  let sent = 0;
  page.on('request', (request) => {
    if (request.method() === 'POST') sent += 1;
  });
  await signIn('user', { returnTo: '/data/new' });
  await alive(page);
  sent = 0;
  await field.title(page).fill('   ');
  await field.text(page).fill('Stays');
  await field.classification(page, 'Restricted').check();
  await field.tags(page).fill(`fine, ${'x'.repeat(41)}`);
  await save(page).click();

  const faults = page.getByRole('group', { name: 'Not saved yet: please put this right' });
  await expect(faults).toBeVisible();
  await expect(faults).toBeFocused();
  // The browser finds them by the server's rules and in its words, before anything is sent.
  expect(sent).toBe(scripted() ? 0 : 1);
  await expect(faults.getByRole('link')).toHaveText(['Give it a title.', 'Each tag has 1 to 40 characters and no comma.']);
  await expect(field.title(page)).toHaveAccessibleDescription(/Give it a title\./);
  await expect(field.tags(page)).toHaveAccessibleDescription(/Each tag has 1 to 40 characters and no comma\./);
  await expect(field.title(page)).toHaveAttribute('aria-invalid', 'true');
  await expect(field.text(page)).not.toHaveAttribute('aria-invalid', 'true');

  await expect(field.text(page)).toHaveValue('Stays');
  await expect(field.classification(page, 'Restricted')).toBeChecked();
  await expect(field.tags(page)).toHaveValue(`fine, ${'x'.repeat(41)}`);

  await faults.getByRole('link', { name: /^Each tag/ }).click();
  await expect(field.tags(page)).toBeFocused();
  await field.tags(page).fill('fine');
  await faults.getByRole('link', { name: 'Give it a title.' }).click();
  await expect(field.title(page)).toBeFocused();
  const title = `Put right ${word()}`;
  await field.title(page).fill(title);
  await save(page).click();
  await expectHappened(page, 'The record is created.');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  await expect(page.getByText('Stays')).toBeVisible();
});

test('a list of many has pages, and no record is on two of them', async ({ page, signIn }) => {
  const shared = word();
  await signIn('user', { returnTo: '/data' });
  const numbers = Array.from({ length: 30 }, (_, number) => `${shared} number ${number}`);
  for (const title of numbers) await createRecord(page, { title });

  await page.goto(`/data?q=${shared}`);
  await alive(page);
  await expect(titles(page)).toHaveCount(25);
  const first = await titles(page).allTextContents();
  expect(new Set(first).size).toBe(25);
  await expect(page.getByRole('link', { name: 'Back to the newest' })).toHaveCount(0);

  // What is new meanwhile moves nothing to the next page.
  await createRecord(page, { title: `${shared} meanwhile` });
  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(titles(page)).toHaveCount(5);
  const rest = await titles(page).allTextContents();
  expect([...first, ...rest].sort()).toEqual([...numbers].sort());
  await expect(page.getByRole('link', { name: 'Next page' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Back to the newest' }).click();
  await expect(page).toHaveURL(`/data?q=${shared}`);
  await expect(titles(page)).toHaveCount(25);
  await expect(titles(page).filter({ hasText: 'meanwhile' })).toHaveCount(1);
});

test('hostile titles, tags and texts are text everywhere', async ({ page, signIn }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  let alerted = false;
  page.on('dialog', (dialog) => {
    alerted = true;
    void dialog.dismiss();
  });
  const shared = word();
  const records = [
    { title: `</title><script>alert(1)</script> ${shared}`, tags: ['<img src=x onerror=alert(2)>', '"><b>'] },
    { title: `${shared} \u202egnp.exe مرحبا بالعالم 👩‍👩‍👧‍👦 שלום`, tags: ['\u202ediaper', 'مرحبا', '🎭'] },
    { title: `${'W'.repeat(187)}-${shared}`, tags: ['W'.repeat(40)] },
    { title: `{{7*7}} \${7*7} %0d%0a &lt;b&gt; ${shared}`, tags: ['&amp;'] },
  ];
  await signIn('user', { returnTo: '/data' });
  for (const record of records) {
    const body = `</textarea></title><script>alert(3)</script>\n${'M'.repeat(400)}\n\u202e ${record.title}`;
    const path = await createRecord(page, { ...record, body });
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(record.title);
    await expect(page).toHaveTitle(`${record.title} · Data · Portico`);
    await expect(page.getByRole('region', { name: 'Text', exact: true })).toContainText('</textarea></title><script>alert(3)</script>');
    await expect(page.getByRole('list', { name: 'Tags' }).getByRole('link')).toHaveText(record.tags.map((tag) => tag.toLowerCase()));
    expect(await widerThanWindow(page), 'the record').toBe(false);
    await page.goto(`${path}/edit`);
    await expect(field.title(page)).toHaveValue(record.title);
    await expect(field.text(page)).toHaveValue(body);
    expect(await widerThanWindow(page), 'the form').toBe(false);
  }
  await page.goto(`/data?q=${shared}`);
  await expect(titles(page)).toHaveCount(records.length);
  expect(await widerThanWindow(page), 'the list').toBe(false);
  await page.goto(`/data?q=${encodeURIComponent('"><script>alert(4)</script>')}`);
  await expect(page.getByText('Nothing matches “"><script>alert(4)</script>”.')).toBeVisible();
  expect(await page.locator('main script, main img, main bdi b').count(), 'no element came out of a text').toBe(0);
  expect(alerted).toBe(false);
});
