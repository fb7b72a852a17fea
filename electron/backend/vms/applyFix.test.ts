import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HostSession } from '../ssh/session.ts';
import { hereSession } from '../testing/hereSession.ts';
import { applyVmFix } from './applyFix.ts';

const watch = { signal: new AbortController().signal, tell: () => undefined };

test('a network that can not be started on the other host is not left behind there', async () => {
  const here = mkdtempSync(join(tmpdir(), 'understudy-network-'));
  const virsh = `#!/bin/sh
echo "$2" >>'${here}/asked'
case $2 in
  net-dumpxml) echo "<network><name>office</name><uuid>1</uuid></network>" ;;
  net-define) cp -- "$3" '${here}/defined' ;;
  net-start) echo "error: Network is already in use by interface eth1" >&2; exit 1 ;;
  net-undefine) rm -- '${here}/defined' ;;
esac`;
  writeFileSync(join(here, 'virsh'), virsh, { mode: 0o755 });
  const session: HostSession = {
    ...hereSession,
    runAsRoot: (run) => hereSession.runAsRoot({ ...run, script: `PATH=${here}:$PATH\n${run.script}` }),
  };
  const action = { kind: 'copy-network', network: 'office', to: 'here' } as const;
  await expect(applyVmFix(action, { vm: 'web', own: session, all: [session], watch })).rejects.toMatchObject({
    failure: { code: 'vm.fix-failed', message: expect.stringContaining('already in use by interface eth1') },
  });
  expect(readFileSync(join(here, 'asked'), 'utf8').trim().split('\n')).toEqual([
    'net-dumpxml',
    'net-define',
    'net-start',
    'net-undefine',
  ]);
  expect(existsSync(join(here, 'defined'))).toBe(false);
  rmSync(here, { recursive: true });
});
