// WCAG 2.2 AA by axe, on every page and state, light and dark; and no page wider than its window.
import { mkdirSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { alive, expect, test, unfold } from './support/test.ts';

const pictures = 'screenshots';
mkdirSync(pictures, { recursive: true });

interface Case {
  name: string;
  open: (tools: { page: Page; signIn: (name: string, options?: { returnTo?: string; secondFactor?: boolean }) => Promise<void> }) => Promise<unknown>;
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

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [1280, 390]) {
    for (const { name, open } of cases) {
      test(`${name}, ${scheme}, ${width} px wide`, async ({ page, signIn, tolerate }) => {
        tolerate(/Failed to load resource|ERR_/);
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width, height: 900 });
        await open({ page, signIn });
        await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
        const { violations } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
          .analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
        expect(await widerThanWindow(page)).toBe(false);
        await page.screenshot({ path: `${pictures}/${name}-${scheme}-${width}.png`, fullPage: true });
      });
    }
  }
}

test('nothing is cut off at 320 pixels', async ({ page, signIn, tolerate }) => {
  tolerate(/Failed to load resource|ERR_/);
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto('/');
  expect(await widerThanWindow(page), 'the start page').toBe(false);
  await signIn('hostile');
  expect(await widerThanWindow(page), 'the profile').toBe(false);
  await page.goto('/access');
  await unfold(page);
  expect(await widerThanWindow(page), 'the access').toBe(false);
  await page.goto('/');
  expect(await widerThanWindow(page), 'the start page, signed in').toBe(false);
});

test('nothing is cut off with text twice as large', async ({ page, signIn, tolerate }) => {
  tolerate(/Failed to load resource|ERR_/);
  await signIn('hostile');
  for (const path of ['/profile', '/access', '/', '/sign-out']) {
    await page.goto(path);
    // The policy stops style elements and attributes in the page's HTML, not this.
    await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
    expect(await widerThanWindow(page), path).toBe(false);
  }
});

const widerThanWindow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
