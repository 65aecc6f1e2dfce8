// Sessions of one person, in one browser and in several.
import type { Browser, Page } from '@playwright/test';
import { expect, pick } from './test.ts';

/** Another device: a browser context of its own, signed in as the same person. */
export async function elsewhere(
  browser: Browser,
  baseURL: string | undefined,
  name: string,
  returnTo = '/profile',
  device: { userAgent?: string } = {},
): Promise<Page> {
  const context = await browser.newContext({ baseURL, ...device });
  const page = await context.newPage();
  await page.goto(`/login?returnTo=${encodeURIComponent(returnTo)}`);
  await pick(page, name);
  await page.waitForURL(returnTo);
  return page;
}

/** A session more for each of these browsers: this one forgets each at once. In the end it has one of its own again. */
export async function elsewhereToo(page: Page, userAgents: string[]) {
  const own = (await page.context().cookies()).filter((cookie) => cookie.name === 'portico');
  const browser = await page.context().newCDPSession(page);
  for (const userAgent of userAgents) {
    await page.context().clearCookies({ name: 'portico' });
    await browser.send('Emulation.setUserAgentOverride', { userAgent });
    await page.goto('/login?returnTo=/healthz'); // the sign-in service knows them, and does not ask
    await page.waitForURL('/healthz');
  }
  await browser.send('Emulation.setUserAgentOverride', { userAgent: '' });
  await page.context().addCookies(own);
}

/** Signs in anew where the person must have proved lately who they are. */
export async function freshly(page: Page, name: string, returnTo: string, { secondFactor = false } = {}) {
  await page.goto(`/login?max_age=600&returnTo=${encodeURIComponent(returnTo)}`);
  const asked = page.getByRole('heading', { level: 1, name: /^Sign in$/ });
  const there = page.getByRole('heading', { level: 1, name: 'Your sessions' });
  await expect(asked.or(there)).toBeVisible();
  if (await asked.isVisible()) await pick(page, name, secondFactor);
  await page.waitForURL(returnTo);
}
