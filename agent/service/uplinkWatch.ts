import type { NetworkLook } from '../core/engine/description.ts';
import { lookAtBridges } from './bridges.ts';
import { BridgeName } from '../protocol/hostCondition.ts';
import type { EngineShell } from './engineShell.ts';

/** A dead cable counts after ten seconds; a few looks have to agree. */
export const LOOK_AT_UPLINKS_EVERY_MS = 2000;
/** Bridges that are looked at. VMs of one group share a few; more is a definition gone wrong. */
const MAX_BRIDGES = 32;

/** Looks at the ways out of the bridges that protected VMs are on, and tells the engine. */
export class UplinkWatch {
  readonly #shell: Pick<EngineShell, 'feed'>;
  #vms: NetworkLook['bridges'] = [];
  #isLooking = false;

  constructor(shell: Pick<EngineShell, 'feed'>) {
    this.#shell = shell;
  }

  use(vms: NetworkLook['bridges']): void {
    this.#vms = vms;
  }

  /** One look at a time. One that never ends is followed by none: the engine takes what is old for unknown. */
  async look(): Promise<void> {
    const vms = this.#vms;
    // A name that no kernel takes is in a definition that can't be started; told in a heartbeat it would spoil that.
    const isName = (name: string): boolean => BridgeName.safeParse(name).success;
    const names = [...new Set(vms.flatMap(({ bridges }) => bridges))].filter(isName).slice(0, MAX_BRIDGES);
    if (this.#isLooking || names.length === 0) return;
    this.#isLooking = true;
    const bridges = await lookAtBridges(names);
    this.#isLooking = false;
    this.#shell.feed({ kind: 'uplinks', bridges, vms });
  }
}
