import { expect, test } from 'vitest';
import { ProtocolError } from './errors.ts';
import { encodeMessage, Framer, type Message, messageStatus, messageType } from './framing.ts';

const message = (serial: number, bodyBytes: number): Buffer =>
  encodeMessage(
    { program: 1, procedure: 2, type: messageType.reply, serial, status: messageStatus.ok },
    (writer) => writer.raw(Buffer.alloc(bodyBytes, serial)),
  );

const frames = (chunks: readonly Buffer[]): Message[] => {
  const framer = new Framer();
  const messages: Message[] = [];
  for (const chunk of chunks) framer.push(chunk, (received) => messages.push(received));
  return messages;
};

const split = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_none, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );

test('messages are the same however the socket cuts them', () => {
  const lengths = [0, 4, 1, 1000, 7, 65_536, 3];
  const bytes = Buffer.concat(lengths.map((length, index) => message(index + 1, length)));
  for (const size of [1, 3, 4, 27, 28, 29, 1024, 65_536, bytes.length]) {
    const messages = frames(split(bytes, size));
    expect(messages.map(({ serial }) => serial)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(messages.map(({ body }) => body.remaining)).toEqual(lengths);
  }
});

test('the header comes back as it was sent', () => {
  const [received] = frames([message(77, 0)]);
  expect(received).toMatchObject({ program: 1, procedure: 2, type: 1, serial: 77, status: 0 });
});

test('a length that no message can have ends the stream', () => {
  for (const length of [0, 4, 27, 32 * 1024 * 1024 + 5, 0xffff_ffff]) {
    const bytes = message(1, 8);
    bytes.writeUInt32BE(length, 0);
    expect(() => frames([bytes])).toThrow(ProtocolError);
  }
});

test('a program of another version is not understood', () => {
  const bytes = message(1, 0);
  bytes.writeUInt32BE(2, 8);
  expect(() => frames([bytes])).toThrow(ProtocolError);
});

test('a claimed 32 MiB takes no memory until its bytes arrive', () => {
  const bytes = message(1, 8);
  bytes.writeUInt32BE(32 * 1024 * 1024, 0);
  const before = process.memoryUsage().arrayBuffers;
  expect(frames([bytes])).toEqual([]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
});

test('a message that comes byte by byte takes no more memory than twice its size', () => {
  const size = 1024 * 1024;
  const framer = new Framer();
  const bytes = message(1, size);
  const before = process.memoryUsage();
  let peak = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    framer.push(bytes.subarray(at, at + 1), () => {});
    if (at % 65_536 === 0) peak = Math.max(peak, process.memoryUsage().arrayBuffers - before.arrayBuffers);
  }
  expect(peak).toBeLessThan(4 * size);
});

test('a delivered message is not overwritten by the next', () => {
  const [first, second] = frames(split(Buffer.concat([message(1, 1000), message(2, 1000)]), 600));
  expect(first?.body.rest().equals(Buffer.alloc(1000, 1))).toBe(true);
  expect(second?.body.rest().equals(Buffer.alloc(1000, 2))).toBe(true);
});

test('a message of the largest size is put together from small pieces', () => {
  const bytes = message(1, 32 * 1024 * 1024 - 24);
  const [received] = frames(split(bytes, 65_536));
  expect(received?.body.remaining).toBe(32 * 1024 * 1024 - 24);
});
