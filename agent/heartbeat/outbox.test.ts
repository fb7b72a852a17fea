import { expect, test } from 'vitest';
import type { KeeperNetMessage } from '../protocol/keeperLink.ts';
import { emptyOutbox, type Outbox, post, take } from './outbox.ts';

const challenge = (nonce: number): KeeperNetMessage => ({ kind: 'challenge', nonce, epoch: 1 });
const answer = (nonce: number): KeeperNetMessage => ({
  kind: 'answer',
  nonce,
  cannotReachStore: true,
  epoch: 1,
});
const drained: KeeperNetMessage = { kind: 'drained', epoch: 4, hardwareId: 'a'.repeat(64) };

/** What `beats` datagrams carry. */
function sends(start: Outbox, beats: number, epoch = 4): readonly (readonly KeeperNetMessage[])[] {
  let outbox = start;
  return Array.from({ length: beats }, () => {
    const taken = take(outbox, epoch);
    outbox = taken.outbox;
    return taken.messages;
  });
}

test('a challenge goes out with the next datagram and twice more', () => {
  expect(sends(post(emptyOutbox, challenge(1)), 5).map((messages) => messages.length)).toEqual([
    1, 1, 1, 0, 0,
  ]);
});

test('a datagram carries at most two messages and what was never sent comes first', () => {
  let outbox = post(post(emptyOutbox, challenge(1)), answer(2));
  outbox = take(outbox, 4).outbox;
  const { messages } = take(post(outbox, answer(3)), 4);
  expect(messages).toEqual([answer(3), answer(2)]);
});

test('"drained" is sent at once and repeated until the host has a new epoch', () => {
  const outbox = post(emptyOutbox, drained);
  expect(sends(outbox, 9).map((messages) => messages.length)).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  expect(sends(outbox, 9, 5).flat()).toEqual([]);
});

test('a box that nobody empties stays bounded and keeps the newest', () => {
  let outbox = emptyOutbox;
  for (let nonce = 1; nonce <= 1000; nonce += 1) outbox = post(outbox, challenge(nonce));
  expect(outbox.waiting.length).toBe(16);
  expect(outbox.dropped).toBe(984);
  expect(take(outbox, 4).messages).toContainEqual(challenge(1000));
});
