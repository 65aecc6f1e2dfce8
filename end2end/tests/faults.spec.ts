// The sign-in service in trouble: people are told so, and it comes back by itself.
import { expect, pick, test } from './support/test.ts';

test.beforeEach(({ tolerate }) => tolerate(/Failed to load resource/));

test('the token endpoint is down while somebody signs in', async ({ page, tenantSwitch }) => {
  await page.goto('/login');
  await tenantSwitch('fault?target=oidc&mode=down&path=/oauth/token');
  await pick(page, 'user');
  await expect(page.getByRole('heading', { name: 'Can’t reach the sign-in service' })).toBeVisible();
  await expect(page.locator('.support-id')).toBeVisible();

  await tenantSwitch('fault?target=oidc&mode=none');
  await page.getByRole('main').getByRole('link', { name: 'Try again' }).click();
  await expect(page).toHaveURL('/profile');
});

test('keys that were rotated are fetched anew', async ({ page, signIn, tenantSwitch }) => {
  await tenantSwitch('rotate?mode=next');
  await signIn('user');
  await expect(page.getByRole('heading', { level: 2, name: 'About you', exact: true })).toBeVisible();
});

test('a session lives on while the sign-in service is down', async ({ page, signIn, tenantSwitch }) => {
  await signIn('user');
  await tenantSwitch('fault?target=oidc&mode=down');
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Welcome');
});
