import { setTimeout as wait } from 'node:timers/promises';
import { FailureError } from '../../agent/protocol/failure.ts';
import type { AskHost } from '../app/demoHandle.ts';
import type { DemoPlan } from './demoFiles.ts';

const ASK_EVERY_MS = 500;

/** An answer may come too late for the one who asked; then it is done already when it is asked again. */
const DONE = 'vm.protected-already';

/**
 * Asks until it is granted, or the demo ends. A fresh host watches the store before it writes, and refuses so long: on a
 * busy computer for minutes. A demo group without VMs would show nothing.
 */
async function untilGranted(ask: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await ask();
      return;
    } catch (fault) {
      if (fault instanceof FailureError && fault.failure.code === DONE) return;
      if (!(fault instanceof FailureError)) throw fault;
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
