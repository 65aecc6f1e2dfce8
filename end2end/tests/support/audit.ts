// WCAG 2.2 AA by axe, light and dark, wide and narrow; and nothing cut off, on the narrowest screen and with large
// text. A picture of each is kept.
import { mkdirSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test, type SignInOptions } from './test.ts';

const pictures = 'screenshots';
mkdirSync(pictures, { recursive: true });

export interface Tools {
  page: Page;
  signIn: (name: string, options?: SignInOptions) => Promise<void>;
  elsewhere: (name: string, options?: SignInOptions) => Promise<Page>;
}

/** A test that audits what `open` opens. */
export function testAudit(name: string, open: (tools: Tools) => Promise<unknown>) {
  test(`${name} is for everybody`, async ({ page, signIn, elsewhere, tolerate }) => {
    tolerate(/Failed to load resource|ERR_/);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await open({ page, signIn, elsewhere });
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 390]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await settled(page);
        const where = `${colorScheme}, ${width} px wide`;
        expect.soft(await violations(page), where).toEqual([]);
        expect.soft(await widerThanWindow(page), `wider than the window: ${where}`).toBe(false);
        await page.screenshot({ path: `${pictures}/${name}-${colorScheme}-${width}.png`, fullPage: true });
      }
    }
    await page.setViewportSize({ width: 320, height: 640 });
    expect.soft(await widerThanWindow(page), 'wider than the window: 320 px wide').toBe(false);
    // Twice as large, as a person's own settings may say. The policy stops style elements and attributes in the
    // page's HTML, not this.
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
    expect.soft(await widerThanWindow(page), 'wider than the window: text twice as large').toBe(false);
  });
}

/** Waits until colours and sizes are what they will be: the shortest transition takes until the next frame. */
async function settled(page: Page) {
  await page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const transitions = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    await Promise.allSettled(transitions.map((transition) => transition.finished));
  });
}

async function violations(page: Page) {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Whether the page is wider than its window. */
export const widerThanWindow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
