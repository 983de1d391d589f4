const { existsSync } = require('node:fs');
const { join } = require('node:path');

const PROGRAM = join(__dirname, 'node_modules/@grafbase/cli-x86_64-unknown-linux-musl/grafbase');

/** The path of Grafbase's program; null where its optional package is not installed. */
const grafbaseProgram = () => (existsSync(PROGRAM) ? PROGRAM : null);

module.exports = { grafbaseProgram };
