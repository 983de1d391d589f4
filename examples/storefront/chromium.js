/** A browser for tests: Debian's Chromium, driven by Playwright. Nothing is downloaded by Playwright itself. */
const { execFileSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { chromium } = require('playwright-core');

const PATH = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** As a guest on a machine: no sandbox of its own (it may run as root), no calls to anybody. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a headless Chromium with a profile of its own; installs it first where it is missing and apt-get may. */
async function startChromium() {
  if (!existsSync(PATH)) installChromium();
  return chromium.launch({ executablePath: PATH, args: FLAGS });
}

function installChromium() {
  if (process.getuid?.() !== 0 || process.env.CHROMIUM !== undefined) {
    throw new Error(
      `There is no ${PATH}: install Chromium ("apt-get install chromium" on Debian), or say where it is in CHROMIUM.`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', 'chromium']]) {
    execFileSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  }
}

module.exports = { startChromium };
