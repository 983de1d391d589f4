import { readFileSync } from 'node:fs';
import { LIMITS } from '../../src/server/limits';
import { ROUTER_SECRET } from '../../src/server/router-secret';

/** Configurations of routers that are not run here must not fall behind what they are for. */
const folder = 'examples/supergraph/routers';
const apollo = readFileSync(`${folder}/apollo-router.yaml`, 'utf8');
const hive = readFileSync(`${folder}/hive-router.config.yaml`, 'utf8');

test.each([
  ['max_depth', LIMITS.depth.most],
  ['max_aliases', LIMITS.aliases.most],
  ['parser_max_tokens', LIMITS.tokens.most],
  ['http_max_request_bytes', LIMITS.bodyBytes.most],
])("Apollo Router's %s is the service's own", (option, most) => {
  expect(apollo).toMatch(new RegExp(`^  ${option}: ${most}$`, 'm'));
});

test.each([
  ['max_depth', LIMITS.depth.most],
  ['max_aliases', LIMITS.aliases.most],
  ['max_tokens', LIMITS.tokens.most],
  ['max_directives', LIMITS.directives.most],
])("Hive Router's %s is the service's own", (option, most) => {
  expect(hive).toMatch(new RegExp(`^  ${option}:\\n    n: ${most}$`, 'm'));
});

test.each([
  ['Apollo Router', apollo],
  ['Hive Router', hive],
  ['Hive Gateway', readFileSync(`${folder}/hive-gateway.config.mjs`, 'utf8')],
  ['Apollo Gateway', readFileSync(`${folder}/apollo-gateway.js`, 'utf8')],
  ['Grafbase', readFileSync(`${folder}/grafbase.toml`, 'utf8')],
])('%s shows the secret under the name that the service reads', (_router, configuration) => {
  expect(configuration).toContain(ROUTER_SECRET);
});
