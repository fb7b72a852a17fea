import { ClosedError, DeadlineError, errorCode, isLibvirtError } from '../node-libvirt/index.ts';
import { HypervisorError } from './hypervisor.ts';

/** Whatever the libvirt client rejected with, as a refusal of the hypervisor that says whether it is certain. */
export function asHypervisorError(error: unknown): HypervisorError {
  if (error instanceof HypervisorError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isLibvirtError(error, errorCode.noDomain)) {
    return new HypervisorError({ code: 'hypervisor.no-domain', message }, true, error);
  }
  if (isLibvirtError(error)) {
    return new HypervisorError({ code: 'hypervisor.refused', message: `libvirt: ${message}` }, true, error);
  }
  const isUnsure =
    (error instanceof DeadlineError || error instanceof ClosedError) && error.outcome === 'unknown';
  return new HypervisorError({ code: 'hypervisor.no-answer', message }, !isUnsure, error);
}
