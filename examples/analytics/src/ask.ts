import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';

/** Whom is asked, and with whose token. */
export interface Endpoint {
  readonly url: string;
  readonly token: string;
}

/** Asks one query; fails with what the service says where it answers with errors. */
export async function ask<Data, Variables>(
  { url, token }: Endpoint,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const answer = (await response.json()) as {
    readonly data?: Data;
    readonly errors?: readonly { readonly message: string }[];
  };
  if (answer.errors || !answer.data) {
    const said = answer.errors?.map(({ message }) => message).join('; ');
    throw new Error(`${url} answers ${response.status}: ${said ?? 'no data'}`);
  }
  return answer.data;
}
