import type * as z from 'zod';
import { findPlaces, type Path, type Places, pathText } from './places.ts';
import { checkReferences } from './references.ts';
import {
  type Expectation,
  MAX_STEPS,
  hostExpectationSchema,
  type Scenario,
  type ScenarioVm,
  type Step,
  scenarioSchema,
  stepSchemas,
  vmExpectationSchema,
  vmSchema,
} from './scenario.ts';

/** The largest scenarios that make sense are a tenth of this. */
export const MAX_SCENARIO_BYTES = 1_048_576;
/** So many problems are told at once; a file with more has something else wrong. */
const MOST_PROBLEMS = 10;
const MOST_CHARACTERS_SHOWN = 60;

export interface Problem {
  readonly path: Path;
  readonly text: string;
}

/** A scenario file that can't be taken as it is. Nothing of it runs. The message has a line for each problem. */
export class ScenarioError extends Error {
  readonly problems: readonly Problem[];
  constructor(fileName: string, problems: readonly Problem[], places: Places | null) {
    const shown = problems.slice(0, MOST_PROBLEMS).map(({ path, text }) => {
      const line = places === null ? '' : `:${places.lineOf(path)}`;
      return `${fileName}${line}: ${path.length === 0 ? '' : `${pathText(path)}: `}${text}`;
    });
    if (problems.length > shown.length) shown.push(`${fileName}: and ${problems.length - shown.length} more`);
    super(shown.join('\n'));
    this.name = 'ScenarioError';
    this.problems = problems;
  }
}

/**
 * Reads a scenario file. Throws a `ScenarioError` that names the file, the line, the JSON path and the known choices
 * for anything that is unknown, missing, out of order, out of range or of the wrong type.
 */
export function parseScenario(text: string, fileName: string): Scenario {
  if (text.length > MAX_SCENARIO_BYTES) {
    throw new ScenarioError(fileName, [{ path: [], text: `larger than ${MAX_SCENARIO_BYTES} bytes` }], null);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ScenarioError(fileName, [{ path: [], text: `not JSON: ${(error as Error).message}` }], null);
  }
  const places = findPlaces(text);
  const problems: Problem[] = places.doubled.map((path) => ({
    path,
    text: 'stands twice in the same object',
  }));
  const scenario = readScenario(json, fileName, problems);
  if (scenario !== null && problems.length === 0) checkReferences(scenario, problems);
  if (scenario === null || problems.length > 0) throw new ScenarioError(fileName, problems, places);
  return scenario;
}

/** The scenario as a file has it: what stands there again parses to the same. */
export function scenarioText(scenario: Scenario): string {
  const { steps, vms, expect, ...head } = scenario;
  const list = (name: string, items: readonly unknown[]): string =>
    items.length === 0
      ? `  "${name}": []`
      : `  "${name}": [\n${items.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`;
  const fields = Object.entries(head).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return `{\n${[...fields, list('vms', vms), list('steps', steps), list('expect', expect)].join(',\n')}\n}\n`;
}

function readScenario(json: unknown, fileName: string, problems: Problem[]): Scenario | null {
  const head = check(scenarioSchema, json, [], problems);
  const all = <Item>(field: string, read: Reader<Item>): Item[] => {
    const items = fieldOf(json, field);
    if (!Array.isArray(items) || items.length > MAX_STEPS) return [];
    return items.flatMap((item, index) => read(item, [field, index], problems) ?? []);
  };
  // Also when the head is refused: all problems of a file are told together.
  const lists = {
    vms: all('vms', readVm),
    steps: all('steps', readStep),
    expect: all('expect', readExpectation),
  };
  if (head === null) return null;
  const { links, name, for: purpose, ...rest } = head;
  return {
    name: name ?? fileName,
    ...(purpose === undefined ? {} : { for: purpose }),
    ...rest,
    links: links ?? pairs(head.hosts),
    ...lists,
  };
}

type Reader<Item> = (value: unknown, path: Path, problems: Problem[]) => Item | null;

const readVm: Reader<ScenarioVm> = (value, path, problems) => check(vmSchema, value, path, problems);

const readStep: Reader<Step> = (value, path, problems) => {
  const verbs = Object.keys(stepSchemas);
  const name = fieldOf(value, 'do');
  const schema = Object.entries(stepSchemas).find(([known]) => known === name)?.[1];
  if (schema !== undefined) return check<Step>(schema as z.ZodType<Step>, value, path, problems);
  const what = name === undefined ? 'missing' : `unknown verb ${shown(name)}`;
  problems.push({ path: [...path, 'do'], text: `${what}. Known verbs: ${verbs.join(', ')}` });
  return null;
};

const readExpectation: Reader<Expectation> = (value, path, problems) => {
  const isVm = fieldOf(value, 'vm') !== undefined;
  if (!isVm && fieldOf(value, 'host') === undefined) {
    problems.push({ path, text: 'names neither a "vm" nor a "host"' });
    return null;
  }
  const known = isVm ? ['runsOn', 'readiness', 'maxDowntime'] : ['resets', 'runs'];
  const read = isVm
    ? check<Expectation>(vmExpectationSchema, value, path, problems)
    : check<Expectation>(hostExpectationSchema, value, path, problems);
  if (read !== null && !known.some((field) => fieldOf(read, field) !== undefined)) {
    problems.push({ path, text: `expects nothing. Known: ${known.join(', ')}` });
  }
  return read;
};

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}

function check<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  path: Path,
  problems: Problem[],
): Output | null {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const at = [...path, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
    const given = issue.path.reduce<unknown>((inner, part) => fieldOf(inner, String(part)), value);
    problems.push(...describe(schema, issue, at, given));
  }
  return null;
}

function describe(schema: z.ZodType, issue: z.core.$ZodIssue, path: Path, given: unknown): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = `Known fields: ${knownFields(schema, issue.path).join(', ')}`;
    return issue.keys.map((key) => ({ path: [...path, key], text: `unknown field. ${known}` }));
  }
  return [{ path, text: sentence(issue, given) }];
}

function sentence(issue: z.core.$ZodIssue, given: unknown): string {
  if (given === undefined) {
    return issue.code === 'invalid_value' ? `missing. Known: ${issue.values.join(', ')}` : 'missing';
  }
  if (issue.code === 'invalid_value') return `unknown ${shown(given)}. Known: ${issue.values.join(', ')}`;
  if (issue.code === 'invalid_type') return `must be ${issue.expected}, not ${shown(given)}`;
  if (issue.code === 'invalid_format') return `${shown(given)}: ${issue.message}`;
  if (issue.code === 'too_small') {
    return `${shown(given)} is too small: ${issue.inclusive === true ? 'at least' : 'more than'} ${issue.minimum}`;
  }
  if (issue.code === 'too_big') return `${shown(given)} is too large: at most ${issue.maximum}`;
  return issue.message;
}

/** The fields of the object inside `schema` that `path` leads to. */
function knownFields(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let inner: unknown = schema;
  for (const part of path) inner = fieldOf(shapeOf(inner), String(part));
  return Object.keys(shapeOf(inner));
}

function shapeOf(schema: unknown): object {
  const shape = fieldOf(schema, 'shape') ?? fieldOf(fieldOf(fieldOf(schema, 'def'), 'innerType'), 'shape');
  return typeof shape === 'object' && shape !== null ? shape : {};
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MOST_CHARACTERS_SHOWN ? `${text.slice(0, MOST_CHARACTERS_SHOWN)}...` : text;
}

/** Without `links`: one cable between each two hosts. */
function pairs(hosts: readonly string[]): readonly (readonly [string, string])[] {
  return hosts.flatMap((host, index) => hosts.slice(index + 1).map((other) => [host, other] as const));
}
