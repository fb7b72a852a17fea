import { setTimeout as wait } from 'node:timers/promises';
import { FailureError } from '../../agent/protocol/failure.ts';
import type { AskHost } from '../app/demoHandle.ts';
import type { DemoPlan } from './demoFiles.ts';

/** A fresh host watches the store before it writes: protecting has to wait for that, and for the other host. */
const READY_WITHIN_MS = 90_000;
const ASK_EVERY_MS = 500;

/** An answer may come too late for the one who asked; then it is done already when it is asked again. */
const DONE = 'vm.protected-already';

/** Asks until it is granted; a refusal is expected while the hosts come up. Throws the last one when time is up. */
async function untilGranted(ask: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (!signal.aborted) {
    try {
      await ask();
      return;
    } catch (fault) {
      if (fault instanceof FailureError && fault.failure.code === DONE) return;
      if (!(fault instanceof FailureError) || performance.now() > deadlineMs) throw fault;
    }
    await wait(ASK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Protects the demo VMs on the host each is defined on, with the other as standby, and starts them. */
export async function populate(plan: DemoPlan, ask: AskHost, signal: AbortSignal): Promise<void> {
  for (const { name, home } of plan.vms) {
    const others = plan.hosts.map((host) => host.name).filter((host) => host !== home);
    await untilGranted(() => ask(home, 'protect', { vm: name, hosts: [home, ...others] }), signal);
  }
  for (const { name, home } of plan.vms) {
    await untilGranted(() => ask(home, 'vm.start', { vm: name }), signal);
  }
}
