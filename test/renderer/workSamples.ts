import type { Failure } from '../../agent/protocol/failure.ts';
import type { PlannedHost } from '../../electron/ipc/setup/views.ts';
import type { WorkStep, WorkView } from '../../electron/ipc/setup/workViews.ts';
import { hostName } from './samples.ts';

/** Installations: what is planned, under way and broken off. */

const changes = (done: boolean): PlannedHost['changes'] => [
  {
    id: 'folders',
    title: 'Folders of the agent',
    changes: ['/opt/understudy', '/etc/understudy', '/var/lib/understudy'],
    needed: !done,
  },
  { id: 'group', title: 'The user group understudy', changes: ['/etc/group: understudy'], needed: !done },
  { id: 'program', title: 'The program itself', changes: ['/opt/understudy/0.1.0 (128 MiB)'], needed: !done },
  {
    id: 'units',
    title: 'The services and the command',
    changes: [
      '/etc/systemd/system/understudy-keeper.service',
      '/etc/systemd/system/understudy-agent.service',
      '/usr/local/bin/understudy',
    ],
    needed: !done,
  },
  {
    id: 'hook',
    title: "libvirt's hook, which refuses a protected VM without its token",
    changes: ['/etc/libvirt/hooks/qemu.d/50-understudy'],
    needed: !done,
  },
  {
    id: 'sleep',
    title: 'The host does not go to sleep',
    changes: ['suspend.target, hibernate.target: masked'],
    needed: !done,
  },
];
export const plan = (hosts = 2, done = false): readonly PlannedHost[] =>
  Array.from({ length: hosts }, (_, slot) => ({
    host: hostName(slot),
    version: '0.1.0',
    installedVersion: done ? '0.1.0' : null,
    changes: changes(done),
  }));

const step = (more: Partial<WorkStep>): WorkStep => ({
  id: 'folders alpha',
  host: 'alpha',
  title: 'Folders of the agent',
  state: 'done',
  detail: null,
  tookMs: 420,
  failure: null,
  ...more,
});
const installSteps = (slot: number, at: number): readonly WorkStep[] =>
  changes(false).map(({ id, title }, index) =>
    step({
      id: `${id} ${hostName(slot)}`,
      host: hostName(slot),
      title,
      state: index < at ? 'done' : index === at ? 'running' : 'waiting',
      tookMs: index < at ? 300 + index * 140 : null,
      detail: index === at ? '41 %' : null,
    }),
  );
export const work = (more: Partial<WorkView> = {}): WorkView => ({
  id: '7e000000-0000-4000-8000-0000000000f1',
  kind: 'install',
  groupId: null,
  title: 'Installing the agent',
  state: 'running',
  elapsedMs: 6_200,
  steps: [...installSteps(0, 2), ...installSteps(1, 3)],
  failure: null,
  stopRefused: null,
  ...more,
});
const uploadFailed: Failure = {
  code: 'ssh.lost',
  message: 'The connection to beta was lost during "The program itself".',
  meaning: 'What was done until then stays, and nothing is half done.',
  fix: 'Look at the network of beta, then go on: it continues where it stopped.',
};
export const failedWork = (): WorkView =>
  work({
    state: 'failed',
    failure: uploadFailed,
    steps: [
      ...installSteps(0, 6),
      ...installSteps(1, 2).map((each) =>
        each.state === 'running'
          ? { ...each, state: 'failed' as const, detail: null, failure: uploadFailed }
          : each,
      ),
    ],
  });
