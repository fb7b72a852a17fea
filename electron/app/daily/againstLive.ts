import type { Failure } from '../../../agent/protocol/failure.ts';
import type { VmView } from '../../ipc/views.ts';
import type { OpenGroup } from '../openGroup.ts';
import { askedFor } from './asking.ts';

/** What both hosts say would stop a live move; nothing where they can't be asked: they look again when it begins. */
export async function againstLive(group: OpenGroup, vm: VmView, to: string): Promise<readonly Failure[]> {
  try {
    return (await group.call(askedFor(group, vm), 'vm.checkLive', { vm: vm.name, to })).against;
  } catch {
    return [];
  }
}
