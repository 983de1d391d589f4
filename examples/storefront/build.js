/** Builds the page into dist/: one script, and what public/ holds. */
const { cpSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const esbuild = require('esbuild');

const OUT = join(__dirname, 'dist');

rmSync(OUT, { recursive: true, force: true });
cpSync(join(__dirname, 'public'), OUT, { recursive: true });
esbuild.buildSync({
  entryPoints: [join(__dirname, 'src/main.tsx')],
  bundle: true,
  minify: true,
  target: 'es2022',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  outfile: join(OUT, 'page.js'),
  logLevel: 'warning',
});
