import { type ParseArgsConfig, parseArgs } from 'node:util';
import { fail } from '../backend/failures.ts';
import type { HostEntry } from '../backend/inventory/schema.ts';
import type { HostSession } from '../backend/ssh/session.ts';
import type { SecretSource } from '../backend/secret.ts';

export type Options = NonNullable<ParseArgsConfig['options']>;

/** What a command may use of the outside; a test gives its own. */
export interface Context {
  readonly inventoryPath: string;
  /** Folder with one agent bundle an architecture. */
  readonly agentFolder: string;
  readonly secrets: SecretSource;
  /** Whether a password was given on the command line: then it is the way to log in. */
  readonly hasPassword: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Progress for people: standard error, so that standard output stays the result. */
  readonly say: (text: string) => void;
  readonly open: (host: HostEntry) => Promise<HostSession>;
  readonly now: () => Date;
  /** Of this program, for what is saved. */
  readonly version: string;
}

export interface Outcome {
  readonly text: string;
  /** What `--json` prints beside `ok`. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly exitCode?: number;
}

export interface Command {
  /** `hosts add` */
  readonly words: string;
  readonly usage: string;
  readonly summary: string;
  readonly options: Options;
  readonly run: (args: Arguments, context: Context) => Promise<Outcome>;
}

/** The parsed command line of one command; every accessor names the argument that is wrong. */
export class Arguments {
  readonly #values: ReadonlyMap<string, string | boolean | readonly (string | boolean)[]>;
  readonly positionals: readonly string[];
  readonly #usage: string;

  constructor(command: Command, argv: readonly string[]) {
    this.#usage = command.usage;
    try {
      const parsed = parseArgs({
        args: [...argv],
        options: command.options,
        allowPositionals: true,
        strict: true,
      });
      this.positionals = parsed.positionals;
      this.#values = new Map(
        Object.entries(parsed.values).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value]],
        ),
      );
    } catch (fault) {
      throw this.wrong(fault instanceof Error ? fault.message : String(fault));
    }
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  texts(name: string): readonly string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }

  /** A whole number within bounds, or the default. */
  number(name: string, fallback: number, least: number, most: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw this.wrong(`--${name} must be a whole number from ${least} to ${most}, not ${text}`, name);
  }

  one<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = allowed.find((each) => each === text);
    if (found !== undefined) return found;
    throw this.wrong(`--${name} must be one of ${allowed.join(', ')}, not ${text}`, name);
  }

  required(name: string): string {
    const text = this.text(name);
    if (text !== undefined) return text;
    throw this.wrong(`--${name} is missing`, name);
  }

  /** Exactly these positional arguments. */
  exactly(...names: readonly string[]): readonly string[] {
    const missing = names[this.positionals.length];
    if (missing !== undefined) throw this.wrong(`${missing} is missing`, missing);
    const extra = this.positionals[names.length];
    if (extra !== undefined) throw this.wrong(`${extra} is one argument too many`);
    return this.positionals;
  }

  atLeastOne(name: string): readonly string[] {
    if (this.positionals.length === 0) throw this.wrong(`${name} is missing`, name);
    return this.positionals;
  }

  wrong(message: string, field?: string): Error {
    return fail({
      code: 'input.usage',
      message: `${message}.`,
      fix: `Usage: npm run console -- ${this.#usage}`,
      ...(field === undefined ? {} : { field }),
    });
  }
}
