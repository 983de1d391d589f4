const assert = require('node:assert/strict');

const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * Fails where a page has what somebody cannot see, reach or understand, as far as a program can tell (WCAG 2.2 AA by
 * axe), or anything beside the screen.
 */
async function isForEverybody(page) {
  await page.addScriptTag({ path: require.resolve('axe-core') });
  const { violations } = await page.evaluate((runOnly) => globalThis.axe.run({ runOnly }), RULES);
  assert.deepEqual(
    violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]),
    [],
  );
  const beside = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  assert.equal(await page.evaluate(beside), 0);
}

module.exports = { isForEverybody };
