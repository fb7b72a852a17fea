import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  openSync,
  closeSync,
  createReadStream,
  rmSync,
  writeFileSync,
  constants,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { parseBeat } from '../protocol/guestBeat.ts';
import { LINUX_HEARTBEAT, WINDOWS_HEARTBEAT } from './guestHeartbeat.ts';

/** The program as it is, but that its port is a pipe and its files are in a folder of the test. */
function inFolder(folder: string): string {
  const text = LINUX_HEARTBEAT.replace('/dev/virtio-ports/org.understudy.heartbeat.0', join(folder, 'port'))
    .replace('[ -c "$PORT" ]', '[ -p "$PORT" ]')
    .replace('CHECK=/etc/understudy-heartbeat/check', `CHECK=${join(folder, 'check')}`)
    .replace('/run/understudy-heartbeat.away', join(folder, 'away'));
  const file = join(folder, 'understudy-heartbeat');
  writeFileSync(file, text);
  return file;
}

test('the program for Linux guests beats, says what its check says, and that it is away when it is stopped', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-heartbeat-'));
  const port = join(folder, 'port');
  execFileSync('mkfifo', [port]);
  const file = inFolder(folder);
  // Opened for both, so that neither end waits for the other.
  const descriptor = openSync(port, constants.O_RDWR);
  const guest = spawn('sh', [file, 'run'], { env: { ...process.env, UNDERSTUDY_HEARTBEAT_SECONDS: '0.02' } });
  const lines = createInterface({ input: createReadStream(port) });
  const seen: string[] = [];
  lines.on('line', (line) => seen.push(line));
  try {
    await expect.poll(() => seen.slice(0, 2), { timeout: 5000 }).toEqual(['beat/1 ok away 0', 'beat/1 ok']);
    writeFileSync(join(folder, 'check'), '#!/bin/sh\nprintf "disk \\033[2J full\\nmore\\n"\nexit 3\n');
    chmodSync(join(folder, 'check'), 0o755);
    await expect.poll(() => seen.at(-1), { timeout: 5000 }).toBe('beat/1 failed: disk [2J full');
    execFileSync('sh', [file, 'away', '900']);
    await expect.poll(() => seen.includes('beat/1 ok away 900'), { timeout: 5000 }).toBe(true);
    guest.kill('SIGTERM');
    await expect.poll(() => seen.at(-1), { timeout: 5000 }).toBe('beat/1 ok away 600');
    expect(seen.filter((line) => parseBeat(line) === null)).toEqual([]);
    expect(spawnSync('sh', [file, 'away', '99999']).status).toBe(2);
  } finally {
    guest.kill('SIGKILL');
    lines.close();
    closeSync(descriptor);
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the program for Windows guests writes what the agent reads, to the port that Windows names so', () => {
  expect(WINDOWS_HEARTBEAT).toContain(String.raw`'\\.\Global\org.understudy.heartbeat.0'`);
  expect(WINDOWS_HEARTBEAT).toContain('GetBytes("beat/1 $next`n")');
});
