import * as graph from '../federation/graph';
import type { RequestContext } from './context';
import { buildSubgraph, type Subgraph } from './subgraph';

let built: Subgraph | undefined;

/** The subgraph of the rewards program: executable schema and SDL. Built once per process: it never changes. */
export function buildSchema(): Subgraph {
  built ??= buildSubgraph<RequestContext>(graph);
  return built;
}
