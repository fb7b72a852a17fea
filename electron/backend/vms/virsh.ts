import { type HostSession, runChecked } from '../ssh/session.ts';

/** libvirt answers in milliseconds; an eject may wait for a guest that locks its drive. */
const DEADLINE_MS = 45_000;
const MAX_XML_BYTES = 4_194_304;

/** Runs a script that speaks to libvirt through its own shell. Throws a FailureError in libvirt's words. */
export function virsh(
  session: HostSession,
  script: string,
  args: readonly string[],
  stdin = '',
): Promise<string> {
  const asked = `command -v virsh >/dev/null || { echo "virsh is not installed there (libvirt-clients, libvirt-client)" >&2; exit 1; }
export LIBVIRT_DEFAULT_URI=qemu:///system
${script}`;
  return runChecked(
    session,
    {
      what: 'the change through libvirt',
      script: asked,
      args,
      stdin,
      deadlineMs: DEADLINE_MS,
      outputLimitBytes: MAX_XML_BYTES,
    },
    'vm.fix-failed',
  );
}
