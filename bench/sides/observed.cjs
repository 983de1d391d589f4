/**
 * Loaded before a process whose start is measured: answers the parent's questions about it. Weighs next to nothing, and as
 * much on every side.
 */
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

const answers = {
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  /** Resident after a full collection: else it would be a matter of luck when the last one was. */
  memory: () => {
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    return process.memoryUsage().rss;
  },
  /** Every file of a package that is loaded, in the order of loading. */
  packages: () => Object.keys(require.cache).filter((file) => file.includes('node_modules')),
};

process.on('message', (question) => process.send(answers[question]()));
// What is observed ends by itself, or not: nobody's questions keep it alive.
process.channel.unref();
