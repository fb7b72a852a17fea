import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { unpackCarriedNode } from './carriedNode.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-node-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An agent folder as the bundler writes it, around this text instead of Node. */
function carry(name: string, text: string, promised = text): string {
  const agentFolder = join(folder, name);
  mkdirSync(join(agentFolder, 'x64'), { recursive: true });
  const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
  const packed = gzipSync(text);
  writeFileSync(join(agentFolder, 'x64/node.gz'), packed);
  const node = { name: 'node', mode: 0o755, sizeBytes: promised.length, sha256: sha256(promised) };
  const files = [{ ...node, compressedName: 'node.gz', compressedSha256: sha256(packed) }];
  writeFileSync(
    join(agentFolder, 'x64/manifest.json'),
    JSON.stringify({ version: '0.1.0-000000000000', architecture: 'x64', files }),
  );
  return agentFolder;
}

test('the carried Node is unpacked once, whole and executable, and an older one goes', async () => {
  const cache = join(folder, 'cache');
  const first = await unpackCarriedNode(carry('one', 'node 1'), 'x86_64', cache);
  expect(readFileSync(first, 'utf8')).toBe('node 1');
  expect(statSync(first).mode & 0o777).toBe(0o755);
  const { mtimeMs } = statSync(first);
  expect(await unpackCarriedNode(carry('one', 'node 1'), 'x86_64', cache)).toBe(first);
  expect(statSync(first).mtimeMs).toBe(mtimeMs);
  const second = await unpackCarriedNode(carry('two', 'node 22'), 'x86_64', cache);
  expect(readdirSync(cache)).toEqual([second.slice(cache.length + 1)]);
});

test('what is not the promised Node is never run, and nothing of it is left', async () => {
  const cache = join(folder, 'other');
  for (const agentFolder of [carry('bad', 'evil', 'node'), carry('long', 'node and more', 'node')])
    await expect(unpackCarriedNode(agentFolder, 'x86_64', cache)).rejects.toMatchObject({
      failure: { code: 'install.no-bundle' },
    });
  expect(readdirSync(cache)).toEqual([]);
});
