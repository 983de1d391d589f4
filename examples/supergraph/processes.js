const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { createServer } = require('node:net');
const { setTimeout: sleep } = require('node:timers/promises');

const READY_MS = 90_000;
const STOP_MS = 30_000;
/** How much of a program's output is kept to explain a failure, in characters. */
const OUTPUT_MAX = 20_000;

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

/** A loopback port that is free now. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts a program, Node with `args` where no other is named, and resolves once `readyUrl` answers with success. It gets a process group of
 * its own: Ctrl-C reaches only whoever started it, who then stops all programs in order. Fails with what
 * the program printed where it ends early, and where `signal` aborts the start.
 */
async function startProgram(name, args, options) {
  const { program = process.execPath, cwd, env, readyUrl, signal } = options;
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let output = '';
  const keep = (chunk) => {
    output = (output + chunk).slice(-OUTPUT_MAX);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const stop = () => stopChild(child);
  try {
    const deadline = Date.now() + READY_MS;
    while (!(await answers(readyUrl))) {
      signal?.throwIfAborted();
      if (!running.has(child)) throw new Error(`${name} ended:\n${output}`);
      if (Date.now() > deadline) throw new Error(`${name} does not get ready:\n${output}`);
      await sleep(100);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

async function answers(url) {
  // Asked by GET, a GraphQL server wants to see that no web page of somebody else's asks.
  const headers = { 'apollo-require-preflight': 'true' };
  const response = await fetch(url, { headers }).catch(() => null);
  await response?.arrayBuffer();
  return response?.ok ?? false;
}

/** Asks a program to end, waits until it has, and insists where asking does not help. */
async function stopChild(child) {
  if (!running.has(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const insisting = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(insisting);
}

module.exports = { freePort, startProgram };
