import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { sampleStatus } from '../control/testing/sampleStatus.ts';
import type { Failure } from '../protocol/failure.ts';
import { MetricsServer } from './metrics.ts';
import { metricsText } from './metricsText.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0)) one();
});

const health = new Map([
  ['mail', { lastToldWallMs: 1, failure: null }],
  ['webhook:a"b\n', { lastToldWallMs: null, failure: { code: 'notify.refused', message: 'No.' } }],
]);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

function get(
  port: number,
  path: string,
  method = 'GET',
): Promise<{ status: number; type: string; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method }, (answer) => {
      let text = '';
      answer.on('data', (piece: Buffer) => (text += piece.toString('utf8')));
      answer.on('end', () => {
        const { statusCode = 0, headers } = answer;
        resolve({ status: statusCode, type: headers['content-type'] ?? '', text });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('every line is one that Prometheus reads, each name has its help and type once, and nothing breaks out of a label', () => {
  const text = metricsText(sampleStatus, health);
  const line =
    /^(?:# (?:HELP|TYPE) understudy_[a-z_]+ .+|understudy_[a-z_]+(?:\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? -?[0-9.e+-]+)$/;
  expect(text.endsWith('\n')).toBe(true);
  expect(
    text
      .trimEnd()
      .split('\n')
      .filter((one) => !line.test(one)),
  ).toEqual([]);
  const helps = [...text.matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name);
  expect(new Set(helps).size).toBe(helps.length);
  expect(text).toContain('understudy_keeper_alive 1\n');
  expect(text).toContain('understudy_channel_working{channel="webhook:a\\"b\\n"} 0\n');
});

test('is served on loopback only, and only at its place', async () => {
  const port = await freePort();
  const server = new MetricsServer(
    () => 'understudy_keeper_alive 1\n',
    () => undefined,
  );
  undo.push(() => server.close());
  expect(server.status()).toBeNull();
  server.configure({ listen: 'loopback', port });
  await expect
    .poll(() => get(port, '/metrics').catch(() => null))
    .toMatchObject({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      text: 'understudy_keeper_alive 1\n',
    });
  expect((await get(port, '/')).status).toBe(404);
  expect((await get(port, '/metrics', 'POST')).status).toBe(405);
  expect(server.status()).toEqual({ address: `127.0.0.1, port ${port}`, failure: null });
  server.configure(null);
  await expect(get(port, '/metrics')).rejects.toThrow(/ECONN|hang up/);
});

test('a port that is taken is named, and nothing else fails', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  undo.push(() => other.close());
  const { port } = other.address() as AddressInfo;
  const told: (Failure | null)[] = [];
  const server = new MetricsServer(
    () => '',
    (failure) => told.push(failure),
  );
  undo.push(() => server.close());
  server.configure({ listen: 'loopback', port });
  await expect.poll(() => told[0]?.code).toBe('notify.metrics-failed');
  expect(server.status()?.failure?.message).toContain('EADDRINUSE');
});
