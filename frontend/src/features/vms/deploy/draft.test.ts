import { afterEach, describe, expect, it } from 'vitest';
import { nodeInfo, vmRow } from '@/test/vmRow';
import type { Message } from '@/api/methods';
import { emptyForm } from './emptyForm';
import { envRow, environmentProblems, problemOfRow, withVariables } from './environment';
import { forkOf, notCopied } from './fork';
import { requestOf } from './form';
import { forgetDraft, readDraft, writeDraft } from './storage';
import { trustOf } from './keyTrust';
import type { Host } from './useHost';

afterEach(() => window.sessionStorage.clear());

describe('a draft', () => {
  const draft = { form: { ...emptyForm, name: 'shop', vcpu: '' as const }, env: [envRow('TOKEN', 's3cret')] };

  it('comes back with the names of its variables and none of their values', () => {
    writeDraft(undefined, draft);
    expect(window.sessionStorage.getItem('vmm.deploy')).not.toContain('s3cret');
    const back = readDraft(undefined);
    expect(back?.form).toEqual(draft.form);
    expect(back?.env).toMatchObject([{ key: 'TOKEN', value: '', lost: true }]);
    expect(readDraft('another-vm')).toBeNull();
    forgetDraft(undefined);
    expect(readDraft(undefined)).toBeNull();
  });

  it.each([
    '{',
    'null',
    '{"form":{},"names":[]}',
    '{"form":{"name":1},"names":["A"]}',
    '{"form":null,"names":[]}',
  ])('of another kind is none: %s', (text) => {
    window.sessionStorage.setItem('vmm.deploy', text);
    expect(readDraft(undefined)).toBeNull();
  });
});

describe('the environment', () => {
  const compose = JSON.stringify({ key_provider: 'kms', allowed_envs: ['A'] });

  it('takes a file’s variables in, in place of those of the same name', () => {
    const rows = withVariables(
      [envRow('A', '1', true), envRow('', ''), envRow('B', '2')],
      [
        { key: 'A', value: '3' },
        { key: 'C', value: '4' },
      ],
    );
    expect(rows).toMatchObject([
      { key: 'A', value: '3', lost: false },
      { key: 'B', value: '2' },
      { key: 'C', value: '4' },
    ]);
  });

  it('says what is wrong with a row', () => {
    const rows = [
      envRow('A', '1'),
      envRow('A', '2'),
      envRow('1A', ''),
      envRow('', 'x'),
      envRow('B', '', true),
      envRow('', ''),
    ];
    expect(rows.map((row) => problemOfRow(rows, row))).toEqual([
      undefined,
      'This name is there already',
      expect.stringMatching(/no digit first/),
      'Give it a name',
      expect.stringMatching(/Enter its value/),
      undefined,
    ]);
  });

  it('can be sent where a KMS gives the keys and the compose file lets its names in', () => {
    expect(environmentProblems([envRow('A', '1')], compose, true)).toEqual([]);
    expect(environmentProblems([], '{}', false)).toEqual([]);
    expect(environmentProblems([envRow('A', '1'), envRow('B', '')], compose, true)[0]?.message).toMatch(
      /lacks B/,
    );
    expect(environmentProblems([envRow('A', '1')], '{"allowed_envs":["A"]}', true)[0]?.message).toMatch(
      /choose it/,
    );
    expect(environmentProblems([envRow('A', '1')], compose, false)[0]?.message).toMatch(/has no KMS/);
  });
});

describe('a copy of a VM', () => {
  const host: Host = {
    node: nodeInfo,
    images: [],
    meta: { kms: null, gateway: null, resources: null, networking: null },
  };
  const port = { protocol: 'tcp', host_address: '127.0.0.1', host_port: 8_080, vm_port: 80 };
  const original: Message<'VmConfiguration'> = {
    ...requestOf({
      ...emptyForm,
      name: 'shop',
      compose: '{ "allowed_envs": ["A"] }',
      image: 'demo',
      kmsUrls: 'https://kms',
    }),
    ports: [port, { ...port, host_port: 8_082 }],
    encrypted_env: 'ab',
    app_id: 'cd'.repeat(20),
    gpus: { attach_mode: 'listed', gpus: [{ slot: '65:00.0' }] },
    no_tee: true,
    networking: { mode: 'user', bridge_name: '' },
    networks: [],
  } as Message<'VmConfiguration'>;

  it('has its compose file byte for byte, other host ports, and no GPU and no value of its environment', () => {
    const { form, env } = forkOf(original, host, [vmRow({ ports: [{ ...port, host_port: 8_081 }] })]);
    expect(form).toMatchObject({
      name: 'shop copy',
      compose: '{ "allowed_envs": ["A"] }',
      own: false,
      kmsUrls: 'https://kms',
      gpuMode: 'none',
      protection: 'plain',
      appId: '',
      networks: [{ mode: 'user' }],
    });
    expect(form.ports.map(({ host_port }) => host_port)).toEqual([8_083, 8_084]);
    expect(env).toMatchObject([{ key: 'A', value: '', lost: true }]);
    expect(problemOfRow(env, env[0] ?? envRow('', ''))).toMatch(/never kept or copied/);
  });

  it('says what it goes without, and why', () => {
    expect(notCopied(original).map(({ what }) => what)).toEqual([
      'Its identity',
      'What is on its disk',
      'Its environment',
      'Its GPUs',
      'Its host ports',
    ]);
    expect(notCopied({ ...original, encrypted_env: '', gpus: null, ports: [] })).toHaveLength(2);
  });
});

it('relies on a signature as far as its signer is known', () => {
  const signer = { publicKey: '0x02aa', address: '0x00' };
  const key = { public_key: '', signature: '', timestamp: 0, signature_v1: '' };
  const good = { key, verdict: { signer, fault: null } };
  expect(trustOf(good, [])).toBe('first');
  expect(trustOf(good, ['0x02bb'])).toBe('other');
  expect(trustOf(good, ['0x02bb', '0x02aa'])).toBe('trusted');
  expect(trustOf({ key, verdict: { signer, fault: 'stale' } }, ['0x02aa'])).toBe('stale');
});
