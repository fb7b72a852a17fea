import { expect, test } from 'vitest';
import type { CommandResult } from '../ssh/collect.ts';
import type { HostSession, RootRun } from '../ssh/session.ts';
import { shellSyntax } from '../testing/hereSession.ts';
import { applyVmFix } from './applyFix.ts';
import { diskFormat, withDiskSource } from './domainEdit.ts';

const xml = `<domain type='kvm'><name>web</name><devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file='/var/lib/libvirt/images/a &amp; b.qcow2'/>
      <backingStore type='file'>
        <format type='raw'/><source file='/base.raw'/><backingStore/>
      </backingStore>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='disk'><source file='/other.raw'/><target dev='vdb'/></disk>
  </devices></domain>`;
const from = '/var/lib/libvirt/images/a & b.qcow2';
const to = '/srv/vms/a & b.qcow2';
const move = { vmId: '11111111-0000-4000-8000-000000000000', target: 'vda', from, to };

test('only the file of the one disk becomes another, and the copy stands alone', () => {
  const edited = withDiskSource(xml, 'vda', from, to) ?? '';
  expect(edited).toContain("<source file='/srv/vms/a &amp; b.qcow2'/>");
  expect(edited).not.toContain('backingStore');
  expect(edited).toContain("<source file='/other.raw'/>");
  expect(withDiskSource(edited, 'vda', to, from)).not.toBeNull();
  expect(withDiskSource(xml, 'vda', '/another.qcow2', to)).toBeNull();
  expect(withDiskSource(xml, 'sdz', from, to)).toBeNull();
  expect([diskFormat(xml, 'vda'), diskFormat(xml, 'vdb'), diskFormat(xml, 'sdz')]).toEqual([
    'qcow2',
    'raw',
    null,
  ]);
});

interface Told {
  readonly look?: string;
  readonly progress?: readonly string[];
}

/** A host that answers as it is told, and what was asked of it. */
function host({ look = 'room 1000 2000', progress = ['inactive\ncomparing\n100\n0\n'] }: Told) {
  const runs: RootRun[] = [];
  const left = [...progress];
  const runAsRoot = (run: RootRun): Promise<CommandResult> => {
    runs.push(run);
    const { script } = run;
    const stdout = script.includes('dumpxml')
      ? xml
      : script.includes('qemu-img measure')
        ? look
        : script.includes('$dir/phase') && !script.includes('systemd-run')
          ? (left.shift() ?? 'active\ncopying\n1\n-\n')
          : '';
    return Promise.resolve({ exitCode: 0, signal: null, stdout, stderr: '' });
  };
  const session = { hostName: 'alpha', runAsRoot } as unknown as HostSession;
  const stop = new AbortController();
  const said: string[] = [];
  const where = { vm: 'web', own: session, all: [session] };
  const watch = { signal: stop.signal, tell: (detail: string) => void said.push(detail) };
  const did = (part: string) => runs.some(({ script }) => script.includes(part));
  return { runs, said, stop, did, make: () => applyVmFix({ kind: 'move-disk', move }, { ...where, watch }) };
}

test('the definition names the copy only after it was compared, and the old file is named', async () => {
  const { runs, said, make } = host({
    progress: ['active\ncopying\n40\n-\n', 'inactive\ncomparing\n100\n0\n'],
  });
  await make();
  expect(said).toContain('copying: 40 %');
  expect(said.at(-1)).toContain(`still at ${from}`);
  const defined = runs.findIndex(({ script }) => script.includes('define --validate'));
  expect(runs[defined]?.stdin).toContain('/srv/vms/a &amp; b.qcow2');
  expect(runs[defined]?.script).toContain('shut off');
  expect(runs.every(({ script }) => shellSyntax(script) === '')).toBe(true);
  const work = runs.find(({ script }) => script.includes('systemd-run'))?.stdin;
  expect(typeof work === 'string' ? shellSyntax(work) : 'no script').toBe('');
  // Names never stand in a script.
  expect(runs.every(({ script }) => !script.includes('a & b'))).toBe(true);
});

test.each([
  ['a VM that runs', { look: 'runs' }, 'vm.move-refused'],
  ['a VM with a saved state', { look: 'saved' }, 'vm.move-refused'],
  ['a disk that may outgrow the store', { look: 'room 3000 2000' }, 'vm.move-no-room'],
  ['a disk that could not be measured', { look: 'room 0 2000' }, 'vm.move-no-room'],
  ['a copy that fails', { progress: ['inactive\ncopying\n3\n1\nNo space left on device'] }, 'vm.move-failed'],
  ['a copy that is gone', { progress: ['inactive\nbeginning\n-\n-\n'] }, 'vm.move-failed'],
])('%s keeps its definition', async (_name, told, code) => {
  const { did, make } = host(told);
  await expect(make()).rejects.toMatchObject({ failure: { code } });
  expect(did('define --validate')).toBe(false);
});

test('stopped, the copy is taken away and the definition stays', async () => {
  const { did, stop, make } = host({ progress: [] });
  stop.abort();
  await expect(make()).rejects.toMatchObject({ failure: { code: 'setup.stopped' } });
  expect(did('systemctl stop')).toBe(true);
  expect(did('define --validate')).toBe(false);
});
