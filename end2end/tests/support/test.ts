// What every test has: a page that fails it on any error in the console, and ways to sign in.
import { test as base, expect, type ConsoleMessage, type Page } from '@playwright/test';
import { person } from './people.ts';

export { expect, person };

export interface SignInOptions {
  returnTo?: string;
  secondFactor?: boolean;
}

interface Fixtures {
  /** Texts that the console may show in this test, such as the failed load of an error page. */
  tolerate: (pattern: RegExp) => void;
  /**
   * Signs a person in, through the tenant's own page, from `/login`. Whose roles need a second factor gives one;
   * with `secondFactor: false` they go on without when they are asked for it.
   */
  signIn: (name: string, options?: SignInOptions) => Promise<void>;
  /** Signs another person in, in a browser of their own, and returns their page. Its console counts as well. */
  elsewhere: (name: string, options?: SignInOptions) => Promise<Page>;
  /** A switch of the tenant, such as `fault?target=oidc&mode=down`. */
  tenantSwitch: (path: string, body?: object) => Promise<void>;
}

export const test = base.extend<Fixtures & { watch: (page: Page) => void; watched: void }>({
  tolerate: async ({}, use) => {
    await use((pattern) => tolerated.push(pattern));
    tolerated.length = 0;
  },

  // A hydration that does not match and a blocked script both show in the console and nowhere else.
  watch: async ({ tolerate }, use) => {
    void tolerate;
    const complaints: string[] = [];
    const hear = (message: ConsoleMessage) => {
      if (saysSessionEnded(message)) return;
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    };
    await use((page) => {
      page.on('console', hear);
      page.on('pageerror', (error) => complaints.push(String(error)));
    });
    const unexpected = complaints.filter((text) => ![...always, ...tolerated].some((pattern) => pattern.test(text)));
    expect(unexpected, 'errors and warnings in the console').toEqual([]);
  },

  watched: [
    async ({ page, watch }, use) => {
      watch(page);
      await use();
    },
    { auto: true },
  ],

  signIn: async ({ page }, use) => {
    await use((name, options) => signInOn(page, name, options));
  },

  elsewhere: async ({ browser, watch }, use) => {
    const pages: Page[] = [];
    await use(async (name, options) => {
      const page = await browser.newPage();
      pages.push(page);
      watch(page);
      await signInOn(page, name, options);
      return page;
    });
    await Promise.all(pages.map((page) => page.context().close()));
  },

  tenantSwitch: async ({ request }, use) => {
    const tenant = process.env.E2E_TENANT;
    await use(async (path, body) => {
      const answer = await request.post(`${tenant}__test/${path}`, body ? { data: body } : {});
      expect(answer.ok(), `the tenant's switch ${path}`).toBe(true);
    });
    await request.post(`${tenant}__test/fault?target=all&mode=none`);
  },
});

// A page asks whether its session lives, also while somebody is signing out. Chromium takes a "no" for an error.
const saysSessionEnded = (message: ConsoleMessage) =>
  /status of 401/.test(message.text()) && /\/api\/(session\/events|profile)$/.test(message.location().url);

// Without JavaScript nothing uses what was fetched for it, and Chromium remarks on that.
// Some people's pictures are at hosts that do not exist: their initials are shown.
const always = [/was preloaded using link preload but not used/, /net::ERR_NAME_NOT_RESOLVED/];
const tolerated: RegExp[] = [];

/** The people with a role that needs a second factor, by the policy that is built in. */
const needSecondFactor = new Set(['administrator', 'manager']);

async function signInOn(page: Page, name: string, { returnTo = '/profile', secondFactor = needSecondFactor.has(name) }: SignInOptions = {}) {
  await page.goto(`/login?returnTo=${encodeURIComponent(returnTo)}`);
  await pick(page, name, secondFactor);
  if (needSecondFactor.has(name) && !secondFactor) await stepUp(page, name, false);
  await page.waitForURL((url) => url.pathname + url.search === returnTo);
}

/** Answers the tenant's page that asks for a second factor. */
export async function stepUp(page: Page, name: string, secondFactor: boolean) {
  await expect(page.getByText('This application asks for a second factor.')).toBeVisible();
  await pick(page, name, secondFactor);
}

/** Picks a person on the tenant's sign-in page. */
export async function pick(page: Page, name: string, secondFactor = false) {
  await expect(page.getByRole('heading', { level: 1, name: /^Sign (in|up)$/ })).toBeVisible();
  if (secondFactor) await page.getByLabel('Second factor').check();
  await page.locator(`button[value="auth0|${name}"]`).click();
}

/** Whether this run has JavaScript. */
export const scripted = () => test.info().project.use.javaScriptEnabled !== false;

/** Waits until the islands answer. Without JavaScript there is nothing to wait for. */
export async function alive(page: Page) {
  if (!scripted()) return;
  await expect(page.locator('html')).toHaveAttribute('data-alive', '');
}

/** Opens everything that is folded, the outer before the inner. */
export async function unfold(page: Page) {
  const closed = page.locator('main details:not([open]) > summary:visible');
  while ((await closed.count()) > 0) await closed.first().click();
}
