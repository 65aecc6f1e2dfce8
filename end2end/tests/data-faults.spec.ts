// People whose roles change while they write. The tenant changes them for everybody, so these run last.
import { alive, expect, person, test } from './support/test.ts';
import { createRecord, expectCallOut, field, save, word } from './support/records.ts';

test('who may not write any more is told so, and keeps what they wrote', async ({ page, signIn, elsewhere, tenantSwitch, tolerate }) => {
  tolerate(/403/);
  const id = person('user').user_id;
  await signIn('user', { returnTo: '/data' });
  const path = await createRecord(page, { title: `Written as a user ${word()}` });
  await page.goto(`${path}/edit`);
  await alive(page);
  await field.title(page).fill('Still to be copied');
  try {
    await tenantSwitch(`person?user=${id}`, { roles: ['viewer'] });
    // Roles are told at a sign-in, wherever it is.
    await elsewhere('user', { returnTo: '/data' });
    await save(page).click();
    await expectCallOut(page, 'You may not save this.');
    await expect(field.title(page)).toHaveValue('Still to be copied');
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Written as a user');
    await expect(page.getByRole('main').getByRole('link', { name: 'Edit' })).toHaveCount(0);
    await expect(page.getByText('This record is yours, but changing it needs the permission to write')).toBeVisible();
  } finally {
    await tenantSwitch(`person?user=${id}`, { roles: ['user'] });
  }
});

test('whose address is not verified any more finds records closed, and nothing of what they wrote is lost', async ({
  page,
  signIn,
  elsewhere,
  tenantSwitch,
  tolerate,
}) => {
  tolerate(/403/);
  const id = person('norole').user_id;
  await signIn('norole', { returnTo: '/data/new' });
  await alive(page);
  await field.title(page).fill('Kept in the form');
  try {
    await tenantSwitch(`person?user=${id}`, { email_verified: false });
    await elsewhere('norole', { returnTo: '/profile' });
    await save(page).click();
    await expectCallOut(page, 'You may not save this.');
    await expect(field.title(page)).toHaveValue('Kept in the form');
    await page.goto('/data');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Records are closed to you for now');
  } finally {
    await tenantSwitch(`person?user=${id}`, { email_verified: true });
  }
});
