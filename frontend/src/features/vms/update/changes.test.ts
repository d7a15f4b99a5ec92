import { describe, expect, it } from 'vitest';
import { emptyForm } from '../deploy/emptyForm';
import { changesOf, ontoTheirs, problemsOf, updateRequest } from './changes';

const before = { ...emptyForm, name: 'web', compose: '{}', vcpu: 2, memory: 2048, disk: 10 } as const;

describe('an update', () => {
  it('keeps of the form what was changed in it, and takes all else as others made it', () => {
    const mine = { ...before, vcpu: 4, memory: 4096 } as const;
    const theirs = { ...before, memory: 8192, userConfig: 'theirs' } as const;
    expect(ontoTheirs(before, mine, theirs)).toEqual({
      ...before,
      vcpu: 4,
      memory: 4096,
      userConfig: 'theirs',
    });
  });

  it('has nothing to do where nothing differs', () => {
    expect(changesOf(before, { ...before, stopped: true }, false)).toEqual([]);
  });

  it('names what changes, and what of that needs a stop', () => {
    const after = { ...before, memory: 4096, kmsUrls: 'https://kms.example' } as const;
    expect(changesOf(before, after, true)).toEqual([
      { field: 'memory', title: 'Memory', before: '2 GB', after: '4 GB', needsStop: true },
      {
        field: 'kms_urls',
        title: 'KMS',
        before: 'the host’s',
        after: 'https://kms.example',
        needsStop: false,
      },
      { field: 'encrypted_env', title: 'Environment', before: '', after: 'replaced', needsStop: false },
    ]);
  });

  it('asks for what changed only, also where that is nothing any more', () => {
    const had = { ...before, gpuMode: 'listed', gpus: ['65:00.0'], kmsUrls: 'https://kms' } as const;
    const after = { ...had, gpuMode: 'none', gpus: [], kmsUrls: '' } as const;
    const request = updateRequest('vm-1', after, changesOf(had, after, false), '');
    expect(request).toMatchObject({
      id: 'vm-1',
      compose_file: '',
      vcpu: null,
      image: null,
      no_tee: null,
      gpus: { attach_mode: 'listed', gpus: [] },
      update_kms_urls: true,
      kms_urls: [],
      update_ports: false,
    });
  });

  it('knows without a server that a disk never shrinks and a user config can’t be emptied', () => {
    const after = { ...before, disk: 9, userConfig: '', vcpu: '' } as const;
    expect([...problemsOf({ ...before, userConfig: 'x' }, after).keys()]).toEqual([
      'disk_size',
      'vcpu',
      'user_config',
    ]);
  });
});
