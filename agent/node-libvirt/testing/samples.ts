import { type Facts, type FieldFact, readFacts } from '../generate.ts';
import { XdrWriter } from '../xdr.ts';

/** Numbers from 0 to 2^32 - 1, the same for the same seed. */
export type Random = () => number;

/** mulberry32, by Tommy Ettinger (public domain): small, fast, and good enough to make up tests. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Names that the typed layers look for, so that samples reach what is behind them. */
const KNOWN_STRINGS = [
  'state.state',
  'block.0.name',
  'net.0.name',
  'data_total',
  'vda',
  'rd_bytes',
  'total',
  'vm',
];

/** Lists in samples are short, so that a million of them fit into a minute. */
const MAXIMUM_ELEMENTS = 4;

const facts = readFacts();

/** The body of a valid message of a type, made up. */
export function sampleBody(type: string, random: Random): Buffer {
  const writer = new XdrWriter();
  writeNamed(facts, type, writer, random);
  return writer.finish();
}

function writeNamed(from: Facts, type: string, writer: XdrWriter, random: Random): void {
  if (type.endsWith('hyper')) return writer.uint64(BigInt(random()) * BigInt(random() % 3));
  if (type === 'double') return writer.double(random() / 7);
  const fact = from.types[type];
  if (!fact || fact.kind === 'enum') return writer.uint32(random() % 5 === 0 ? random() : random() % 9);
  if (fact.kind === 'struct') {
    for (const field of fact.fields) writeField(from, field, writer, random);
  } else if (fact.kind === 'union') {
    const arm = fact.arms[random() % fact.arms.length];
    if (!arm) return;
    writer.uint32(arm.case);
    writeField(from, arm.arm, writer, random);
  } else if (fact.optional === true) {
    const isPresent = random() % 2;
    writer.uint32(isPresent);
    if (isPresent === 1) writeNamed(from, fact.type, writer, random);
  } else writeField(from, { ...fact, name: type }, writer, random);
}

function writeField(from: Facts, field: FieldFact, writer: XdrWriter, random: Random): void {
  const count =
    field.fixed ?? (field.max === undefined ? 1 : random() % Math.min(field.max, MAXIMUM_ELEMENTS));
  if (field.type === 'string') {
    return writer.string(KNOWN_STRINGS[random() % KNOWN_STRINGS.length] ?? '', 64);
  }
  if (field.type === 'opaque') {
    const bytes = Buffer.alloc(count, random());
    return field.fixed === undefined ? writer.opaque(bytes, count) : writer.raw(bytes);
  }
  if (field.max !== undefined) writer.uint32(count);
  for (let index = 0; index < count; index += 1) writeNamed(from, field.type, writer, random);
}

/** Every type that comes from a daemon, by the name of its procedure. */
export const receivedTypes: readonly { readonly procedure: string; readonly type: string | null }[] =
  facts.procedures.map(({ name, program, args, ret }) => ({
    procedure: `${program}:${name}`,
    type: args?.endsWith('_msg') === true ? args : ret,
  }));
