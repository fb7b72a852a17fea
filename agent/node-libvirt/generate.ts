/**
 * Writes codec.generated.ts and procedures.generated.ts from the facts in protocol.json.
 * Run: node agent/node-libvirt/generate.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface FieldFact {
  readonly name: string;
  readonly type: string;
  /** A variable length, of at most `max` elements or bytes. */
  readonly max?: number;
  readonly fixed?: number;
}

type TypeFact =
  | { readonly kind: 'struct'; readonly fields: readonly FieldFact[] }
  | ({ readonly kind: 'typedef'; readonly optional?: boolean } & Omit<FieldFact, 'name'>)
  | { readonly kind: 'enum'; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: 'union'; readonly arms: readonly { readonly case: number; readonly arm: FieldFact }[] };

interface ProcedureFact {
  readonly name: string;
  readonly program: 'remote' | 'qemu';
  readonly number: number;
  readonly args: string | null;
  readonly ret: string | null;
}

export interface Facts {
  readonly programs: Readonly<Record<string, { readonly number: number }>>;
  readonly types: Readonly<Record<string, TypeFact>>;
  readonly procedures: readonly ProcedureFact[];
}

/** How one type looks in TypeScript, the code that writes and reads it, and the fewest bytes it takes. */
interface Shape {
  readonly text: string;
  readonly write: (value: string) => string;
  readonly read: string;
  readonly minimumBytes: number;
}

/** The lines of a type's declaration, and of the bodies of its writer and its reader. */
interface Parts {
  readonly type: readonly string[];
  readonly writer: readonly string[];
  readonly reader: readonly string[];
}

/** The body of every reply that reports an error. */
const ERROR_BODY = 'remote_error';

const HEADING = `// Written by generate.ts from protocol.json. Change those, and run: node agent/node-libvirt/generate.ts\n`;

const PRIMITIVES: Readonly<Record<string, readonly [method: string, text: string, bytes: number]>> = {
  int: ['int32', 'number', 4],
  char: ['int32', 'number', 4],
  'unsigned int': ['uint32', 'number', 4],
  'unsigned char': ['uint32', 'number', 4],
  'unsigned short': ['uint32', 'number', 4],
  hyper: ['int64', 'bigint', 8],
  'unsigned hyper': ['uint64', 'bigint', 8],
  double: ['double', 'number', 8],
};

/** Names that would hide a global of JavaScript. */
const RENAMED: Readonly<Record<string, string>> = { Error: 'ErrorBody' };

const pascal = (name: string): string => {
  const short = name.replace(/^remote_/, '').replace(/^nonnull_/, '');
  const text = short.replace(/(?:^|_)(\w)/g, (_all, letter: string) => letter.toUpperCase());
  return RENAMED[text] ?? text;
};

const camel = (name: string): string =>
  name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());

function primitiveShape([method, text, bytes]: readonly [string, string, number]): Shape {
  return {
    text,
    write: (value) => `writer.${method}(${value})`,
    read: `reader.${method}()`,
    minimumBytes: bytes,
  };
}

/** The shape of a type by name. Typedefs dissolve into what they stand for; a UUID is a string in TypeScript. */
function namedShape(facts: Facts, type: string): Shape {
  const primitive = PRIMITIVES[type];
  if (primitive) return primitiveShape(primitive);
  const fact = facts.types[type];
  if (!fact) throw new Error(`protocol.json names the type ${type} but does not describe it`);
  if (fact.kind === 'enum') return primitiveShape(['int32', 'number', 4]);
  if (fact.kind === 'typedef') return typedefShape(facts, type, fact);
  const name = pascal(type);
  return {
    text: name,
    write: (value) => `write${name}(writer, ${value})`,
    read: `read${name}(reader)`,
    minimumBytes: minimumBytes(facts, fact),
  };
}

function typedefShape(facts: Facts, name: string, fact: TypeFact & { kind: 'typedef' }): Shape {
  if (name === 'remote_uuid') return primitiveShape(['uuid', 'string', 16]);
  if (fact.optional !== true) return fieldShape(facts, { ...fact, name });
  const inner = fieldShape(facts, { name, type: fact.type });
  return {
    text: `${inner.text} | null`,
    write: (value) => `writer.optional(${value}, (writer, value) => ${inner.write('value')})`,
    read: `reader.optional((reader) => ${inner.read})`,
    minimumBytes: 4,
  };
}

function fieldShape(facts: Facts, field: FieldFact): Shape {
  if (field.type === 'string' || field.type === 'opaque') {
    if (field.max === undefined) throw new Error(`the field ${field.name} has no maximum`);
    return {
      text: field.type === 'string' ? 'string' : 'Uint8Array',
      write: (value) => `writer.${field.type}(${value}, ${field.max})`,
      read: `reader.${field.type}(${field.max})`,
      minimumBytes: 4,
    };
  }
  const element = namedShape(facts, field.type);
  if (field.max === undefined && field.fixed === undefined) return element;
  const isFixed = field.fixed !== undefined;
  const bound = String(field.fixed ?? field.max);
  const call = isFixed ? 'fixedArray' : 'array';
  const readBounds = isFixed ? bound : `${bound}, ${element.minimumBytes}`;
  return {
    text: element.text.includes('|') ? `readonly (${element.text})[]` : `readonly ${element.text}[]`,
    write: (value) => `writer.${call}(${value}, ${bound}, (writer, value) => ${element.write('value')})`,
    read: `reader.${call}(${readBounds}, (reader) => ${element.read})`,
    minimumBytes: isFixed ? element.minimumBytes * Number(bound) : 4,
  };
}

function minimumBytes(facts: Facts, fact: TypeFact): number {
  if (fact.kind === 'struct') {
    return fact.fields.reduce((sum, field) => sum + fieldShape(facts, field).minimumBytes, 0);
  }
  if (fact.kind !== 'union') return 4;
  return 4 + Math.min(...fact.arms.map(({ arm }) => fieldShape(facts, arm).minimumBytes));
}

/** The types that go to the daemon, and those that come from it: only those get a writer or a reader. */
interface Directions {
  readonly written: ReadonlySet<string>;
  readonly read: ReadonlySet<string>;
}

function directions(facts: Facts): Directions {
  const written = new Set<string>();
  const read = new Set<string>();
  reach(facts, ERROR_BODY, read);
  for (const { args, ret } of facts.procedures) {
    if (args !== null) reach(facts, args, args.endsWith('_msg') ? read : written);
    if (ret !== null) reach(facts, ret, read);
  }
  return { written, read };
}

function reach(facts: Facts, type: string, reached: Set<string>): void {
  const fact = facts.types[type];
  if (!fact || reached.has(type)) return;
  reached.add(type);
  if (fact.kind === 'struct') for (const field of fact.fields) reach(facts, field.type, reached);
  if (fact.kind === 'typedef') reach(facts, fact.type, reached);
  if (fact.kind === 'union') for (const { arm } of fact.arms) reach(facts, arm.type, reached);
}

function structParts(facts: Facts, name: string, fields: readonly FieldFact[]): Parts {
  const shapes = fields.map((field) => ({ name: camel(field.name), shape: fieldShape(facts, field) }));
  return {
    type: [
      `export interface ${name} {`,
      ...shapes.map((field) => `  readonly ${field.name}: ${field.shape.text};`),
      '}',
    ],
    writer: shapes.map((field) => `  ${field.shape.write(`value.${field.name}`)};`),
    reader: ['  return {', ...shapes.map((field) => `    ${field.name}: ${field.shape.read},`), '  };'],
  };
}

function unionParts(facts: Facts, name: string, arms: (TypeFact & { kind: 'union' })['arms']): Parts {
  const shapes = arms.map((arm) => ({ type: arm.case, shape: fieldShape(facts, arm.arm) }));
  return {
    type: [
      `export type ${name} =`,
      ...shapes.map((arm, index) => {
        const end = index === shapes.length - 1 ? ';' : '';
        return `  | { readonly type: ${arm.type}; readonly value: ${arm.shape.text} }${end}`;
      }),
    ],
    writer: [
      '  writer.int32(value.type);',
      '  switch (value.type) {',
      ...shapes.map((arm) => `    case ${arm.type}:\n      return ${arm.shape.write('value.value')};`),
      '  }',
    ],
    reader: [
      '  const type = reader.int32();',
      '  switch (type) {',
      ...shapes.map((arm) => `    case ${arm.type}:\n      return { type, value: ${arm.shape.read} };`),
      '    default:',
      '      throw new ProtocolError(`a value of the unknown type ${type}`);',
      '  }',
    ],
  };
}

/** The text of codec.generated.ts. */
export function codecText(facts: Facts): string {
  const direction = directions(facts);
  const entry = new Set([
    ERROR_BODY,
    ...facts.procedures.flatMap(({ args, ret }) => [args ?? '', ret ?? '']),
  ]);
  const blocks = Object.entries(facts.types).flatMap(([type, fact]) => {
    if (fact.kind !== 'struct' && fact.kind !== 'union') return [];
    const name = pascal(type);
    const parts =
      fact.kind === 'struct' ? structParts(facts, name, fact.fields) : unionParts(facts, name, fact.arms);
    const scope = entry.has(type) ? 'export ' : '';
    const block = [parts.type];
    if (direction.written.has(type)) {
      block.push([
        `${scope}function write${name}(writer: XdrWriter, value: ${name}): void {`,
        ...parts.writer,
        '}',
      ]);
    }
    if (direction.read.has(type)) {
      block.push([`${scope}function read${name}(reader: XdrReader): ${name} {`, ...parts.reader, '}']);
    }
    return block.map((lines) => lines.join('\n'));
  });
  const imports = `import { ProtocolError } from './errors.ts';\nimport type { XdrReader, XdrWriter } from './xdr.ts';\n`;
  return `${HEADING}${imports}\n${blocks.join('\n\n')}\n`;
}

function procedureText(facts: Facts, fact: ProcedureFact): string {
  const variable = camel(`${fact.program === 'qemu' ? 'qemu_' : ''}${fact.name.toLowerCase()}`);
  const program = facts.programs[fact.program]?.number;
  const place = `  name: '${fact.name}',\n  program: ${program},\n  number: ${fact.number},`;
  if (fact.args?.endsWith('_msg') === true) {
    const body = pascal(fact.args);
    return `export const ${variable}: EventMessage<types.${body}> = {\n${place}\n  decode: types.read${body},\n};`;
  }
  const [args, encode] = fact.args
    ? [`types.${pascal(fact.args)}`, `types.write${pascal(fact.args)}`]
    : ['void', 'nothing'];
  const [ret, decode] = fact.ret
    ? [`types.${pascal(fact.ret)}`, `types.read${pascal(fact.ret)}`]
    : ['void', 'nothing'];
  const type = `Procedure<${args}, ${ret}>`;
  return `export const ${variable}: ${type} = {\n${place}\n  encode: ${encode},\n  decode: ${decode},\n};`;
}

/** The text of procedures.generated.ts. */
export function proceduresText(facts: Facts): string {
  const imports =
    `import * as types from './codec.generated.ts';\n` +
    `import { type EventMessage, nothing, type Procedure } from './procedure.ts';\n`;
  return `${HEADING}${imports}\n${facts.procedures.map((fact) => procedureText(facts, fact)).join('\n\n')}\n`;
}

/** The facts beside this module. */
export function readFacts(): Facts {
  return JSON.parse(readFileSync(new URL('protocol.json', import.meta.url), 'utf8')) as Facts;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const facts = readFacts();
  writeFileSync(new URL('codec.generated.ts', import.meta.url), codecText(facts));
  writeFileSync(new URL('procedures.generated.ts', import.meta.url), proceduresText(facts));
}
