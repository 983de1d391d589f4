import { auditMutations } from '../audit/audited-mutations';
import * as graph from '../federation/graph';
import type { RequestContext } from './context';
import { buildSubgraph, type Printing, printSubgraph as print, type Subgraph } from './subgraph';

let built: Subgraph | undefined;

/** The subgraph of the rewards program: executable schema and SDL. Built once per process: it never changes. */
export function buildSchema(): Subgraph {
  if (built) return built;
  built = buildSubgraph<RequestContext>(graph);
  auditMutations(built.schema);
  return built;
}

/** The SDL of the rewards program for a router that knows the directives of security, or for one that refuses them. */
export function printSubgraph(printing: Printing): string {
  return print<RequestContext>(graph, printing);
}
