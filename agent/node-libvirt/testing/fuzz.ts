import { Duplex } from 'node:stream';
import { getHeapStatistics } from 'node:v8';
import { readLibvirtError } from '../callTable.ts';
import { Connection } from '../connection.ts';
import { domainEventKinds, subscribeDomainEvents } from '../domainEvents.ts';
import { ProtocolError } from '../errors.ts';
import { encodeMessage, Framer, messageStatus, messageType } from '../framing.ts';
import type { EventMessage, Procedure } from '../procedure.ts';
import * as procedures from '../procedures.generated.ts';
import type { XdrReader } from '../xdr.ts';
import { type Random, receivedTypes, sampleBody, seededRandom } from './samples.ts';

export interface FuzzReport {
  /** Messages that were decoded to a value. */
  readonly values: number;
  /** Messages that were refused with `ProtocolError`. */
  readonly refused: number;
  /** Messages that the framing still waits for, because their length claims more. */
  readonly incomplete: number;
  readonly slowestMs: number;
  /** The most that one message made this process allocate. */
  readonly mostBytes: number;
}

interface Target {
  readonly program: number;
  readonly number: number;
  readonly type: string | null;
  readonly decode: (reader: XdrReader) => unknown;
}

const EDGE_WORDS = [
  0, 1, 2, 7, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 16_384, 262_144, 4_194_304, 0x0200_0000,
];

/** What a daemon may send: the reply to each procedure, and each event. */
function targets(): Target[] {
  const known = Object.values(procedures) as (Procedure<never, unknown> | EventMessage<unknown>)[];
  return known.map(({ name, program, number, decode }) => {
    const isQemu = program === procedures.qemuDomainMonitorCommand.program;
    const full = `${isQemu ? 'qemu' : 'remote'}:${name}`;
    const type = receivedTypes.find(({ procedure }) => procedure === full)?.type ?? null;
    return { program, number, type, decode };
  });
}

/**
 * Decodes mutated messages as a connection would: framing, header, then a reply, an error or an event. Throws whatever
 * is thrown that is no `ProtocolError`. The same seed gives the same messages.
 */
export function fuzzDecoder(count: number, seed: number): FuzzReport {
  const random = seededRandom(seed);
  const all = targets();
  const report = { values: 0, refused: 0, incomplete: 0, slowestMs: 0, mostBytes: 0 };
  for (let index = 0; index < count; index += 1) {
    const target = all[random() % all.length];
    if (!target) continue;
    const bytes = mutate(sampleMessage(target, random), random);
    const startBytes = allocatedBytes();
    const startMs = performance.now();
    report[decodeOne(target, bytes)] += 1;
    report.slowestMs = Math.max(report.slowestMs, performance.now() - startMs);
    report.mostBytes = Math.max(report.mostBytes, allocatedBytes() - startBytes);
  }
  return report;
}

function allocatedBytes(): number {
  const heap = getHeapStatistics();
  return heap.used_heap_size + heap.external_memory + heap.malloced_memory;
}

function sampleMessage(target: Target, random: Random): Buffer {
  const isError = random() % 8 === 0;
  const type = isError ? 'remote_error' : target.type;
  const header = {
    program: target.program,
    procedure: target.number,
    type: messageType.reply,
    serial: 1,
    status: isError ? messageStatus.error : messageStatus.ok,
  };
  return encodeMessage(header, (writer) => {
    if (type !== null) writer.raw(sampleBody(type, random));
  });
}

function mutate(original: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(original);
  for (let times = random() % 4; times >= 0; times -= 1) {
    const at = random() % bytes.length;
    const word = at & ~3;
    const kind = random() % 6;
    if (kind === 0) bytes[at] = random();
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << (random() % 8));
    else if (kind === 2 && word + 4 <= bytes.length) {
      bytes.writeUInt32BE(EDGE_WORDS[random() % EDGE_WORDS.length] ?? 0, word);
    } else if (kind === 3)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random() % bytes.length)]);
    else if (kind === 4) bytes = bytes.subarray(0, Math.max(4, at));
    else bytes = Buffer.concat([bytes, Buffer.alloc(random() % 64, random())]);
  }
  // Without its length word, nothing of a message is read.
  if (bytes.length < 4) return original;
  // Mostly a true length, so that the mutations reach what is behind the framing.
  if (random() % 16 !== 0) bytes.writeUInt32BE(bytes.length, 0);
  return bytes;
}

function decodeOne(target: Target, bytes: Buffer): 'values' | 'refused' | 'incomplete' {
  const framer = new Framer();
  let delivered = 0;
  try {
    framer.push(bytes, (message) => {
      delivered += 1;
      if (message.status === messageStatus.error) readLibvirtError('fuzz', message.body);
      else target.decode(message.body);
    });
    return delivered > 0 ? 'values' : 'incomplete';
  } catch (error) {
    if (error instanceof ProtocolError) return 'refused';
    throw error;
  }
}

/**
 * Sends mutated messages to connections that listen to every kind of event. Each leaves its connection open or closes it;
 * returns how many did which. Rejects when something else is thrown.
 */
export async function fuzzConnections(
  count: number,
  seed: number,
): Promise<{ readonly open: number; readonly closed: number }> {
  const random = seededRandom(seed);
  const events = targets().filter(({ type }) => type?.endsWith('_msg'));
  const result = { open: 0, closed: 0 };
  let connection: Connection | null = null;
  let wire = new Duplex();
  for (let index = 0; index < count; index += 1) {
    if (!connection?.isOpen) ({ connection, wire } = await listeningConnection());
    const event = events[random() % events.length];
    if (!event) continue;
    const message = sampleMessage(event, random);
    message.writeInt32BE(messageType.event, 16);
    wire.push(mutate(message, random));
    await new Promise((resolve) => setImmediate(resolve));
    result[connection.isOpen ? 'open' : 'closed'] += 1;
  }
  connection?.destroy('the fuzzing is over');
  return result;
}

async function listeningConnection(): Promise<{ connection: Connection; wire: Duplex }> {
  const wire = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  const connection = new Connection(wire, domainEventKinds.length);
  const subscribed = subscribeDomainEvents(connection, domainEventKinds, () => {});
  const { program, number } = procedures.connectDomainEventCallbackRegisterAny;
  for (let serial = 1; serial <= domainEventKinds.length; serial += 1) {
    const header = { program, procedure: number, type: messageType.reply, serial, status: messageStatus.ok };
    wire.push(encodeMessage(header, (writer) => writer.int32(serial)));
  }
  await subscribed;
  return { connection, wire };
}
