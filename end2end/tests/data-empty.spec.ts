// Records before there is any: this runs first, and creates none.
import type { Page } from '@playwright/test';
import { testAudit } from './support/audit.ts';
import { expect, test } from './support/test.ts';

for (const { name, may } of [{ name: 'user', may: true }, { name: 'viewer', may: false }]) {
  const expectNothing = async (page: Page) => {
    await expect(page.getByText('There are no records yet.')).toBeVisible();
    await expect(page.getByRole('search')).toHaveCount(0);
    const create = page.getByRole('main').getByRole('link', { name: 'New record' });
    await expect(create).toHaveCount(may ? 1 : 0);
    if (may) await expect(create).toHaveAttribute('href', '/data/new');
    else await expect(page.getByText('Creating records needs a role that lets you write.')).toBeVisible();
  };

  test(`the ${name} is told that there is nothing yet, and what to do`, async ({ page, signIn }) => {
    await signIn(name, { returnTo: '/data' });
    await expectNothing(page);
    await page.goto('/data?before=01JDJ6V7Y5T3M8K9QWERTYAB2C');
    await expect(page.getByText('There are no more records.')).toBeVisible();
    await page.getByRole('link', { name: 'Back to the newest' }).click();
    await expectNothing(page);
  });

  testAudit(`data-empty-${name}`, async ({ page, signIn }) => {
    await signIn(name, { returnTo: '/data' });
    await expectNothing(page);
  });
}
