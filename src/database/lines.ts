import type { DataSource } from 'typeorm';
import { type Prepared, readPrepared, type Value } from './prepared';

/** SQL of a row's values, each in a line of its own. None may be null or have a line end in it, nor the last one be empty. */
export function rowSql(values: readonly string[]): string {
  return `concat_ws(E'\\n', ${values.join(', ')})`;
}

/** SQL of all rows as one text, each as `row`, SQL of `rowSql`, has it. */
export function linesSql(row: string): string {
  return `string_agg(${row}, E'\\n')`;
}

/** Reads what `linesSql` wrote. Many small values by themselves cost the driver more than the database takes to find them. */
export async function readLines(
  database: DataSource,
  statement: Prepared,
  values: readonly Value[],
): Promise<Lines> {
  const [row] = await readPrepared<[lines: string | null]>(database, statement, values);
  return new Lines(row?.[0] ?? '');
}

/** Values to be taken one after the other, each as what it is. */
export class Lines {
  private at = 0;

  constructor(private readonly all: string) {}

  get isEmpty(): boolean {
    return this.at >= this.all.length;
  }

  text(): string {
    const end = this.all.indexOf('\n', this.at);
    const text = this.all.slice(this.at, end < 0 ? undefined : end);
    this.at += text.length + 1;
    return text;
  }

  /** A whole number; a RangeError where a JavaScript number could not hold it exactly, or it is none. */
  whole(): number {
    const { all } = this;
    const isNegative = all.charCodeAt(this.at) === MINUS;
    const from = isNegative ? this.at + 1 : this.at;
    let value = 0;
    let at = from;
    // Digit by digit: a number of a piece of text costs several times as much.
    for (let digit = digitAt(all, at); digit >= 0 && digit <= 9; digit = digitAt(all, at)) {
      value = value * 10 + digit;
      at += 1;
    }
    const isAll = at > from && (at === all.length || all.charCodeAt(at) === LINE_END);
    if (!isAll || !Number.isSafeInteger(value)) {
      throw new RangeError(`No whole number in the safe range: ${this.text()}`);
    }
    this.at = at + 1;
    return isNegative ? -value : value;
  }
}

const [MINUS, ZERO, LINE_END] = [45, 48, 10];

/** NaN, which is no digit, behind the end. */
function digitAt(text: string, at: number): number {
  return text.charCodeAt(at) - ZERO;
}
