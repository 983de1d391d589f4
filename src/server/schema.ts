import * as graph from '../federation/graph';
import type { RequestContext } from './context';
import { buildSubgraph, type Subgraph } from './subgraph';

/** The subgraph of the rewards program: executable schema and SDL. */
export function buildSchema(): Subgraph {
  return buildSubgraph<RequestContext>(graph);
}
