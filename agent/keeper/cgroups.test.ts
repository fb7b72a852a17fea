import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findCgroupRoot, ownScope, Scopes } from './cgroups.ts';

describe("a VM's own group", () => {
  test('is the scope that machined or libvirt made for it', () => {
    const scope = '/machine.slice/machine-qemu\\x2d1\\x2dv1.scope';
    expect(ownScope(scope)).toBe(scope);
    expect(ownScope(`${scope}/libvirt/emulator`)).toBe(scope);
    expect(ownScope('/machine/qemu-1-v1.libvirt-qemu/emulator')).toBe('/machine/qemu-1-v1.libvirt-qemu');
  });

  test('is never one that it shares with others', () => {
    for (const path of [
      '/',
      '/system.slice/libvirtd.service',
      '/user.slice/session-1.scope',
      '/../machine-qemu-1.scope',
    ]) {
      expect(ownScope(path)).toBeNull();
    }
  });

  test('lies below the mount of the version 2 hierarchy', () => {
    expect(findCgroupRoot('tmpfs /run tmpfs rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n')).toBe(
      '/sys/fs/cgroup',
    );
    expect(findCgroupRoot('cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\n')).toBeNull();
  });
});

describe('the files of a group', () => {
  let root: string;
  let scopes: Scopes;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ust-cg-'));
    mkdirSync(join(root, 'vm.scope/libvirt/emulator'), { recursive: true });
    mkdirSync(join(root, 'vm.scope/libvirt/vcpu0'));
    write('cgroup.procs', '11\n');
    write('libvirt/cgroup.procs', '12\n13\n');
    write('libvirt/vcpu0/cgroup.procs', '99\n');
    write('cgroup.events', 'populated 1\nfrozen 0\n');
    write('cgroup.freeze', '0');
    scopes = new Scopes(root);
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function write(name: string, text: string): void {
    writeFileSync(join(root, 'vm.scope', name), text);
  }

  test('name its members, those below included', () => {
    expect(scopes.members('vm.scope')).toEqual([11, 12, 13]);
    expect(scopes.members('gone.scope')).toEqual([]);
  });

  test('say that it is frozen when the kernel says so, not when it was asked to', () => {
    expect(scopes.setFrozen('vm.scope', true)).toBe(true);
    expect(readFileSync(join(root, 'vm.scope/cgroup.freeze'), 'utf8')).toBe('1');
    expect(scopes.frozen('vm.scope')).toBe(false);
    write('cgroup.events', 'populated 1\nfrozen 1\n');
    expect(scopes.frozen('vm.scope')).toBe(true);
  });

  test('are not made where the kernel has none', () => {
    expect(scopes.kill('vm.scope')).toBe(false);
    expect(scopes.frozen('gone.scope')).toBe(false);
  });
});
