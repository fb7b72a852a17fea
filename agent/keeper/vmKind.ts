/** How VMs of one kind of hypervisor are told from other processes. */
export interface VmKind {
  /** Matches the names of programs that may carry a VM: only their command lines are read. */
  readonly programs: RegExp;
  readonly vmOf: (args: readonly string[]) => string | null;
  /**
   * Set where the keeper is not root: its VMs run as this user (uid), and what belongs to another is none of them. Of
   * such processes it may not even know the program.
   */
  readonly onlyUser?: number | undefined;
}

/** libvirt passes `-uuid` to every QEMU; swtpm keeps its state in a folder of that name. */
export const libvirtVms: VmKind = {
  programs: /qemu|kvm|swtpm|virtiofsd/,
  vmOf: (args) => {
    const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
    const at = args.indexOf('-uuid');
    const given = at < 0 ? args.find((arg) => /swtpm\/[0-9a-f-]{36}/.test(arg)) : args[at + 1];
    return uuid.exec(given?.toLowerCase() ?? '')?.[0] ?? null;
  },
};
