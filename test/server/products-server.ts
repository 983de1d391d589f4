import 'reflect-metadata';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraph } from '../../src/server/subgraph';
import { graph } from './products';

/** Serves the compatibility suite's subgraph on PORT of loopback, until it is told to end. */
const server = new ApolloServer({ schema: buildSubgraph(graph).schema });
void startStandaloneServer(server, {
  listen: { host: '127.0.0.1', port: Number(process.env.PORT) },
});
