// These are published as ES modules only; Node loads them with require, jest needs them compiled.
const MODULES = '(jose|graphile-worker|graphile-config|intl-messageformat|@formatjs)';

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  rootDir: '.',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  setupFiles: ['reflect-metadata'],
  testTimeout: 60_000,
  // Many tests wait rather than work: two at a time on any machine.
  maxWorkers: 2,
  transformIgnorePatterns: [`/node_modules/(?!(${MODULES}|@opentelemetry/otlp-exporter-base)/)`],
  transform: {
    '/node_modules/@opentelemetry/otlp-exporter-base/.+\\.js$': [
      '@swc/jest',
      { module: { type: 'commonjs' }, jsc: { target: 'es2022' } },
    ],
    [`\\.ts$|/node_modules/${MODULES}/.+\\.js$`]: [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        module: { type: 'commonjs', ignoreDynamic: true },
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          keepClassNames: true,
          transform: {
            legacyDecorator: true,
            decoratorMetadata: true,
            useDefineForClassFields: false,
          },
        },
      },
    ],
  },
};
