import type { GoingDownReason } from '../../protocol/goingDown.ts';
import type { SwitchoverHow, VmPolicy } from '../../protocol/group.ts';
import type { ProfileName } from '../../protocol/timing.ts';
import type { NewHost } from './membership.ts';

export type AdminCommand =
  | {
      readonly kind: 'protect';
      readonly vm: string;
      readonly hosts: readonly string[] | null;
      readonly policy: Partial<VmPolicy>;
    }
  | { readonly kind: 'unprotect'; readonly vm: string }
  | { readonly kind: 'checkVm'; readonly vm: string }
  | {
      readonly kind: 'switchover';
      readonly vm: string;
      readonly to: string | null;
      /** Left out: the guest is shut down here and started there. */
      readonly how?: SwitchoverHow | undefined;
    }
  /** Asked by the agent of the VM's holder: get ready for a copy of the VM. */
  | {
      readonly kind: 'receive';
      readonly vm: string;
      readonly from: number;
      readonly generation: number;
      readonly digest: string | null;
    }
  | { readonly kind: 'receiveEnd'; readonly vm: string; readonly generation: number }
  | { readonly kind: 'vm.start'; readonly vm: string }
  | { readonly kind: 'vm.stop'; readonly vm: string }
  | { readonly kind: 'cancel'; readonly vm: string }
  | { readonly kind: 'profile'; readonly profile: ProfileName }
  | { readonly kind: 'policy'; readonly vm: string; readonly policy: Partial<VmPolicy> }
  | { readonly kind: 'disarm'; readonly forMs: number | null }
  | { readonly kind: 'arm' }
  | { readonly kind: 'addHost'; readonly host: NewHost }
  | { readonly kind: 'removeHost'; readonly host: string }
  | { readonly kind: 'replaceHost'; readonly host: string; readonly by: NewHost }
  | {
      readonly kind: 'maintenance';
      readonly host: string;
      readonly on: true;
      readonly forMs: number | null;
      /** VMs that prefer this host come back to it afterwards. */
      readonly bringBack?: boolean;
      /** Left out: they are shut down and started. */
      readonly how?: SwitchoverHow | undefined;
    }
  | { readonly kind: 'maintenance'; readonly host: string; readonly on: false }
  | { readonly kind: 'goingDown'; readonly reason: GoingDownReason }
  | { readonly kind: 'stay' };
