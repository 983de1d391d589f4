const { createClient } = require('graphql-ws');
const WebSocket = require('ws');

/** Longest wait for one event of a subscription, in milliseconds. */
const EVENT_MS = 15_000;

/** Asks the gateway as whoever `token` speaks for (null: nobody). Resolves with data, errors and status. */
async function ask(url, token, query, variables) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...(await response.json()) };
}

/** Subscribes over a WebSocket. `next` resolves with the next result, `close` ends it. */
function watch({ socketUrl }, token, query, variables) {
  const client = createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: { token },
    retryAttempts: 0,
  });
  return reader(client.iterate({ query, variables }), () => client.dispose());
}

/** Subscribes by server-sent events. `next` resolves with the next result, `close` ends it. */
async function listen({ url }, token, query, variables) {
  const ending = new AbortController();
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query, variables }),
    signal: ending.signal,
  });
  return reader(results(response.body), () => ending.abort());
}

async function* results(body) {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const messages = (text + chunk).replaceAll('\r\n', '\n').split('\n\n');
    text = messages.pop();
    for (const message of messages) {
      const data = /^data: *(\{.*)$/m.exec(message)?.[1];
      if (data) yield JSON.parse(data);
    }
  }
}

function reader(iterator, close) {
  const next = async () => {
    let timer;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no event within ${EVENT_MS} ms`)), EVENT_MS);
    });
    const { value } = await Promise.race([iterator.next(), late]).finally(() =>
      clearTimeout(timer),
    );
    return value;
  };
  return { next, close };
}

module.exports = { ask, watch, listen };
