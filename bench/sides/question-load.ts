import { connect, type Socket } from 'node:net';
import { type Load, type Sample, summaryOf } from '../load';
import { work } from '../worker';

/** A request as it is sent, and the body that answers it. */
interface Question {
  readonly request: Buffer;
  readonly expected: Buffer;
}

interface Setup {
  readonly port: number;
  readonly token: string | null;
  /** Questions by list; one list is chosen per load. */
  readonly lists: Readonly<Record<string, readonly { body: string; expected: string }[]>>;
}

/**
 * Questions over kept-alive sockets, one under way on each, every answer compared byte by byte. It shares its processors
 * with what is measured, so everything is made beforehand: no request is put together and no answer parsed.
 */
work(async ({ port, token, lists }: Setup) => {
  const questions = new Map(
    Object.entries(lists).map(([name, list]) => [
      name,
      list.map(({ body, expected }): Question => {
        return { request: request(port, token, body), expected: Buffer.from(expected) };
      }),
    ]),
  );
  return {
    answer: (load: Load & { list: string }) => askFor(port, questions.get(load.list)!, load),
    close: async () => undefined,
  };
});

function request(port: number, token: string | null, body: string): Buffer {
  const authorization = token === null ? '' : `Authorization: Bearer ${token}\r\n`;
  return Buffer.from(
    `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${authorization}` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

async function askFor(
  port: number,
  questions: readonly Question[],
  load: Load,
): Promise<Omit<Sample, 'cpuMicros'>> {
  const from = performance.now() + load.warmMs;
  const until = from + load.measureMs;
  const latencies: number[] = [];
  let answered = 0;
  const told = (asked: number): boolean => {
    const now = performance.now();
    answered += 1;
    if (now >= from && now < until) latencies.push(now - asked);
    return now < until;
  };
  const callers = Array.from({ length: load.callers }, () => caller(port, questions, told));
  await Promise.all(callers);
  return { ...summaryOf(latencies, load.measureMs), answered };
}

/** Asks one question after the other until `told` of an answer says to stop. */
function caller(
  port: number,
  questions: readonly Question[],
  told: (asked: number) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    let received: Buffer | null = null;
    let question = questions[0]!;
    let asked = 0;
    const ask = () => {
      question = questions[Math.floor(Math.random() * questions.length)]!;
      asked = performance.now();
      socket.write(question.request);
    };
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.on('connect', ask);
    socket.on('error', fail);
    socket.on('close', () => reject(new Error('The connection was closed')));
    socket.on('data', (part: Buffer) => {
      received = received ? Buffer.concat([received, part]) : part;
      const body = bodyOf(received);
      if (body === null) return;
      if (!isExpected(body, question.expected)) {
        fail(new Error(`Got ${received.toString()}\nnot ${question.expected.toString()}`));
        return;
      }
      received = null;
      if (told(asked)) ask();
      else {
        resolve();
        socket.destroy();
      }
    });
  });
}

/** The body of an answer once it is whole; null before. */
function bodyOf(received: Buffer): Buffer | null {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = received.toString('latin1', 0, end);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`An answer without a length: ${head}`);
  const body = received.subarray(end + 4);
  return body.length < Number(length) ? null : body;
}

/** Whether a body is the one expected; some end theirs with a new line. */
function isExpected(body: Buffer, expected: Buffer): boolean {
  const length = body.at(-1) === 0x0a ? body.length - 1 : body.length;
  return body.subarray(0, length).equals(expected);
}
