/** Beginnings of bodies that are known at a time; routers send few. */
const KNOWN_MAX = 200;
/** Longer ones are not kept. */
const LENGTH_MAX = 10_000;
/** Where a list of representations begins: no text in JSON has this in it, its quotes would be escaped. */
const LIST = '[{"__typename":"';
/** What stands behind the list: it is the last of the variables, and they are the last of the body. */
const END = ']}}';

type Members = Readonly<Record<string, unknown>>;

/** What all bodies that begin alike have in common. */
interface Known {
  readonly body: Members;
  /** The variable whose value the list is. */
  readonly name: string;
  readonly typeName: string;
  /** What every representation begins with, before its id. */
  readonly lead: string;
}

/**
 * Reads bodies that differ from one before them by nothing but the ids of their representations, as a router writes them again and
 * again: only the ids are looked at. What is made of one is what JSON.parse makes, and whatever is not exactly so is left to that.
 */
export class KnownBodies {
  private readonly known = new Map<string, Known>();

  /** The body of a text; undefined for one that has to be read as a whole. */
  read(text: string): unknown {
    const from = text.indexOf(LIST);
    if (from < 0 || from > LENGTH_MAX || !text.endsWith(END)) return undefined;
    const nameEnd = text.indexOf('"', from + LIST.length);
    if (nameEnd > LENGTH_MAX) return undefined;
    const beginning = text.slice(0, nameEnd + 1);
    const known = this.known.get(beginning) ?? this.learn(beginning, from);
    const list = known && listOf(text, from + 1, known);
    return list ? { ...known.body, variables: { [known.name]: list } } : undefined;
  }

  private learn(slice: string, from: number): Known | null {
    // A slice would keep the whole text it is of.
    const beginning = Buffer.from(slice).toString();
    const known = knownOf(beginning, from);
    if (!known) return null;
    this.known.set(beginning, known);
    for (const oldest of this.known.keys()) {
      if (this.known.size > KNOWN_MAX) this.known.delete(oldest);
      break;
    }
    return known;
  }
}

/** Null where the list is not the only variable, or the body has more than texts besides. */
function knownOf(beginning: string, from: number): Known | null {
  const before = beginning.slice(0, from);
  const name = /"variables":\{"(\w+)":$/.exec(before)?.[1];
  const typeName = /^(\w+)"$/.exec(beginning.slice(from + LIST.length))?.[1];
  if (name === undefined || typeName === undefined) return null;
  // What would be a prototype is for others to look at.
  if (before.includes('\\u') || /proto__|constructor/.test(before)) return null;
  try {
    const { variables, ...texts }: Members = JSON.parse(`${before}[${END}`);
    const isText = Object.values(texts).every((value) => typeof value === 'string');
    // Of a body of another shape the brackets close something else.
    if (!isText || JSON.stringify(variables) !== `{"${name}":[]}`) return null;
    return {
      body: { ...texts, variables },
      name,
      typeName,
      lead: `{"__typename":"${typeName}","id":"`,
    };
  } catch {
    return null;
  }
}

/** The representations that begin at `from`; null where one of them is more than an id as it is, or something else follows. */
function listOf(text: string, from: number, { typeName, lead }: Known): object[] | null {
  const list: object[] = [];
  const last = text.length - END.length;
  for (let at = from; text.startsWith(lead, at); ) {
    const begin = at + lead.length;
    const end = endOfText(text, begin);
    if (text.charCodeAt(end) !== QUOTE || text.charCodeAt(end + 1) !== BRACE) return null;
    list.push({ __typename: typeName, id: text.slice(begin, end) });
    at = end + 3;
    if (end + 2 === last) return list;
    if (text.charCodeAt(end + 2) !== COMMA) return null;
  }
  return null;
}

const [QUOTE, BACKSLASH, BRACE, COMMA, SPACE] = [0x22, 0x5c, 0x7d, 0x2c, 0x20];

/** Where a text that begins at `from` ends, or has a character that does not stand for itself. */
function endOfText(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE || unit === BACKSLASH || unit < SPACE) return at;
  }
  return text.length;
}
