// Checks the licences of everything that production installs: `node .ci/licences.js`, exit code 1 where one is not listed here.
const { init } = require('license-checker-rseidelsohn');

/** Licences that ask for no more than to be named with. */
const ALLOWED = new Set([
  ...['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0'],
  ...['Unlicense', 'CC0-1.0', 'Python-2.0'],
]);

/** Packages under another licence that somebody has read, and why it is well all the same. */
const READ = {
  '@apollo/federation-internals':
    'Elastic-2.0: comes with @apollo/subgraph. Forbids to offer the library itself as a managed service, to take out licence keys or notices; we do neither.',
};

init(
  { start: `${__dirname}/..`, production: true, excludePrivatePackages: true },
  (error, found) => {
    if (error) throw error;
    const packages = Object.entries(found).map(([id, { licenses }]) => ({
      id,
      name: id.slice(0, id.lastIndexOf('@')),
      licence: [licenses].flat().join(' AND '),
    }));
    const unknown = packages.filter(({ name, licence }) => !(name in READ) && !isAllowed(licence));
    const gone = Object.keys(READ).filter((name) => packages.every((it) => it.name !== name));
    for (const { id, licence } of unknown) {
      console.error(
        `${id} is under ${licence}. Read it; then list it here, or do without the package.`,
      );
    }
    for (const name of gone)
      console.error(`${name} is listed as read, and not installed: take it out.`);
    console.log(
      `${packages.length} packages, ${unknown.length} under a licence that is not listed`,
    );
    process.exitCode = unknown.length + gone.length === 0 && packages.length > 100 ? 0 : 1;
  },
);

/** A guess (`MIT*`: by the words of a file) is none of ours to make; of alternatives one must do, of a sum all. */
function isAllowed(expression) {
  const text = expression.replace(/[()]/g, '');
  return text.split(' OR ').some((part) => part.split(' AND ').every((it) => ALLOWED.has(it)));
}
