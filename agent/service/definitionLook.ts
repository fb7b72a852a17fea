import { tokenOf } from '../core/engine/state.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { EngineShell } from './engineShell.ts';

/** With the inspection that follows, a change is seen well within 10 s. */
export const LOOK_AT_DEFINITIONS_EVERY_MS = 4000;
const DEADLINE_MS = 3000;

/** Has the VMs that this host holds looked at again when something of them changed that no event tells. */
export class DefinitionLook {
  readonly #hypervisor: Pick<Hypervisor, 'changed'>;
  readonly #shell: EngineShell;
  #isLooking = false;

  constructor(hypervisor: Pick<Hypervisor, 'changed'>, shell: EngineShell) {
    this.#hypervisor = hypervisor;
    this.#shell = shell;
  }

  /** One look at a time; while the hypervisor does not answer nothing is known, and that is told elsewhere. */
  async look(): Promise<void> {
    const { engine } = this.#shell;
    if (this.#isLooking || !engine.hypervisor.connected) return;
    this.#isLooking = true;
    const held = (engine.view?.config?.vms ?? []).filter((vm) => tokenOf(engine, vm)?.mine === true);
    const changed = await this.#hypervisor
      .changed(
        held.map(({ vm }) => vm),
        DEADLINE_MS,
      )
      .catch(() => []);
    this.#isLooking = false;
    for (const vm of changed) {
      const fact = this.#shell.engine.domains.get(vm);
      if (fact !== undefined) this.#shell.feed({ kind: 'domain', fact, happening: { kind: 'defined' } });
    }
  }
}
