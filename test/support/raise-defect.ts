/** Loaded into a process under test: a signal makes it throw where nobody catches, or reject where nobody waits. */
process.on('SIGUSR2', () => {
  throw new Error('a planted defect');
});
process.on('SIGWINCH', () => {
  void Promise.reject(new Error('a planted rejection'));
});
