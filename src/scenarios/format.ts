import { z } from 'zod';
import { id, instant, object, words } from './leaves';
import { CHECKS, COMMANDS, EVENTS, outcome, type Shapes, type Step } from './shapes';

/** A story told in platform events, commands and checks. */
export interface Scenario {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** One thing wrong with a file: where, and what would have been right. */
export interface Problem {
  /** 1 for the first; null where the file itself is wrong. */
  readonly step: number | null;
  /** Such as `data.net` or `expect.lots[0].granted`; null where there is no field to name. */
  readonly field: string | null;
  readonly expected: string;
  /** What stands there, as JSON. */
  readonly actual: string;
}

const file = object({
  title: words,
  rules: z.union([z.string(), z.array(z.string())], 'text, or a list of texts').optional(),
  note: words.optional(),
  steps: z.array(z.unknown(), 'a list of steps').min(1, 'a list of at least one step'),
});

/** Reads the text of a scenario file; everything that is wrong with it, where anything is. */
export function parseScenario(content: string): Scenario | readonly Problem[] {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    const actual = error instanceof Error ? error.message : String(error);
    return [{ step: null, field: null, expected: 'a JSON document', actual }];
  }
  const parsed = file.safeParse(json);
  if (!parsed.success) return problemsOf(parsed.error, json, null);
  const problems: Problem[] = [];
  const steps: Step[] = [];
  for (const [index, raw] of parsed.data.steps.entries()) {
    const step = parseStep(raw, index + 1, problems);
    if (step) steps.push(step);
  }
  if (problems.length === 0) problems.push(...storyProblems(steps));
  return problems.length > 0 ? problems : { title: parsed.data.title, steps };
}

function parseStep(raw: unknown, number: number, problems: Problem[]): Step | null {
  const wrong = (field: string | null, expected: string, actual: unknown): null => {
    problems.push({ step: number, field, expected, actual: show(actual) });
    return null;
  };
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) {
    return wrong(null, 'an object with event, do or check', raw);
  }
  const kinds = (['event', 'do', 'check'] as const).filter((kind) => kind in raw);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    return wrong(null, 'exactly one of event, do, check', Object.keys(raw));
  }
  const shape = kind === 'check' ? checkShape(raw) : namedShape(kind, raw);
  if ('expected' in shape) return wrong(shape.field, shape.expected, shape.actual);
  const parsed = shape.schema.safeParse(raw);
  if (!parsed.success) {
    problems.push(...problemsOf(parsed.error, raw, number));
    return null;
  }
  const { at, note: _, ...rest } = parsed.data as { at?: string; note?: string };
  return { at: at ?? null, kind, ...rest, ...shape.names } as unknown as Step;
}

const EVERY_STEP = { at: instant.optional(), note: words.optional() };

type StepShape =
  | { readonly schema: z.ZodType; readonly names?: object }
  | { readonly field: string; readonly expected: string; readonly actual: unknown };

function namedShape(kind: 'event' | 'do', raw: object): StepShape {
  const name: unknown = Reflect.get(raw, kind);
  const table: Shapes = kind === 'event' ? EVENTS : COMMANDS;
  const data = typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
  if (!data) {
    return { field: kind, expected: `one of ${Object.keys(table).join(', ')}`, actual: name };
  }
  const parts = { ...EVERY_STEP, [kind]: z.string(), data };
  return { schema: object(kind === 'do' ? { ...parts, expect: outcome } : parts) };
}

function checkShape(raw: object): StepShape {
  const subject: unknown = Reflect.get(raw, 'check');
  const entries = subject !== null && typeof subject === 'object' ? Object.entries(subject) : [];
  const [kind, named] = entries[0] ?? [];
  if (entries.length !== 1 || !isChecked(kind)) {
    const kinds = Object.keys(CHECKS).map((known) => `{"${known}": …}`);
    return { field: 'check', expected: `one of ${kinds.join(', ')}`, actual: subject };
  }
  const check = object({ [kind]: id });
  return {
    schema: object({ ...EVERY_STEP, check, expect: CHECKS[kind] }),
    names: { check: kind, id: named },
  };
}

function isChecked(kind: string | undefined): kind is keyof typeof CHECKS {
  return kind !== undefined && Object.hasOwn(CHECKS, kind);
}

/** What only the story as a whole shows: a clock that goes backwards, the name of something that nobody made. */
function storyProblems(steps: readonly Step[]): Problem[] {
  const problems: Problem[] = [];
  const accepted = { redemption: new Set<string>(), transfer: new Set<string>() };
  let now: string | null = null;
  for (const [index, step] of steps.entries()) {
    const wrong = (field: string, expected: string, actual: unknown) =>
      problems.push({ step: index + 1, field, expected, actual: show(actual) });
    if (step.at !== null) {
      const backwards = now !== null && Date.parse(step.at) < Date.parse(now);
      if (backwards) wrong('at', `an instant not before ${now}`, step.at);
      else now = step.at;
    }
    const named = nameIn(step);
    if (named && !accepted[named.kind].has(named.name)) {
      wrong(named.field, `the name of a ${named.kind} accepted before`, named.name);
    }
    const made = nameMadeBy(step);
    if (!made) continue;
    const isUsed = Object.values(accepted).some((names) => names.has(made.name));
    if (isUsed) wrong('data.as', 'a name not used before', made.name);
    if (made.isAccepted) accepted[made.kind].add(made.name);
  }
  return problems;
}

type Named = { readonly kind: 'redemption' | 'transfer'; readonly name: string };

/** What a step names that an earlier one made. */
function nameIn(step: Step): (Named & { readonly field: string }) | null {
  if (step.kind === 'check') {
    return step.check === 'transfer'
      ? { kind: 'transfer', name: step.id, field: 'check.transfer' }
      : null;
  }
  if (step.kind === 'event') return null;
  if (step.do === 'capture' || step.do === 'release') {
    return { kind: 'redemption', name: step.data.redemption, field: 'data.redemption' };
  }
  return step.do === 'decideTransfer'
    ? { kind: 'transfer', name: step.data.transfer, field: 'data.transfer' }
    : null;
}

/** The name that a step gives to what it makes. */
function nameMadeBy(step: Step): (Named & { readonly isAccepted: boolean }) | null {
  if (step.kind !== 'do' || !('as' in step.data) || step.data.as === undefined) return null;
  const kind = step.do === 'requestTransfer' ? 'transfer' : 'redemption';
  return { kind, name: step.data.as, isAccepted: step.expect === 'ok' };
}

function problemsOf(error: z.ZodError, input: unknown, step: number | null): Problem[] {
  return error.issues.flatMap((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [null];
    return keys.map((key) => {
      const path = key === null ? issue.path : [...issue.path, key];
      return {
        step,
        field: pathText(path),
        expected: issue.message,
        actual: show(at(input, path)),
      };
    });
  });
}

function pathText(path: readonly PropertyKey[]): string | null {
  if (path.length === 0) return null;
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function at(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      value !== null && typeof value === 'object' ? Reflect.get(value, part) : undefined,
    input,
  );
}

/** A value as a report shows it: JSON, cut where it is long; "nothing" for what is missing. */
export function show(value: unknown): string {
  const json = value === undefined ? 'nothing' : JSON.stringify(value);
  return json.length > 200 ? `${json.slice(0, 199)}…` : json;
}
