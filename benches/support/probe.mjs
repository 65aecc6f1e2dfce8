// Runs inside the page, from before its first byte: clicks a button again and again until it answers.

/**
 * Made into text and injected before the page loads, so it may use nothing from outside itself.
 *
 * Every 10 ms it clicks the next element that matches, as the page's own timers get to run. The button
 * has answered when the click has changed the button itself or an attribute of `<html>` by the time the
 * next task runs. What happens without a click (styles, hydration) happens before or after that, so it
 * does not count.
 *
 * Leaves `window.__firstVisit`: a promise of the milliseconds from the start of the navigation.
 *
 * @param {{button: string, limit: number}} what a CSS selector, and when to give up, in milliseconds
 */
export function probe({ button, limit }) {
  if (window !== window.top) return;
  const attributes = (element) => element.cloneNode(false).outerHTML;
  const visible = (target) => attributes(document.documentElement) + target.outerHTML;
  const nextTask = () => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    port2.postMessage(null);
  });
  window.__firstVisit = new Promise((resolve, reject) => {
    let turn = 0;
    async function attempt() {
      const targets = document.querySelectorAll(button);
      if (targets.length > 0) {
        const target = targets[turn % targets.length];
        turn += 1;
        const before = visible(target);
        target.click();
        await nextTask();
        if (visible(target) !== before) return resolve(performance.now());
      }
      if (performance.now() > limit) return reject(new Error(`No answer from ${button} after ${limit} ms`));
      return setTimeout(attempt, 10);
    }
    attempt();
  });
}
