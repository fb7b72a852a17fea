import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_TOLD_BRIDGES } from '../protocol/hostCondition.ts';
import { Heartbeat, MAX_DATAGRAM_BYTES } from '../protocol/heartbeat.ts';
import { createEnvelope, type Header, MAX_SEALED_TEXT_BYTES, parseHeader } from './envelope.ts';

const groupKey = randomBytes(32);
const groupId = '6f1c2a9e-0000-4000-8000-000000000001';
const header: Header = { from: 0, to: 1, link: 0, session: '00112233445566ff', counter: 7 };
const envelope = createEnvelope(groupKey, groupId);

function sealed(text: string, under: Header = header): Buffer {
  const datagram = envelope.seal(under, text);
  if (datagram === null) throw new Error('The text does not fit.');
  return datagram;
}

/** What a receiver does before it looks at the text. */
function openAny(datagram: Buffer, by = envelope): string | null {
  const read = parseHeader(datagram);
  return read === null ? null : by.open(read, datagram);
}

test('a sealed text comes back under the header it was sealed with', () => {
  const datagram = sealed('{"a":"ä"}');
  expect(parseHeader(datagram)).toEqual(header);
  expect(openAny(datagram)).toBe('{"a":"ä"}');
});

test('a datagram with any bit changed, cut or lengthened is never opened', () => {
  const datagram = sealed('{"storeReachable":true}');
  for (let bit = 0; bit < datagram.length * 8; bit += 1) {
    const changed = Buffer.from(datagram);
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    expect(openAny(changed)).toBeNull();
  }
  for (let length = 0; length < datagram.length; length += 1)
    expect(openAny(datagram.subarray(0, length))).toBeNull();
  expect(openAny(Buffer.concat([datagram, Buffer.from([0])]))).toBeNull();
});

test('noise is never opened', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1500 }), fc.boolean(), (noise, withMagic) => {
      const datagram = Buffer.from(noise);
      if (withMagic && datagram.length > 8) sealed('').copy(datagram, 0, 0, 8);
      expect(openAny(datagram)).toBeNull();
    }),
    { numRuns: 2000 },
  );
});

test('a datagram of another group, or of the same key under another group id, is never opened', () => {
  const datagram = sealed('{}');
  expect(openAny(datagram, createEnvelope(randomBytes(32), groupId))).toBeNull();
  expect(openAny(datagram, createEnvelope(groupKey, groupId.replace('6f', '6e')))).toBeNull();
});

test('a datagram turned around, or carried to another link or host, is not opened', () => {
  for (const moved of [{ from: 1, to: 0 }, { link: 1 }, { to: 2 }]) {
    const datagram = sealed('{}');
    const other = sealed('{}', { ...header, ...moved });
    other.copy(datagram, 0, 0, 20);
    expect(openAny(datagram)).toBeNull();
  }
});

test('the largest heartbeat that the schema allows in names and messages fits a datagram', () => {
  const longest: Heartbeat = {
    groupId,
    from: 7,
    hostName: 'h'.repeat(63),
    link: 3,
    session: 'f'.repeat(16),
    echoSession: 'f'.repeat(16),
    sentMs: 123_456_789_012.123,
    echoSentMs: 123_456_789_012.123,
    echoHeldMs: 123_456_789_012.123,
    epoch: Number.MAX_SAFE_INTEGER,
    phase: 'condemned',
    agentVersion: 'v'.repeat(40),
    configGeneration: Number.MAX_SAFE_INTEGER,
    storeReachable: false,
    goingDown: 'low-battery',
    condition: {
      uplinksUp: Array.from({ length: MAX_TOLD_BRIDGES }, () => 'u'.repeat(15)),
      uplinksDown: Array.from({ length: MAX_TOLD_BRIDGES }, () => 'd'.repeat(15)),
      hardware: 'worrying',
    },
    keeper: [
      { kind: 'drained', epoch: Number.MAX_SAFE_INTEGER, hardwareId: 'a'.repeat(64) },
      {
        kind: 'answer',
        nonce: Number.MAX_SAFE_INTEGER,
        cannotReachStore: false,
        epoch: Number.MAX_SAFE_INTEGER,
      },
    ],
  };
  expect(Heartbeat.safeParse(longest).success).toBe(true);
  expect(sealed(JSON.stringify(longest)).length).toBeLessThanOrEqual(MAX_DATAGRAM_BYTES);
  expect(envelope.seal(header, 'x'.repeat(MAX_SEALED_TEXT_BYTES + 1))).toBeNull();
});

test('a used-up counter is never sealed, so that no nonce comes twice', () => {
  expect(envelope.seal({ ...header, counter: 2 ** 32 }, '{}')).toBeNull();
});
