import * as z from 'zod/mini';

/** Hosts a group may have. The product is made for 2 or 3; blocks on the store are laid out for 8. */
export const MAX_HOSTS = 8;
/** Protected VMs a group may have: one token slot each in the lease area. */
export const MAX_VMS = 64;

/** A host's place in the group, 0 to 7; it owns the blocks of that number on the store. */
export const Slot = z.int().check(z.gte(0), z.lt(MAX_HOSTS));
/** A VM's place in the lease area's token table. */
export const TokenIndex = z.int().check(z.gte(0), z.lt(MAX_VMS));
/** A host's incarnation number on the store; it only grows. 0 means: none yet. */
export const Epoch = z.int().check(z.nonnegative());
/** Number of a decision on a token or on the configuration; it only grows. 0 means: none yet. */
export const Generation = z.int().check(z.nonnegative());
export const Uuid = z
  .string()
  .check(
    z.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'must be a lower-case UUID'),
  );
/** What identifies the machine itself: sha256 of machine id and DMI UUID, in hex. */
export const HardwareId = z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'));
export const HostName = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/, 'must be a host name'));
/** libvirt's rule: no slash, no leading dot; ours: printable and bounded. */
export const VmName = z
  .string()
  .check(z.regex(/^[^/.\p{Cc}][^/\p{Cc}]{0,127}$/u, 'must be a libvirt domain name'));
/** Milliseconds of a boot-time clock (CLOCK_BOOTTIME: it goes on in suspend). Never a wall clock. */
export const BootMs = z.number().check(z.nonnegative());

export type Slot = z.infer<typeof Slot>;
export type Uuid = z.infer<typeof Uuid>;
