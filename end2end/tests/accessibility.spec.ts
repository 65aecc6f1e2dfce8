// The audit of every page and state but those about records, which have a file of their own.
import { testAudit, type Tools } from './support/audit.ts';
import { alive, expect, unfold } from './support/test.ts';

interface Case {
  name: string;
  open: (tools: Tools) => Promise<unknown>;
}

const cases: Case[] = [
  { name: 'home-signed-out', open: ({ page }) => page.goto('/') },
  { name: 'home-signed-in', open: ({ signIn }) => signIn('administrator', { returnTo: '/' }) },
  { name: 'profile', open: ({ signIn }) => signIn('nested') },
  { name: 'profile-hostile', open: ({ signIn }) => signIn('hostile') },
  {
    name: 'profile-everything-open',
    open: async ({ page, signIn }) => {
      await signIn('nested');
      await alive(page);
      await unfold(page);
      await page.getByRole('main').getByRole('button', { name: 'Show' }).click();
      await expect(page.locator('#profile-json')).toBeVisible();
    },
  },
  { name: 'access', open: ({ signIn }) => signIn('administrator', { returnTo: '/access' }) },
  {
    name: 'access-without-second-factor',
    open: ({ signIn }) => signIn('administrator', { returnTo: '/access', secondFactor: false }),
  },
  { name: 'access-nested', open: ({ signIn }) => signIn('nested', { returnTo: '/access' }) },
  {
    name: 'access-checked',
    open: async ({ page, signIn }) => {
      await signIn('nested', { returnTo: '/access' });
      await alive(page);
      await page.getByRole('main').getByRole('button', { name: 'Check again' }).click();
      await expect(page.getByText('Checked just now')).toBeVisible();
    },
  },
  { name: 'access-not-checked', open: ({ signIn }) => signIn('nested', { returnTo: '/access?checked=later' }) },
  { name: 'access-must-sign-in', open: ({ signIn }) => signIn('nested', { returnTo: '/access?checked=sign-in' }) },
  {
    name: 'access-everything-open',
    open: async ({ page, signIn }) => {
      await signIn('nested', { returnTo: '/access' });
      await unfold(page);
    },
  },
  {
    name: 'menu-open',
    open: async ({ page, signIn }) => {
      await signIn('user', { returnTo: '/' });
      await page.getByRole('button', { name: /your menu/ }).click();
      await expect(page.locator('#person-menu')).toBeVisible();
    },
  },
  {
    name: 'theme-open',
    open: async ({ page }) => {
      await page.goto('/');
      await alive(page);
      await page.getByRole('button', { name: 'Theme' }).click();
      await expect(page.locator('#theme-menu')).toBeVisible();
    },
  },
  {
    name: 'sign-out',
    open: async ({ page, signIn }) => {
      await signIn('user');
      await page.goto('/sign-out');
    },
  },
  { name: 'not-found', open: ({ page }) => page.goto('/no/such/page') },
  { name: 'sign-in-expired', open: ({ page }) => page.goto('/callback?code=x&state=x.2') },
  {
    name: 'session-ended',
    open: async ({ page }) => {
      await page.goto('/');
      await page.context().addCookies([{ name: 'portico', value: 'A'.repeat(43), url: page.url() }]);
      await page.goto('/profile');
    },
  },
];

for (const { name, open } of cases) testAudit(name, open);
